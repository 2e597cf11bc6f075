import { expect } from "chai";
import { getAddress } from "ethers";
import fc from "fast-check";
import { network } from "hardhat";
import { ownerOf, subIdOf, toAccount } from "../../packages/client/src/account.ts";
import { OutOfRangeError } from "../../packages/client/src/bits.ts";
import {
  call,
  CASH,
  fieldsOf,
  isWellFormed,
  Kind,
  MalformedInstrumentError,
  perpetual,
  spot,
  StrikeTooFineError,
  strikeOf,
  toInstrument,
} from "../../packages/client/src/instrument.ts";
import { instrumentOf, sizeOf, toPosition } from "../../packages/client/src/position.ts";
import { EncodingHarness__factory, type EncodingHarness } from "../../typechain-types/index.js";

const unsigned = (bits: bigint) => fc.bigInt({ min: 0n, max: 2n ** bits - 1n });
const address = unsigned(160n).map((word) => getAddress(`0x${word.toString(16).padStart(40, "0")}`));
const kind = fc.constantFrom(...Object.values(Kind));
const fields = fc.record({
  underlying: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
  kind,
  // Half of them 0, as only some kinds expire or have a strike.
  expiry: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 40 - 1 })),
  strikeField: fc.oneof(fc.constant(0n), unsigned(64n)),
});
const size = fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n });

describe("packed words in TypeScript and in Solidity", () => {
  let harness: EncodingHarness;

  before(async () => {
    const { ethers } = await network.create("market");
    const contract = await ethers.deployContract("EncodingHarness");
    harness = EncodingHarness__factory.connect(await contract.getAddress(), ethers.provider);
  });

  it("agree on accounts", async () => {
    await fc.assert(
      fc.asyncProperty(address, unsigned(96n), async (owner, subId) => {
        const account = toAccount(owner, subId);
        expect(account).to.equal(await harness.account(owner, subId));
        expect([ownerOf(account), subIdOf(account)]).to.deep.equal([...(await harness.accountFields(account))]);
      }),
    );
  });

  it("agree on instruments and on whether they are well formed", async () => {
    await fc.assert(
      fc.asyncProperty(fields, async (parts) => {
        const instrument = toInstrument(parts);
        const { underlying, expiry, strikeField } = parts;
        expect(instrument).to.equal(await harness.instrument(underlying, parts.kind, expiry, strikeField));
        expect(isWellFormed(instrument)).to.equal(await harness.isWellFormed(instrument));
        if (!isWellFormed(instrument)) return;
        expect(fieldsOf(instrument)).to.deep.equal(parts);
        expect(strikeOf(instrument)).to.equal((await harness.instrumentFields(instrument)).strike);
      }),
    );
  });

  it("agree on any word at all being an instrument or not", async () => {
    const word = fc.oneof(
      unsigned(128n),
      fields.map((parts) => toInstrument(parts) | (1n << 124n)),
    );
    await fc.assert(
      fc.asyncProperty(word, async (instrument) => {
        expect(isWellFormed(instrument)).to.equal(await harness.isWellFormed(instrument));
      }),
    );
  });

  it("agree on positions", async () => {
    await fc.assert(
      fc.asyncProperty(unsigned(128n), size, async (instrument, held) => {
        const position = toPosition(instrument, held);
        expect(position).to.equal(await harness.position(instrument, held));
        const parts = await harness.positionFields(position);
        expect([instrumentOf(position), sizeOf(position)]).to.deep.equal([...parts]);
      }),
    );
  });

  it("refuse what does not fit", () => {
    expect(() => toAccount("0x0000000000000000000000000000000000000001", 2n ** 96n)).to.throw(OutOfRangeError);
    expect(() => toPosition(perpetual(1), 2n ** 127n)).to.throw(OutOfRangeError);
    expect(() => spot(2 ** 16)).to.throw(OutOfRangeError);
    expect(() => call(1, { expiry: 1, strike: 1n })).to.throw(StrikeTooFineError);
    expect(() => fieldsOf(CASH)).to.throw(MalformedInstrumentError);
  });
});

import { expect } from "chai";
import { Interface } from "ethers";
import { analyse } from "../../../scripts/compiled.ts";
import { decodeError } from "../src/errors.ts";

const WORD = "00".repeat(32);
/** More words than the largest error has. */
const ARGUMENTS = WORD.repeat(16);

describe("decoded errors", () => {
  it("know every error that a contract declares", () => {
    const errors = analyse().flatMap(({ abi }) => abi.filter(({ type }) => type === "error"));
    expect(errors.length).to.be.greaterThan(0);
    const unknown = errors.filter((item) => {
      const { selector } = new Interface([item]).getError(item.name ?? "") ?? {};
      return decodeError(`${selector ?? ""}${ARGUMENTS}`)?.errorName !== item.name;
    });
    expect(unknown.map(({ name }) => name)).to.deep.equal([]);
  });
});

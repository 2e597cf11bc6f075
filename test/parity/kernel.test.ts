import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";
import hre from "hardhat";
import {
  deviation,
  gridNodes,
  KERNEL_TOLERANCE,
  leg,
  nodeAt,
  randomBook,
  randomFrom,
  wad,
  type KernelBook,
  type KernelLeg,
} from "../helpers/kernel.ts";
import type { KernelHarness } from "../../typechain-types/index.js";

const SPOT = 2000;
const BOOKS = 2_000;
const SEED = 20_240_312;
const MAX_LEGS = 128;
/** Marginal gas of one option in one scenario, of the grid's 39: all set-up of the option, without ln K and smile. */
const MAX_CELL_GAS = 219;
const ONE_SECOND = Math.sqrt(1 / (365 * 86_400));

const { ethers } = await hre.network.create("market");

async function deployHarness(): Promise<KernelHarness> {
  const table = await ethers.deployContract("KernelTable");
  return await ethers.deployContract("KernelHarness", [await table.getAddress()]);
}

const harness = await deployHarness();

function bookOf(legs: readonly KernelLeg[], spot = SPOT): KernelBook {
  const stresses = [-0.9, -0.5, 0.45, 3].map((move) => nodeAt(spot, Math.log1p(move)));
  const nodes = [...gridNodes(spot, 0.12, 0.3), nodeAt(spot, 0.017), nodeAt(spot, -0.2)];
  return { market: { spot: wad(spot), nodes, stresses, stressVolatilities: [0n, 1n, 2n, 2n] }, legs };
}

/** Calls and puts, long and short, at a strike and volatilities. */
function around(strike: number, volatilities: readonly [number, number, number]): KernelLeg[] {
  return [true, false].flatMap((isCall) =>
    [1.75, -0.6].map((size) => leg({ isCall, size, spot: SPOT, strike, volatilities })),
  );
}

/** Each leg by itself, so that no errors cancel. */
async function expectParity(legs: readonly KernelLeg[]): Promise<void> {
  for (const one of legs) {
    const found = await deviation(harness, bookOf([one]));
    expect(found.worst, `strike ${one.strike}`).to.be.lessThan(KERNEL_TOLERANCE);
    expect(found.worstOfBound, `strike ${one.strike}`).to.be.at.most(1);
  }
}

describe("Scenario kernel", () => {
  it("is within 1e-9 of gross notional of the plain prices, and within its own bound, on random books", async () => {
    const random = randomFrom(SEED);
    for (let i = 0; i < BOOKS; i++) {
      const { worst, worstOfBound } = await deviation(harness, randomBook(random));
      expect(worst, `book ${i}`).to.be.lessThan(KERNEL_TOLERANCE);
      expect(worstOfBound, `book ${i}`).to.be.at.most(1);
    }
  });

  it("prices every strike from a thousandth to thirty times the spot", async () => {
    for (const ratio of [0.001, 0.05, 0.3, 0.6, 0.9, 0.999, 1, 1.001, 1.1, 1.7, 3, 8, 15.99, 16, 16.01, 30]) {
      for (const volatility of [0.02, 0.2, 1, 1.6]) {
        await expectParity(around(ratio * SPOT, [volatility / 1.25, volatility, volatility * 1.25]));
      }
    }
  });

  it("prices the largest total volatility, and beyond it", async () => {
    for (const upper of [1.99, 2, 2.000001, 3, 8]) {
      await expectParity([0.4, 1, 3].flatMap((ratio) => around(ratio * SPOT, [upper * 0.7, upper * 0.8, upper])));
    }
  });

  it("prices volatilities down to none, and an expiry a second away", async () => {
    const tiny = [0, 1e-12, 1e-9, 1e-6, 1e-4, ONE_SECOND, 0.004, 1 / 128, 0.01];
    for (const volatility of tiny) {
      const strikes = [0.8, 0.99, 1, 1.0001, 1.017, 1.2].map((ratio) => ratio * SPOT);
      const legs = strikes.flatMap((strike) => around(strike, [volatility / 2, volatility, volatility * 2]));
      await expectParity(legs);
    }
  });

  it("cancels a long against a short of the same strike exactly", async () => {
    const [long, short] = [3.7, -3.7].map((size) =>
      leg({ isCall: false, size, spot: SPOT, strike: 1900, volatilities: [0.2, 0.25, 0.3] }),
    );
    if (long === undefined || short === undefined) throw new Error("two legs");
    const { market, legs } = bookOf([long, short]);
    const copy = { ...market, nodes: [...market.nodes], stresses: [...market.stresses] };
    const { fast } = await harness.compare({ ...copy, stressVolatilities: [...market.stressVolatilities] }, [...legs]);
    expect(fast.every((value) => value === 0n || value === -1n)).to.be.true;
  });

  it("sums 128 legs of a trillion dollars, and takes the plain path where they outgrow a lane", async () => {
    for (const size of [4e6, 1e8, 1e20]) {
      const legs = Array.from({ length: MAX_LEGS }, (_, i) =>
        leg({
          isCall: i % 3 === 0,
          size: i % 2 === 0 ? size : -0.9 * size,
          spot: SPOT,
          strike: SPOT * (0.5 + i / 100),
          volatilities: [0.2, 0.25, 0.3],
        }),
      );
      const { worst, worstOfBound } = await deviation(harness, bookOf(legs));
      expect(worst, `size ${size}`).to.be.lessThan(KERNEL_TOLERANCE);
      expect(worstOfBound, `size ${size}`).to.be.at.most(1);
    }
  });

  it("is worth what plain prices are worth without any spot price", async () => {
    const book = bookOf(around(2000, [0.2, 0.25, 0.3]));
    const zero = book.market.nodes.map(({ move }) => ({ price: 0n, move }));
    const stresses = book.market.stresses.map(({ move }) => ({ price: 0n, move }));
    const found = await deviation(harness, { ...book, market: { ...book.market, spot: 0n, nodes: zero, stresses } });
    expect(found.worstOfBound).to.be.lessThan(1e-3);
  });

  it(`adds an option for at most ${MAX_CELL_GAS} gas a scenario`, async () => {
    const market = { spot: wad(SPOT), nodes: gridNodes(SPOT, 0.12, 0.3), stresses: [], stressVolatilities: [] };
    const options = Array.from({ length: 17 }, (_, i) =>
      leg({
        isCall: i % 2 === 0,
        size: i % 3 === 0 ? -1.5 : 2,
        spot: SPOT,
        strike: SPOT * (0.84 + 0.02 * i),
        volatilities: [0.2, 0.26, 0.36],
      }),
    );
    const few = await harness.gas(market, options.slice(0, 1));
    const many = await harness.gas(market, options);
    expect(Number(many.adding - few.adding) / 16 / 39).to.be.at.most(MAX_CELL_GAS);
  });
});

describe("Kernel table", () => {
  it("is what its generator writes", async () => {
    const run = promisify(execFile);
    await run("tsx", ["scripts/kernel-table.ts", "--check"]);
  });
});

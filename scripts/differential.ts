// `npm run differential -- --cells 1000000 [--seed 1]`: the scenario kernel against plain Black-76 on random books, one
// option in one scenario being a cell. The last line states the largest error, the cells and the seed.
import { parseArgs } from "node:util";
import hre from "hardhat";
import { deviation, KERNEL_TOLERANCE, randomBook, randomFrom } from "../test/helpers/kernel.ts";

const PROGRESS_MS = 10_000;

const { values } = parseArgs({
  options: { cells: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
});
const target = Number(values.cells);
const seed = Number(values.seed);
if (!(target > 0) || !Number.isSafeInteger(seed)) throw new RangeError("--cells and --seed are whole numbers");

const { ethers } = await hre.network.create("market");
const table = await ethers.deployContract("KernelTable");
const harness = await ethers.deployContract("KernelHarness", [await table.getAddress()]);
const random = randomFrom(seed);

let cells = 0;
let worst = 0;
let worstOfBound = 0;
let reported = performance.now();
while (cells < target) {
  const found = await deviation(harness, randomBook(random));
  cells += found.cells;
  worst = Math.max(worst, found.worst);
  worstOfBound = Math.max(worstOfBound, found.worstOfBound);
  if (performance.now() - reported < PROGRESS_MS) continue;
  reported = performance.now();
  console.log(`${cells} of ${target} cells, largest error so far ${worst.toExponential(2)} of gross notional`);
}

const isWithin = worst <= KERNEL_TOLERANCE && worstOfBound <= 1;
console.log(isWithin ? "within the bounds" : "OUTSIDE the bounds");
console.log(
  `max error ${worst.toExponential(3)} of gross notional (${worstOfBound.toFixed(3)} of the kernel's bound), ${cells} cells, seed ${seed}`,
);
process.exitCode = isWithin ? 0 : 1;

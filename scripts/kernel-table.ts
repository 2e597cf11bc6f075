// Writes `contracts/KernelTable.sol`: the normal distribution on the lattice of `ScenarioKernel`, and the kernel's error
// bound. With `--check` it writes nothing and fails where the file differs from what it would write.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errorBound } from "./kernelError.ts";
import { normalCdf, ONE } from "./fixedPoint.ts";
import {
  ENTRY_BITS,
  FIRST_NODE,
  LAST_NODE,
  MAX_STRIKE_RATIO,
  MAX_VOLATILITY,
  STEPS_PER_UNIT,
} from "./kernelLattice.ts";

const PATH = fileURLToPath(new URL("../contracts/KernelTable.sol", import.meta.url));
const DIGITS_PER_LINE = 128;

/** N(node·h)·2^35 to the nearest, as 8 bytes in hexadecimal. */
function entry(node: number): string {
  const probability = normalCdf((BigInt(node) * ONE) / BigInt(STEPS_PER_UNIT));
  const scaled = ((probability << BigInt(ENTRY_BITS)) + ONE / 2n) / ONE;
  return scaled.toString(16).padStart(16, "0");
}

function tableLines(): string[] {
  let digits = "";
  for (let node = FIRST_NODE; node <= LAST_NODE; node++) digits += entry(node);
  const lines: string[] = [];
  for (let i = 0; i < digits.length; i += DIGITS_PER_LINE) {
    lines.push(`            hex"${digits.slice(i, i + DIGITS_PER_LINE)}"`);
  }
  return lines;
}

/** Two digits, rounded up. */
function upward(value: number): string {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return (Math.ceil(value / unit) * unit).toExponential(1);
}

function source(): string {
  const { parts, total, ofLegs } = errorBound();
  const terms = parts.map(({ name, value }) => `///   ${upward(value)} ${name}`);
  return `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

// Written by \`npx tsx scripts/kernel-table.ts\`; a test holds it against what that would write.

/// @title The standard normal distribution on the lattice of \`ScenarioKernel\`, as the code of a contract.
/// @notice A STOP byte, so that nothing can be called, then N(k/${STEPS_PER_UNIT})·2^${ENTRY_BITS} for k from ${FIRST_NODE} to ${LAST_NODE}, to the nearest,
/// big-endian, 8 bytes each.
/// @dev Error of a price from \`ScenarioKernel\`, for total volatilities up to ${MAX_VOLATILITY} and strikes up to ${MAX_STRIKE_RATIO} spots: at most
/// ${upward(total)} of the larger of spot and scenario price, and ${upward(ofLegs)} of that price plus the strike. It is the largest sum
/// of the terms below at one point; each is given at its own largest. \`docs/margin.md\` derives them.
${terms.join("\n")}
contract KernelTable {
    constructor() {
        bytes memory code =
            hex"00"
${tableLines().join("\n")};
        assembly ("memory-safe") {
            return(add(code, 32), mload(code))
        }
    }
}
`;
}

const text = source();
if (!process.argv.includes("--check")) {
  writeFileSync(PATH, text);
} else if (readFileSync(PATH, "utf8") !== text) {
  console.error("contracts/KernelTable.sol is stale: npx tsx scripts/kernel-table.ts");
  process.exitCode = 1;
}

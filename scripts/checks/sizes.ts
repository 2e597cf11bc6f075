// Asserts the limits on the size of contracts: bytes of deployed code, and lines of source without blank lines and comments.
import { globSync, readFileSync } from "node:fs";
import { sep } from "node:path";
import hre from "hardhat";

/** Below the 24,576 of EIP-170, so that a fix always fits. */
const MAX_BYTES = 22_000;
const MAX_CONTRACT_LINES = 550;
const MAX_LIBRARY_LINES = 300;

const failures: string[] = [];

function codeLines(source: string): number {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
  return code.split("\n").filter((line) => line.trim() !== "").length;
}

for (const file of globSync("contracts/**/*.sol").map((name) => name.split(sep).join("/"))) {
  const limit = /^contracts\/(libraries|types)\//.test(file) ? MAX_LIBRARY_LINES : MAX_CONTRACT_LINES;
  const lines = codeLines(readFileSync(file, "utf8"));
  if (lines > limit) failures.push(`${file}: ${lines} lines of code, limit ${limit}`);
}

const sizes: { name: string; bytes: number }[] = [];
for (const name of await hre.artifacts.getAllFullyQualifiedNames()) {
  if (!/^contracts\/(?!mocks\/)/.test(name)) continue;
  const { deployedBytecode } = await hre.artifacts.readArtifact(name);
  const bytes = (deployedBytecode.length - 2) / 2;
  if (bytes > MAX_BYTES) failures.push(`${name}: ${bytes} bytes of code, limit ${MAX_BYTES}`);
  // An abstract contract has no code.
  if (bytes > 0 && /^contracts\/[^/]+\.sol:/.test(name)) sizes.push({ name: name.replace(/^.*:/, ""), bytes });
}

for (const { name, bytes } of sizes.sort((a, b) => b.bytes - a.bytes)) {
  console.log(`${String(bytes).padStart(6)} bytes  ${name}`);
}
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;

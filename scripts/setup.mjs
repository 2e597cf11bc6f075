// Makes a checkout ready to run. npm runs it before every script that a person types; it returns at once when nothing is
// missing. It has no dependencies and runs under any Node.js since 20.
//
// Hardhat needs Node.js 22.13. Where that is missing, Node.js 24 comes from the npm registry into npm's own cache (once per
// machine) and is linked as node_modules/.bin/node, which npm puts first on the PATH of every script.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const inRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const link = inRoot("node_modules/.bin/node");

/** Tells the user what takes time; on stderr, so that the output of `npm start -- --json` stays parseable. */
const say = (text) => console.error(`[setup] ${text}`);

function fail(text) {
  say(text);
  process.exit(1);
}

/** Runs npm under the given Node.js and returns what it printed, if `stdout` is "pipe". */
function npm(node, args, stdout) {
  const cli = process.env.npm_execpath ?? fail("please run this through npm: npm run setup");
  const env = { ...process.env, npm_config_loglevel: "error" };
  const child = spawnSync(node, [cli, ...args], {
    cwd: root,
    env,
    encoding: "utf8",
    stdio: ["ignore", stdout, "inherit"],
  });
  if (child.status !== 0) fail(`npm ${args[0]} failed; the reason is above`);
  return child.stdout?.trim();
}

function isRecentEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 13);
}

/** This Node.js if it is recent enough, else the one linked by an earlier run, else one from the npm registry. */
function suitableNode() {
  if (isRecentEnough(process.versions.node)) return process.execPath;
  if (existsSync(link)) return realpathSync(link);
  if (process.platform === "win32") fail(`Node.js ${process.version} is too old: please install Node.js 24`);
  const family = process.platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  const name = `${family}-${process.platform}-${process.arch}`;
  say(`Hardhat needs a newer Node.js than ${process.version}: fetching ${name}@24 through npm (once per machine) …`);
  const print = ["--", "node", "-p", "process.execPath"];
  return npm(process.execPath, ["exec", "--yes", `--package=${name}@24`, ...print], "pipe")
    .split("\n")
    .at(-1);
}

/** Whether node_modules is older than the lock file, or lacks Hardhat's native part, which an `npm ci` by Node.js 20 leaves out. */
function isStale() {
  const installed = inRoot("node_modules/.package-lock.json");
  if (!existsSync(installed)) return true;
  if (statSync(installed).mtimeMs < statSync(inRoot("package-lock.json")).mtimeMs) return true;
  return !readdirSync(inRoot("node_modules/@nomicfoundation")).some((name) => name.startsWith("edr-"));
}

const started = Date.now();
const node = suitableNode();
if (isStale()) {
  say("installing the dependencies with npm ci; this can take a minute …");
  npm(node, ["ci"], "inherit");
}
const isBorrowed = /[\\/]_npx[\\/]/.test(node);
if (isBorrowed && !existsSync(link)) {
  rmSync(link, { force: true });
  symlinkSync(node, link);
}
if (Date.now() - started > 1000) say(`ready after ${Math.round((Date.now() - started) / 1000)} s`);

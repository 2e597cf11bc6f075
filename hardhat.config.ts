import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import toolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";
import type { ConfigHooks, SolidityHooks } from "hardhat/types/hooks";
import type { HardhatPlugin } from "hardhat/types/plugins";

/** What the output of the compiler should not be cluttered with: warnings about dependencies, sizes (a check of their own). */
const isClutter = (text = "") => /--> .*node_modules\//.test(text) || /Contract (init)?code size/.test(text);

/** Where the compiler lost count of its warnings: says nothing when all those that it showed are clutter. */
const isCutShort = (text = "") => text.includes("more than 256 warnings");

const compiler: Partial<SolidityHooks> = {
  /** Compiles what is deployed beside the code of tests: of two processors Hardhat would use one. */
  build: (...[context, files, options, next]) =>
    next(context, files, { ...options, concurrency: availableParallelism() }),

  /** Without the warnings that nobody reads. */
  async getCompilationJobErrors(...[context, job, output, next]) {
    const errors = await next(context, job, output);
    const worthReading = errors.filter((error) => error.severity === "error" || !isClutter(error.formattedMessage));
    return worthReading.every((error) => isCutShort(error.formattedMessage)) ? [] : worthReading;
  },
};

/** Solidity tests share one compiler configuration; Hardhat compiles files together whose configuration is the same object. */
const oneJobForTests: Partial<ConfigHooks> = {
  async resolveUserConfig(...[userConfig, resolveVariable, next]) {
    const config = await next(userConfig, resolveVariable);
    const overrides = Object.values(config.solidity.profiles).map((profile) => profile.overrides);
    for (const files of overrides) {
      const [shared] = Object.values(files);
      if (shared !== undefined) for (const file of Object.keys(files)) files[file] = shared;
    }
    return config;
  },
};

const compilation: HardhatPlugin = {
  id: "plimsoll-compilation",
  hookHandlers: {
    solidity: () => Promise.resolve({ default: () => Promise.resolve(compiler) }),
    config: () => Promise.resolve({ default: () => Promise.resolve(oneJobForTests) }),
  },
};

// The WebAssembly build that npm installs, so that compiling downloads nothing.
const solc = { version: "0.8.37", path: fileURLToPath(import.meta.resolve("solc/soljson.js")) };

/** For everything that is deployed: by a wallet, by a replay or by a test. */
const deployed = {
  ...solc,
  settings: { optimizer: { enabled: true, runs: 800 }, viaIR: true, evmVersion: "osaka" },
};

/** For the code of Solidity tests alone, which deploy what they test from its artifact: six times quicker to compile. */
const testCode = { ...solc, settings: { optimizer: { enabled: false }, evmVersion: "osaka" } };

export default defineConfig({
  plugins: [toolbox, compilation],
  paths: { ignition: "deploy" },
  solidity: {
    npmFilesToBuild: ["@openzeppelin/contracts/access/manager/AccessManager.sol"],
    compilers: [deployed],
    overrides: Object.fromEntries(globSync("test/**/*.t.sol").map((file) => [file, testCode])),
  },
  networks: {
    // For replays and integration tests. Osaka's cap on the gas of one transaction would also bound `eth_call`, hence lens reads.
    market: { type: "edr-simulated", chainType: "l1", transactionGasCap: false },
    op: { type: "edr-simulated", chainType: "op", transactionGasCap: false },
    localhost: { type: "http", chainType: "l1", url: "http://127.0.0.1:8545" },
    sepolia: {
      type: "http",
      chainType: "l1",
      url: configVariable("SEPOLIA_RPC_URL"),
      accounts: [configVariable("DEPLOYER_KEY")],
    },
  },
  test: {
    solidity: {
      fsPermissions: { readDirectory: ["vectors"] },
      fuzz: { runs: 256 },
      invariant: { runs: 16, depth: 64, failOnRevert: true },
    },
    mocha: { timeout: 240_000 },
  },
  // Written by `npm run compile` alone, because a build of single files would leave an incomplete index.
  typechain: { outDir: "typechain-types", dontOverrideCompile: true },
});

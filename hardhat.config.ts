import { fileURLToPath } from "node:url";
import toolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";
import type { SolidityHooks } from "hardhat/types/hooks";
import type { HardhatPlugin } from "hardhat/types/plugins";

/** Leaves out the compiler's warnings about the contracts of dependencies, which hide those about our own. */
const ownWarningsOnly: HardhatPlugin = {
  id: "own-warnings-only",
  hookHandlers: { solidity: () => Promise.resolve({ default: () => Promise.resolve(handlers) }) },
};

const handlers: Partial<SolidityHooks> = {
  async getCompilationJobErrors(...[context, job, output, next]) {
    const isOwn = (text: string | undefined) => !/--> .*node_modules\//.test(text ?? "");
    const errors = await next(context, job, output);
    return errors.filter((error) => error.severity === "error" || isOwn(error.formattedMessage));
  },
};

export default defineConfig({
  plugins: [toolbox, ownWarningsOnly],
  paths: { ignition: "deploy" },
  // One configuration of the compiler for everything: what is tested is what is deployed.
  solidity: {
    version: "0.8.37",
    // The WebAssembly build that npm installs, so that compiling downloads nothing.
    path: fileURLToPath(import.meta.resolve("solc/soljson.js")),
    settings: { optimizer: { enabled: true, runs: 200 }, viaIR: true, evmVersion: "osaka" },
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
      invariant: { runs: 64, depth: 64, failOnRevert: true },
    },
    mocha: { timeout: 120_000 },
  },
  // Written by `npm run compile` alone, because a build of single files would leave an incomplete index.
  typechain: { outDir: "typechain-types", dontOverrideCompile: true },
});

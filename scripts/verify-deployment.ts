// npm run verify -- --network NAME [--parameters NAME|FILE] [--deployer ADDRESS]
// Compares the recorded deployment with what was intended; any difference makes it fail.
import { parseArgs } from "node:util";
import hre from "hardhat";
import { loadConfiguration } from "../deploy/configuration.ts";
import { verifyDeployment } from "../deploy/verify.ts";
import { loadAddresses } from "../packages/client/src/addresses.ts";
import { report } from "./report.ts";

const { values } = parseArgs({
  options: { network: { type: "string" }, parameters: { type: "string" }, deployer: { type: "string" } },
});
if (values.network === undefined) {
  console.error("usage: npm run verify -- --network NAME [--parameters NAME|FILE] [--deployer ADDRESS]");
  process.exit(1);
}

const name = values.parameters ?? (values.network === "localhost" ? "local" : values.network);
const configuration = await loadConfiguration(name);
// All at once: the code that the compiler makes of a contract depends on which files it sees together.
await hre.tasks.getTask("build").run({ quiet: true, noTests: true, force: true });
const connection = await hre.network.create(values.network);
const { chainId } = await connection.ethers.provider.getNetwork();
const [signer] = await connection.ethers.getSigners();
const deployer = values.deployer ?? signer?.address;
if (deployer === undefined) throw new Error("name the account that deployed with --deployer");

const addresses = await loadAddresses(chainId);
report(await verifyDeployment(connection, { configuration, addresses, deployer }));
await connection.close();

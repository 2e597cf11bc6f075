// npm run deploy -- --network NAME [--parameters NAME|FILE]
// Deploys, or completes a deployment, then verifies it. Local chains get test tokens and feeds.
import { parseArgs } from "node:util";
import hre from "hardhat";
import { loadConfiguration } from "../deploy/configuration.ts";
import { deploy } from "../deploy/deploy.ts";
import { deployLocal } from "../deploy/local.ts";
import { verifyDeployment } from "../deploy/verify.ts";
import { report } from "./report.ts";

const { values } = parseArgs({ options: { network: { type: "string" }, parameters: { type: "string" } } });
if (values.network === undefined) {
  console.error("usage: npm run deploy -- --network NAME [--parameters NAME|FILE]");
  process.exit(1);
}

const isLocal = values.network === "localhost";
const configuration = await loadConfiguration(values.parameters ?? (isLocal ? "local" : values.network));
// All at once: the code that the compiler makes of a contract depends on which files it sees together.
await hre.tasks.getTask("build").run({ quiet: true, noTests: true, force: true });
const connection = await hre.network.create(values.network);
const [signer] = await connection.ethers.getSigners();
if (signer === undefined) throw new Error("no account to deploy from");

const hasFeeds = configuration.underlyings.every(({ feed }) => feed.aggregator !== undefined);
const options = { configuration, displayUi: true };
const addresses = hasFeeds ? await deploy(connection, options) : (await deployLocal(connection, options)).addresses;
console.table(addresses);
report(await verifyDeployment(connection, { configuration, addresses, deployer: signer.address }));
await connection.close();

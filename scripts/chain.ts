// npm run chain [-- --port N]
// A local JSON-RPC chain with everything deployed, tokens that anyone may mint and feeds that anyone may move.
import { rm } from "node:fs/promises";
import { parseArgs } from "node:util";
import { HDNodeWallet } from "ethers";
import hre from "hardhat";
import { deployLocal, type LocalDeployment } from "../deploy/local.ts";

const HELP = `npm run chain [-- --port N]

Starts a local chain on 127.0.0.1 (port 8545 unless given) with Plimsoll deployed, prints addresses and funded test keys,
and runs until it is interrupted. Its state is in memory. Move a price from another terminal:

  npm run price -- ETH 1800`;

const HOST = "127.0.0.1";
const DEFAULT_PORT = 8545;
const FUNDED_WALLETS = 10;
const WALLET_TOKENS = 1_000_000n;
/** What the backstop and the reserve begin with, in USDC units. */
const BACKSTOP = 1_000_000n * 10n ** 6n;
const RESERVE = 100_000n * 10n ** 6n;
/** Half of the feeds' heartbeat. */
const KEEP_ALIVE_SECONDS = 1800;

const { values } = parseArgs({ options: { port: { type: "string" }, help: { type: "boolean", short: "h" } } });
if (values.help === true) {
  console.log(HELP);
  process.exit(0);
}
const port = Number(values.port ?? DEFAULT_PORT);
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error(`not a port: ${values.port ?? ""}`);
  process.exit(1);
}

/** The keys that every Hardhat chain funds; known to everybody, so never for anything of value. */
function testKeys(): { address: string; key: string }[] {
  const root = HDNodeWallet.fromPhrase(
    "test test test test test test test test test test test junk",
    "",
    "m/44'/60'/0'/0",
  );
  return Array.from({ length: FUNDED_WALLETS }, (_, index) => {
    const { address, privateKey } = root.deriveChild(index);
    return { address, key: privateKey };
  });
}

async function endow({ tokens, contracts, deployer, addresses }: LocalDeployment): Promise<void> {
  for (const token of Object.values(tokens)) {
    const amount = WALLET_TOKENS * 10n ** (await token.decimals());
    for (const { address } of testKeys()) await token.mint(address, amount);
  }
  const { USDC } = tokens;
  await USDC?.mint(deployer, BACKSTOP + RESERVE);
  await USDC?.approve(addresses.backstopVault, BACKSTOP);
  await contracts.backstopVault.deposit(BACKSTOP, deployer);
  await USDC?.approve(addresses.clearinghouse, RESERVE);
  await contracts.clearinghouse.fundReserve(RESERVE);
}

/** Repeats the newest answer of a feed that has been silent, as a real one does at its heartbeat. */
async function keepAlive({ aggregators }: LocalDeployment): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  for (const aggregator of Object.values(aggregators)) {
    const [, answer, , updatedAt] = await aggregator.latestRoundData();
    if (now - Number(updatedAt) >= KEEP_ALIVE_SECONDS) await aggregator["push(int256)"](answer);
  }
}

await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
const server = await hre.network.createServer("market", HOST, port);
await server.listen();
const connection = await hre.network.create({
  network: "localhost",
  override: { url: `http://${HOST}:${port.toString()}` },
});
const { chainId } = await connection.ethers.provider.getNetwork();
// The chain is new, so what an earlier one recorded is void.
await rm(`deploy/deployments/chain-${chainId.toString()}`, { recursive: true, force: true });
const market = await deployLocal(connection);
await endow(market);

console.log(`\nPlimsoll runs on http://${HOST}:${port.toString()} (chain ${chainId.toString()})\n`);
const tokens = Object.entries(market.tokens).map(async ([name, token]) => [name, await token.getAddress()]);
const feeds = Object.entries(market.feeds).map(async ([name, feed]) => [`${name} / USD feed`, await feed.getAddress()]);
console.table(Object.fromEntries([...Object.entries(market.addresses), ...(await Promise.all([...tokens, ...feeds]))]));
console.log(`Funded test keys (known to everybody; ${WALLET_TOKENS.toLocaleString("en-US")} of each token):`);
console.table(testKeys());
console.log(`Move a price:   npm run price -- ETH 1800${port === DEFAULT_PORT ? "" : ` --port ${port.toString()}`}`);
console.log("Stop:           Ctrl-C");

const timer = setInterval(() => {
  keepAlive(market).catch((error: unknown) => {
    console.error("the feeds could not be kept alive:", error);
  });
}, 60_000);

async function stop(): Promise<void> {
  clearInterval(timer);
  await connection.close();
  await server.close();
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop());
await server.afterClosed();

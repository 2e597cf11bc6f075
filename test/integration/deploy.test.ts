import { expect } from "chai";
import { network } from "hardhat";
import { loadConfiguration, parseConfiguration } from "../../deploy/configuration.ts";
import { deploy, FeedMismatchError } from "../../deploy/deploy.ts";
import { deployLocal } from "../../deploy/local.ts";
import { verifyDeployment } from "../../deploy/verify.ts";
import { deployPlimsoll } from "../helpers/deploy.ts";
import { rejection } from "../helpers/rejection.ts";

describe("deployment", () => {
  it("is what was intended: code, wiring, parameters, roles and delays", async () => {
    const connection = await network.create("market");
    const { configuration, addresses, deployer } = await deployPlimsoll(connection);
    const intended = { configuration, addresses, deployer: deployer.address };
    expect(await verifyDeployment(connection, intended)).to.deep.equal([]);
  });

  it("gives each role to its own holder and leaves the deployer nothing", async () => {
    const connection = await network.create("market");
    const [deployer, ...holders] = await connection.ethers.getSigners();
    const names = ["admin", "module", "announcer", "feed", "risk", "guardian"];
    const roles = Object.fromEntries(names.map((name, index) => [name, holders[index]?.address]));
    const configuration = { ...(await loadConfiguration("local")), roles };
    const { addresses, contracts } = await deployLocal(connection, { configuration });
    const intended = { configuration, addresses, deployer: deployer?.address ?? "" };
    expect(await verifyDeployment(connection, intended)).to.deep.equal([]);
    for (const role of [0n, 1n, 2n, 3n, 4n, 5n]) {
      expect(await contracts.accessManager.hasRole(role, intended.deployer)).to.deep.equal([false, 0n]);
    }
  });

  it("is found wanting where it was not handed over", async () => {
    const connection = await network.create("market");
    const { configuration, addresses, deployer } = await deployLocal(connection, { handOver: false });
    const intended = { configuration, addresses, deployer: deployer.address };
    const differences = await verifyDeployment(connection, intended);
    expect(differences.map(({ what }) => what)).to.include.members(["roles: holders", "roles: functions"]);
  });

  it("is found wanting where code, wiring or a parameter is another", async () => {
    const connection = await network.create("market");
    const { configuration, addresses, contracts, deployer } = await deployLocal(connection, { handOver: false });
    await contracts.clearinghouse.setLiquidator(addresses.lens);
    await contracts.markets.setOpenInterestCap(2, 1n);
    const btc = configuration.underlyings[1];
    if (btc === undefined) throw new RangeError("the local market has one underlying");
    await contracts.volatilityOracle.setController(2, { ...btc.controller, floor: btc.controller.floor + 1n });
    const { marginEngine: marginScenarios } = addresses;
    const intended = { configuration, addresses: { ...addresses, marginScenarios }, deployer: deployer.address };
    const found = (await verifyDeployment(connection, intended)).map(({ what }) => what);
    expect(found).to.include(`code of MarginScenarios at ${marginScenarios}`);
    expect(found).to.include("wiring: Clearinghouse.liquidator");
    expect(found).to.include("BTC: open interest cap");
    expect(found).not.to.include("ETH: open interest cap");
    expect(found).to.include("BTC: controller at the end of its ramp");
    expect(found.filter((what) => what.startsWith("ETH: controller"))).to.deep.equal([]);
  });

  it("lists the same numbers as the parameter file", async () => {
    const connection = await network.create("market");
    const { contracts } = await deployPlimsoll(connection);
    const eth = await contracts.markets.riskParameters(1);
    expect(eth.initial.z).to.equal(201n * 10n ** 16n);
    expect(eth.initial.horizonSeconds).to.equal(86_400n);
    expect([eth.concentration, eth.depth, eth.vegaDepth]).to.deep.equal([3n * 10n ** 16n, 20_000n, 2_000_000n]);
    expect(eth.stresses[0].move).to.equal(-55n * 10n ** 16n);
    expect(eth.stresses[2].initialWeight).to.equal(0n);
    const { stressed, maintenance } = await contracts.volatilityOracle.marginVolatility(1);
    expect(stressed).to.equal(207n * 10n ** 16n);
    expect(maintenance).to.be.greaterThan(10n ** 18n);
  });

  it("refuses a feed that is not what the parameters say", async () => {
    const connection = await network.create("market");
    const local = await deployLocal(connection);
    const { ETH, BTC } = local.feeds;
    const { WETH, WSTETH, WBTC, USDC } = local.tokens;
    const addressOf = async (contract: { getAddress: () => Promise<string> } | undefined) =>
      (await contract?.getAddress()) ?? "";
    const market = {
      usdc: await addressOf(USDC),
      tokens: { ETH: await addressOf(WETH), WSTETH: await addressOf(WSTETH), BTC: await addressOf(WBTC) },
      feeds: { ETH: await addressOf(BTC), BTC: await addressOf(ETH) },
    };
    const refused = await rejection(deploy(connection, { configuration: local.configuration, market }));
    expect(refused).to.be.instanceOf(FeedMismatchError);
    expect((refused as FeedMismatchError).message).to.equal("ETH feed: expected ETH / USD, found BTC / USD");
  });

  it("refuses a parameter file with an unknown or missing entry", () => {
    const file: unknown = { sequencer: { graceSeconds: 1 }, account: { floor: "1", credit: "0.1" }, underlyings: [] };
    expect(() => parseConfiguration(file)).to.throw("underlyings");
    expect(() => parseConfiguration({ ...(file as object), typo: 1 })).to.throw("typo");
  });

  it("keeps the feeds of Sepolia as parameters", async () => {
    const { underlyings } = await loadConfiguration("sepolia");
    expect(underlyings.map(({ feed }) => [feed.aggregator, feed.description, feed.decimals])).to.deep.equal([
      ["0x694AA1769357215DE4FAC081bf1f309aDC325306", "ETH / USD", 8],
      ["0x1b44F3514812d835EB1BDB0acB33d3fA3351Ee43", "BTC / USD", 8],
    ]);
  });
});

import { expect } from "chai";
import { AbiCoder, concat, type FunctionFragment, type Interface } from "ethers";
import { network } from "hardhat";
import { loadConfiguration } from "../../deploy/configuration.ts";
import { deployLocal } from "../../deploy/local.ts";
import { ADMIN_DELAY_SECONDS, ADMIN_ROLE, ROLE_NAMES, ROLES, type RestrictedContract } from "../../deploy/roles.ts";
import { selectorOf } from "../../deploy/selectors.ts";
import type { Addresses } from "../../packages/client/src/addresses.ts";
import { decodeError } from "../../packages/client/src/errors.ts";
import type { RiskParametersStruct } from "../../typechain-types/contracts/Markets.js";
import { deployPlimsoll, type TestMarket } from "../helpers/deploy.ts";
import { refusal, rejection } from "../helpers/rejection.ts";

const { networkHelpers } = await network.create("market");

const KEYS = {
  Clearinghouse: "clearinghouse",
  Markets: "markets",
  PoolQuoter: "poolQuoter",
  PriceOracle: "priceOracle",
  VolatilityOracle: "volatilityOracle",
} as const satisfies Record<RestrictedContract, keyof Addresses>;

/** Role, contract and function, a row for each in the table of roles. */
const rows = ROLE_NAMES.flatMap((role) =>
  Object.entries(ROLES[role].functions).flatMap(([contract, methods]) =>
    methods.map((method) => ({ role, contract: contract as RestrictedContract, method })),
  ),
);

/** What a stranger is told who calls the function with zeros. */
async function answerToStranger({ ethers, carol }: TestMarket, to: string, method: FunctionFragment) {
  const zeros = AbiCoder.defaultAbiCoder().getDefaultValue(method.inputs);
  const data = concat([method.selector, AbiCoder.defaultAbiCoder().encode(method.inputs, [...zeros])]);
  try {
    await ethers.provider.call({ from: carol.address, to, data });
    return "accepted";
  } catch (thrown) {
    return decodeError(thrown)?.errorName;
  }
}

function doors(contract: Interface): FunctionFragment[] {
  const found: FunctionFragment[] = [];
  contract.forEachFunction((method) => {
    // OpenZeppelin's own door for the manager alone.
    if (!method.constant && method.name !== "setAuthority") found.push(method);
  });
  return found;
}

describe("roles", () => {
  for (const { role, contract, method } of rows) {
    it(`let only ${role} call ${contract}.${method}, after ${ROLES[role].delaySeconds / 3600} h`, async () => {
      const { contracts, addresses, deployer, bob } = await networkHelpers.loadFixture(deployPlimsoll);
      const { id, delaySeconds } = ROLES[role];
      const target = addresses[KEYS[contract]];
      const selector = selectorOf(contract, method);
      const { accessManager } = contracts;
      expect(await accessManager.getTargetFunctionRole(target, selector)).to.equal(id);
      const allowed = [delaySeconds === 0, BigInt(delaySeconds)];
      expect([...(await accessManager.canCall(deployer, target, selector))]).to.deep.equal(allowed);
      expect([...(await accessManager.canCall(bob, target, selector))]).to.deep.equal([false, 0n]);
    });
  }

  it("cover every function that refuses strangers, and no other function does", async () => {
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const restricted: string[] = [];
    const inTable = rows.map(({ contract, method }) => `${KEYS[contract]}.${method}`);
    for (const [name, contract] of Object.entries(market.contracts)) {
      if (name === "accessManager") continue;
      for (const method of doors(contract.interface)) {
        const answer = await answerToStranger(market, await contract.getAddress(), method);
        if (answer === "AccessManagedUnauthorized") restricted.push(`${name}.${method.name}`);
      }
    }
    expect(restricted.sort()).to.deep.equal(inTable.sort());
  });

  it("give the administrator and whoever it appoints seven days", async () => {
    const {
      contracts,
      addresses,
      deployer,
      bob,
      networkHelpers: helpers,
    } = await networkHelpers.loadFixture(deployPlimsoll);
    const { accessManager } = contracts;
    expect(await accessManager.hasRole(ADMIN_ROLE, deployer)).to.deep.equal([true, BigInt(ADMIN_DELAY_SECONDS)]);
    const grant = accessManager.interface.encodeFunctionData("grantRole", [ROLES.guardian.id, bob.address, 0]);
    const hasty = await refusal(accessManager.execute(addresses.accessManager, grant));
    expect(hasty.errorName).to.equal("AccessManagerNotScheduled");

    await accessManager.schedule(addresses.accessManager, grant, 0);
    await helpers.time.increase(ADMIN_DELAY_SECONDS);
    await accessManager.execute(addresses.accessManager, grant);
    expect((await accessManager.hasRole(ROLES.guardian.id, bob)).isMember).to.equal(false);
    await helpers.time.increase(ADMIN_DELAY_SECONDS);
    expect((await accessManager.hasRole(ROLES.guardian.id, bob)).isMember).to.equal(true);
  });

  it("cannot be given, or given other functions, in less than seven days, on the manager as it is deployed", async () => {
    const { contracts, addresses, networkHelpers: helpers } = await networkHelpers.loadFixture(deployPlimsoll);
    const { accessManager } = contracts;
    // OpenZeppelin lets longer delays begin after its setback; until then the administrator's own delay holds.
    await helpers.time.increase(await accessManager.minSetback());
    for (const id of [ADMIN_ROLE, ...ROLE_NAMES.map((name) => ROLES[name].id)]) {
      expect(await accessManager.getRoleGrantDelay(id), `grants of role ${id.toString()}`).to.equal(
        ADMIN_DELAY_SECONDS,
      );
      expect(await accessManager.getRoleAdmin(id)).to.equal(ADMIN_ROLE);
    }
    for (const [name, key] of Object.entries(KEYS)) {
      expect(await accessManager.getTargetAdminDelay(addresses[key]), name).to.equal(ADMIN_DELAY_SECONDS);
    }
    for (const name of ["module", "feed"] as const) expect(ROLES[name].delaySeconds).to.equal(ADMIN_DELAY_SECONDS);
  });

  it("keep stricter margin away from maintenance for seven days more, and looser margin for two days only", async () => {
    const {
      contracts,
      addresses,
      configuration,
      networkHelpers: helpers,
    } = await networkHelpers.loadFixture(deployPlimsoll);
    const { accessManager, markets } = contracts;
    const [underlying] = configuration.underlyings;
    if (underlying === undefined) throw new RangeError("nothing is listed");
    const before = await markets.riskParameters(1);
    const stresses = underlying.risk.stresses.map((stress) => ({
      ...stress,
      initialWeight: stress.initialWeight * 2n,
    }));
    const maintenance = { ...underlying.risk.maintenance, rangeMin: 10n ** 17n };
    const depth = underlying.risk.depth * 2n;
    const changed = { ...underlying.risk, stresses, maintenance, depth } as RiskParametersStruct;
    const change = markets.interface.encodeFunctionData("setRiskParameters", [1, changed]);
    await accessManager.schedule(addresses.markets, change, 0);
    await helpers.time.increase(ROLES.risk.delaySeconds);
    await accessManager.execute(addresses.markets, change);
    const meanwhile = await markets.riskParameters(1);
    expect(meanwhile.maintenance.rangeMin).to.equal(before.maintenance.rangeMin);
    expect(meanwhile.depth).to.equal(before.depth * 2n);
    expect(meanwhile.stresses[0].initialWeight).to.equal(before.stresses[0].initialWeight * 2n);
    const { rampEndsAt } = await markets.announcedRiskParameters(1);
    await helpers.time.increaseTo(rampEndsAt - 1n);
    expect((await markets.riskParameters(1)).maintenance.rangeMin).to.equal(before.maintenance.rangeMin);
    await helpers.time.increaseTo(rampEndsAt);
    expect((await markets.riskParameters(1)).maintenance.rangeMin).to.equal(10n ** 17n);
    await markets.applyRiskParameters(1);
    expect((await markets.announcedRiskParameters(1)).rampEndsAt).to.equal(0n);
  });

  it("keep a change of risk parameters public for two days before it takes effect", async () => {
    const { contracts, addresses, networkHelpers: helpers } = await networkHelpers.loadFixture(deployPlimsoll);
    const { accessManager, markets } = contracts;
    await rejection(markets.setOpenInterestCap(1, 5n));
    const change = markets.interface.encodeFunctionData("setOpenInterestCap", [1, 5n]);
    await accessManager.schedule(addresses.markets, change, 0);
    const early = await refusal(accessManager.execute(addresses.markets, change));
    expect(early.errorName).to.equal("AccessManagerNotReady");
    await helpers.time.increase(ROLES.risk.delaySeconds);
    await accessManager.execute(addresses.markets, change);
    expect((await markets.underlying(1)).openInterestCap).to.equal(5n);
  });

  it("keep a lower stressed peak and a controller public for two days, and the controller ramping for three more", async () => {
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const { contracts, addresses, configuration, networkHelpers: helpers } = market;
    const { accessManager, volatilityOracle } = contracts;
    const [underlying] = configuration.underlyings;
    if (underlying === undefined) throw new RangeError("nothing is listed");
    const { stressed } = await volatilityOracle.marginVolatility(1);
    const { effective } = await volatilityOracle.controller(1);
    const lower = (stressed * 9n + 9n) / 10n;
    const floor = effective.floor + 10n ** 17n;
    const calls = [
      volatilityOracle.interface.encodeFunctionData("lowerStressed", [1, lower]),
      volatilityOracle.interface.encodeFunctionData("setController", [1, { ...underlying.controller, floor }]),
    ] as const;
    for (const call of calls) {
      const hasty = await refusal(accessManager.execute(addresses.volatilityOracle, call));
      expect(hasty.errorName).to.equal("AccessManagerNotScheduled");
      await accessManager.schedule(addresses.volatilityOracle, call, 0);
    }
    await helpers.time.increase(ROLES.risk.delaySeconds);
    for (const call of calls) await accessManager.execute(addresses.volatilityOracle, call);
    expect((await volatilityOracle.marginVolatility(1)).stressed).to.equal(lower);
    const begun = await volatilityOracle.controller(1);
    expect(begun.effective.floor).to.be.lessThan(effective.floor + 10n ** 13n);
    expect(begun.target.floor).to.equal(floor);
    await helpers.time.increaseTo(begun.rampEndsAt);
    const over = await volatilityOracle.controller(1);
    expect([over.effective.floor, over.rampEndsAt]).to.deep.equal([floor, 0n]);
    const again = await refusal(accessManager.execute(addresses.volatilityOracle, calls[0]));
    expect(again.errorName).to.equal("AccessManagerNotScheduled");
  });

  it("let the guardian pause opening at once, and nothing else", async () => {
    const connection = await network.create("market");
    const [, guardian, admin] = await connection.ethers.getSigners();
    if (guardian === undefined || admin === undefined) throw new RangeError("too few test accounts");
    const roles = { guardian: guardian.address, admin: admin.address, risk: admin.address };
    const configuration = { ...(await loadConfiguration("local")), roles };
    const { contracts } = await deployLocal(connection, { configuration });
    const markets = contracts.markets.connect(guardian);
    await markets.pauseOpening(1, true);
    expect((await markets.underlying(1)).openingPaused).to.equal(true);
    expect((await refusal(markets.setOpenInterestCap(1, 0n))).errorName).to.equal("AccessManagedUnauthorized");
    const { accessManager } = contracts;
    for (const { role, contract, method } of rows) {
      if (role === "guardian") continue;
      const target = await contracts[KEYS[contract]].getAddress();
      const answer = await accessManager.canCall(guardian, target, selectorOf(contract, method));
      expect([...answer], `${contract}.${method}`).to.deep.equal([false, 0n]);
    }
  });
});

import { batchOf } from "@plimsoll/client";
import { type Call, Random } from "@plimsoll/replay";
import { auditStep } from "./audit/step.ts";
import type { SurfaceFunction } from "./chain/contracts.ts";
import { type Person, WEALTH } from "./chain/people.ts";
import { assetOf } from "./chain/reads.ts";
import { Stage } from "./chain/stage.ts";
import { type Theatre, rewind } from "./chain/theatre.ts";
import { wad } from "./cases/case.ts";
import { pickRates } from "./cases/governance.ts";
import { World } from "./model/world.ts";
import type { Story } from "./story.ts";

const USDC_SCALE = 10n ** 12n;
const RESERVE_USD = 5_000;
/** What a backer keeps in an account of his own, of what he brings, and what he puts into the pool besides. */
const BACKERS_OWN_SHARE = 0.2;
const POOL_SHARE = 2;
/** In some stories little stands behind the market, so that losses reach those who share them. */
const POOR_BACKERS = { probability: 0.4, share: 0.02 };
const ALL_REQUESTS = 16;
const usdc = (value: number) => wad(value) / USDC_SCALE;

/** The market of a story as its seed says: parameters near the starting ones, everybody with what he brings. */
export async function openMarket(theatre: Theatre, story: Story): Promise<Stage> {
  await rewind(theatre);
  const random = new Random(`campaign market ${story.seed}`);
  const stage = new Stage(theatre, worldOf(theatre, story));
  for (const { id } of theatre.configuration.underlyings) {
    const [, accruedAt] = await stage.reads.view("ClearinghouseBooks", "funding", [id]);
    stage.model.funding.begin(id, Number(accruedAt));
  }
  await setParameters(stage, random);
  const backing = random.chance(POOR_BACKERS.probability) ? POOR_BACKERS.share : 1;
  for (const person of stage.people) await enter(stage, person, { random, backing });
  await openPool(stage);
  const [first] = stage.people;
  if (first !== undefined)
    await open(stage, "Clearinghouse.fundReserve", { args: [usdc(RESERVE_USD * backing)], from: first.address });
  return stage;
}

/** Somebody pays in what he brings; some come with the coin, which is then their collateral. */
async function enter(
  stage: Stage,
  { address, accounts, role }: Person,
  { random, backing }: { readonly random: Random; readonly backing: number },
): Promise<void> {
  const wealth = WEALTH[role] * Math.exp(0.5 * random.normal());
  const likesCoins = role === "long" || role === "writer";
  const comesWithCoin = random.chance(likesCoins ? 0.4 : 0.1);
  const underlying = comesWithCoin ? random.pick(stage.world.underlyings).id : 0;
  const price = underlying === 0 ? 1 : stage.world.price(underlying);
  const decimals = stage.theatre.tokens.get(underlying)?.decimals ?? 18;
  const share = role === "backer" ? BACKERS_OWN_SHARE : 1;
  const amountInTokens = wad((wealth * share) / price) / 10n ** BigInt(18 - decimals);
  const deposits = [{ account: accounts[0], asset: assetOf(underlying), amountInTokens }];
  await open(stage, "Clearinghouse.batch", { args: [batchOf({ deposits })], from: address });
  if (role !== "backer") return;
  await open(stage, "BackstopVault.deposit", { args: [usdc(wealth * backing), address], from: address });
  const request = [usdc(wealth * POOL_SHARE), address, address];
  await open(stage, "LiquidityPool.requestDeposit", { args: request, from: address });
}

/** Without positions the pool takes what is offered at once. */
async function openPool(stage: Stage): Promise<void> {
  for (const { address } of stage.of("backer").slice(0, 1)) {
    await open(stage, "LiquidityPool.execute", { args: [ALL_REQUESTS], from: address });
  }
  for (const { address } of stage.of("backer")) {
    const { assets } = stage.pool.entries.claimOf(address);
    await open(stage, "LiquidityPool.deposit(uint256,address)", { args: [assets, address], from: address });
  }
}

function worldOf(theatre: Theatre, { seed, underlyings, depthPercent }: Story): World {
  const listed = theatre.configuration.underlyings.slice(0, underlyings);
  return new World({
    ...{ seed, now: theatre.start },
    underlyings: listed.map(({ id, symbol, feed, risk }) => {
      const price = Number(feed.startAnswer ?? 0n) / 10 ** feed.decimals;
      // The same depth as in the concentration add-on, or a share of it.
      const depth = {
        usd: (Number(risk.depth) * price * depthPercent) / 100,
        share: Number(risk.concentration) / 1e18,
      };
      return { id, symbol, price, depth };
    }),
  });
}

async function setParameters(stage: Stage, random: Random): Promise<void> {
  const { address } = stage.theatre.market.deployer;
  for (const { id, risk } of stage.theatre.configuration.underlyings) {
    const scaled = (value: bigint, low: number, high: number) => (value * wad(random.between(low, high))) / 10n ** 18n;
    const changed = {
      ...risk,
      initial: { ...risk.initial, z: scaled(risk.initial.z, 0.95, 1.15) },
      maintenance: { ...risk.maintenance, z: scaled(risk.maintenance.z, 0.9, 1) },
      concentration: scaled(risk.concentration, 0.5, 1.5),
    };
    await open(stage, "Markets.setRiskParameters", { args: [id, changed], from: address });
  }
  await open(stage, "Clearinghouse.setInterestRates", { args: [pickRates(random)], from: address });
  const account = { floor: wad(random.between(60, 150)), credit: wad(random.between(0.2, 0.4)) };
  await open(stage, "Markets.setAccountParameters", { args: [account], from: address });
}

/** What must go through. Its events are in the books from the first on. */
async function open(
  stage: Stage,
  name: SurfaceFunction,
  { args, from }: { readonly args: readonly unknown[]; readonly from: string },
): Promise<void> {
  const call: Call = stage.call(name, args, from);
  const outcome = await stage.send(call);
  if (outcome.refusal !== undefined) throw outcome.refusal;
  const violations = await auditStep(stage, { call, reducing: [], before: new Map() }, outcome);
  const [first] = violations;
  if (first !== undefined) throw new Error(`while the market opened: ${first.invariant}: ${first.message}`);
}

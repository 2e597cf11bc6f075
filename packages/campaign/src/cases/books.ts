import { type Instrument, MAY_TRADE, WAD, fieldsOf } from "@plimsoll/client";
import { ZeroAddress } from "ethers";
import { assetOf } from "../chain/reads.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import { type Case, anybody, nobody, pickAccount } from "./case.ts";

const FOREVER = 2n ** 40n - 1n;
/** Rounds that one proof walks, at most. */
const PROOF_ROUNDS = 128;
/** Scenarios that a witness can name, and one that there is not. */
const WITNESS_PRICES = 14;
const WITNESS_VOLATILITIES = 3;
/** Before an expiry, over which its price is averaged. */
const WINDOW_SECONDS = 1_800;

/** What accounts hold that has expired. */
function expiredSeries({ model, world }: Stage): Instrument[] {
  const held = new Set([...model.accounts.values()].flatMap(({ positions }) => [...positions.keys()]));
  return [...held].filter((instrument) => {
    const { expiry } = fieldsOf(instrument);
    return expiry !== 0 && expiry <= world.now;
  });
}

/** The price of an expired series is proven from its feed's rounds. */
const prove: Case = {
  ...{ name: "prove settlement", covers: ["PriceOracle.proveSettlement"], weight: 4 },
  plan(stage, dice) {
    const expired = expiredSeries(stage);
    if (expired.length === 0) return undefined;
    const { underlying, expiry } = fieldsOf(dice.pick(expired));
    const { address, label } = dice.pick(stage.people);
    const before = (stage.rounds.get(underlying) ?? []).filter(({ time }) => time <= expiry - WINDOW_SECONDS);
    const first = before.at(-1)?.id ?? stage.theatre.firstRounds.get(underlying) ?? 1n;
    // From too late a round it is refused; from any earlier one it comes to the same.
    const from = first + BigInt(dice.chance(0.6) ? 0 : dice.integer(12) - 9);
    const args = [underlying, expiry, from < 1n ? 1n : from, PROOF_ROUNDS];
    const call = stage.call("PriceOracle.proveSettlement", args, address);
    return { told: `${label} proves the settlement price of an expired series`, call };
  },
};

/** Some holders of expired series are paid, or all. */
const settleExpired: Case = {
  ...{ name: "settle expired", covers: ["ClearinghouseBooks.settleExpired"], weight: 5 },
  plan(stage, dice) {
    const expired = expiredSeries(stage);
    if (expired.length === 0) return undefined;
    const series = dice.pick(expired);
    const holders = [...stage.model.accounts].filter(([, { positions }]) => positions.has(series));
    const accounts = holders.map(([account]) => account).filter(() => dice.chance(0.7));
    const { address, label } = dice.pick(stage.people);
    const call = stage.call("ClearinghouseBooks.settleExpired", [[series], accounts], address);
    return { told: `${label} settles an expired series for ${accounts.length} of its holders`, call };
  },
};

const onAnyAsset = (stage: Stage, dice: Dice) => [assetOf(dice.pick(stage.world.underlyings).id), WAD];

/** Somebody names any scenario of anybody's account. */
const startByAnybody: Case = {
  ...{ name: "Liquidator startAuctionByWitness", covers: ["Liquidator.startAuctionByWitness"], weight: 0.3 },
  plan(stage, dice) {
    const { address, label } = dice.pick(stage.people);
    const account = pickAccount(stage, dice);
    const scenario = [dice.integer(WITNESS_PRICES), dice.integer(WITNESS_VOLATILITIES)];
    const call = stage.call("Liquidator.startAuctionByWitness", [account, ...scenario], address);
    return { told: `${label} calls Liquidator.startAuctionByWitness`, call, watched: [account] };
  },
};

export const BOOKS: readonly Case[] = [
  ...[prove, settleExpired],
  anybody("ClearinghouseBooks.accrueFunding", 2.5, (stage, dice) => [dice.pick(stage.world.underlyings).id]),
  nobody("ClearinghouseBooks.approveBySignature", 0.3, (stage, dice) => {
    const operator = dice.pick(stage.people).address;
    const approvals = [{ account: pickAccount(stage, dice), operator, permissions: MAY_TRADE, expiry: FOREVER }];
    return [{ approvals, nonce: 0n, deadline: FOREVER }, `0x${"11".repeat(65)}`];
  }),
  nobody("ClearinghouseBooks.beginNotice", 0.1, () => [ZeroAddress, ZeroAddress]),
  nobody("ClearinghouseBooks.useNotice", 0.1, () => [ZeroAddress, ZeroAddress]),
  nobody("ClearinghouseBooks.countInflow", 0.1, onAnyAsset),
  nobody("ClearinghouseBooks.countOutflow", 0.1, onAnyAsset),
  nobody("ClearinghouseBooks.settleTouched", 0.1, (stage, dice) => [pickAccount(stage, dice)]),
  nobody("ClearinghouseBooks.setInterestRates", 0.1, (stage) => [stage.theatre.configuration.interest]),
  anybody("Markets.applyAccountParameters", 0.2, () => []),
  anybody("Markets.applyRiskParameters", 0.2, (stage, dice) => [dice.pick(stage.world.underlyings).id]),
  anybody("Markets.refreshCover", 0.5, (stage, dice) => [dice.pick(stage.world.underlyings).id]),
  anybody("Markets.applyCollateralParameters", 0.2, (stage, dice) => [assetOf(dice.pick(stage.world.underlyings).id)]),
  startByAnybody,
];

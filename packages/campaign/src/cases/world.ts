import { type Account, perpetual } from "@plimsoll/client";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import type { Fault, FeedAction } from "../model/feed.ts";
import type { Case, Plan } from "./case.ts";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** Something that happens to the world. */
function event(name: string, weight: number, happen: (stage: Stage, dice: Dice) => Promise<string> | string): Case {
  return {
    ...{ name, covers: [], weight },
    async plan(stage, dice): Promise<Plan> {
      return { told: await happen(stage, dice) };
    },
  };
}

const percent = (move: number) => `${move < 0 ? "falls" : "rises"} by ${Math.abs(Math.expm1(move) * 100).toFixed(0)} %`;
const minutes = (seconds: number) => `${Math.round(seconds / MINUTE)} minutes`;

/** The price moves, and what watches it answers at once if nothing is wrong with it. */
async function jump(stage: Stage, id: number, move: number): Promise<string> {
  stage.world.jump(id, move);
  await stage.follow();
  return `${stage.world.underlying(id).symbol} ${percent(move)}`;
}

async function fail(stage: Stage, dice: Dice, fault: Fault): Promise<string> {
  const { id, symbol, feed } = dice.pick(stage.world.underlyings);
  const seconds = dice.scale(2 * MINUTE, 4 * HOUR);
  const actions: FeedAction[] = feed.fail(fault, stage.world.now, seconds);
  for (const action of actions) await stage.transmit(id, action);
  return `the ${symbol} feed is ${fault.kind} for ${minutes(seconds)}`;
}

async function crash(stage: Stage, dice: Dice): Promise<string> {
  const move = -dice.between(0.1, 0.7);
  const [steps, told] = [1 + dice.integer(6), [] as string[]];
  for (const { id } of stage.world.underlyings) stage.world.jump(id, move);
  for (const { id, symbol } of stage.world.underlyings) {
    // The shock counts as one; its pieces come over the steps.
    stage.world.underlying(id).log -= (move * (steps - 1)) / steps;
    told.push(symbol);
  }
  for (let i = 1; i < steps; i++) {
    await stage.pass(5 * MINUTE, 5 * MINUTE);
    for (const { id } of stage.world.underlyings) stage.world.underlying(id).log += move / steps;
  }
  await stage.follow();
  return `a crash: ${told.join(" and ")} ${percent(move)} in ${minutes((steps - 1) * 5 * MINUTE)}`;
}

async function gap(stage: Stage, dice: Dice): Promise<string> {
  const seconds = dice.scale(30 * MINUTE, 5 * HOUR);
  const move = dice.between(-0.5, 0.35);
  for (const { id, feed } of stage.world.underlyings) {
    // Somebody tries his luck before the first answer comes.
    feed.fail({ kind: "silent" }, stage.world.now, seconds + HOUR);
    stage.world.jump(id, move);
  }
  await stage.pass(seconds, 15 * MINUTE);
  return `a gap: nothing is heard for ${minutes(seconds)}, then everything ${percent(move)}`;
}

/** Share of a price, down or up, by which a shock on purpose goes at most. */
const FARTHEST = 0.6;

/** How far the price of an underlying has to go until somebody's perpetuals have cost him all that he has: as a share of it, signed. */
async function distances(stage: Stage): Promise<{ account: Account; id: number; share: number }[]> {
  await stage.estimates.refresh();
  return [...stage.model.accounts].flatMap(([account, { positions }]) =>
    stage.world.underlyings.flatMap(({ id }) => {
      const units = Number(positions.get(perpetual(id)) ?? 0n) / 1e18;
      const { equity } = stage.estimates.of(account);
      const share = units === 0 ? 0 : -equity / (units * stage.world.price(id));
      return equity > 0 && share !== 0 && Math.abs(share) < FARTHEST ? [{ account, id, share }] : [];
    }),
  );
}

/** The price goes a little beyond where somebody has nothing left. */
const ruin: Case = {
  ...{ name: "ruin", covers: [], weight: 0.8 },
  async plan(stage, dice) {
    const near = await distances(stage);
    if (near.length === 0) return undefined;
    const { account, id, share } = dice.pick(near);
    const told = await jump(stage, id, Math.log1p(share * dice.between(1.02, 1.4)));
    return { told: `${told}: more than ${stage.nameOf(account)} can bear` };
  },
};

export const WORLD: readonly Case[] = [
  ruin,
  event("wait", 9, async (stage, dice) => {
    const seconds = Math.round(dice.scale(12, 90 * MINUTE));
    await stage.pass(seconds, 10 * MINUTE);
    return `${seconds < 120 ? `${seconds} seconds` : minutes(seconds)} pass`;
  }),
  event("long wait", 0.3, async (stage, dice) => {
    const hours = Math.round(dice.scale(6, 96));
    await stage.pass(hours * HOUR, 50 * MINUTE);
    return `${(hours / 24).toFixed(1)} days pass`;
  }),
  event("jump", 1.6, async (stage, dice) => {
    const { id } = dice.pick(stage.world.underlyings);
    return await jump(stage, id, dice.between(-0.35, 0.3));
  }),
  event("crash", 0.6, crash),
  event("gap", 0.4, gap),
  event("correlation break", 0.25, async (stage, dice) => {
    const size = dice.between(0.1, 0.4);
    const told: string[] = [];
    for (const [i, { id }] of stage.world.underlyings.entries())
      told.push(await jump(stage, id, i === 0 ? -size : size));
    return `correlation breaks: ${told.join(", ")}`;
  }),
  event("explosion", 0.4, (stage, dice) => {
    const [volatility, seconds] = [dice.between(2, 8), dice.scale(HOUR, DAY)];
    stage.world.goWild(volatility, seconds);
    return `volatility explodes to ${Math.round(volatility * 100)} % for ${minutes(seconds)}`;
  }),
  event("silent feed", 0.3, (stage, dice) => fail(stage, dice, { kind: "silent" })),
  event("stuck feed", 0.3, (stage, dice) => fail(stage, dice, { kind: "stuck" })),
  event("late feed", 0.3, (stage, dice) =>
    fail(stage, dice, { kind: "late", lagSeconds: dice.scale(5 * MINUTE, 2 * HOUR) }),
  ),
  event("zero feed", 0.15, (stage, dice) => fail(stage, dice, { kind: "zero" })),
  event("negative feed", 0.15, (stage, dice) => fail(stage, dice, { kind: "negative" })),
  event("floor feed", 0.15, (stage, dice) => fail(stage, dice, { kind: "floor" })),
  event("broken feed", 0.2, (stage, dice) => fail(stage, dice, { kind: "broken" })),
  event("wrong feed", 0.15, async (stage, dice) => {
    const { id, symbol, feed } = dice.pick(stage.world.underlyings);
    const factor = dice.chance(0.5) ? 10 : 0.1;
    await stage.transmit(id, feed.blunder(stage.world.now, stage.world.price(id) * factor));
    return `the ${symbol} feed answers ${factor} times the price, once`;
  }),
  event("sequencer down", 0.5, async (stage, dice) => {
    const seconds = dice.scale(2 * MINUTE, 3 * HOUR);
    stage.world.sequencerDownUntil = stage.world.now + seconds;
    await stage.setSequencer(false);
    return `the sequencer is reported down for ${minutes(seconds)}`;
  }),
  event("dear gas", 0.3, (stage, dice) => {
    stage.world.makeGasDear(50, dice.scale(HOUR, 6 * HOUR));
    return "gas costs 50 times as much";
  }),
  event("keepers away", 0.5, (stage, dice) => {
    const seconds = dice.scale(5 * MINUTE, 5 * HOUR);
    stage.world.keepersAwayUntil = stage.world.now + seconds;
    return `no keeper is there for ${minutes(seconds)}`;
  }),
];

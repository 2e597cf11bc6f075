import { ownerOf } from "@plimsoll/client";
import type { Call } from "@plimsoll/replay";
import { auditEverybody, type Pledge } from "./audit/everybody.ts";
import { auditShares, readShares } from "./audit/shares.ts";
import { auditStep } from "./audit/step.ts";
import type { Plan } from "./cases/case.ts";
import { caseOf } from "./cases/index.ts";
import type { Outcome, Stage } from "./chain/stage.ts";
import type { Theatre } from "./chain/theatre.ts";
import { Dice } from "./dice.ts";
import type { Violation } from "./model/conservation.ts";
import { type ForcedLeg, forcedFlow, forcedLegs, wholeLegs } from "./model/forcedFlow.ts";
import { openMarket } from "./opening.ts";
import type { Step, Story } from "./story.ts";
import { type Tally, count, emptyTally } from "./tally.ts";

/** What came of a story. */
export interface Played {
  readonly tally: Tally;
  /** Of the story: that of the markets outside. */
  readonly depthPercent: number;
  /** Spiral gains of the episodes. */
  readonly gains: readonly number[];
  /** The first violations; the story ends with them. */
  readonly violations: readonly Violation[];
  /** How many steps were played. */
  readonly steps: number;
  /** What happened, in words. */
  readonly told: readonly string[];
}

/** How often everything is compared with the chain. */
export const STEPS_PER_AUDIT = 200;

/** Plays one story step by step. The model of fast-check's model-based runs is what events say; the real thing is the chain. */
export class Player {
  readonly stage: Stage;
  readonly tally = emptyTally();
  readonly told: string[] = [];
  violations: readonly Violation[] = [];
  steps = 0;
  readonly #depthPercent: number;
  readonly #pledges: Pledge[] = [];
  /** What is being done, in words. */
  #doing = "";

  private constructor(stage: Stage, { depthPercent }: Story) {
    this.stage = stage;
    this.#depthPercent = depthPercent;
  }

  static async open(theatre: Theatre, story: Story): Promise<Player> {
    return new Player(await openMarket(theatre, story), story);
  }

  /** Plays a step and checks everything that it touched. */
  async play(step: Step): Promise<void> {
    const minute = this.stage.world.minute;
    this.violations = await this.#guarded(() => this.#act(step, minute));
    this.steps++;
    if (this.violations.length === 0 && this.steps % STEPS_PER_AUDIT === 0) await this.finish();
  }

  /** Checks everybody against the chain. */
  async finish(): Promise<void> {
    if (this.violations.length > 0) return;
    this.violations = await this.#guarded(() => auditEverybody(this.stage, this.#pledges));
  }

  result(): Played {
    const { tally, told, violations, steps, stage } = this;
    const gains = stage.world.episodes.gains();
    return { tally, depthPercent: this.#depthPercent, gains, violations, steps, told };
  }

  async #act(step: Step, minute: number): Promise<Violation[]> {
    const plan = await caseOf(step.do).plan(this.stage, new Dice(step.dice));
    if (plan === undefined) return [];
    this.#doing = plan.told;
    const line = `minute ${minute}: ${plan.told}`;
    if (plan.call !== undefined) return await this.#send({ ...plan, call: plan.call }, line);
    this.told.push(line);
    count(this.tally);
    return [];
  }

  async #send(plan: Plan & { readonly call: Call }, line: string): Promise<Violation[]> {
    const { stage } = this;
    const before = await stage.risksOf(plan.watched ?? []);
    const shares = plan.tradesShares === undefined ? undefined : await readShares(stage, plan.tradesShares);
    const outcome = await stage.send(plan.call);
    const { refusal } = outcome;
    this.told.push(refusal === undefined ? line : `${line} (refused: ${refusal.errorName})`);
    count(this.tally, outcome, stage.functionOf(plan.call));
    const violations = await auditStep(stage, { call: plan.call, reducing: plan.reducing ?? [], before }, outcome);
    if (refusal !== undefined) return violations;
    if (plan.mustRefuse) violations.push({ invariant: "authority", message: `${plan.told}, and it was possible` });
    if (shares !== undefined) violations.push(...(await auditShares(stage, shares)));
    pressPrices(stage, plan.call, outcome);
    return violations;
  }

  /** What nobody foresaw is a violation as well: a revert without a known error, a view that reverts. */
  async #guarded(check: () => Promise<Violation[]>): Promise<Violation[]> {
    try {
      return await check();
    } catch (error) {
      const known = error instanceof Error && ["UnknownCaseError", "UnknownEventError"].includes(error.name);
      if (known) throw error;
      const message = error instanceof Error ? error.message : String(error);
      return [{ invariant: "unexplained", message: `${this.#doing}: ${message}` }];
    }
  }
}

/** Forced flow moves the true price; feeds follow when time passes. */
function pressPrices({ addresses, model, world }: Stage, { to }: Call, { ledger, liquidator }: Outcome): void {
  const { Liquidator, BackstopVault } = addresses;
  if (to !== Liquidator && to !== BackstopVault) return;
  const backstop = BigInt(BackstopVault);
  const takers = liquidator
    .filter(({ name }) => name === "AccountTaken")
    .map(({ args }) => args.getValue("taker") as bigint)
    .filter((taker) => BigInt(ownerOf(taker)) !== backstop);
  const legs: ForcedLeg[] = [
    ...ledger.flatMap((event) => forcedLegs(event, backstop)),
    ...takers.flatMap((taker) => wholeLegs(model.book(taker).positions)),
  ];
  const flows = forcedFlow(legs, (id) => ({ price: world.price(id), now: world.now }));
  for (const [id, usd] of flows) world.force(id, usd);
}

/** Plays a whole story. */
export async function playStory(theatre: Theatre, story: Story): Promise<Played> {
  const player = await Player.open(theatre, story);
  for (const step of story.steps) {
    await player.play(step);
    if (player.violations.length > 0) return player.result();
  }
  await player.finish();
  return player.result();
}

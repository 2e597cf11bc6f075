import { candidateGroups, wholeGroups } from "./candidates.js";
import type { WeighedLeg } from "./candidates.js";
import { WAD, addLegs, isHoldable, max, min, mulWadDown, negate, scaleLegs, wad } from "./domain.js";
import type { Leg, Portfolio, Risk } from "./domain.js";
import { breachOf, removableRequirement } from "./guards.js";
import type { LegRules } from "./guards.js";
import { gatherLegs } from "./gather.js";
import type { Slice } from "./gather.js";
import { hedgeCost } from "./hedgeCost.js";
import type { HedgeTerms } from "./hedgeCost.js";

/** Risk of hypothetical portfolios, in their order: the deployed engine, or a model of it in tests. */
export type Evaluate = (portfolios: readonly Portfolio[]) => Promise<Risk[]>;

/** The account under auction and the account that would take its legs. `rate` WAD, `riskCharge` USD per USD of requirement. */
export interface LegsRequest {
  readonly portfolio: Portfolio;
  readonly risk: Risk;
  readonly rate: bigint;
  readonly isFloorBound: boolean;
  readonly taker: { readonly portfolio: Portfolio; readonly risk: Risk };
  readonly riskCharge: number;
  readonly hedge: HedgeTerms;
  readonly rules: LegRules;
}

/** USD WAD; `profit` is net of the fee, of hedging, and of the charge for the requirement that the taker adds, before gas. */
export interface LegsChoice {
  readonly legs: readonly Leg[];
  readonly requirementRemoved: bigint;
  readonly payment: bigint;
  readonly requirementAdded: bigint;
  readonly profit: bigint;
}

interface Group {
  readonly legs: readonly WeighedLeg[];
  /** Requirement alone, before the floor, USD WAD, at full size. */
  readonly requirement: bigint;
}

interface Sizing {
  readonly group: Group;
  readonly fraction: bigint;
}

interface Trial extends Sizing {
  readonly sized: readonly Leg[];
  readonly value: bigint;
  readonly hedging: bigint;
  readonly removed: bigint;
  readonly payment: bigint;
  readonly passes: boolean;
}

/** Each round brings the size of a package closer to the target, from above: what it removes is concave in its size. */
const SIZING_ROUNDS = 3;
/** A package that removes this share of what it may is not sized further. */
const CLOSE_ENOUGH = wad(0.8);
/** How many packages are confirmed on the taker's side. */
const FINALISTS = 3;

/** The package with the best profit per risk taken that all guards allow and the taker can carry; undefined if none pays. */
export async function chooseLegs(request: LegsRequest, evaluate: Evaluate): Promise<LegsChoice | undefined> {
  const weighed = await weigh(request.portfolio.legs, evaluate);
  const marks = new Map(weighed.map(({ leg, value }) => [leg.instrument, { size: leg.size, value }]));
  const sizer = new Sizer(request, marks, evaluate);
  const { isFloorBound, rules } = request;
  const legs = weighed.map(({ leg, value }) => ({ ...leg, value }));
  const candidates = isFloorBound ? wholeGroups(legs) : candidateGroups(legs, rules.maxGroups);
  if (!isFloorBound && rules.maxGroups > 1) {
    const gathering = { ...request, target: sizer.target, worthOf: (slice: Slice) => worthOf(slice, request) };
    const gathered = await gatherLegs(legs, gathering, evaluate);
    if (gathered.length > 0) candidates.push(gathered.map((leg) => ({ ...leg, requirement: 0n })));
  }
  const holdable = candidates.filter((group) => isHoldable(addLegs(request.taker.portfolio.legs, group)));
  const groups = await withRequirements(holdable, request, evaluate);
  const trials = await sizer.size(groups);
  const finalists = trials.sort((a, b) => descending(standaloneProfit(a, request), standaloneProfit(b, request)));
  return confirm(request, finalists.slice(0, FINALISTS), evaluate);
}

function descending(a: bigint, b: bigint): number {
  return a === b ? 0 : a < b ? 1 : -1;
}

/** Every leg alone: its value at mark and its requirement. */
async function weigh(legs: readonly Leg[], evaluate: Evaluate): Promise<{ leg: WeighedLeg; value: bigint }[]> {
  const risks = await evaluate(legs.map((leg) => ({ cash: 0n, legs: [leg] })));
  return legs.flatMap((leg, i) => {
    const risk = risks[i];
    return risk ? [{ leg: { ...leg, requirement: risk.maintenanceBeforeFloor }, value: risk.equity }] : [];
  });
}

/** The requirement of each group alone: the whole is known, the others are evaluated. */
async function withRequirements(groups: WeighedLeg[][], request: LegsRequest, evaluate: Evaluate): Promise<Group[]> {
  const isWhole = (legs: readonly WeighedLeg[]) => legs.length === request.portfolio.legs.length;
  const parts = groups.filter((legs) => !isWhole(legs));
  const risks = parts.length > 0 ? await evaluate(parts.map((legs) => ({ cash: 0n, legs }))) : [];
  const evaluated = new Map(parts.map((legs, i) => [legs, risks[i]?.maintenanceBeforeFloor]));
  return groups.flatMap((legs) => {
    const requirement = isWhole(legs) ? request.risk.maintenanceBeforeFloor : evaluated.get(legs);
    return requirement === undefined ? [] : [{ legs, requirement }];
  });
}

class Sizer {
  readonly target: bigint;

  constructor(
    private readonly request: LegsRequest,
    private readonly marks: ReadonlyMap<bigint, { size: bigint; value: bigint }>,
    private readonly evaluate: Evaluate,
  ) {
    this.target = removableRequirement(request.risk, request.rate, request.rules);
  }

  /** For each group the largest trial that passes the guards. */
  async size(groups: readonly Group[]): Promise<Trial[]> {
    const best = new Map<Group, Trial>();
    let pending: Sizing[] = groups.map((group) => ({ group, fraction: WAD }));
    for (let round = 0; round <= SIZING_ROUNDS && pending.length > 0; round++) {
      const trials = await this.try(pending);
      for (const trial of trials) {
        if (trial.passes && trial.removed > (best.get(trial.group)?.removed ?? 0n)) best.set(trial.group, trial);
      }
      pending = trials.flatMap((trial) => this.resize(trial));
    }
    return [...best.values()];
  }

  /** The next fraction worth trying. */
  private resize({ group, fraction, removed }: Trial): Sizing[] {
    if (this.request.isFloorBound || removed <= 0n) return [];
    const isSettled = removed <= this.target && (fraction === WAD || removed >= mulWadDown(CLOSE_ENOUGH, this.target));
    if (isSettled) return [];
    const next = min((fraction * this.target) / removed, WAD);
    return next === fraction || next === 0n ? [] : [{ group, fraction: next }];
  }

  private async try(pending: readonly Sizing[]): Promise<Trial[]> {
    const { portfolio, risk: before, rate, isFloorBound, rules } = this.request;
    const packages = pending.map(({ group, fraction }) => {
      const sized = scaleLegs(group.legs, fraction);
      return { group, fraction, sized, value: this.valueOf(sized), hedging: this.hedgingOf(sized) };
    });
    const remainders = packages.map(({ sized, value }) => ({
      cash: portfolio.cash + value,
      legs: addLegs(portfolio.legs, negate(sized)),
    }));
    const risks = await this.evaluate(remainders);
    return packages.flatMap((tried, i) => {
      const { group, fraction } = tried;
      const remaining = risks[i];
      if (!remaining) return [];
      const removed = before.maintenance - remaining.maintenance;
      const payment = mulWadDown(rate, removed);
      const packageRequirement = mulWadDown(group.requirement, fraction);
      const outcome = { before, packageRequirement, remaining, equityAfter: remaining.equity - payment, isFloorBound };
      return [{ ...tried, removed, payment, passes: breachOf(outcome, rules) === undefined }];
    });
  }

  private valueOf(legs: readonly Leg[]): bigint {
    return legs.reduce((sum, leg) => sum + this.valueOfLeg(leg), 0n);
  }

  private hedgingOf(legs: readonly Leg[]): bigint {
    return legs.reduce((sum, leg) => sum + hedgeCost(leg, this.valueOfLeg(leg), this.request.hedge), 0n);
  }

  /** At mark, in proportion to the whole leg's. */
  private valueOfLeg({ instrument, size }: Leg): bigint {
    const mark = this.marks.get(instrument);
    return mark ? (mark.value * size) / mark.size : 0n;
  }
}

/** What a slice brings, before gas. */
function worthOf({ leg, value, removed, added }: Slice, request: LegsRequest): bigint {
  const payment = netPayment(mulWadDown(request.rate, removed), request.rules);
  return payment - hedgeCost(leg, value, request.hedge) - mulWadDown(wad(request.riskCharge), added);
}

function netPayment(payment: bigint, { feeShare }: LegRules): bigint {
  return payment > 0n ? mulWadDown(payment, WAD - wad(feeShare)) : payment;
}

function charge(requirement: bigint, { riskCharge }: LegsRequest): bigint {
  return mulWadDown(wad(riskCharge), max(requirement, 0n));
}

function standaloneProfit({ payment, hedging, group, fraction }: Trial, request: LegsRequest): bigint {
  return netPayment(payment, request.rules) - hedging - charge(mulWadDown(group.requirement, fraction), request);
}

/** Puts the packages into the taker's book: what it really adds there is what it costs, and the book must stay in margin. */
async function confirm(
  request: LegsRequest,
  trials: readonly Trial[],
  evaluate: Evaluate,
): Promise<LegsChoice | undefined> {
  const { taker, rules } = request;
  const supposed = trials.map(({ sized, value, payment }) => ({
    cash: taker.portfolio.cash - value + netPayment(payment, rules),
    legs: addLegs(taker.portfolio.legs, sized),
  }));
  const risks = await evaluate(supposed);
  const choices = trials.flatMap((trial, i) => {
    const after = risks[i];
    const choice = after && carry(request, trial, after);
    return choice ? [choice] : [];
  });
  // At the same profit the one that leaves the taker with less to carry.
  return choices.sort(
    (a, b) => descending(a.profit, b.profit) || descending(b.requirementAdded, a.requirementAdded),
  )[0];
}

/** The trial as far as the taker can carry it. */
function carry(request: LegsRequest, trial: Trial, after: Risk): LegsChoice | undefined {
  const { taker, rules } = request;
  const share = carriedShare(request, after);
  const requirementRemoved = mulWadDown(trial.removed, share);
  if (share < WAD && !mayBeReduced(request, requirementRemoved)) return undefined;
  const payment = mulWadDown(trial.payment, share);
  const requirementAdded = mulWadDown(after.maintenanceBeforeFloor - taker.risk.maintenanceBeforeFloor, share);
  const legs = share === WAD ? trial.sized : scaleLegs(trial.sized, share);
  const hedging = mulWadDown(trial.hedging, share);
  const profit = netPayment(payment, rules) - hedging - charge(requirementAdded, request);
  return legs.length > 0 && profit > 0n ? { legs, requirementRemoved, payment, requirementAdded, profit } : undefined;
}

/**
 * How much of a package leaves the taker above initial margin by the buffer, WAD. Requirements are convex in the size of a
 * package and equity is linear, so what the straight line between nothing and all of it allows is allowed; the guards, too.
 */
function carriedShare({ taker, rules }: LegsRequest, after: Risk): bigint {
  const buffered = WAD + wad(rules.takerBuffer);
  const room = taker.risk.equity - mulWadDown(buffered, taker.risk.initial);
  const roomAfter = after.equity - mulWadDown(buffered, after.initial);
  if (roomAfter >= 0n || roomAfter >= room) return WAD;
  return room <= 0n ? 0n : (room * WAD) / (room - roomAfter);
}

function mayBeReduced({ isFloorBound, risk, rules }: LegsRequest, requirementRemoved: bigint): boolean {
  return !isFloorBound && requirementRemoved >= mulWadDown(wad(rules.minShare), risk.maintenance);
}

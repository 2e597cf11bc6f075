import {
  MarginModel,
  riskOf,
  scanRanges,
  type Assessment,
  type PriceNode,
  type Quote,
  type Tiers,
  type UnderlyingMarket,
} from "@plimsoll/risk";
import type { LeveragedBook } from "./leveragedBooks.ts";

/** What a requirement is made of. */
export const REQUIREMENTS = ["grid", "gridAndPinCharge", "scan", "all"] as const;
/**
 * `grid`: the loss over the 13 nodes alone, neither strike nodes nor pin charge. `gridAndPinCharge`: the charge in place of
 * strike nodes. `scan`: scan loss and pin charge as specified. `all`: every add-on too, but the floor.
 */
export type Requirement = (typeof REQUIREMENTS)[number];

export type TierName = keyof Tiers;

/** A book's worst loss in a dense set of scenarios of a tier against what the tier requires, USD. */
export interface Exposure {
  readonly book: LeveragedBook;
  readonly tier: TierName;
  /** The worst loss, where it is, and under which of the shocks. */
  readonly loss: number;
  readonly move: number;
  readonly shock: string;
  readonly required: Readonly<Record<Requirement, number>>;
  /** S·Σ|size|: what a loss per unit is a share of. */
  readonly gross: number;
}

export interface Density {
  /** In each tier's range. The strikes inside of it come on top. */
  readonly prices: number;
  /** From the lower volatility node to the upper. The mark comes on top. */
  readonly shocks: number;
}

interface QuotedLeg {
  readonly quote: Quote;
  readonly size: number;
}

/** Exposures of a book in both tiers. Its legs are all on the market's first underlying. */
export function exposuresOf(book: LeveragedBook, density: Density): Exposure[] {
  const { market, legs } = book;
  const [underlying] = market.underlyings;
  if (underlying === undefined) throw new RangeError("an underlying");
  const portfolio = { cash: 0, legs };
  const model = new MarginModel(market);
  const assessment = model.assess(portfolio);
  const withoutStrikes = new MarginModel(market, { maxStrikeNodes: 0 }).assess(portfolio);
  const quoted = legs.map(({ instrument, size }) => ({ quote: model.quote(instrument), size }));
  const gross = underlying.spot * legs.reduce((sum, { size }) => sum + Math.abs(size), 0);
  const ranges = scanRanges(underlying, 0);
  const shocks = shocksOf(underlying, density.shocks);
  return (["maintenance", "initial"] as const).map((tier) => {
    const nodes = denseNodes(underlying.spot, { range: ranges[tier], count: density.prices, legs: quoted });
    const worst = worstLoss(quoted, nodes, shocks);
    const required = requirements({ assessment, withoutStrikes, tier });
    return { book, tier, ...worst, required, gross };
  });
}

/** What a requirement leaves of the loss, USD. */
export function hiddenLoss({ loss, required }: Exposure, requirement: Requirement): number {
  return Math.max(0, loss - required[requirement]);
}

interface Assessed {
  readonly assessment: Assessment;
  readonly withoutStrikes: Assessment;
  readonly tier: TierName;
}

function requirements({ assessment, withoutStrikes, tier }: Assessed): Record<Requirement, number> {
  const risk = riskOf(assessment, 0);
  return {
    grid: withoutStrikes.scanLoss[tier],
    gridAndPinCharge: withoutStrikes.scanLoss[tier] + withoutStrikes.pinCharge[tier],
    scan: assessment.scanLoss[tier] + assessment.pinCharge[tier],
    all: risk[tier],
  };
}

/** Evenly spaced in log price, and the strikes, where kinks are. */
function denseNodes(
  spot: number,
  { range, count, legs }: { readonly range: number; readonly count: number; readonly legs: readonly QuotedLeg[] },
): PriceNode[] {
  const even = Array.from({ length: count }, (_, i) => -range + (2 * range * i) / (count - 1));
  const strikes = legs.flatMap(({ quote }) => quote.strikeNode ?? []).filter(({ move }) => Math.abs(move) <= range);
  return [...even.map((move) => ({ price: spot * Math.exp(move), move })), ...strikes];
}

/** The mark first. */
function shocksOf({ parameters }: UnderlyingMarket, count: number): number[] {
  const { volatilityDown, volatilityUp } = parameters;
  const even = Array.from(
    { length: count },
    (_, i) => -volatilityDown + ((volatilityDown + volatilityUp) * i) / (count - 1),
  );
  return [0, ...even];
}

/** One shock for all expiries, or for the nearest alone, or for the farthest alone. */
function worstLoss(
  legs: readonly QuotedLeg[],
  nodes: readonly PriceNode[],
  shocks: readonly number[],
): Pick<Exposure, "loss" | "move" | "shock"> {
  const groups = shockGroups(legs);
  let worst = { loss: 0, move: 0, shock: "none" };
  for (const node of nodes) {
    const profits = legs.map(({ quote, size }) => shocks.map((shock) => size * quote.profitShocked(node, shock)));
    for (const { name, isShocked } of groups) {
      shocks.forEach((shock, i) => {
        let loss = 0;
        for (let leg = 0; leg < profits.length; leg++) loss -= profits[leg]?.[isShocked[leg] === true ? i : 0] ?? 0;
        if (loss > worst.loss) worst = { loss, move: node.move, shock: `${shock.toFixed(3)} ${name}` };
      });
    }
  }
  return worst;
}

function shockGroups(legs: readonly QuotedLeg[]): { readonly name: string; readonly isShocked: boolean[] }[] {
  const expiries = legs.filter(({ quote }) => quote.isRunning).map(({ quote }) => quote.fields.expiry);
  const groupOf = (name: string, isChosen: (expiry: number) => boolean) => ({
    name,
    isShocked: legs.map(({ quote }) => isChosen(quote.fields.expiry)),
  });
  const all = groupOf("on all expiries", () => true);
  if (new Set(expiries).size < 2) return [all];
  const [nearest, farthest] = [Math.min(...expiries), Math.max(...expiries)];
  return [
    all,
    groupOf("on the nearest expiry", (expiry) => expiry === nearest),
    groupOf("on the farthest expiry", (expiry) => expiry === farthest),
  ];
}

import type { Book } from "./book.ts";
import type { Tiers, UnderlyingMarket } from "./market.ts";
import {
  LOWER_VOLATILITY,
  MARK_VOLATILITY,
  MIDDLE_NODE,
  UPPER_VOLATILITY,
  type PriceNode,
  type Ranges,
} from "./scenarioGrid.ts";

/** What is required on top of the scan loss, USD. */
export interface AddOns {
  readonly shortOptionMinimum: number;
  readonly delta: Tiers;
  readonly vega: number;
  readonly pinCharge: Tiers;
}

/** Of one closed book: all but the haircut, which depends on the token. */
export function addOnsOf(book: Book): AddOns {
  const { market } = book.scenarios;
  return {
    shortOptionMinimum: book.shortOptions * market.spot * market.parameters.shortOptionMinimum,
    delta: deltaConcentration(book),
    vega: vegaConcentration(book),
    pinCharge: book.leftOut.length === 0 ? NONE : pinCharge(book),
  };
}

const NONE: Tiers = { initial: 0, maintenance: 0 };

/** Depths that the market's open interest counts for at most. */
const MAX_DEPTHS = 25;

/** κ·Δ·√(max(Δ, A·S)/(depth·S)), A for the initial tier alone and at most 25 depths. Δ is the gain across the two innermost nodes per unit of price. */
function deltaConcentration(book: Book): Tiers {
  const { market, nodes } = book.scenarios;
  const [below, above] = [MIDDLE_NODE - 1, MIDDLE_NODE + 1];
  const gain = book.cell(above, MARK_VOLATILITY) - book.cell(below, MARK_VOLATILITY);
  if (gain === 0 || market.spot === 0) return NONE;
  const distance = priceOf(nodes[above]) - priceOf(nodes[below]);
  const delta = (market.spot * Math.abs(gain)) / distance;
  const others = Math.min(market.averageOpenInterest, MAX_DEPTHS * market.parameters.depth) * market.spot;
  return {
    initial: slippage(market, delta, Math.max(delta, others)),
    maintenance: slippage(market, delta, delta),
  };
}

function slippage({ parameters, spot }: UnderlyingMarket, delta: number, crowd: number): number {
  return parameters.concentration * delta * Math.sqrt(crowd / (parameters.depth * spot));
}

/** κ·W·√(W/vegaDepth), W the larger change of value at the two volatility nodes. */
function vegaConcentration(book: Book): number {
  const { concentration, vegaDepth } = book.scenarios.market.parameters;
  const change = Math.max(
    Math.abs(book.cell(MIDDLE_NODE, LOWER_VOLATILITY)),
    Math.abs(book.cell(MIDDLE_NODE, UPPER_VOLATILITY)),
  );
  return concentration * change * Math.sqrt(change / vegaDepth);
}

/** Per expiry S·min(s/4, s²/(20·√θ))·min(Qlong, 2·Qshort), for strikes beyond those that are nodes. */
function pinCharge(book: Book): Tiers {
  const { ranges, market } = book.scenarios;
  const spacing = widerSpacing(ranges);
  let initial = 0;
  let maintenance = 0;
  for (const { variance, units } of pinnedUnits(book)) {
    initial += market.spot * hidden(spacing.initial, variance) * units;
    maintenance += market.spot * hidden(spacing.maintenance, variance) * units;
  }
  return { initial, maintenance };
}

function widerSpacing({ maintenance, initial }: Ranges): Tiers {
  return { initial: Math.max(maintenance, initial - maintenance) / 3, maintenance: maintenance / 3 };
}

/** What a kink in the middle of a spacing hides, as a share of S; a smooth one hides less. */
function hidden(spacing: number, variance: number): number {
  return Math.min(spacing / 4, spacing ** 2 / (20 * Math.sqrt(variance)));
}

interface Pinned {
  readonly variance: number;
  readonly units: number;
}

/** min(Qlong, 2·Qshort) of each expiry. */
function pinnedUnits({ legs, sizes, leftOut }: Book): Pinned[] {
  const byExpiry = new Map<number, { variance: number; long: number; short: number }>();
  legs.forEach(({ strikeNode, fields, variance }, i) => {
    if (strikeNode === undefined) return;
    const size = sizes[i] ?? 0;
    const found = byExpiry.get(fields.expiry) ?? { variance, long: 0, short: 0 };
    byExpiry.set(fields.expiry, found);
    if (size < 0) found.short -= size;
    else if (leftOut.some(({ move }) => move === strikeNode.move)) found.long += size;
  });
  return [...byExpiry.values()].map(({ variance, long, short }) => ({ variance, units: Math.min(long, 2 * short) }));
}

function priceOf(node: PriceNode | undefined): number {
  return node?.price ?? 0;
}

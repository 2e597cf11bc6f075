/**
 * What `docs/margin.md` says, in 100-digit arithmetic and as plainly as possible: the independent reference that the margin
 * engines in Solidity and TypeScript are held against. It shares no code with either.
 */
import type { BookLeg, BookMarket, BookPortfolio, BookTier, BookUnderlying } from "../test/helpers/marginBook.ts";
import { abs, div, exp, fromWad, ln, max, min, mul, ONE, sqrt, sum } from "./fixedPoint.ts";
import { isOption, priceLeg, YEAR, type Level, type PricedLeg } from "./referencePricing.ts";

/** USD, with 100 digits after the point. */
export interface ReferenceRisk {
  readonly equity: bigint;
  readonly initial: bigint;
  readonly maintenance: bigint;
  readonly maintenanceBeforeFloor: bigint;
  readonly stressLoss: bigint;
  /** One unit of each leg. */
  readonly marks: readonly bigint[];
}

type TierName = "initial" | "maintenance";
/** Which level an expiry is priced at. */
type Shock = (secondsToExpiry: bigint) => Level;

interface Node {
  readonly from: "grid" | "widened" | "strike";
  readonly price: bigint;
  readonly move: bigint;
  readonly tiers: readonly TierName[];
}

interface Part {
  readonly market: BookUnderlying;
  readonly spot: bigint;
  readonly legs: readonly PricedLeg[];
  readonly nodes: readonly Node[];
  readonly profitAt: (at: { price: bigint; move: bigint }, shock: Shock) => bigint;
  readonly twists: readonly Shock[];
  readonly range: (tier: TierName) => bigint;
}

const SPOT = 0n;
const MAX_STRIKE_NODES = 6;
const MAX_DEPTHS = 25n;
const TIERS = ["initial", "maintenance"] as const;

const parallel = (["down", "mark", "up"] as const).map(
  (level): Shock =>
    () =>
      level,
);
const unshocked: Shock = () => "mark";

export function referenceRisk(market: BookMarket, portfolio: BookPortfolio): ReferenceRisk {
  const parts = market.underlyings.flatMap((underlying, i) => {
    const legs = portfolio.legs.filter((leg) => leg.underlying === BigInt(i + 1));
    return legs.length === 0 ? [] : [partOf(underlying, legs)];
  });
  const credit = fromWad(market.account.credit);
  const { stressLoss, ...stress } = stressLosses(parts);
  const isLiable = portfolio.cash < 0n || portfolio.legs.some(({ kind }) => kind !== SPOT);
  const floor = isLiable ? fromWad(market.account.floor) : 0n;
  const required = (tier: TierName) =>
    max(scanLoss(parts, tier, credit), stress[tier]) + sum(parts.map((part) => addOns(part, tier)));
  const maintenanceBeforeFloor = required("maintenance");
  const priced = new Map(parts.flatMap(({ legs }) => legs.map((leg) => [leg.leg, leg] as const)));
  const all = portfolio.legs.map((leg) => priced.get(leg)).filter((leg) => leg !== undefined);
  return {
    equity: fromWad(portfolio.cash) + sum(all.map(({ size, mark }) => mul(size, mark))),
    initial: max(floor, required("initial")),
    maintenance: max(floor, maintenanceBeforeFloor),
    maintenanceBeforeFloor,
    stressLoss,
    marks: all.map(({ mark }) => mark),
  };
}

function partOf(market: BookUnderlying, bookLegs: readonly BookLeg[]): Part {
  const spot = fromWad(market.price);
  const legs = bookLegs.map((leg) => priceLeg(market, leg));
  const rangeAt = (tier: TierName, overdue: bigint): bigint => {
    const own = scanRange(market.parameters[tier], fromWad(market[`${tier}Volatility`]), overdue);
    return tier === "maintenance" ? own : max(own, rangeAt("maintenance", overdue));
  };
  const range = (tier: TierName) => rangeAt(tier, market.overdueSeconds);
  const nodeAt = (move: bigint, { from, price }: { from: Node["from"]; price?: bigint }): Node => {
    const tiers = abs(move) <= range("maintenance") ? TIERS : (["initial"] as const);
    return { from, move, price: price ?? mul(spot, exp(move)), tiers };
  };
  const gridMoves = (overdue: bigint) => {
    const [inner, outer] = [rangeAt("maintenance", overdue), rangeAt("initial", overdue)];
    const beyond = [1n, 2n, 3n].map((third) => inner + ((outer - inner) * third) / 3n);
    const up = [inner / 3n, (inner * 2n) / 3n, inner, ...beyond];
    return [...up.map((move) => -move).reverse(), 0n, ...up];
  };
  const grid = gridMoves(0n).map((move) => nodeAt(move, { from: "grid" }));
  const widened = gridMoves(market.overdueSeconds).map((move) => nodeAt(move, { from: "widened" }));
  const strikes = strikeNodes({ legs, range, spot }).map(({ price, move }) => nodeAt(move, { from: "strike", price }));
  const profitAt: Part["profitAt"] = (at, shock) =>
    sum(legs.map(({ leg, size, mark, priceAt }) => mul(size, priceAt(at, shock(leg.secondsToExpiry)) - mark)));
  const nodes = [...grid, ...(market.overdueSeconds > 0n ? widened : []), ...strikes];
  return { market, spot, legs, nodes, profitAt, twists: twistsOf(bookLegs), range };
}

function scanRange(tier: BookTier, volatility: bigint, overdue: bigint): bigint {
  const years = div((BigInt(tier.horizonSeconds) + overdue) * ONE, YEAR * ONE);
  const range = mul(mul(fromWad(tier.z), volatility), sqrt(years));
  return min(max(range, fromWad(tier.rangeMin)), fromWad(tier.rangeMax));
}

/**
 * Strikes of kinked options held long, the nearest six; of two equally near ones the lower first. On both sides of the spot
 * they are equally near if the one is to the spot as the spot is to the other.
 */
function strikeNodes({ legs, range, spot }: Pick<Part, "legs" | "spot" | "range">): PricedLeg["strike"][] {
  const held = legs.filter(
    ({ isKinked, size, strike }) => isKinked && size > 0n && abs(strike.move) <= range("initial"),
  );
  const distinct = [...new Map(held.map(({ strike }) => [strike.move, strike])).values()];
  const isEquallyNear = (a: PricedLeg["strike"], b: PricedLeg["strike"]) => a.price * b.price === spot * spot;
  const isBefore = (a: PricedLeg["strike"], b: PricedLeg["strike"]) =>
    isEquallyNear(a, b) ? a.price < b.price : abs(a.move) < abs(b.move);
  return distinct.sort((a, b) => (isBefore(a, b) ? -1 : 1)).slice(0, MAX_STRIKE_NODES);
}

function twistsOf(legs: readonly BookLeg[]): Shock[] {
  const running = legs.filter((leg) => isOption(leg) && leg.secondsToExpiry > 0n).map((leg) => leg.secondsToExpiry);
  if (new Set(running).size < 2) return [];
  return [min(...running), max(...running)].flatMap((chosen) =>
    (["down", "up"] as const).map(
      (level): Shock =>
        (seconds) =>
          seconds === chosen ? level : "mark",
    ),
  );
}

function scanLoss(parts: readonly Part[], tier: TierName, credit: bigint): bigint {
  const separate = sum(
    parts.map(({ nodes, profitAt, twists }) => {
      const counted = nodes.filter(({ tiers }) => tiers.includes(tier));
      const profits = counted.flatMap((node) => [...parallel, ...twists].map((shock) => profitAt(node, shock)));
      return max(0n, -min(0n, ...profits));
    }),
  );
  if (parts.length < 2) return separate;
  const joint = [...commonProfits(parts, tier), ...twistedProfits(parts, tier), ...strikeProfits(parts, tier)];
  return separate - mul(credit, separate + min(0n, ...joint));
}

/** Places of a grid from its lowest node that a tier looks at. */
function placesOf(tier: TierName): number[] {
  return [...Array(13).keys()].filter((place) => tier === "initial" || (place >= 3 && place <= 9));
}

/** At one place of whatever grids there are: the least profit. */
function placeProfit({ nodes, profitAt }: Part, place: number, shock: Shock): bigint {
  const grids = (["grid", "widened"] as const).map((from) => nodes.filter((node) => node.from === from)[place]);
  return min(...grids.filter((node) => node !== undefined).map((node) => profitAt(node, shock)));
}

/** All underlyings at the same place and the same volatility node. */
function commonProfits(parts: readonly Part[], tier: TierName): bigint[] {
  return placesOf(tier).flatMap((place) =>
    parallel.map((shock) => sum(parts.map((part) => placeProfit(part, place, shock)))),
  );
}

/** One underlying twisted, the others at the same place at the mark. */
function twistedProfits(parts: readonly Part[], tier: TierName): bigint[] {
  return parts.flatMap((part) =>
    part.twists.flatMap((twist) =>
      placesOf(tier).map((place) => sum(parts.map((one) => placeProfit(one, place, one === part ? twist : unshocked)))),
    ),
  );
}

/** One underlying at a strike, the others as far between the places around it as it is in its widest grid. */
function strikeProfits(parts: readonly Part[], tier: TierName): bigint[] {
  return parts.flatMap((part) =>
    part.nodes.flatMap((node) => {
      if (node.from !== "strike") return [];
      const widest = part.market.overdueSeconds > 0n ? "widened" : "grid";
      const moves = part.nodes.filter(({ from }) => from === widest).map(({ move }) => move);
      const upper = moves.findIndex((move) => move >= node.move);
      const [low, high] = [moves[upper - 1] ?? node.move, moves[upper] ?? node.move];
      if (![upper - 1, upper].every((place) => placesOf(tier).includes(place))) return [];
      const share = div(node.move - low, high - low);
      const between = (one: Part, shock: Shock) =>
        mul(ONE - share, placeProfit(one, upper - 1, shock)) + mul(share, placeProfit(one, upper, shock));
      return parallel.map((shock) =>
        sum(parts.map((one) => (one === part ? one.profitAt(node, shock) : between(one, shock)))),
      );
    }),
  );
}

function stressLosses(parts: readonly Part[]): Record<TierName | "stressLoss", bigint> {
  const result = { initial: 0n, maintenance: 0n, stressLoss: 0n };
  for (const number of [0, 1, 2, 3]) {
    const hits = parts.flatMap((part) => hitOf(part, number));
    for (const group of [...hits.map((hit) => [hit]), hits])
      for (const name of ["initial", "maintenance", "stressLoss"] as const)
        result[name] = max(result[name], -sum(group.map((hit) => hit[name])));
  }
  return { ...result, initial: max(result.initial, result.maintenance) };
}

function hitOf({ market, spot, profitAt }: Part, number: number): Record<TierName | "stressLoss", bigint>[] {
  const { stresses } = market.parameters;
  const end = stresses.findIndex(({ initialWeight, maintenanceWeight }) => initialWeight + maintenanceWeight === 0n);
  const stress = stresses[number];
  if (stress === undefined || (end !== -1 && number >= end)) return [];
  const ratio = ONE + fromWad(stress.move);
  const shock = parallel[Number(stress.volatilityNode) + 1] ?? unshocked;
  const profit = profitAt({ price: mul(spot, ratio), move: ln(ratio) }, shock);
  const weighted = (weight: bigint) => mul(profit, fromWad(weight));
  const { initialWeight, maintenanceWeight } = stress;
  return [{ stressLoss: profit, initial: weighted(initialWeight), maintenance: weighted(maintenanceWeight) }];
}

function addOns(part: Part, tier: TierName): bigint {
  const { legs, spot, market } = part;
  const shortUnits = sum(legs.map(({ leg, size }) => (isOption(leg) && size < 0n ? -size : 0n)));
  const minimum = mul(mul(shortUnits, spot), fromWad(market.parameters.shortOptionMinimum));
  const held = sum(legs.map(({ leg, size }) => (leg.kind === SPOT && size > 0n ? size : 0n)));
  const haircut = mul(mul(held, spot), fromWad(market.haircut));
  return minimum + haircut + concentration(part, tier) + pinCharge(part, tier);
}

function concentration({ market, spot, nodes, profitAt }: Part, tier: TierName): bigint {
  const [below, middle, above] = [nodes[5], nodes[6], nodes[7]];
  if (spot === 0n || below === undefined || middle === undefined || above === undefined) return 0n;
  const gain = profitAt(above, unshocked) - profitAt(below, unshocked);
  const delta = div(mul(spot, abs(gain)), above.price - below.price);
  const { parameters } = market;
  const openInterest = min(fromWad(market.averageOpenInterest), MAX_DEPTHS * parameters.depth * ONE);
  const crowd = tier === "initial" ? mul(openInterest, spot) : 0n;
  const kappa = fromWad(parameters.concentration);
  const slip = (size: bigint, driver: bigint, depth: bigint) => mul(mul(kappa, size), sqrt(div(driver, depth)));
  const [down, , up] = parallel.map((shock) => abs(profitAt(middle, shock)));
  const vega = max(down ?? 0n, up ?? 0n);
  return slip(delta, max(delta, crowd), parameters.depth * spot) + slip(vega, vega, parameters.vegaDepth * ONE);
}

function pinCharge({ legs, spot, range }: Part, tier: TierName): bigint {
  const near = strikeNodes({ legs, range, spot }).map(({ move }) => move);
  const pinned = legs.filter(({ isKinked, strike }) => isKinked && abs(strike.move) <= range("initial"));
  const xm = range("maintenance");
  const spacing = (tier === "maintenance" ? xm : max(xm, range("initial") - xm)) / 3n;
  const expiries = [...new Set(pinned.map(({ leg }) => leg.secondsToExpiry))];
  const charges = expiries.map((expiry) => {
    const group = pinned.filter(({ leg }) => leg.secondsToExpiry === expiry);
    const long = sum(group.map(({ size, strike }) => (size > 0n && !near.includes(strike.move) ? size : 0n)));
    const short = sum(group.map(({ size }) => (size < 0n ? -size : 0n)));
    const theta = group[0]?.theta ?? 0n;
    const smooth = theta === 0n ? spacing / 4n : div(mul(spacing, spacing), 20n * sqrt(theta));
    return mul(mul(spot, min(spacing / 4n, smooth)), min(long, 2n * short));
  });
  return sum(charges);
}

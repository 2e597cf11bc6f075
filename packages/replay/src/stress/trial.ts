import type { Depth } from "@plimsoll/risk";
import { toNumber } from "@plimsoll/risk";
import { type UnderlyingConfiguration, loadConfiguration } from "../../../../deploy/configuration.ts";
import type { ModelResult } from "../model/result.ts";
import { type Limits, simulate } from "../model/run.ts";
import { priceAt } from "../path.ts";
import { type Asset, UNDERLYINGS, perAsset } from "../prices/arguments.ts";
import { Random } from "../random.ts";
import type { Scenario } from "../scenario.ts";
import { fill } from "./people.ts";
import { type Pressure, PressedPrices } from "./pressedPrices.ts";
import { type Rule, marginOf, naively } from "./rules.ts";
import { SHOCK_START, moveOf, shockScenario } from "./shock.ts";

/** Where a frontier is looked for. */
export interface Cell {
  readonly rule: Rule;
  /** Of the markets outside, as a multiple of what the concentration add-on assumes; Infinity: forced flow moves nothing. */
  readonly depth: number;
  readonly latencyMinutes: number;
  /** As a multiple of that of a replay. */
  readonly leverage: number;
}

/** What is the same for all cells. */
export interface Premise {
  readonly accounts: number;
  /** How long a fall takes. */
  readonly minutes: number;
  /** Realised a year when everybody opens; undefined: as deployed. */
  readonly volatility: number | undefined;
  /** Whether everybody opens under the rule of the cell, and not under the deployed one. */
  readonly isOwn: boolean;
  readonly limits: Limits;
}

export interface Setting extends Premise {
  readonly seed: string;
}

/** What one fall did. Shares of open interest at the start. */
export interface Trial extends Pressure {
  readonly fall: number;
  readonly reserve: number;
  readonly backstop: number;
  /** The last step: by the other side, by all positive cash, or by nobody yet. */
  readonly others: number;
  /** The part of it that nobody has borne by the end. */
  readonly leftOpen: number;
  /** Notional that deleveraging closed against the other side. */
  readonly tornUp: number;
  readonly keeperProfit: number;
  /** Open interest over the equity of traders. */
  readonly leverageAtStart: number;
  /** What is asked of traders. */
  readonly initialAtStart: number;
  readonly maintenanceAtStart: number;
  readonly conservationError: string;
}

const GAS_PRICE_GWEI = 1;

/** Lets prices fall by this share on an exchange that is as full as its caps on open interest allow. */
export async function tryFall(fall: number, cell: Cell, setting: Setting): Promise<Trial> {
  const { accounts, seed, minutes, volatility, isOwn, limits } = setting;
  const { underlyings } = await loadConfiguration("local");
  const shock = { fall, minutes };
  const random = new Random(seed);
  const scenario = since(volatility, underlyings, shockScenario(shock, random.fork("noise")));
  const terms = perAsset((asset) => termsOf(find(underlyings, asset), asset, scenario));
  const outside = new PressedPrices(
    scenario,
    { size: moveOf(shock), begin: SHOCK_START },
    perAsset((asset) => ({ ...terms[asset].assumed, usd: terms[asset].assumed.usd * cell.depth })),
  );
  const result = await simulate(
    { scenario, random, outside },
    {
      ...{ seed, accounts, latencyMinutes: cell.latencyMinutes, gasPriceGwei: GAS_PRICE_GWEI },
      ...{ margin: marginOf(cell.rule), design: { kind: "legs" } },
      limits,
      premises: {
        people: fill({ notional: perAsset((asset) => terms[asset].cap), leverage: cell.leverage }),
        interest: new Map(underlyings.map(({ id, openInterestCap }) => [id, toNumber(openInterestCap)])),
        isOwn,
        isFundedByOpened: true,
        ...(cell.rule.kind === "naive" ? { amend: naively } : {}),
      },
    },
  );
  return toTrial(fall, result, outside.pressure());
}

/** What parameters say of an asset, USD. */
interface Terms {
  readonly cap: number;
  readonly assumed: Depth;
}

function termsOf(
  { openInterestCap, risk: { depth, concentration } }: UnderlyingConfiguration,
  asset: Asset,
  { feeds, start }: Scenario,
): Terms {
  const price = priceAt(feeds[asset].path, start);
  return {
    cap: toNumber(openInterestCap) * price,
    assumed: { usd: Number(depth) * price, share: toNumber(concentration) },
  };
}

/** The scenario after a time of this volatility; the peak that is remembered stays as deployed. */
function since(
  volatility: number | undefined,
  underlyings: readonly UnderlyingConfiguration[],
  scenario: Scenario,
): Scenario {
  if (volatility === undefined) return scenario;
  const feeds = perAsset((asset) => {
    const stressed = toNumber(find(underlyings, asset).stressed);
    return { ...scenario.feeds[asset], history: () => ({ realised: volatility, stressed }) };
  });
  return { ...scenario, feeds };
}

function find(underlyings: readonly UnderlyingConfiguration[], asset: Asset): UnderlyingConfiguration {
  const found = underlyings.find(({ id }) => id === UNDERLYINGS[asset]);
  if (found === undefined) throw new RangeError(`no parameters for ${asset}`);
  return found;
}

function toTrial(fall: number, result: ModelResult, pressure: Pressure): Trial {
  const { waterfall, openInterest, openDeficit, keeperProfit, conservationError } = result;
  const { equity, initial, maintenance } = result.atStart;
  const share = (usd: number) => usd / openInterest;
  return {
    ...{ fall, conservationError },
    ...pressure,
    flow: share(pressure.flow),
    reserve: share(waterfall.reserve),
    backstop: share(waterfall.backstop),
    leftOpen: share(openDeficit),
    others: share(waterfall.deleveraged + waterfall.shared + openDeficit),
    tornUp: share(result.tornUpNotional),
    keeperProfit: share(keeperProfit),
    leverageAtStart: openInterest / equity,
    initialAtStart: share(initial),
    maintenanceAtStart: share(maintenance),
  };
}

import { type Account, perpetual } from "@plimsoll/client";
import { type Asset, UNDERLYINGS } from "../prices/arguments.ts";
import type { AccountPoint, DistressPoint, EquityPoint, Group, VolatilityPoint } from "../result.ts";
import type { CauseFinder } from "./causes.ts";
import type { Deployment } from "./deployment.ts";
import type { Member } from "./exchange.ts";
import type { PoolLedger } from "./poolLedger.ts";
import { fromWad } from "./wad.ts";

/** Accounts that one lens call is asked for: larger answers cost the simulated chain more than they save. */
const CHUNK = 20;

/** Where an account stands, USD. */
interface Standing {
  readonly equity: number;
  readonly initial: number;
  readonly maintenance: number;
}

/** Who is looked at. The accounts of keepers and backstop grow in number, hence functions. */
export interface Observed {
  readonly traders: readonly Member[];
  readonly makers: readonly Member[];
  readonly keepers: () => readonly Account[];
  readonly assets: readonly Asset[];
  /** A trader whose opening portfolio is followed as if nobody had touched it. */
  readonly sample: Member | undefined;
  /** Finds out why auctions start; nobody does under a margin that no volatility moves. */
  readonly causes: CauseFinder | undefined;
  readonly pool: PoolLedger | undefined;
}

interface SamplePortfolio {
  readonly portfolio: { readonly cash: bigint; readonly positions: bigint[] };
  readonly units: number;
}

/** Looks at the whole market from time to time and remembers what it saw. Amounts in USD, times in Unix seconds. */
export class Observer {
  readonly equity: EquityPoint[] = [];
  readonly distress: DistressPoint[] = [];
  readonly volatility: VolatilityPoint[] = [];
  readonly samplePoints: AccountPoint[] = [];
  /** Equity of each trader at the first and at the latest look. */
  readonly first = new Map<Account, number>();
  readonly latest = new Map<Account, number>();
  #sample: SamplePortfolio | undefined;
  readonly #deployment: Deployment;
  readonly #observed: Observed;

  constructor(deployment: Deployment, observed: Observed) {
    this.#deployment = deployment;
    this.#observed = observed;
  }

  get causes(): CauseFinder | undefined {
    return this.#observed.causes;
  }

  get sample(): Member | undefined {
    return this.#observed.sample;
  }

  /** Takes down where everybody stands. */
  async look(time: number): Promise<void> {
    const { traders, makers, keepers } = this.#observed;
    const { backstopVault, clearinghouse } = this.#deployment.contracts;
    const ids = traders.map(({ account }) => account);
    const standings = await this.#standingsOf(ids);
    standings.forEach(({ equity }, i) => {
      const account = ids[i] ?? 0n;
      if (!this.first.has(account)) this.first.set(account, equity);
      this.latest.set(account, equity);
    });
    const isSafe = ({ equity, initial }: Standing) => equity >= initial;
    await this.#observed.causes?.look(
      standings.map((standing, i) => ({ account: ids[i] ?? 0n, isSafe: isSafe(standing) })),
      time,
    );
    const vault = [await backstopVault.treasury(), ...(await backstopVault.absorbed())];
    this.#note(time, "traders", sumOf(standings));
    this.#note(time, "market makers", sumOf(await this.#standingsOf(makers.map(({ account }) => account))));
    this.#note(time, "keepers", sumOf(await this.#standingsOf(keepers())));
    this.#note(time, "backstop", sumOf(await this.#standingsOf(vault)));
    this.#note(time, "reserve", fromWad(await clearinghouse.reserve()));
    this.distress.push({
      time,
      belowInitial: count(standings, ({ equity, initial }) => equity < initial),
      belowMaintenance: count(standings, ({ equity, maintenance }) => equity < maintenance),
      insolvent: count(standings, ({ equity }) => equity < 0),
    });
  }

  /** Takes down what is quickly read: the volatilities, the sample and the pool. */
  async glance(time: number): Promise<void> {
    const { pool } = this.#observed;
    await pool?.look(time);
    const standing = pool?.points.at(-1);
    if (standing !== undefined) this.#note(time, "liquidity pool", standing.equity);
    await this.#lookAtVolatility(time);
    await this.#lookAtSample(time);
  }

  #note(time: number, group: Group, equity: number): void {
    this.equity.push({ time, group, equity });
  }

  async #standingsOf(ids: readonly Account[]): Promise<Standing[]> {
    const standings: Standing[] = [];
    for (let i = 0; i < ids.length; i += CHUNK) {
      const risks = await this.#deployment.contracts.lens.risks(ids.slice(i, i + CHUNK));
      standings.push(...risks.map(toStanding));
    }
    return standings;
  }

  async #lookAtVolatility(time: number): Promise<void> {
    const { volatilityOracle } = this.#deployment.contracts;
    for (const asset of this.#observed.assets) {
      const { observed, initial, maintenance } = await volatilityOracle.marginVolatility(UNDERLYINGS[asset]);
      this.volatility.push({
        time,
        asset,
        observed: fromWad(observed),
        initial: fromWad(initial),
        maintenance: fromWad(maintenance),
      });
    }
  }

  /** Always by the protocol's own engine, also where a replay is margined by a percentage. */
  async #lookAtSample(time: number): Promise<void> {
    const { sample } = this.#observed;
    const leg = sample?.legs[0];
    if (sample === undefined || leg === undefined) return;
    const { clearinghouse, marginEngine, priceOracle } = this.#deployment.contracts;
    if (this.#sample === undefined) {
      const { cash, positions } = await clearinghouse.portfolio(sample.account);
      const size = await clearinghouse.position(sample.account, perpetual(UNDERLYINGS[leg.asset]));
      this.#sample = { portfolio: { cash, positions: [...positions] }, units: fromWad(size) };
    }
    const [risk] = await marginEngine.evaluate([this.#sample.portfolio]);
    const { value } = await priceOracle.price(UNDERLYINGS[leg.asset]);
    if (risk === undefined) return;
    this.samplePoints.push({ time, ...toStanding(risk), notional: this.#sample.units * fromWad(value) });
  }
}

function toStanding(risk: { equity: bigint; initial: bigint; maintenance: bigint }): Standing {
  return { equity: fromWad(risk.equity), initial: fromWad(risk.initial), maintenance: fromWad(risk.maintenance) };
}

function sumOf(standings: readonly Standing[]): number {
  return standings.reduce((sum, { equity }) => sum + equity, 0);
}

function count(standings: readonly Standing[], holds: (standing: Standing) => boolean): number {
  return standings.filter(holds).length;
}

/** Leverage of the account that is shown: high enough to be interesting, low enough to live for a while. */
const SAMPLE_LEVERAGE = 2.5;

/** A trader who is long in perpetuals, secured by cash, with a leverage worth looking at. @param prices USD. */
export function chooseSample(traders: readonly Member[], prices: Readonly<Record<Asset, number>>): Member | undefined {
  const distance = ({ legs: [leg], funds }: Member) =>
    leg === undefined ? Infinity : Math.abs((leg.size * prices[leg.asset]) / funds.usd - SAMPLE_LEVERAGE);
  return traders
    .filter(({ strategy, funds }) => strategy === "perpetual long" && funds.usd > 0)
    .toSorted((a, b) => distance(a) - distance(b))[0];
}

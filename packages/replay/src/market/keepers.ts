import { fieldsOf, Kind, strikeOf } from "@plimsoll/client";
import { type Keeper, createKeeper, eip1193Chain, runTick } from "@plimsoll/keeper";
import type { AccountBalance } from "../conservation.ts";
import { priceAt } from "../path.ts";
import { ASSETS, type Asset, UNDERLYINGS, perAsset } from "../prices/arguments.ts";
import type { KeeperAccounts } from "../result.ts";
import type { Scenario } from "../scenario.ts";
import { readAccount } from "./books.ts";
import type { SimulatedChain } from "./chain.ts";
import type { Deployment } from "./deployment.ts";
import type { Member } from "./exchange.ts";
import { type Exposure, HedgeBook, deltaOf } from "./hedge.ts";
import { type KeeperSettings, REHEDGE_SECONDS, keeperOptions } from "./keeperSettings.ts";
import { Relay } from "./relay.ts";
import { Treasurer } from "./treasurer.ts";
import { fromWad } from "./wad.ts";

const YEAR = 365 * 86_400;
/** What a desk needs to know of its surroundings. */
export interface Surroundings {
  readonly chain: SimulatedChain;
  readonly deployment: Deployment;
  readonly scenario: Scenario;
}

/** The real keeper with capital, a slow line to the chain, and a hedge elsewhere. */
export class KeeperDesk {
  #hedgedAt = -Infinity;
  #capital = 0;
  #gas = 0;
  #transactions = 0;
  #failed = 0;
  readonly #hedge = new HedgeBook();

  private constructor(
    private readonly surroundings: Surroundings,
    private readonly keeper: Keeper,
    private readonly helpers: { readonly relay: Relay; readonly treasurer: Treasurer },
  ) {}

  /** @param member Whose account and key the keeper works with; its funds are the capital. */
  static async open(surroundings: Surroundings, member: Member, settings: KeeperSettings): Promise<KeeperDesk> {
    const { chain, deployment } = surroundings;
    await chain.endow(member.wallet.address);
    const relay = new Relay(chain, settings.latencySeconds);
    const { clearinghouse, liquidator, lens, liquidityPool, markets, priceOracle, volatilityOracle } =
      deployment.addresses;
    const marginEngine = await deployment.contracts.clearinghouse.marginEngine();
    const keeper = await createKeeper({
      chain: eip1193Chain(relay),
      signer: member.wallet,
      deployment: {
        chainId: Number(deployment.venue.chainId),
        startBlock: deployment.startBlock,
        underlyings: ASSETS.map((asset) => UNDERLYINGS[asset]),
        ...{ clearinghouse, liquidator, lens, marginEngine, priceOracle, volatilityOracle, liquidityPool, markets },
      },
      config: keeperOptions(settings),
      clock: () => chain.now,
    });
    const treasurer = await Treasurer.appoint(chain, deployment, member);
    const desk = new KeeperDesk(surroundings, keeper, { relay, treasurer });
    desk.#capital = member.funds.usd;
    return desk;
  }

  get accounts(): readonly bigint[] {
    return this.keeper.book.accounts();
  }

  /** One look of the keeper at the chain. @returns how many things it has sent, or wants to but not yet. */
  async tick(): Promise<number> {
    const { sent, settled, skipped } = await runTick(this.keeper);
    const { chain, scenario } = this.surroundings;
    const etherPrice = priceAt(scenario.feeds.ETH.path, chain.now);
    for (const { success, gasCostWei } of settled) {
      this.#transactions++;
      if (!success) this.#failed++;
      this.#gas += fromWad(gasCostWei) * etherPrice;
    }
    return sent.length + skipped.length;
  }

  /** Lets transactions through whose time has come, and hedges what they brought in. */
  async settle(): Promise<void> {
    const released = await this.helpers.relay.release();
    if (released > 0) await this.helpers.treasurer.consolidate(this.accounts);
    if (released > 0 || this.surroundings.chain.now - this.#hedgedAt >= REHEDGE_SECONDS) await this.#rehedge();
  }

  async #rehedge(): Promise<void> {
    const { chain, deployment, scenario } = this.surroundings;
    this.#hedgedAt = chain.now;
    const holdings: AccountBalance[] = [];
    for (const account of this.helpers.treasurer.open(this.accounts))
      holdings.push(await readAccount(deployment, account));
    for (const asset of ASSETS) {
      const price = priceAt(scenario.feeds[asset].path, chain.now);
      const own = holdings.flatMap(({ positions }) => positions).filter(({ instrument }) => isOn(asset, instrument));
      const exposures = own.length === 0 ? [] : await this.#exposuresOf(asset, own);
      const delta = exposures.reduce((sum, exposure) => sum + deltaOf(exposure, price), 0);
      this.#hedge.trade(asset, -delta, price);
    }
  }

  /** What the desk earned so far, USD. */
  async account(): Promise<KeeperAccounts> {
    const { chain, deployment, scenario } = this.surroundings;
    const risks = await deployment.contracts.lens.risks([...this.accounts]);
    const equity = risks.reduce((sum, risk) => sum + fromWad(risk.equity), 0);
    const prices = perAsset((asset) => priceAt(scenario.feeds[asset].path, chain.now));
    return {
      equityChange: equity - this.#capital,
      hedgeProfit: this.#hedge.profit(prices),
      hedgeCosts: this.#hedge.costs,
      gas: this.#gas,
      transactions: this.#transactions,
      failed: this.#failed,
    };
  }

  async #exposuresOf(asset: Asset, positions: AccountBalance["positions"]): Promise<Exposure[]> {
    const { contracts } = this.surroundings.deployment;
    const { totalVariance, tenorSeconds } = await contracts.volatilityOracle.surface(UNDERLYINGS[asset]);
    // Delta needs no more of the surface than its level at the first tenor.
    const volatility = Math.sqrt((fromWad(totalVariance[0]) * YEAR) / Number(tenorSeconds[0]));
    return positions.map(({ instrument, size }) => {
      const { kind, expiry } = fieldsOf(instrument);
      const isLinear = kind === Kind.Spot || kind === Kind.Perpetual || kind === Kind.Future;
      return {
        kind: isLinear ? "linear" : kind === Kind.Call ? "call" : "put",
        units: fromWad(size),
        strike: isLinear ? 0 : fromWad(strikeOf(instrument)),
        years: (expiry - this.surroundings.chain.now) / YEAR,
        volatility,
      };
    });
  }
}

function isOn(asset: Asset, instrument: bigint): boolean {
  return fieldsOf(instrument).underlying === UNDERLYINGS[asset];
}

/** Adds up the books of several desks. */
export function addAccounts(parts: readonly KeeperAccounts[]): KeeperAccounts {
  const sum = (pick: (part: KeeperAccounts) => number) => parts.reduce((total, part) => total + pick(part), 0);
  return {
    equityChange: sum((part) => part.equityChange),
    hedgeProfit: sum((part) => part.hedgeProfit),
    hedgeCosts: sum((part) => part.hedgeCosts),
    gas: sum((part) => part.gas),
    transactions: sum((part) => part.transactions),
    failed: sum((part) => part.failed),
  };
}

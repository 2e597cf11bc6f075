import type { Addresses, Contracts } from "@plimsoll/client";
import type { Signer } from "ethers";
import { type UnderlyingConfiguration, loadConfiguration } from "../../../../deploy/configuration.ts";
import { deployLocal } from "../../../../deploy/local.ts";
import { StaticMarginEngine__factory } from "../../../../typechain-types/index.ts";
import { priceAt } from "../path.ts";
import { ASSETS, type Asset, UNDERLYINGS } from "../prices/arguments.ts";
import { toAnswer } from "../prices/series.ts";
import type { Scenario } from "../scenario.ts";
import type { SimulatedChain } from "./chain.ts";
import { toWad } from "./wad.ts";

/** Which rule asks for margin: the protocol's, or a fixed share of notional for comparison. */
export type MarginRule = { readonly kind: "dynamic" } | { readonly kind: "static"; readonly share: number };

/** The exchange of one replay. */
export interface Deployment {
  readonly addresses: Addresses;
  readonly contracts: Contracts;
  readonly venue: { readonly chainId: bigint; readonly orderSettlement: string };
  readonly usdc: string;
  readonly tokens: Readonly<Record<Asset, { readonly address: string; readonly decimals: number }>>;
  readonly aggregators: Readonly<Record<Asset, string>>;
  /** USD. */
  readonly strikeSteps: Readonly<Record<Asset, number>>;
  /** Of the options that are traded, the nearer first, Unix seconds. */
  readonly expiries: readonly [number, number];
  readonly startBlock: number;
}

const DAY = 86_400;
const EIGHT_O_CLOCK = 8 * 3600;
/** So far away that none expires during a replay of days: settlement is not built yet. */
const EXPIRY_DAYS = [21, 56] as const;
/** Strikes are about this share of the price apart. */
const STRIKE_SPACING = 0.02;
/** Far above what a replay needs: it is about margin, not about caps. */
const UNLIMITED = 10n ** 30n;
const WAD_DECIMALS = 18;

/** Deploys everything for a scenario: prices and volatilities as they were known at its start; no delays, for nobody waits. */
export async function deployExchange(chain: SimulatedChain, scenario: Scenario): Promise<Deployment> {
  const strikeSteps = perAsset((asset) => strikeStep(priceAt(scenario.feeds[asset].path, scenario.start)));
  const local = await loadConfiguration("local");
  const configuration = { ...local, underlyings: local.underlyings.map((one) => adapt(one, scenario, strikeSteps)) };
  const market = await deployLocal(chain.connection, { configuration, handOver: false });
  const decimals = new Map(configuration.underlyings.map(({ symbol, collateral }) => [symbol, collateral.decimals]));
  const token = async (asset: Asset, name: string) => ({
    address: await present(market.tokens, name).getAddress(),
    decimals: decimals.get(asset) ?? WAD_DECIMALS,
  });
  return {
    addresses: market.addresses,
    contracts: market.contracts,
    venue: market.venue,
    startBlock: market.startBlock,
    strikeSteps,
    usdc: await present(market.tokens, "USDC").getAddress(),
    tokens: { ETH: await token("ETH", "WETH"), BTC: await token("BTC", "WBTC") },
    aggregators: {
      ETH: await present(market.aggregators, "ETH").getAddress(),
      BTC: await present(market.aggregators, "BTC").getAddress(),
    },
    expiries: [expiryAfter(scenario.start, EXPIRY_DAYS[0]), expiryAfter(scenario.start, EXPIRY_DAYS[1])],
  };
}

/** Exchanges the margin engine for one that asks for a fixed share of notional. The accounts stay as they are. */
export async function setStaticMargin({ contracts, addresses }: Deployment, share: number): Promise<void> {
  const signer = contracts.clearinghouse.runner;
  const factory = new StaticMarginEngine__factory(signer as Signer);
  const engine = await factory.deploy(addresses.marginEngine, addresses.markets, toWad(share));
  await contracts.clearinghouse.setMarginEngine(await engine.getAddress());
}

export function perAsset<T>(make: (asset: Asset) => T): Record<Asset, T> {
  return { ETH: make("ETH"), BTC: make("BTC") };
}

function present<T>(items: Readonly<Record<string, T>>, name: string): T {
  const item = items[name];
  if (item === undefined) throw new Error(`${name} was not deployed`);
  return item;
}

/** The parameters of the local network, with the scenario's prices and, where it knows them, volatilities. */
function adapt(
  underlying: UnderlyingConfiguration,
  scenario: Scenario,
  strikeSteps: Readonly<Record<Asset, number>>,
): UnderlyingConfiguration {
  const asset = ASSETS.find((name) => UNDERLYINGS[name] === underlying.id);
  if (asset === undefined) return underlying;
  const { path, history: historyFor } = scenario.feeds[asset];
  const history = historyFor(underlying.controller.realisedHalfLifeSeconds);
  return {
    ...underlying,
    strikeStep: toAnswer(strikeSteps[asset]),
    openInterestCap: UNLIMITED,
    feed: { ...underlying.feed, startAnswer: toAnswer(priceAt(path, scenario.start)) },
    realised: history === undefined ? underlying.realised : toWad(history.realised),
    stressed: history === undefined ? underlying.stressed : toWad(history.stressed),
    collateral: { ...underlying.collateral, cap: UNLIMITED },
  };
}

/** 1, 2 or 5 times a power of ten, near a fiftieth of the price. */
export function strikeStep(price: number): number {
  const wanted = price * STRIKE_SPACING;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const digit = [5, 2, 1].find((candidate) => candidate * power <= wanted * 1.0001) ?? 1;
  return digit * power;
}

/** The first 08:00 UTC at least this many days away. */
function expiryAfter(time: number, days: number): number {
  return Math.ceil((time + days * DAY - EIGHT_O_CLOCK) / DAY) * DAY + EIGHT_O_CLOCK;
}

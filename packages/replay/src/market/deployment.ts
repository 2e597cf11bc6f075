import type { Addresses, Contracts } from "@plimsoll/client";
import type { Signer } from "ethers";
import { deployLocal } from "../../../../deploy/local.ts";
import { StaticMarginEngine__factory } from "../../../../typechain-types/index.ts";
import type { Asset } from "../prices/arguments.ts";
import type { Scenario } from "../scenario.ts";
import type { SimulatedChain } from "./chain.ts";
import { type Terms, configurationFor, termsOf } from "./terms.ts";
import { toWad } from "./wad.ts";

/** Which rule asks for margin: the protocol's, or a fixed share of notional for comparison. */
export type MarginRule = { readonly kind: "dynamic" } | { readonly kind: "static"; readonly share: number };

/**
 * What people trade on: everything that is deployed, or what the model of `npm run designs` has as well: signed orders alone, without fees, funding
 * and options that expire during the replay.
 */
export const VENUES = ["full", "orders"] as const;
export type VenueKind = (typeof VENUES)[number];

/** The exchange of one replay. */
export interface Deployment {
  readonly addresses: Addresses;
  readonly contracts: Contracts;
  readonly venue: { readonly chainId: bigint; readonly orderSettlement: string };
  readonly usdc: string;
  readonly tokens: Readonly<Record<Asset, { readonly address: string; readonly decimals: number }>>;
  readonly aggregators: Readonly<Record<Asset, string>>;
  readonly terms: Terms;
  readonly startBlock: number;
}

const WAD_DECIMALS = 18;

/** Deploys everything for a scenario: prices and volatilities as they were known at its start; no delays, for nobody waits. */
export async function deployExchange(chain: SimulatedChain, scenario: Scenario, venue: VenueKind): Promise<Deployment> {
  const terms = termsOf(scenario);
  const configuration = await configurationFor(scenario, terms, venue === "full");
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
    terms,
    usdc: await present(market.tokens, "USDC").getAddress(),
    tokens: { ETH: await token("ETH", "WETH"), BTC: await token("BTC", "WBTC") },
    aggregators: {
      ETH: await present(market.aggregators, "ETH").getAddress(),
      BTC: await present(market.aggregators, "BTC").getAddress(),
    },
  };
}

/** Exchanges the margin engine for one that asks for a fixed share of notional. The accounts stay as they are. */
export async function setStaticMargin({ contracts, addresses }: Deployment, share: number): Promise<void> {
  const signer = contracts.clearinghouse.runner;
  const factory = new StaticMarginEngine__factory(signer as Signer);
  const engine = await factory.deploy(addresses.marginEngine, toWad(share));
  await contracts.clearinghouse.setMarginEngine(await engine.getAddress());
}

function present<T>(items: Readonly<Record<string, T>>, name: string): T {
  const item = items[name];
  if (item === undefined) throw new Error(`${name} was not deployed`);
  return item;
}

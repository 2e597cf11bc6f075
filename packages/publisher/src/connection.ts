import { loadAddresses, type SurfaceVenue } from "@plimsoll/client";
import { ArgumentError } from "@plimsoll/replay";
import { getAddress, isHexString, JsonRpcProvider, Wallet } from "ethers";
import { InputError } from "./errors.ts";
import { SurfaceOracle } from "./oracle.ts";
import { messageOf } from "./table.ts";

export const KEY_VARIABLE = "PUBLISHER_KEY";
export const NETWORKS = {
  localhost: { chainId: 31_337n, url: "http://127.0.0.1:8545" },
  sepolia: { chainId: 11_155_111n, url: process.env.SEPOLIA_RPC_URL },
} as const;

export interface NetworkOptions {
  readonly network: keyof typeof NETWORKS;
  readonly rpcUrl?: string;
  /** Address of the volatility oracle, instead of the recorded deployment's. */
  readonly oracle?: string;
}

/** The key of the environment variable, else of Hardhat's keystore. @throws ArgumentError */
export async function readKey(): Promise<Wallet> {
  const key = process.env[KEY_VARIABLE] ?? (await keyFromKeystore());
  if (!isHexString(key, 32)) throw new ArgumentError(`${KEY_VARIABLE} is no private key: 0x and 64 hexadecimal digits`);
  return new Wallet(key);
}

async function keyFromKeystore(): Promise<string> {
  const { default: hre } = await import("hardhat");
  const variable = { _type: "ConfigurationVariable", name: KEY_VARIABLE } as const;
  return hre.hooks.runHandlerChain("configurationVariables", "fetchValue", [variable], () => {
    const advice = `set ${KEY_VARIABLE}, or keep it with npx hardhat keystore set ${KEY_VARIABLE}`;
    return Promise.reject(new ArgumentError(`no key: ${advice}`));
  });
}

/** Where reports of a network are valid, without asking it. */
export async function venueOf({ network, oracle }: NetworkOptions): Promise<SurfaceVenue> {
  const { chainId } = NETWORKS[network];
  return { chainId, volatilityOracle: await oracleAddress(oracle, chainId) };
}

/** @param wallet Sends; without one the oracle can only be looked at. */
export async function openOracle(options: NetworkOptions, wallet: Wallet): Promise<SurfaceOracle> {
  const url = options.rpcUrl ?? NETWORKS[options.network].url;
  if (url === undefined)
    throw new ArgumentError(`no endpoint for ${options.network}: give --rpc-url or set SEPOLIA_RPC_URL`);
  const venue = await venueOf(options);
  const network = await new JsonRpcProvider(url)._detectNetwork().catch((error: unknown) => {
    throw new InputError(url, messageOf(error), "a JSON-RPC endpoint that answers");
  });
  if (network.chainId !== venue.chainId)
    throw new ArgumentError(`${url} serves chain ${network.chainId}, and ${options.network} is ${venue.chainId}`);
  const provider = new JsonRpcProvider(url, network, { staticNetwork: network, batchMaxCount: 1 });
  return new SurfaceOracle(venue, provider, wallet.connect(provider));
}

async function oracleAddress(given: string | undefined, chainId: bigint): Promise<string> {
  if (given === undefined) return (await loadAddresses(chainId)).volatilityOracle;
  try {
    return getAddress(given);
  } catch {
    throw new ArgumentError(`--oracle is "${given}", which is no address`);
  }
}

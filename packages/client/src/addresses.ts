import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { getAddress } from "ethers";
import { z } from "zod";

const address = z.string().transform((text) => getAddress(text));

const addressesSchema = z.object({
  accessManager: address,
  priceOracle: address,
  volatilityOracle: address,
  markets: address,
  marginEngine: address,
  marginScenarios: address,
  clearinghouse: address,
  liquidator: address,
  backstopVault: address,
  orderSettlement: address,
  tradeRouter: address,
  autoTopUp: address,
  lens: address,
  poolQuoter: address,
  liquidityPool: address,
});

/** Where each contract of one deployment is. */
export type Addresses = Readonly<z.infer<typeof addressesSchema>>;

export type ContractName = keyof Addresses;

/** Thrown where a chain has no record of a deployment, or one that is incomplete. */
export class DeploymentRecordError extends Error {
  readonly file: string;

  constructor(file: string, cause: unknown) {
    super(`no usable deployment record in ${file}`, { cause });
    this.name = "DeploymentRecordError";
    this.file = file;
  }
}

/** Addresses from a record that names contracts as the deployment module does: `Plimsoll#Clearinghouse`. */
export function addressesFromRecord(record: unknown): Addresses {
  const named = Object.entries(z.record(z.string(), z.string()).parse(record))
    .map(([key, value]) => [key.split("#"), value] as const)
    .filter(([[module]]) => module === "Plimsoll")
    .map(([[, contract = ""], value]) => [contract.charAt(0).toLowerCase() + contract.slice(1), value]);
  return addressesSchema.parse(Object.fromEntries(named));
}

/** Checks addresses that come from elsewhere, and brings them into checksum form. */
export function parseAddresses(value: unknown): Addresses {
  return addressesSchema.parse(value);
}

/** Reads what a deployment to the chain recorded. @param folder - The deployments' folder, `deploy/deployments`. */
export async function loadAddresses(chainId: bigint | number, folder = "deploy/deployments"): Promise<Addresses> {
  const file = join(folder, `chain-${chainId.toString()}`, "deployed_addresses.json");
  try {
    return addressesFromRecord(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new DeploymentRecordError(file, cause);
  }
}

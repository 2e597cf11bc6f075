import { BackstopVault__factory, Clearinghouse__factory } from "../../../../typechain-types/index.ts";
import type { SimulatedChain } from "./chain.ts";
import type { Deployment } from "./deployment.ts";
import type { Exchange } from "./exchange.ts";
import { BACKSTOP_SHARE, RESERVE_SHARE } from "./opening.ts";

/** Addresses without a key here. */
const BACKSTOP_DEPOSITOR = "0x0000000000000000000000000000000000bac570";
const RESERVE_FUNDER = "0x00000000000000000000000000000000005e5e5e";

/** What stands behind the market on chain. */
interface Backers {
  readonly chain: SimulatedChain;
  readonly deployment: Deployment;
  readonly exchange: Exchange;
}

/** Pays into backstop and reserve. @param notional USD. */
export async function fundBackstop({ chain, deployment, exchange }: Backers, notional: number): Promise<void> {
  const { backstopVault, clearinghouse } = deployment.addresses;
  const assets = await exchange.supply(BACKSTOP_DEPOSITOR, notional * BACKSTOP_SHARE, backstopVault);
  const deposit = BackstopVault__factory.createInterface().encodeFunctionData("deposit", [assets, BACKSTOP_DEPOSITOR]);
  await chain.send({ from: BACKSTOP_DEPOSITOR, to: backstopVault, data: deposit });
  const gift = await exchange.supply(RESERVE_FUNDER, notional * RESERVE_SHARE, clearinghouse);
  const fund = Clearinghouse__factory.createInterface().encodeFunctionData("fundReserve", [gift]);
  await chain.send({ from: RESERVE_FUNDER, to: clearinghouse, data: fund });
}

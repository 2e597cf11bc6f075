import type { KeeperConfig } from "./config.js";
import { WAD, max, mulWadDown, wad } from "./domain.js";
import type { Head } from "./chain.js";

/** Wei a gas, EIP-1559. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export type FeeConfig = KeeperConfig["fees"];

export function quote({ baseFee }: Head, { baseFeeMultiple, priorityFeeWei }: FeeConfig): Fees {
  return { maxFeePerGas: baseFee * baseFeeMultiple + priorityFeeWei, maxPriorityFeePerGas: priorityFeeWei };
}

/** What a gas is likely to cost now, wei. */
export function likelyGasPrice({ baseFee }: Head, { priorityFeeWei }: FeeConfig): bigint {
  return baseFee + priorityFeeWei;
}

/** Nodes accept a transaction with the nonce of a pending one only from +12.5 % on both fields (10 % on some). */
function raised(fee: bigint): bigint {
  return (fee * 1_125n + 999n) / 1_000n;
}

/** The fees for the same nonce again: at least 12.5 % more on both fields, more where the market asks for more. */
export function replacement(previous: Fees, market: Fees): Fees {
  const maxPriorityFeePerGas = max(raised(previous.maxPriorityFeePerGas), market.maxPriorityFeePerGas);
  const maxFeePerGas = max(raised(previous.maxFeePerGas), market.maxFeePerGas);
  return { maxPriorityFeePerGas, maxFeePerGas: max(maxFeePerGas, maxPriorityFeePerGas) };
}

/** USD WAD that an amount of the gas token is worth. `price` USD WAD. */
export function gasInUsd(wei: bigint, price: bigint): bigint {
  return mulWadDown(wei, price);
}

/** The most wei that gas may cost: a share of the expected profit (USD WAD), or the budget for what nobody pays for. */
export function budgetInWei(
  expectedProfit: bigint,
  price: bigint,
  config: Pick<KeeperConfig, "fees" | "maintenanceBudgetUsd">,
): bigint {
  const isPaid = expectedProfit > 0n;
  const usd = isPaid ? mulWadDown(wad(config.fees.profitShare), expectedProfit) : wad(config.maintenanceBudgetUsd);
  return price === 0n ? 0n : (usd * WAD) / price;
}

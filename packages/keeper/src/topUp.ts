import { WAD, ceilDiv, min, mulWadDown, wad } from "./domain.js";
import type { Authorisation, Risk } from "./domain.js";

/** What the contract lets a keeper have of what is pulled. */
const MAX_FEE_SHARE = wad(0.02);
/** USD WAD in a unit of USDC. */
const SCALE = 10n ** 12n;

/** What a top-up would come to. `deposit` and `fee` in USD WAD, whole units of USDC. */
export interface TopUp {
  readonly deposit: bigint;
  readonly fee: bigint;
  readonly isCured: boolean;
}

/** The amounts of `AutoTopUp.topUp`; undefined where it would refuse. */
export function topUpOf({ equity, initial }: Risk, authorisation: Authorisation): TopUp | undefined {
  if (equity < 0n || equity >= initial) return undefined;
  const { budgetInTokens, limitInTokens, target, mayFallShort } = authorisation;
  const needed = ceilDiv(initial - equity, SCALE);
  let deposit = ceilDiv(ceilDiv(initial * target, WAD) - equity, SCALE);
  let fee = feeOf(deposit, authorisation);
  const available = min(budgetInTokens, limitInTokens);
  if (deposit + fee > available) {
    fee = feeOf(available, authorisation);
    deposit = available - fee;
  }
  const isCured = deposit >= needed;
  if (deposit === 0n || (!isCured && !mayFallShort)) return undefined;
  return { deposit: deposit * SCALE, fee: fee * SCALE, isCured };
}

function feeOf(amountInTokens: bigint, { maxFeeInTokens }: Authorisation): bigint {
  return min(maxFeeInTokens, mulWadDown(amountInTokens, MAX_FEE_SHARE));
}

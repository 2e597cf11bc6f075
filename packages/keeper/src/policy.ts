import { ownerOf } from "@plimsoll/client";
import { Transaction } from "ethers";
import type { KeeperConfig, Deployment } from "./config.js";
import {
  autoTopUpInterface,
  booksInterface,
  liquidatorInterface,
  marketsInterface,
  poolInterface,
  settlementPricesInterface,
  vaultInterface,
  volatilityInterface,
} from "./contracts.js";
import { PolicyDenied } from "./errors.js";
import type { Fees } from "./fees.js";

/** Holds the key. An ethers `Wallet` is one. */
export interface Signer {
  readonly address: string;
  signTransaction(transaction: Transaction): Promise<string>;
}

export interface TransactionRequest extends Fees {
  readonly nonce: number;
  readonly to: string;
  readonly data: string;
  readonly gasLimit: bigint;
}

/** Gas of a plain transfer: what cancelling a nonce costs. */
export const CANCEL_GAS = 21_000n;
const DAY_SECONDS = 86_400;
const NO_DATA = "0x";

const liquidatorFunctions = [
  "callMargin",
  "clearMarginCall",
  "startAuction",
  "startAuctionByWitness",
  "confirmAuction",
  "endAuction",
  "liquidate",
  "takeOver",
  "absorb",
] as const;

/** Of the clearinghouse: what anyone may do for everybody, and by which nothing of the keeper's moves. */
const booksFunctions = ["settle", "settleExpired", "accrueFunding"] as const;

/** Of the backstop: for the keeper's own account, and for its depositors. */
const vaultFunctions = ["unwind", "releaseEmpty"] as const;

/** Of the liquidity pool: what anyone may do for its depositors. */
const poolFunctions = ["refresh", "execute"] as const;

/**
 * Signs only what a keeper has to sign, and denies everything else: the pinned chain, the Liquidator's, the walk's, the settlement's,
 * the funding's, the cover's, the top-up's, the backstop's and the pool's selectors at their own addresses, no value, takers of the keeper alone, and at most so much gas a transaction and a day.
 */
export class SigningPolicy {
  private readonly allowed: ReadonlyMap<string, ReadonlySet<string>>;
  /** Worst cost by nonce, so that a replacement counts once; the actual cost after it is mined. */
  private readonly spent = new Map<number, { wei: bigint; at: number }>();

  constructor(
    private readonly signer: Signer,
    private readonly deployment: Pick<
      Deployment,
      | "chainId"
      | "clearinghouse"
      | "liquidator"
      | "priceOracle"
      | "volatilityOracle"
      | "autoTopUp"
      | "backstopVault"
      | "liquidityPool"
      | "markets"
    >,
    private readonly limits: KeeperConfig["policy"],
  ) {
    const allowed = new Map([
      [
        deployment.liquidator.toLowerCase(),
        new Set(liquidatorFunctions.map((name) => liquidatorInterface.getFunction(name).selector)),
      ],
      [
        deployment.clearinghouse.toLowerCase(),
        new Set(booksFunctions.map((name) => booksInterface.getFunction(name).selector)),
      ],
      [
        deployment.priceOracle.toLowerCase(),
        new Set([settlementPricesInterface.getFunction("proveSettlement").selector]),
      ],
      [deployment.volatilityOracle.toLowerCase(), new Set([volatilityInterface.getFunction("walk").selector])],
    ]);
    if (deployment.autoTopUp !== undefined)
      allowed.set(deployment.autoTopUp.toLowerCase(), new Set([autoTopUpInterface.getFunction("topUp").selector]));
    if (deployment.backstopVault !== undefined)
      allowed.set(
        deployment.backstopVault.toLowerCase(),
        new Set(vaultFunctions.map((name) => vaultInterface.getFunction(name).selector)),
      );
    if (deployment.liquidityPool !== undefined)
      allowed.set(
        deployment.liquidityPool.toLowerCase(),
        new Set(poolFunctions.map((name) => poolInterface.getFunction(name).selector)),
      );
    if (deployment.markets !== undefined)
      allowed.set(deployment.markets.toLowerCase(), new Set([marketsInterface.getFunction("refreshCover").selector]));
    this.allowed = allowed;
  }

  get address(): string {
    return this.signer.address;
  }

  /** @param now Unix seconds. @throws PolicyDenied */
  async sign(request: TransactionRequest, now: number): Promise<{ raw: string; hash: string }> {
    this.checkTarget(request);
    const worst = this.checkSpend(request, now);
    const { nonce, to, data, gasLimit, maxFeePerGas, maxPriorityFeePerGas } = request;
    const { chainId } = this.deployment;
    const unsigned = { type: 2, chainId, value: 0n, nonce, to, data, gasLimit, maxFeePerGas, maxPriorityFeePerGas };
    const raw = await this.signer.signTransaction(Transaction.from(unsigned));
    const signed = Transaction.from(raw);
    if (signed.chainId !== BigInt(chainId))
      throw new PolicyDenied("chain", `signed for chain ${signed.chainId.toString()}`);
    if (signed.value !== 0n) throw new PolicyDenied("value", `signed with a value of ${signed.value.toString()}`);
    if (signed.hash === null) throw new PolicyDenied("chain", "the signer returned an unsigned transaction");
    this.spent.set(nonce, { wei: worst, at: now });
    return { raw, hash: signed.hash };
  }

  /** Tells what the transaction with this nonce really cost. */
  settle(nonce: number, costWei: bigint): void {
    const entry = this.spent.get(nonce);
    if (entry) this.spent.set(nonce, { ...entry, wei: costWei });
  }

  private checkTarget({ to, data, gasLimit }: TransactionRequest): void {
    const target = to.toLowerCase();
    const isCancel = target === this.address.toLowerCase() && data === NO_DATA;
    if (isCancel) {
      if (gasLimit !== CANCEL_GAS) throw new PolicyDenied("transaction-spend", `${gasLimit.toString()} gas to cancel`);
      return;
    }
    const selectors = this.allowed.get(target);
    if (!selectors) throw new PolicyDenied("target", `${to} is not a known contract`);
    const selector = data.slice(0, 10);
    if (!selectors.has(selector)) throw new PolicyDenied("selector", `${selector} at ${to}`);
    for (const account of takersIn(data)) {
      if (ownerOf(account).toLowerCase() !== this.address.toLowerCase())
        throw new PolicyDenied("taker", `account ${account.toString(16)}`);
    }
  }

  private checkSpend({ nonce, gasLimit, maxFeePerGas }: TransactionRequest, now: number): bigint {
    const worst = gasLimit * maxFeePerGas;
    const { maxSpendPerTransactionWei, maxSpendPerDayWei } = this.limits;
    if (worst > maxSpendPerTransactionWei) throw new PolicyDenied("transaction-spend", `${worst.toString()} wei`);
    let day = worst;
    for (const [other, { wei, at }] of this.spent) {
      if (at + DAY_SECONDS < now) this.spent.delete(other);
      else if (other !== nonce) day += wei;
    }
    if (day > maxSpendPerDayWei) throw new PolicyDenied("daily-spend", `${day.toString()} wei`);
    return worst;
  }
}

/** The accounts that calldata of the Liquidator or the backstop would have the keeper put at risk. */
function takersIn(data: string): bigint[] {
  const selector = data.slice(0, 10);
  if (selector === liquidatorInterface.getFunction("liquidate").selector) {
    const [liquidation] = liquidatorInterface.decodeFunctionData("liquidate", data) as unknown as [{ taker: bigint }];
    return [liquidation.taker];
  }
  if (selector === vaultInterface.getFunction("unwind").selector) {
    const [unwinding] = vaultInterface.decodeFunctionData("unwind", data) as unknown as [{ taker: bigint }];
    return [unwinding.taker];
  }
  if (selector !== liquidatorInterface.getFunction("takeOver").selector) return [];
  const [order] = liquidatorInterface.decodeFunctionData("takeOver", data) as unknown as [
    { taker: bigint; funder: bigint },
  ];
  return [order.taker, order.funder];
}

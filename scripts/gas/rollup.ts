// What the measured transactions would pay on a rollup of the OP stack for their data. Such a node is asked itself: the same bytes are
// sent to it, to an address without code, and its receipt says what the data costs. Execution is not repeated there.
import { Transaction } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import { z } from "zod";
import { ROLLUP_KEYS, type Key } from "./figures.ts";
import type { Executed } from "./chain.ts";

/** Prices and the chain's scalars. All in wei but the scalars, which are millionths. */
export interface DataPrices {
  readonly l1BaseFee: bigint;
  readonly blobBaseFee: bigint;
  readonly baseFeeScalar: bigint;
  readonly blobBaseFeeScalar: bigint;
}

/** What one transaction's data costs. */
export interface DataCost {
  readonly key: Key;
  readonly l2Gas: number;
  /** As broadcast, signature included. */
  readonly bytes: number;
  /** As the chain estimates that a batch compresses it. */
  readonly compressedBytes: number;
  readonly l1Fee: bigint;
}

const L1_BLOCK = "0x4200000000000000000000000000000000000015";
/** Who alone tells a chain of the OP stack about L1. */
const DEPOSITOR = "0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001";
const SET_ECOTONE_SELECTOR = "0x440a5e20";
const ONE_ETHER = 10n ** 18n;
const GAS_LIMIT = 2n ** 24n;
/** Gas of a byte that is not zero, in which a chain since Fjord states the compressed size. */
const GAS_PER_BYTE = 16n;

const hexNumber = z.string().transform(BigInt);
const receiptSchema = z.object({ l1Fee: hexNumber, l1GasUsed: hexNumber });

export async function dataCosts(transactions: ReadonlyMap<Key, Executed>, prices: DataPrices): Promise<DataCost[]> {
  const connection = await network.create("op");
  try {
    await tellPrices(connection, prices);
    const costs: DataCost[] = [];
    for (const key of ROLLUP_KEYS) {
      const executed = transactions.get(key);
      if (executed !== undefined) costs.push({ key, ...(await costOf(connection, executed)) });
    }
    return costs;
  } finally {
    await connection.close();
  }
}

/** `setL1BlockValuesEcotone`, whose arguments are packed after the selector. */
async function tellPrices({ provider }: NetworkConnection, prices: DataPrices): Promise<void> {
  const field = (value: bigint, bytes: number) => value.toString(16).padStart(2 * bytes, "0");
  const { baseFeeScalar, blobBaseFeeScalar, l1BaseFee, blobBaseFee } = prices;
  const data = [
    SET_ECOTONE_SELECTOR,
    field(baseFeeScalar, 4),
    field(blobBaseFeeScalar, 4),
    field(0n, 8), // sequence number
    field(1n, 8), // timestamp
    field(1n, 8), // number
    field(l1BaseFee, 32),
    field(blobBaseFee, 32),
    field(0n, 32), // block hash
    field(0n, 32), // batcher
  ].join("");
  await provider.request({ method: "hardhat_impersonateAccount", params: [DEPOSITOR] });
  await provider.request({ method: "hardhat_setBalance", params: [DEPOSITOR, `0x${ONE_ETHER.toString(16)}`] });
  await provider.request({ method: "eth_sendTransaction", params: [{ from: DEPOSITOR, to: L1_BLOCK, data }] });
}

async function costOf({ ethers, provider }: NetworkConnection, { to, data, gasUsed }: Executed) {
  const [, sender] = await ethers.getSigners();
  if (sender === undefined) throw new RangeError("too few test accounts");
  const sent = await sender.sendTransaction({ to, data, gasLimit: GAS_LIMIT });
  const receipt: unknown = await provider.request({ method: "eth_getTransactionReceipt", params: [sent.hash] });
  const { l1Fee, l1GasUsed } = receiptSchema.parse(receipt);
  const { type, chainId, nonce, gasLimit, signature } = sent;
  const fees = { maxFeePerGas: sent.maxFeePerGas ?? 0n, maxPriorityFeePerGas: sent.maxPriorityFeePerGas ?? 0n };
  const { serialized } = Transaction.from({ type, chainId, nonce, gasLimit, ...fees, to, data, signature });
  return {
    l2Gas: gasUsed,
    bytes: (serialized.length - 2) / 2,
    compressedBytes: Number(l1GasUsed / GAS_PER_BYTE),
    l1Fee,
  };
}

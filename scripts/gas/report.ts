// Text of the figures.
import { formatEther } from "ethers";
import {
  fallsOf,
  GOALS,
  MEANINGS,
  measured,
  PEER,
  risesOf,
  TRANSACTION_CAP,
  type Figures,
  type Key,
} from "./figures.ts";
import type { DataCost, DataPrices } from "./rollup.ts";

type Row = readonly string[];

const GWEI = 1e9;
const grouped = (value: number) => value.toLocaleString("en-US");

/** Columns as wide as their widest cell; the first and the last to the left, numbers to the right. */
function table(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: Row) =>
    row
      .map((cell, column) => {
        const isText = column === 0 || column === row.length - 1;
        return isText ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
      })
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}

/** Every figure beside the peer's, the goals and the snapshot's. */
export function figuresTable(figures: Figures, snapshot: Figures): string {
  const header = ["", "gas", "snapshot", "peer", "peer / gas", "goal", "then", ""];
  const rows = measured(figures).map(([key, gas]) => [
    key,
    grouped(gas),
    change(gas, snapshot[key]),
    ...against(key, gas),
    MEANINGS[key],
  ]);
  return table([header, ...rows]);
}

function against(key: Key, gas: number): Row {
  const peer = PEER[key];
  const goal = GOALS[key];
  return [
    peer === undefined ? "" : grouped(peer),
    peer === undefined ? "" : `${(peer / gas).toFixed(1)} ×`,
    goal === undefined ? "" : verdict(gas, goal.first),
    goal === undefined ? "" : verdict(gas, goal.final),
  ];
}

function verdict(gas: number, goal: number): string {
  return gas <= goal ? `met ${grouped(goal)}` : grouped(goal);
}

function change(is: number, was: number | undefined): string {
  if (was === undefined) return "new";
  if (is === was) return "=";
  const percent = (100 * (is - was)) / was;
  return `${percent > 0 ? "+" : "−"}${Math.abs(percent).toFixed(2)} %`;
}

/** What the comparison with the snapshot comes to. */
export function verdictText(figures: Figures, snapshot: Figures): string {
  const rises = risesOf(figures, snapshot).map(({ key, was, is }) => `${key} ${was ?? "none"} → ${is}`);
  const falls = fallsOf(figures, snapshot);
  if (rises.length > 0) return `above the snapshot: ${rises.join(", ")}`;
  if (falls.length > 0) return `below the snapshot: ${falls.join(", ")}; take it again with npm run gas -- --update`;
  return "as in the snapshot";
}

export const METHOD = `Gas on the contracts that the deployment module deploys with the local parameters, on a simulated Ethereum (Osaka).
Options on ETH at 2,010 USD, 10 units each, expiring on the Fridays nearest to 7, 30, 90 and 180 days, calls and puts, long and
short, strikes within 30 % of spot, under an accepted surface of 80 to 77 %. The price comes from a proxy and an aggregator
that read the slots of Chainlink's (18,300 gas cold); it moved half a percent since the last walk, 21 minutes ago.

  check*         what a contract pays that asks: everything cold, the contract asked too, without the 21,000 of a transaction;
                 equity and both tiers; check16short has 4 options within hours of expiry, check16walked no round pending
  engine16       evaluate() with the options passed in, the second call in one transaction: everything warm
  cell           the same with 32 options less with 16, by 16 options and the 13 × 3 grid and stress scenarios of each
  all others     gas used by the whole transaction, calldata and refunds included
  trade*         OrderSettlement.fill by a third party of two signed orders, new and filled whole; both sides add to a leg
                 and pay fees to a reserve that has received some before
  liquidate*     short calls taken whole, 150 s into the auction
  takeover*      at the rate that has reached equity / maintenance, into a new account, with cash from another
  absorb*, deleverage128
                 without equity and reserve; one of the legs an option on BTC

"peer" is Derive, PMRM 2.1, measured: 33 scenarios and one tier a check, bids for liquidations. "met" says that a goal is.
A transaction on Ethereum has at most ${grouped(TRANSACTION_CAP)} gas.`;

/** Prices that are not L1's. @param etherPrice - USD. @param l2GasPrice - Wei. */
export interface SpendingPrices extends DataPrices {
  readonly l2GasPrice: bigint;
  readonly etherPrice: number;
}

/** What the transactions cost on a rollup. */
export function rollupTable(costs: readonly DataCost[], prices: SpendingPrices): string {
  const header = ["", "L2 gas", "bytes", "compressed", "L1 fee, wei", "L1 fee, USD", "L2 fee, USD", "L1 share", ""];
  const dollars = (wei: bigint) => Number(formatEther(wei)) * prices.etherPrice;
  const rows = costs.map(({ key, l2Gas, bytes, compressedBytes, l1Fee }) => {
    const l1 = dollars(l1Fee);
    const l2 = dollars(BigInt(l2Gas) * prices.l2GasPrice);
    return [
      key,
      grouped(l2Gas),
      grouped(bytes),
      grouped(compressedBytes),
      l1Fee.toString(),
      l1.toFixed(6),
      l2.toFixed(6),
      `${((100 * l1) / (l1 + l2)).toFixed(1)} %`,
      "",
    ];
  });
  return table([header, ...rows]);
}

export function rollupMethod(prices: SpendingPrices): string {
  const gwei = (wei: bigint) => (Number(wei) / GWEI).toString();
  return `On a rollup of the OP stack: the gas above, and what the receipt of a simulated node (Isthmus; the estimate of compression is Fjord's)
says that the same signed bytes cost as data. At L1 base fee ${gwei(prices.l1BaseFee)} gwei, blob base fee ${gwei(prices.blobBaseFee)} gwei, scalars ${prices.baseFeeScalar.toString()} and ${prices.blobBaseFeeScalar.toString()}, L2 gas ${gwei(prices.l2GasPrice)} gwei, ether ${prices.etherPrice.toString()} USD.`;
}

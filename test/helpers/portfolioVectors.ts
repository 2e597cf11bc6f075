import { readFileSync } from "node:fs";
import type { BookMarket, BookPortfolio } from "./marginBook.ts";

/** A portfolio in a market of its own, and what the 100-digit reference says of it; USD WAD. */
export interface PortfolioVector {
  /** A `BookKind`, or what a case was made for. */
  readonly kind: string;
  readonly market: BookMarket;
  readonly portfolio: BookPortfolio;
  readonly expected: Readonly<
    Record<"equity" | "initial" | "maintenance" | "maintenanceBeforeFloor" | "stressLoss", bigint>
  >;
  /** One unit of each leg. */
  readonly marks: readonly bigint[];
}

export function loadPortfolioVectors(): PortfolioVector[] {
  const text = readFileSync(new URL("../../vectors/portfolios.json", import.meta.url), "utf8");
  // Every text but a portfolio's kind is a whole number.
  const revive = (_: string, value: unknown) =>
    typeof value === "string" && /^-?\d+$/.test(value) ? BigInt(value) : value;
  return JSON.parse(text, revive) as PortfolioVector[];
}

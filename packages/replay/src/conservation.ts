/** What the chain says of one account. `cash` in USD WAD, entry values of perpetuals included; sizes in WAD units. */
export interface AccountBalance {
  readonly cash: bigint;
  readonly positions: readonly { readonly instrument: bigint; readonly size: bigint }[];
}

/** What custody says of one token. Token units, as the token counts them. */
export interface TokenBalance {
  readonly symbol: string;
  readonly recordedInTokens: bigint;
  readonly balanceInTokens: bigint;
  readonly decimals: number;
}

/**
 * What the books say of one account. `scaledCash` is USD WAD · 1e24 / index, as the contracts store it; `entryValues` USD WAD, of all its
 * perpetuals.
 */
export interface LedgerAccount extends Pick<AccountBalance, "positions"> {
  readonly scaledCash: bigint;
  readonly entryValues: bigint;
}

/** What cash has become since the start, WAD: debts by one, positive cash by the other. */
export interface CashIndices {
  readonly borrow: bigint;
  readonly supply: bigint;
}

/** Everything that conservation is about, read from the chain at one block. */
export interface LedgerState {
  readonly accounts: readonly LedgerAccount[];
  readonly indices: CashIndices;
  /** USD WAD. */
  readonly reserve: bigint;
  /** Funding and expiries that some have paid and others not received yet, with what rounding left of both, USD WAD; else nothing. */
  readonly underWay?: bigint;
  readonly usdc: TokenBalance;
  /** By the spot instrument that stands for the token. */
  readonly collaterals: ReadonlyMap<bigint, TokenBalance>;
}

/** How far the books are off, signed, in the smallest unit (1e-18 USD, 1e-18 units). All zero when value is conserved. */
export interface Conservation {
  /** INV-1: USDC recorded − (Σ scaled cash · index + Σ entry values), rounded down once for all, − reserve − what is under way. */
  readonly cash: bigint;
  /** INV-1: recorded − Σ spot positions, by token. */
  readonly tokens: Readonly<Record<string, bigint>>;
  /** INV-1: what the tokens' balances lack against what is recorded; a surplus is a donation and no error. */
  readonly custody: bigint;
  /** INV-2: Σ of the absolute net position of each derivative. */
  readonly derivatives: bigint;
  /** Sum of the absolute values of all of these. */
  readonly total: bigint;
}

const WAD_DECIMALS = 18;
const WAD = 10n ** 18n;
const SCALE = 10n ** 24n;

/** Where nobody pays interest. */
export const UNIT_INDICES: CashIndices = { borrow: WAD, supply: WAD };

/** How cash (USD WAD) is stored where both indices are 1. */
export function toScaledCash(cash: bigint): bigint {
  return cash * (SCALE / WAD);
}

const absolute = (value: bigint) => (value < 0n ? -value : value);
const sum = (values: Iterable<bigint>) => [...values].reduce((total, value) => total + value, 0n);
const toWad = (inTokens: bigint, decimals: number) => inTokens * 10n ** BigInt(WAD_DECIMALS - decimals);

/** Recomputes INV-1 and INV-2 from balances alone, in whole numbers. */
export function checkConservation({
  accounts,
  indices,
  reserve,
  underWay = 0n,
  usdc,
  collaterals,
}: LedgerState): Conservation {
  const nets = netPositions(accounts);
  const owned = sum(accounts.map(({ scaledCash }) => scaledCash * (scaledCash < 0n ? indices.borrow : indices.supply)));
  const custody = toWad(usdc.recordedInTokens, usdc.decimals) - sum(accounts.map(({ entryValues }) => entryValues));
  const cash = floorDiv((custody - underWay) * SCALE - owned, SCALE) - reserve;
  const tokens: Record<string, bigint> = {};
  for (const [instrument, { symbol, recordedInTokens, decimals }] of collaterals) {
    tokens[symbol] = toWad(recordedInTokens, decimals) - (nets.get(instrument) ?? 0n);
    nets.delete(instrument);
  }
  const derivatives = sum([...nets.values()].map(absolute));
  const missing = sum([usdc, ...collaterals.values()].map(shortfall));
  const total = absolute(cash) + sum(Object.values(tokens).map(absolute)) + missing + derivatives;
  return { cash, tokens, custody: missing, derivatives, total };
}

function floorDiv(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  return quotient * denominator > numerator ? quotient - 1n : quotient;
}

function netPositions(accounts: LedgerState["accounts"]): Map<bigint, bigint> {
  const nets = new Map<bigint, bigint>();
  for (const { positions } of accounts) {
    for (const { instrument, size } of positions) nets.set(instrument, (nets.get(instrument) ?? 0n) + size);
  }
  return nets;
}

function shortfall({ recordedInTokens, balanceInTokens, decimals }: TokenBalance): bigint {
  return recordedInTokens > balanceInTokens ? toWad(recordedInTokens - balanceInTokens, decimals) : 0n;
}

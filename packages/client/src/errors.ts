import { ErrorFragment, Interface, isHexString, type ErrorDescription } from "ethers";
import {
  AccessManager__factory,
  AutoTopUp__factory,
  BackstopVault__factory,
  Clearinghouse__factory,
  Lens__factory,
  LiquidityPool__factory,
  Liquidator__factory,
  MarginEngine__factory,
  MarginScenarios__factory,
  Markets__factory,
  OrderSettlement__factory,
  PoolQuoter__factory,
  PriceOracle__factory,
  TradeRouter__factory,
  VolatilityOracle__factory,
} from "../../../typechain-types/index.js";

const FACTORIES = [
  Clearinghouse__factory,
  MarginEngine__factory,
  MarginScenarios__factory,
  Markets__factory,
  PriceOracle__factory,
  VolatilityOracle__factory,
  OrderSettlement__factory,
  TradeRouter__factory,
  AutoTopUp__factory,
  Liquidator__factory,
  BackstopVault__factory,
  Lens__factory,
  LiquidityPool__factory,
  PoolQuoter__factory,
  AccessManager__factory,
];

/**
 * Every error that a contract of the protocol, or a token or library beneath it, may revert with, by selector: one interface of them
 * all would hash every signature at every look.
 */
const ERRORS = new Map(
  FACTORIES.flatMap((factory) => factory.createInterface().fragments)
    .filter((fragment) => fragment instanceof ErrorFragment)
    .map((fragment) => [fragment.selector, new Interface([fragment])]),
);
/** Those of the language, which every interface knows. */
const BUILT_IN = new Interface([]);

/** Where clients and nodes hide revert data. */
const NESTING = ["data", "error", "info", "cause", "revert"] as const;
const MAX_DEPTH = 6;
const SELECTOR_LENGTH = 10;

/** A contract refused: its custom error, decoded. */
export class PlimsollError extends Error {
  /** Name of the Solidity error, e.g. `BelowInitialMargin`; `Error` for a plain reason, `Panic` for a failed assertion. */
  readonly errorName: string;
  /** Arguments by their Solidity names; integers are bigint. */
  readonly args: Readonly<Record<string, unknown>>;
  /** The revert data. */
  readonly data: string;

  constructor(description: ErrorDescription, data: string, cause?: unknown) {
    const args = namedArguments(description);
    const text = Object.entries(args).map(([name, value]) => `${name}: ${String(value)}`);
    super(`${description.name}(${text.join(", ")})`, { cause });
    this.name = "PlimsollError";
    this.errorName = description.name;
    this.args = args;
    this.data = data;
  }

  /** One argument that is known to be an integer. */
  integer(name: string): bigint {
    const value = this.args[name];
    if (typeof value !== "bigint") throw new TypeError(`${this.errorName} has no integer ${name}`);
    return value;
  }
}

/** The custom error inside revert data, or inside whatever a call threw; undefined where there is none that is known. */
export function decodeError(thrown: unknown): PlimsollError | undefined {
  if (thrown instanceof PlimsollError) return thrown;
  const data = revertData(thrown, MAX_DEPTH);
  if (data === undefined) return undefined;
  const description = (ERRORS.get(data.slice(0, SELECTOR_LENGTH).toLowerCase()) ?? BUILT_IN).parseError(data);
  return description === null ? undefined : new PlimsollError(description, data, thrown);
}

/** Awaits a call and turns its refusal into a `PlimsollError`; any other failure is thrown as it is. */
export async function decoded<T>(outcome: Promise<T>): Promise<T> {
  try {
    return await outcome;
  } catch (thrown) {
    throw decodeError(thrown) ?? thrown;
  }
}

function namedArguments({ fragment, args }: ErrorDescription): Record<string, unknown> {
  return Object.fromEntries(
    fragment.inputs.map((input, index) => [input.name === "" ? index.toString() : input.name, args[index] as unknown]),
  );
}

function revertData(thrown: unknown, depth: number): string | undefined {
  if (typeof thrown === "string") return isHexString(thrown) && thrown.length >= SELECTOR_LENGTH ? thrown : undefined;
  if (typeof thrown !== "object" || thrown === null || depth === 0) return undefined;
  for (const key of NESTING) {
    const inner = revertData((thrown as Partial<Record<string, unknown>>)[key], depth - 1);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

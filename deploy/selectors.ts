import {
  Clearinghouse__factory,
  Markets__factory,
  PoolQuoter__factory,
  PriceOracle__factory,
  VolatilityOracle__factory,
} from "../typechain-types/index.js";
import type { RestrictedContract } from "./roles.ts";

const INTERFACES = {
  Clearinghouse: Clearinghouse__factory.createInterface(),
  Markets: Markets__factory.createInterface(),
  PoolQuoter: PoolQuoter__factory.createInterface(),
  PriceOracle: PriceOracle__factory.createInterface(),
  VolatilityOracle: VolatilityOracle__factory.createInterface(),
};

/** Thrown where a role names a function that its contract does not have. */
export class UnknownFunctionError extends Error {
  readonly contract: RestrictedContract;
  readonly method: string;

  constructor(contract: RestrictedContract, method: string) {
    super(`${contract} has no function ${method}`);
    this.name = "UnknownFunctionError";
    this.contract = contract;
    this.method = method;
  }
}

/** The four bytes by which a contract knows the function. */
export function selectorOf(contract: RestrictedContract, method: string): string {
  const fragment = INTERFACES[contract].fragments.find((item) => "name" in item && item.name === method);
  if (fragment === undefined || !("selector" in fragment) || typeof fragment.selector !== "string") {
    throw new UnknownFunctionError(contract, method);
  }
  return fragment.selector;
}

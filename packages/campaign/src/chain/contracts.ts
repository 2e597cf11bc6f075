import type { Interface } from "ethers";
import {
  AutoTopUp__factory,
  BackstopVault__factory,
  Clearinghouse__factory,
  ClearinghouseBooks__factory,
  ClearinghouseForce__factory,
  Liquidator__factory,
  Markets__factory,
  OrderSettlement__factory,
  PriceOracle__factory,
  VolatilityOracle__factory,
} from "../../../../typechain-types/index.ts";

/** The external surface that the campaign is about. `ClearinghouseForce` and `ClearinghouseBooks` answer at the address of the clearinghouse. */
export const SURFACE = {
  Clearinghouse: Clearinghouse__factory.createInterface(),
  ClearinghouseBooks: ClearinghouseBooks__factory.createInterface(),
  ClearinghouseForce: ClearinghouseForce__factory.createInterface(),
  Liquidator: Liquidator__factory.createInterface(),
  BackstopVault: BackstopVault__factory.createInterface(),
  OrderSettlement: OrderSettlement__factory.createInterface(),
  AutoTopUp: AutoTopUp__factory.createInterface(),
  Markets: Markets__factory.createInterface(),
  PriceOracle: PriceOracle__factory.createInterface(),
  VolatilityOracle: VolatilityOracle__factory.createInterface(),
} satisfies Record<string, Interface>;

export type SurfaceContract = keyof typeof SURFACE;
/** A function of it, as `Contract.function`. */
export type SurfaceFunction = `${SurfaceContract}.${string}`;

export const SURFACE_CONTRACTS = Object.keys(SURFACE) as SurfaceContract[];

/** Every function of a contract that may change state. */
export function writingFunctions(contract: SurfaceContract): string[] {
  const names = new Set<string>();
  const surface: Interface = SURFACE[contract];
  surface.forEachFunction((method) => {
    if (!method.constant) names.add(method.name);
  });
  return [...names];
}

/** Calldata of one of its functions. */
export function encode(name: SurfaceFunction, args: readonly unknown[]): string {
  const { surface, method } = split(name);
  return surface.encodeFunctionData(method, args);
}

export function contractOf(name: SurfaceFunction): SurfaceContract {
  return split(name).contract;
}

function split(name: SurfaceFunction): { contract: SurfaceContract; surface: Interface; method: string } {
  const [contract, method] = name.split(".") as [SurfaceContract, string];
  return { contract, surface: SURFACE[contract], method };
}

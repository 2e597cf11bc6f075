import type { FunctionFragment, Interface } from "ethers";
import {
  AccessManager__factory,
  AutoTopUp__factory,
  BackstopVault__factory,
  Clearinghouse__factory,
  ClearinghouseBooks__factory,
  ClearinghouseForce__factory,
  Liquidator__factory,
  LiquidityPool__factory,
  Markets__factory,
  OrderSettlement__factory,
  PoolQuoter__factory,
  PriceOracle__factory,
  TradeRouter__factory,
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
  TradeRouter: TradeRouter__factory.createInterface(),
  LiquidityPool: LiquidityPool__factory.createInterface(),
  PoolQuoter: PoolQuoter__factory.createInterface(),
  AccessManager: AccessManager__factory.createInterface(),
} satisfies Record<string, Interface>;

export type SurfaceContract = keyof typeof SURFACE;
/** A function of it, as `Contract.function`; with the types of its arguments where others have its name. */
export type SurfaceFunction = `${SurfaceContract}.${string}`;

export const SURFACE_CONTRACTS = Object.keys(SURFACE) as SurfaceContract[];

/** Every function of an interface that may change state. */
export function writingFunctions(surface: Interface): string[] {
  const methods: FunctionFragment[] = [];
  surface.forEachFunction((method) => {
    if (!method.constant) methods.push(method);
  });
  const isAlone = ({ name }: FunctionFragment) => methods.filter((other) => other.name === name).length === 1;
  return methods.map((method) => (isAlone(method) ? method.name : method.format()));
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

function interfaceOf(contract: SurfaceContract): Interface {
  return SURFACE[contract];
}

const NAMES = new Map(
  SURFACE_CONTRACTS.flatMap((contract) =>
    writingFunctions(SURFACE[contract]).map((method) => {
      const selector = interfaceOf(contract).getFunction(method)?.selector ?? "";
      return [`${contract} ${selector}`, `${contract}.${method}`] as const;
    }),
  ),
);

/** What a call calls, of contracts that answer at one address; undefined where it is none of their writing functions. */
export function functionIn(contracts: readonly SurfaceContract[], data: string): SurfaceFunction | undefined {
  const selector = data.slice(0, 10);
  return contracts.map((contract) => NAMES.get(`${contract} ${selector}`)).find((name) => name !== undefined);
}

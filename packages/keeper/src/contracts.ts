import { MAY_TRADE, decodeError } from "@plimsoll/client";
import { type Interface, type Result } from "ethers";
import {
  IAutoTopUp__factory,
  IBackstopVault__factory,
  IClearinghouseBooks__factory,
  IClearinghouse__factory,
  ILens__factory,
  ILiquidator__factory,
  IMarginEngine__factory,
  IPriceOracle__factory,
  ISettlementPrices__factory,
  IVolatilityOracle__factory,
} from "../../../typechain-types/index.js";
import type { IAutoTopUp, ILens, IMarginEngine } from "../../../typechain-types/index.js";
import type { CallRequest, Chain } from "./chain.js";
import type { Deployment } from "./config.js";
import { packLeg, unpackLeg } from "./domain.js";
import type { AccountView, Authorisation, MarketView, Portfolio, Risk, Validity } from "./domain.js";
import { CallReverted, RpcError } from "./errors.js";
import type { AbsorbedView } from "./unwinding.js";

export const clearinghouseInterface = IClearinghouse__factory.createInterface();
/** At the address of the clearinghouse. */
export const booksInterface = IClearinghouseBooks__factory.createInterface();
export const liquidatorInterface = ILiquidator__factory.createInterface();
export const autoTopUpInterface = IAutoTopUp__factory.createInterface();
export const vaultInterface = IBackstopVault__factory.createInterface();
const lensInterface = ILens__factory.createInterface();
const engineInterface = IMarginEngine__factory.createInterface();
export const priceInterface = IPriceOracle__factory.createInterface();
/** At the address of the price oracle. */
export const settlementPricesInterface = ISettlementPrices__factory.createInterface();
export const volatilityInterface = IVolatilityOracle__factory.createInterface();

type RiskStruct = Awaited<ReturnType<IMarginEngine["evaluate"]>>[number];
type AuthorisationStruct = Awaited<ReturnType<IAutoTopUp["authorisation"]>>;
type CellStruct = Awaited<ReturnType<ILens["scenarios"]>>["maintenance"];
type ViewStruct = Awaited<ReturnType<ILens["accounts"]>>[number];

function toRisk(risk: RiskStruct): Risk {
  return {
    equity: risk.equity,
    initial: risk.initial,
    maintenance: risk.maintenance,
    maintenanceBeforeFloor: risk.maintenanceBeforeFloor,
    stressLoss: risk.stressLoss,
    validity: Number(risk.validity) as Validity,
    validSince: Number(risk.validSince),
  };
}

function toView({ account, portfolio, risk, auction, marginCalledAt }: ViewStruct): AccountView {
  return {
    account,
    portfolio: { cash: portfolio.cash, legs: portfolio.positions.map(unpackLeg) },
    risk: toRisk(risk),
    auction: {
      startedAt: Number(auction.auction.startedAt),
      confirmedAt: Number(auction.auction.confirmedAt),
      elapsedSeconds: Number(auction.elapsedSeconds),
      rate: auction.rate,
      isWhole: auction.isWhole,
      isBankrupt: auction.isBankrupt,
      payment: auction.payment,
    },
    marginCalledAt: Number(marginCalledAt),
  };
}

function toAuthorisation(found: AuthorisationStruct): Authorisation {
  const { budgetInTokens, limitInTokens, maxFeeInTokens, expiry, target, mayFallShort } = found;
  return { budgetInTokens, limitInTokens, maxFeeInTokens, expiry: Number(expiry), target, mayFallShort };
}

/** The protocol's own error behind revert data, `UnknownRevert` where it is none. */
function decodeRevert(data: string): CallReverted {
  const error = decodeError(data);
  return error
    ? new CallReverted(error.errorName, Object.values(error.args), data)
    : new CallReverted("UnknownRevert", [], data);
}

/** Runs a call; a revert becomes {@link CallReverted}. */
export async function simulate(chain: Chain, request: CallRequest): Promise<string> {
  try {
    return await chain.call(request);
  } catch (error) {
    if (error instanceof RpcError && error.data !== undefined) throw decodeRevert(error.data);
    throw error;
  }
}

/** Reads of the deployed contracts, all at the newest block. */
export class Contracts {
  constructor(
    private readonly chain: Chain,
    readonly deployment: Deployment,
    private readonly lensChunk: number,
  ) {}

  async risks(accounts: readonly bigint[]): Promise<Risk[]> {
    const found: Risk[] = [];
    for (const chunk of this.chunks(accounts)) {
      const result = await this.read(this.deployment.lens, lensInterface.encodeFunctionData("risks", [chunk]));
      const [risks] = lensInterface.decodeFunctionResult("risks", result) as unknown as [RiskStruct[]];
      for (const risk of risks) found.push(toRisk(risk));
    }
    return found;
  }

  async views(accounts: readonly bigint[]): Promise<AccountView[]> {
    const found: AccountView[] = [];
    for (const chunk of this.chunks(accounts)) {
      const result = await this.read(this.deployment.lens, lensInterface.encodeFunctionData("accounts", [chunk]));
      const [views] = lensInterface.decodeFunctionResult("accounts", result) as unknown as [ViewStruct[]];
      for (const view of views) found.push(toView(view));
    }
    return found;
  }

  /** Where the legs on one underlying lose most, at the maintenance tier. `profit` USD WAD, 0 where they lose nowhere. */
  async worstCell(
    account: bigint,
    underlying: number,
  ): Promise<{ readonly node: bigint; readonly column: bigint; readonly profit: bigint }> {
    const data = lensInterface.encodeFunctionData("scenarios", [account, underlying]);
    const result = await this.read(this.deployment.lens, data);
    const [{ maintenance }] = lensInterface.decodeFunctionResult("scenarios", result) as unknown as [
      { maintenance: CellStruct },
    ];
    const { node, column, profit } = maintenance;
    return { node, column, profit };
  }

  /** Risk of hypothetical portfolios. */
  readonly evaluate = async (portfolios: readonly Portfolio[]): Promise<Risk[]> => {
    const risks = await Promise.all(callsOf(portfolios).map((chunk) => this.evaluateAtOnce(chunk)));
    return risks.flat();
  };

  private async evaluateAtOnce(portfolios: readonly Portfolio[]): Promise<Risk[]> {
    const structs = portfolios.map(({ cash, legs }) => ({ cash, positions: legs.map(packLeg) }));
    const data = engineInterface.encodeFunctionData("evaluate", [structs]);
    const result = await this.read(this.deployment.marginEngine, data);
    const [risks] = engineInterface.decodeFunctionResult("evaluate", result) as unknown as [RiskStruct[]];
    return risks.map(toRisk);
  }

  async markets(): Promise<MarketView[]> {
    return Promise.all(this.deployment.underlyings.map((underlying) => this.market(underlying)));
  }

  /** What owners let top-ups pull; nobody's where the venue has none. */
  async authorisations(accounts: readonly bigint[]): Promise<Map<bigint, Authorisation>> {
    const { autoTopUp } = this.deployment;
    if (autoTopUp === undefined) return new Map();
    const read = async (account: bigint) => {
      const data = autoTopUpInterface.encodeFunctionData("authorisation", [account]);
      const result = await this.read(autoTopUp, data);
      const [found] = autoTopUpInterface.decodeFunctionResult("authorisation", result) as unknown as [
        AuthorisationStruct,
      ];
      return [account, toAuthorisation(found)] as const;
    };
    return new Map(await Promise.all(accounts.map(read)));
  }

  /** What the backstop holds, where it lets `taker` have of it: that account lets the backstop trade. */
  async absorbed(taker: bigint): Promise<AbsorbedView[]> {
    const { backstopVault, clearinghouse } = this.deployment;
    if (backstopVault === undefined) return [];
    const found = await this.read(backstopVault, vaultInterface.encodeFunctionData("absorbed"));
    const [accounts] = vaultInterface.decodeFunctionResult("absorbed", found) as unknown as [bigint[]];
    if (accounts.length === 0) return [];
    const asked = clearinghouseInterface.encodeFunctionData("isAuthorised", [taker, backstopVault, MAY_TRADE]);
    const [isApproved] = clearinghouseInterface.decodeFunctionResult(
      "isAuthorised",
      await this.read(clearinghouse, asked),
    );
    if (isApproved !== true) return [];
    const views = await this.views(accounts);
    return Promise.all(
      views.map(async (view) => {
        const data = vaultInterface.encodeFunctionData("absorption", [view.account]);
        const result = await this.read(backstopVault, data);
        const [absorption] = vaultInterface.decodeFunctionResult("absorption", result) as unknown as [
          { since: bigint },
        ];
        return { view, since: Number(absorption.since) };
      }),
    );
  }

  /** USD WAD. */
  async reserve(): Promise<bigint> {
    const data = clearinghouseInterface.encodeFunctionData("reserve");
    const result = await this.read(this.deployment.clearinghouse, data);
    return clearinghouseInterface.decodeFunctionResult("reserve", result)[0] as bigint;
  }

  private async market(underlying: number): Promise<MarketView> {
    const { priceOracle, volatilityOracle } = this.deployment;
    const call = async (to: string, contract: Interface, name: string): Promise<Result> => {
      const result = await this.read(to, contract.encodeFunctionData(name, [underlying]));
      return contract.decodeFunctionResult(name, result);
    };
    const [[price], [volatility], cursor] = (await Promise.all([
      call(priceOracle, priceInterface, "price"),
      call(volatilityOracle, volatilityInterface, "marginVolatility"),
      call(volatilityOracle, volatilityInterface, "cursor"),
    ])) as unknown as [
      [{ value: bigint; updatedAt: bigint; validity: bigint }],
      [{ initial: bigint; maintenance: bigint }],
      { timestamp: bigint },
    ];
    return {
      underlying,
      price: price.value,
      updatedAt: Number(price.updatedAt),
      validity: Number(price.validity) as Validity,
      initialVolatility: volatility.initial,
      maintenanceVolatility: volatility.maintenance,
      walkedTo: Number(cursor.timestamp),
    };
  }

  private read(to: string, data: string): Promise<string> {
    return simulate(this.chain, { to, data });
  }

  private *chunks(accounts: readonly bigint[]): Generator<bigint[]> {
    for (let start = 0; start < accounts.length; start += this.lensChunk) {
      yield accounts.slice(start, start + this.lensChunk);
    }
  }
}

/** Legs of one call: some 20 million gas, where nodes allow 50 million. */
const MAX_LEGS_OF_A_CALL = 1_000;

/** In their order, as many together as one call may have. */
function callsOf(portfolios: readonly Portfolio[]): Portfolio[][] {
  const calls: Portfolio[][] = [];
  let room = 0;
  for (const portfolio of portfolios) {
    const size = portfolio.legs.length + 1;
    if (size > room) {
      calls.push([]);
      room = MAX_LEGS_OF_A_CALL;
    }
    calls.at(-1)?.push(portfolio);
    room -= size;
  }
  return calls;
}

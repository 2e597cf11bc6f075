import { MAY_TRADE, decodeError } from "@plimsoll/client";
import { type Interface, type Result } from "ethers";
import {
  IAutoTopUp__factory,
  IBackstopVault__factory,
  IClearinghouseBooks__factory,
  IClearinghouse__factory,
  ILens__factory,
  ILiquidityPool__factory,
  ILiquidator__factory,
  IMarginEngine__factory,
  IMarkets__factory,
  IPoolQuoter__factory,
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
export const poolInterface = ILiquidityPool__factory.createInterface();
export const quoterInterface = IPoolQuoter__factory.createInterface();
const lensInterface = ILens__factory.createInterface();
const engineInterface = IMarginEngine__factory.createInterface();
export const marketsInterface = IMarkets__factory.createInterface();
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

/** A view to ask: of which contract, at which address, and with what. */
export interface Question {
  readonly to: string;
  readonly contract: Interface;
  readonly name: string;
  readonly args?: readonly unknown[];
}

/** What a view answers: all that it returns, in their order and by name. @throws CallReverted */
export async function ask(chain: Chain, { to, contract, name, args = [] }: Question): Promise<Result> {
  const data = await simulate(chain, { to, data: contract.encodeFunctionData(name, [...args]) });
  return contract.decodeFunctionResult(name, data);
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
      const [risks] = (await this.askLens("risks", [chunk])) as unknown as [RiskStruct[]];
      for (const risk of risks) found.push(toRisk(risk));
    }
    return found;
  }

  async views(accounts: readonly bigint[]): Promise<AccountView[]> {
    const found: AccountView[] = [];
    for (const chunk of this.chunks(accounts)) {
      const [views] = (await this.askLens("accounts", [chunk])) as unknown as [ViewStruct[]];
      for (const view of views) found.push(toView(view));
    }
    return found;
  }

  /** Where the legs on one underlying lose most, at the maintenance tier. `profit` USD WAD, 0 where they lose nowhere. */
  async worstCell(
    account: bigint,
    underlying: number,
  ): Promise<{ readonly node: bigint; readonly column: bigint; readonly profit: bigint }> {
    const [{ maintenance }] = (await this.askLens("scenarios", [account, underlying])) as unknown as [
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
    const question = { to: this.deployment.marginEngine, contract: engineInterface, name: "evaluate", args: [structs] };
    const [risks] = (await this.ask(question)) as unknown as [RiskStruct[]];
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
      const question = { to: autoTopUp, contract: autoTopUpInterface, name: "authorisation", args: [account] };
      const [found] = (await this.ask(question)) as unknown as [AuthorisationStruct];
      return [account, toAuthorisation(found)] as const;
    };
    return new Map(await Promise.all(accounts.map(read)));
  }

  /** What the backstop holds, where it lets `taker` have of it: that account lets the backstop trade. */
  async absorbed(taker: bigint): Promise<AbsorbedView[]> {
    const { backstopVault } = this.deployment;
    if (backstopVault === undefined) return [];
    const vault = { to: backstopVault, contract: vaultInterface };
    const [accounts] = (await this.ask({ ...vault, name: "absorbed" })) as unknown as [bigint[]];
    if (accounts.length === 0) return [];
    const [isApproved] = await this.askClearinghouse("isAuthorised", [taker, backstopVault, MAY_TRADE]);
    if (isApproved !== true) return [];
    const views = await this.views(accounts);
    return Promise.all(
      views.map(async (view) => {
        const question = { ...vault, name: "absorption", args: [view.account] };
        const [{ since }] = (await this.ask(question)) as unknown as [{ since: bigint }];
        return { view, since: Number(since) };
      }),
    );
  }

  /** USD WAD. */
  async reserve(): Promise<bigint> {
    const [reserve] = (await this.askClearinghouse("reserve", [])) as unknown as [bigint];
    return reserve;
  }

  private async market(underlying: number): Promise<MarketView> {
    const { priceOracle, volatilityOracle } = this.deployment;
    const args = [underlying];
    const [[price], [volatility], cursor] = (await Promise.all([
      this.ask({ to: priceOracle, contract: priceInterface, name: "price", args }),
      this.ask({ to: volatilityOracle, contract: volatilityInterface, name: "marginVolatility", args }),
      this.ask({ to: volatilityOracle, contract: volatilityInterface, name: "cursor", args }),
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

  private ask(question: Question): Promise<Result> {
    return ask(this.chain, question);
  }

  private askLens(name: string, args: readonly unknown[]): Promise<Result> {
    return this.ask({ to: this.deployment.lens, contract: lensInterface, name, args });
  }

  private askClearinghouse(name: string, args: readonly unknown[]): Promise<Result> {
    return this.ask({ to: this.deployment.clearinghouse, contract: clearinghouseInterface, name, args });
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

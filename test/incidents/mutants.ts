// The incidents, and for each the changes of our own code on which its scenario must go red. Run by `npm run incidents -- --mutants`.

/** A replacement in one file of the repository; `search` stands there exactly once. */
export interface Edit {
  readonly file: string;
  readonly search: string;
  readonly replacement: string;
}

export interface Mutant {
  /** What the protocol forgets, in a few words. Unique. */
  readonly name: string;
  /** More than one where two guards stand one behind the other. */
  readonly edits: readonly Edit[];
  /** What the assertion says that must fail. */
  readonly red: string;
}

export interface Incident {
  /** Of `<name>.t.sol` beside this file. */
  readonly name: string;
  readonly mutants: readonly Mutant[];
}

const CLEARINGHOUSE = "contracts/Clearinghouse.sol";
const LIQUIDATOR = "contracts/Liquidator.sol";
const MARGIN_ENGINE = "contracts/MarginEngine.sol";
const MARGIN_RULES = "contracts/libraries/MarginRules.sol";
const AUCTION_CURVE = "contracts/libraries/AuctionCurve.sol";
const POOL_QUOTE = "contracts/libraries/PoolQuote.sol";
const CONTROLLER = "contracts/libraries/VolatilityController.sol";

/** @param edits As in {@link Edit}: file, search, replacement. */
function mutant(name: string, red: string, ...edits: readonly (readonly [string, string, string])[]): Mutant {
  return { name, red, edits: edits.map(([file, search, replacement]) => ({ file, search, replacement })) };
}

export const INCIDENTS: readonly Incident[] = [
  {
    name: "BlackThursday",
    mutants: [
      mutant("whoever takes legs pays nothing for them", "a lot went for less than the mark less the compensation", [
        "contracts/ClearinghouseForce.sol",
        "int256 value = outcome.legs.equity;",
        "int256 value = 0;",
      ]),
      mutant("an auction never lapses", "the unsold lot did not start again", [
        LIQUIDATOR,
        "auction.startedAt != 0 && block.timestamp <= auction.confirmedAt + LAPSE_SECONDS;",
        "auction.startedAt != 0;",
      ]),
      mutant("an account that nobody takes is not bankrupt", "the unsold lot is in nobody's hands", [
        AUCTION_CURVE,
        "return equity <= 0 || elapsedSeconds > SECOND_PERIOD_SECONDS;",
        "return equity <= 0;",
      ]),
      mutant("an account needs no least margin", "a speck cost the backstop more than it brought", [
        "contracts/libraries/MarginAddOns.sol",
        "return isLiable ? FixedPointMathLib.max(requirement, floor) : requirement;",
        "return requirement;",
      ]),
    ],
  },
  {
    name: "Mango",
    mutants: [
      mutant("open interest has no cap", "the pump paid", [
        CLEARINGHOUSE,
        "require(isWithinCap, OpenInterestCapExceeded(underlying, openInterestAfter, cap));",
        "",
      ]),
      mutant("collateral has no cap", "the pump paid", [
        CLEARINGHOUSE,
        "require(recorded * token.scale <= token.cap, CollateralCapExceeded(asset, recorded * token.scale, token.cap));",
        "",
      ]),
    ],
  },
  {
    name: "AaveCrv",
    mutants: [
      mutant(
        "legs are compensated however little equity is left",
        "a bite lowered the account's health",
        [
          LIQUIDATOR,
          "require(!_isOfferedWhole(rate, before), WholeOnly(rate, before.equity, before.maintenance));",
          "",
        ],
        [
          MARGIN_RULES,
          "return\n            SignedMulDiv.isProductAtLeast(afterwards.equity, before.maintenance, before.equity, afterwards.maintenance);",
          "return true;",
        ],
      ),
    ],
  },
  {
    name: "Euler",
    mutants: [
      mutant("who gives cash away is not checked", "he gave away what others rely on", [
        CLEARINGHOUSE,
        "source.isCharged = true;",
        "",
      ]),
      mutant("an owner may liquidate himself", "he liquidated himself", [
        LIQUIDATOR,
        "require(taker.owner() != account.owner(), SelfLiquidation(account, taker));",
        "",
      ]),
    ],
  },
  {
    name: "VenusFloor",
    mutants: [
      mutant("an answer at the feed's bound is a price", "a loan on a price that is none", [
        "contracts/libraries/FeedRounds.sol",
        "answer > feed.minAnswer",
        "answer >= feed.minAnswer",
      ]),
      mutant("a liquidation needs no valid feed", "a liquidation on a price that is none", [
        LIQUIDATOR,
        "require(risk.validity != Validity.Invalid, FeedInvalid(account));",
        "",
      ]),
    ],
  },
  {
    name: "HyperliquidWithdrawal",
    mutants: [
      mutant("a withdrawal leaves the maintenance requirement", "a whale's leverage", [
        MARGIN_RULES,
        "return risk.equity >= risk.initial.toInt256();",
        "return risk.equity >= risk.maintenance.toInt256();",
      ]),
      mutant("closing a large position costs nothing", "the pool inherits a loss", [
        MARGIN_ENGINE,
        "if (rate == 0 || spot == 0) return;",
        "if (rate != 1 || spot == 0) return;",
      ]),
    ],
  },
  {
    name: "Jelly",
    mutants: [
      mutant("one underlying may take the whole backstop", "one underlying took more than its budget", [
        "contracts/libraries/BackstopBudgets.sol",
        "uint256 internal constant SHARE = 0.5e18;",
        "uint256 internal constant SHARE = 1e18;",
      ]),
      mutant("what a budget has given already does not count", "one underlying took more than its budget", [
        "contracts/libraries/BackstopBudgets.sol",
        "left = Math.min(left, Math.saturatingSub(limit, committed + lost));",
        "left = Math.min(left, limit);",
      ]),
      mutant("a speck of another underlying counts", "another market's budget is used up", [
        "contracts/libraries/BackstopBudgets.sol",
        "uint256 internal constant LEAST_PART = 0.1e18;",
        "uint256 internal constant LEAST_PART = 0;",
      ]),
    ],
  },
  {
    name: "October2025",
    mutants: [
      mutant("one report is enough", "one publisher moved options", [
        "contracts/VolatilityOracle.sol",
        "require(threshold != 0 && reports.length >= threshold, TooFewReports(reports.length, threshold));",
        "",
      ]),
      mutant("the highest report counts", "one publisher moved options", [
        "contracts/libraries/SurfaceReports.sol",
        "int256 middle = (values[(values.length - 1) / 2] + values[values.length / 2]) / 2;",
        "int256 middle = values[values.length - 1];",
      ]),
      mutant("deleveraging charges all that the account owes", "the winners paid more than was missing", [
        "contracts/libraries/LossSharing.sol",
        "uint256 lacking = Math.min(shortfall.lacking, shortfall.owed);",
        "uint256 lacking = shortfall.owed;",
      ]),
      mutant("the winners pay before the backstop", "the backstop did not pay first", [
        LIQUIDATOR,
        "if (missing != 0) fromBackstop = backstop.coverDeficit(account, missing);",
        "",
      ]),
    ],
  },
  {
    name: "YfiSybils",
    mutants: [
      mutant("what closing costs follows from the account alone", "spread over wallets it costs less", [
        MARGIN_ENGINE,
        "addOns.initial += MarginAddOns.concentration(delta, others, depth, rate);",
        "addOns.initial += MarginAddOns.concentration(delta, delta, depth, rate);",
      ]),
    ],
  },
  {
    name: "GmxReentrancy",
    mutants: [
      mutant(
        "nothing is locked while tokens move",
        "shares are worth what nobody paid",
        ["contracts/ClearinghouseState.sol", "require(!locked, IClearinghouse.Locked());", ""],
        [CLEARINGHOUSE, "return locked;", "return false;"],
      ),
    ],
  },
  {
    name: "AaveCapo",
    mutants: [
      mutant(
        "the limited volatility does not fall with the fresh one",
        "the limiter asks for more than the fresh value",
        [
          CONTROLLER,
          "if (dt == 0 || maintenance >= target) return maintenance.min(target);",
          "if (dt == 0 || maintenance >= target) return maintenance;",
        ],
      ),
      mutant("the limited volatility is written without its time", "the limiter let more through than it says", [
        CONTROLLER,
        "self.updatedAt += uint40(dt);",
        "self.updatedAt += uint40(dt / 2);",
      ]),
    ],
  },
  {
    name: "CompromisedAdministrator",
    mutants: [
      mutant(
        "anybody exchanges the margin engine",
        "a day with the keys was enough",
        [
          CLEARINGHOUSE,
          "function setMarginEngine(address engine) external lock restricted {",
          "function setMarginEngine(address engine) external whenUnlocked {",
        ],
        [CLEARINGHOUSE, "ask(IClearinghouseBooks.useNotice.selector, uint160(engine), 0);", ""],
      ),
      mutant("what leaves is not counted", "more than a tenth in a day", [
        "contracts/ClearinghouseBooks.sol",
        "if (custody.share < WAD) outflows[asset] = state.afterWithdrawal(custody, amountInTokens);",
        "",
      ]),
      mutant("an announcement lets more leave on its first day", "more than a tenth in a day", [
        "contracts/libraries/ModuleNotice.sol",
        "uint256 internal constant FIRST_SECONDS = 1 days;",
        "uint256 internal constant FIRST_SECONDS = 0;",
      ]),
      mutant("anybody lists collateral", "a day with the keys was enough", [
        "contracts/Markets.sol",
        "function listCollateral(Instrument asset, Collateral calldata collateral_) external restricted {",
        "function listCollateral(Instrument asset, Collateral calldata collateral_) external {",
      ]),
      mutant("anybody changes a feed", "a day with the keys was enough", [
        "contracts/PriceOracle.sol",
        "function setFeed(uint16 underlying, Feed calldata feed_) external restricted {",
        "function setFeed(uint16 underlying, Feed calldata feed_) external {",
      ]),
      mutant("risk parameters have no bounds", "leverage without a bound", [
        "contracts/libraries/ParameterBounds.sol",
        "int256 private constant MIN_RANGE = 0.01e18;",
        "int256 private constant MIN_RANGE = 0;",
      ]),
    ],
  },
  {
    name: "SisterAccount",
    mutants: [
      mutant("an account below initial may do what lowers its shortfall", "less equity stands behind what is left", [
        MARGIN_RULES,
        "return SignedMulDiv.isProductAtLeast(afterwards.equity, before.initial, before.equity, afterwards.initial);",
        "return keepsSurplus(before, afterwards);",
      ]),
    ],
  },
  {
    name: "GmxZeroSlippage",
    mutants: [
      mutant(
        "the pool quotes at the price of the feed",
        "the push paid",
        [POOL_QUOTE, "uint256 off = FixedPointMathLib.mulWadUp(market.spot, market.deviation);", "uint256 off = 0;"],
        [
          POOL_QUOTE,
          "uint256 charge = SignedMath.max(result.skew + result.margin, 0).toUint256();",
          "uint256 charge = 0;",
        ],
      ),
    ],
  },
];

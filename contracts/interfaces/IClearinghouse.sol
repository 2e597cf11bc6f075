// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../types/Account.sol";
import { Instrument } from "../types/Instrument.sol";
import { Position } from "../types/Position.sol";
import { InterestRates } from "./IInterest.sol";
import { Portfolio, Risk } from "./IMarginEngine.sol";
import { IOpenInterest } from "./IOpenInterest.sol";

/// @dev Permissions of an operator, a bit each. An operator that may withdraw can send tokens to the owner only.
uint8 constant MAY_TRADE = 1;
uint8 constant MAY_MOVE = 2;
uint8 constant MAY_WITHDRAW = 4;

/// @notice Names or (with `permissions` 0) dismisses an operator of one account. Only the owner may.
/// @param expiry Unix seconds until which the permissions hold, inclusive.
struct Approval {
    Account account;
    address operator;
    uint8 permissions;
    uint40 expiry;
}

/// @notice Tokens from the caller's wallet into an account. Cash, and a token already held, may be paid into anybody's
/// account; a new token needs the owner or MAY_MOVE. @param asset `CASH` or a spot instrument.
/// @param amountInTokens Token units; credited is what arrives.
struct Deposit {
    Account account;
    Instrument asset;
    uint256 amountInTokens;
}

/// @notice Moves cash or part of a position to another account of the same owner, which needs MAY_MOVE on `from` and, for a
/// position, on `to` as well. The owner alone may also pay cash into anybody's account: an operator that could would pay
/// itself. A perpetual takes its share of the entry value along, rounded down; what it closes in `to` is realised there.
/// To `RESERVE` whoever may trade `from` pays a fee in cash.
/// @param size WAD: USD of cash, or units towards zero of the position that `from` holds.
struct Transfer {
    Account from;
    Account to;
    Instrument asset;
    uint128 size;
}

/// @notice One trade between two accounts that both let the caller trade.
/// @param size Units, WAD. @param price USD WAD a unit. Options and spot are paid in cash, perpetuals enter at the price.
struct Fill {
    Account buyer;
    Account seller;
    Instrument instrument;
    uint128 size;
    uint256 price;
}

/// @notice Tokens out of an account. @param to Anyone for the owner, the owner for an operator.
struct Withdrawal {
    Account account;
    Instrument asset;
    uint256 amountInTokens;
    address to;
}

/// @notice All that one call does, in this order; one margin evaluation follows; tokens leave last.
/// @param reducing Accounts that are below initial margin, or may be, and only reduce their risk: they are evaluated
/// before and after and need, at the initial tier, R' ≤ R and E' ≥ min(E, E·R'/R) where they are not above initial margin.
/// Their fills go towards zero and never beyond. Where a feed is invalid they may trade so that E − R does not fall either,
/// and neither transfer nor withdraw.
struct Batch {
    Approval[] approvals;
    Account[] reducing;
    Deposit[] deposits;
    Transfer[] transfers;
    Fill[] fills;
    Withdrawal[] withdrawals;
}

/// @title The modules that governance may exchange.
interface IClearinghouseModules {
    /// @notice The current `IMarginEngine`.
    function marginEngine() external view returns (address);
    /// @notice The only one with force.
    function liquidator() external view returns (address);
    /// @notice The current `IFundingSource`; zero: no funding.
    function fundingSource() external view returns (address);
}

/// @title Custody of every token; cash, positions and open interest of every account; one public door.
/// @notice Knows nothing of pricing. Amounts are WAD (USD for cash, units for positions) but where a name ends in
/// `InTokens`. While a call is under way it is locked: nested calls and reads of stored accounts revert `Locked`.
interface IClearinghouse is IClearinghouseModules, IOpenInterest {
    event OperatorSet(Account indexed account, address indexed operator, uint8 permissions, uint40 expiry);
    /// @param size What the account was credited with, WAD.
    event Deposited(Account indexed account, Instrument indexed asset, uint256 size, address from);
    event Withdrawn(Account indexed account, Instrument indexed asset, uint256 size, address to);
    /// @param size Signed change of `to`; `from` changes by the opposite. For cash `entryValue` is 0.
    event Transferred(
        Account indexed from,
        Account indexed to,
        Instrument indexed asset,
        int256 size,
        int256 entryValue
    );
    event Filled(
        Account indexed buyer,
        Account indexed seller,
        Instrument indexed instrument,
        uint128 size,
        uint256 price
    );
    /// @param value Mark value of the legs, paid by `to` in cash (negative: paid to it).
    /// @param payment Compensation from `from`, fee included; @param fee the part that went to `feeTo`.
    event Seized(Account indexed from, Account indexed to, Account feeTo, int256 value, int256 payment, uint256 fee);
    /// @notice Everything has moved, and what a funder and the reserve gave; rewards (`Rewarded`) follow. @param equity Of `from` at mark when it was
    /// taken over.
    event TakenOver(Account indexed from, Account indexed to, int256 equity, uint256 fromReserve);
    event Rewarded(Account indexed from, Account indexed to, uint256 size);
    /// @notice A leg of `account` was closed against `held` units of the other side, which share it from now on.
    /// @param size Units, with the sign of the account's position. @param value What the account got for it, USD WAD, negative
    /// when it paid.
    event Deleveraged(Account indexed account, Instrument indexed instrument, int256 size, int256 value, uint256 held);
    /// @notice All who hold positive cash, `held` USD WAD, share `amount` that `account` lacked, by the index that `CashIndexed` says.
    event LossShared(Account indexed account, uint256 amount, uint256 held);
    /// @notice An account took its share of a deleveraged leg.
    /// @param size Signed change of its position. @param value Received, USD WAD; negative: paid.
    event LossTaken(Account indexed account, Instrument indexed instrument, int256 size, int256 value);
    /// @notice Interest up to now, or a loss, was written. USD WAD of cash = scaled · index / 1e24, rounded down for the account; what
    /// another event adds to it is added to that. Both WAD.
    event CashIndexed(uint256 borrowIndex, uint256 supplyIndex);
    event InterestRatesSet(InterestRates rates);
    /// @notice An expired instrument was found to be worth `value` USD WAD a unit. Its open interest, `held` units, ends.
    event SeriesSettled(Instrument indexed instrument, uint256 value, uint256 held);
    /// @notice A position of `size` in a settled series became `amount` USD WAD of cash, negative when paid.
    event Expired(Account indexed account, Instrument indexed instrument, int256 size, int256 amount);
    /// @notice All holders of a settled series are through; what rounding left went to the reserve, USD WAD.
    event SeriesClosed(Instrument indexed instrument, uint256 residue);
    event ReserveFunded(address indexed from, uint256 size);
    /// @param size From the account's cash to the reserve, USD WAD.
    event FeePaid(Account indexed account, uint256 size);
    event MarginEngineSet(address engine);
    event LiquidatorSet(address liquidator);
    /// @param dueAt Unix seconds from which on the modules may be set; 0: what was announced is withdrawn.
    event ModulesAnnounced(address marginEngine, address liquidator, uint256 dueAt);
    event FundingSourceSet(address source);
    /// @notice @param rate As the source named it, a year, WAD. @param price USD WAD. @param index What a unit long of the perpetual has paid since the
    /// beginning, USD WAD.
    event FundingAccrued(uint16 indexed underlying, int256 rate, uint256 price, int256 index);

    /// @notice A call of the clearinghouse is under way: it takes no nested call, and no account is read, until that is over.
    error Locked();
    /// @notice What only the clearinghouse does, inside a call.
    error NotLocked();
    /// @notice The caller may not do this with the account.
    error NotAuthorised(Account account, address caller, uint8 permission);
    /// @notice Only the owner approves operators and pays cash to another owner. Of signed approvals `caller` is the signer.
    error NotOwner(Account account, address caller);
    /// @notice Forced moves are for the current liquidator alone.
    error NotLiquidator(address caller);
    /// @notice Only cash, and a token already held, may be paid into somebody else's account; positions stay with one owner.
    error ForeignAccount(Account account, Instrument asset);
    /// @notice One account on both sides of a fill, transfer, seizure or take-over, or funding its own take-over.
    error SelfTrade(Account account);
    /// @notice A size or amount of 0, an empty list of legs or approvals, or a deposit of which nothing arrived.
    error ZeroSize();
    /// @notice The funder of a take-over has less cash than the `size` that it is to add, both USD WAD: name less, or deposit first.
    error InsufficientCash(Account account, int256 cash, uint256 size);
    /// @notice `size` is more than `held` allows, units: nobody owes spot, and what moves or only reduces goes towards zero, never beyond.
    error InsufficientPosition(Account account, Instrument instrument, int256 held, int256 size);
    /// @notice Custody holds less of the token than is to leave, because others have borrowed it.
    error InsufficientLiquidity(Instrument asset, uint256 recorded, uint256 size);
    /// @notice More of the token than may leave now, see `OutflowLimit`; nothing is lost. @param available May leave now, token units.
    /// @param refilledAt Unix seconds; what may leave grows steadily until then, if nothing else leaves.
    error OutflowLimited(Instrument asset, uint256 available, uint256 amountInTokens, uint256 refilledAt);
    /// @notice Another module, or none, is announced, or the announcement has lapsed.
    error ModuleNotAnnounced(address module);
    /// @notice The module was announced less than seven days ago: wait until `dueAt`, Unix seconds.
    error NoticeNotOver(uint256 dueAt);
    /// @notice The deposit would bring what custody holds of the token above its cap, both units WAD: deposit less, or later.
    error CollateralCapExceeded(Instrument asset, uint256 recorded, uint256 cap);
    /// @notice The fill would raise open interest above the cap of the underlying, units WAD. What does not raise it still fills.
    error OpenInterestCapExceeded(uint16 underlying, uint256 openInterest, uint256 cap);
    /// @notice One batch touches more than `limit` accounts: split it.
    error TooManyAccounts(uint256 limit);
    /// @notice The account holds `limit` positions already: close one before it takes another instrument, or use another account.
    error TooManyPositions(Account account, uint256 limit);
    /// @notice Approvals that were signed for another number than the owner's next, or used already.
    error NonceNotNext(address owner, uint256 nonce, uint256 next);
    /// @notice The approvals came after their `deadline`, Unix seconds: the owner signs again.
    error ApprovalsExpired(uint256 deadline);
    /// @notice `owner` did not sign these approvals.
    error InvalidApprovalSignature(address owner);
    /// @notice A withdrawal by an operator to another address than the owner's.
    error RecipientNotOwner(address recipient, address owner);
    /// @notice Below initial margin after the call, by this much.
    error BelowInitialMargin(Account account, int256 equity, uint256 initial);
    /// @notice The account is below initial margin and the call does not reduce its risk enough for what it costs.
    error NotReducing(
        Account account,
        int256 equityBefore,
        uint256 initialBefore,
        int256 equityAfter,
        uint256 initialAfter
    );
    /// @notice A feed that the account depends on is invalid, so risk may not be added nor value taken out.
    error FeedInvalid(Account account);
    /// @notice Equity is not below maintenance, both USD WAD: no forced move of the account is allowed.
    error NotLiquidatable(Account account, int256 equity, uint256 maintenance);
    /// @notice A forced move would lower equity / maintenance of an account that stays (INV-4).
    error HealthLowered(int256 equityBefore, uint256 requirementBefore, int256 equityAfter, uint256 requirementAfter);
    /// @notice A whole account is taken over into one without positions, and this one holds some: name another.
    error AccountNotEmpty(Account account);
    /// @notice More losses wait to be shared by the account than a call takes: `settle` it first.
    error Unsettled(Account account);
    /// @notice The instrument does not expire, or its settlement price is not proven yet.
    error SettlementPriceNotFinal(Instrument instrument);
    /// @notice More is drawn for a bankrupt account than the reserve holds, both USD WAD.
    error InsufficientReserve(uint256 reserve, uint256 size);

    /// @notice The one door for wallets and the operators that they approved.
    function batch(Batch calldata actions) external;

    /// @notice Adds the caller's USDC to the reserve. @param amountInTokens USDC units.
    function fundReserve(uint256 amountInTokens) external;

    /// @notice Begins the notice of seven days for a change of modules, during which everybody may leave; it lapses seven days after it was
    /// due. Another announcement takes the place of the one before. Restricted. The zero address is for a module that stays; two of
    /// them withdraw what was announced. The first call, with which a deployment ends, seals the clearinghouse: from then on modules are
    /// exchanged with notice only, and outflows are limited.
    function announceModules(address engine, address liquidator) external;

    /// @notice Exchange a module; restricted, with the delay for modules. Once sealed, reverts `ModuleNotAnnounced` and `NoticeNotOver`.
    function setMarginEngine(address engine) external;
    function setLiquidator(address liquidator) external;
    /// @param source Zero: no funding from now on.
    function setFundingSource(address source) external;

    /// @notice Interest up to now at the old rates, from now on at these; restricted, with the delay for risk parameters. Reverts
    /// `IMarkets.OutOfBounds` outside the hard bounds (`ParameterBounds`).
    function setInterestRates(InterestRates calldata rates) external;

    /// @notice USD WAD with interest up to now, negative when owed, rounded down.
    function cash(Account account) external view returns (int256);
    function positions(Account account) external view returns (Position[] memory);
    function position(Account account, Instrument instrument) external view returns (int256 size);
    /// @notice What the fills of the open perpetual would have moved in cash, USD WAD: −size·price of each, pro rata; and the funding since.
    function entryValue(Account account, Instrument perpetual) external view returns (int256);
    /// @notice The account as the margin engine sees it.
    function portfolio(Account account) external view returns (Portfolio memory);
    /// @notice What the current margin engine says of the account as it stands: equity and both requirements in USD WAD, equity
    /// rounded down and requirements up, and the validity of the feeds behind them. Reverts `Locked` inside a call.
    function risk(Account account) external view returns (Risk memory);
    function isAuthorised(Account account, address caller, uint8 permission) external view returns (bool);
    /// @notice Token units that the books say are in custody; never more than the token's balance.
    function recordedInTokens(Instrument asset) external view returns (uint256);
    /// @notice What custody and debts hold beyond what accounts own, USD WAD, rounded down.
    function reserve() external view returns (uint256);
    /// @notice Units long over all accounts of an instrument's underlying, derivatives only, WAD.
    function openInterest(uint16 underlying) external view returns (uint256);
    /// @notice Units long of one derivative, which are as many as are short, WAD.
    function openInterestOf(Instrument derivative) external view returns (uint256);
    function isLocked() external view returns (bool);
    function usdc() external view returns (address);
    function markets() external view returns (address);
    /// @notice Code of `IClearinghouseForce`, which this contract answers to as well.
    function force() external view returns (address);
    /// @notice Likewise of `IClearinghouseBooks`.
    function books() external view returns (address);
}

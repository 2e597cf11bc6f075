// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../types/Account.sol";
import { Position } from "../types/Position.sol";
import { ILegGuards } from "./ILegGuards.sol";
import { ILiquidationTerms } from "./ILiquidationTerms.sol";

/// @param startedAt Unix seconds; 0 where there is no auction. @param starter Who started it; nobody once starting and finishing
/// have been paid and calls remain to be made.
/// @param confirmedAt Unix seconds when the account was last shown to be below maintenance. An auction that nobody
/// confirms lapses, so that an account which recovered unnoticed does not fall into an auction hours old.
/// @param dueInCents What is still due to the starter, 0.01 USD.
struct Auction {
    uint40 startedAt;
    address starter;
    uint40 confirmedAt;
    uint16 dueInCents;
}

/// @notice Legs that a keeper takes at mark. @param taker The keeper's account, not of the same owner.
/// @param minRate The least compensation per USD of requirement removed that the keeper accepts, WAD.
/// @param deadline Unix seconds.
struct Liquidation {
    Account account;
    Account taker;
    Position[] legs;
    int256 minRate;
    uint40 deadline;
}

/// @notice The whole account, cash and debt included. @param taker An account without positions.
/// @param funder Another account of the taker, which adds `funding`, USD WAD.
/// @param minPayment The least value (equity and subsidy) that the keeper accepts, USD WAD.
struct WholeTakeOver {
    Account account;
    Account taker;
    Account funder;
    uint256 funding;
    int256 minPayment;
    uint40 deadline;
}

/// @notice Where an auction stands. Rates in WAD per USD of requirement removed.
/// @param elapsedSeconds Since the later of its start and the time when prices were last valid again.
/// @param rate c, what legs are compensated with. @param isWhole Whether the account is to be taken whole: floor-bound,
/// or c has reached equity / requirement. @param isBankrupt Equity negative, or nobody came through the second period.
/// @param available What the reserve may add to the equity, USD WAD; 0 before bankruptcy.
/// @param payment For the whole: what the taker gets, equity included, what is due to the starter paid, USD WAD.
struct AuctionState {
    Auction auction;
    uint40 elapsedSeconds;
    int256 rate;
    bool isWhole;
    bool isBankrupt;
    uint256 available;
    int256 payment;
}

/// @title Margin calls, auctions, leg-by-leg liquidation priced by the risk that it removes, take-overs, the waterfall.
interface ILiquidator is ILegGuards, ILiquidationTerms {
    event MarginCalled(Account indexed account, int256 equity, uint256 initial);
    event MarginCallCleared(Account indexed account);
    /// @param equity USD WAD. @param maintenance Likewise. After a start by witness bounds: equity is no more, and short of maintenance by no
    /// less than the two say.
    event AuctionStarted(Account indexed account, address indexed starter, int256 equity, uint256 maintenance);
    /// @notice Still below maintenance: the auction goes on.
    event AuctionConfirmed(Account indexed account);
    event AuctionEnded(Account indexed account);
    /// @param payment What the account paid for the `requirementRemoved`, both USD WAD.
    event Liquidated(
        Account indexed account,
        Account indexed taker,
        int256 rate,
        uint256 requirementRemoved,
        int256 payment
    );
    /// @param payment Value that the taker got: equity plus what others added.
    /// @param badDebt What exceeded the equity, rewards included, = `fromReserve` + `fromBackstop`.
    event AccountTaken(
        Account indexed account,
        Account indexed taker,
        int256 equity,
        int256 payment,
        uint256 badDebt,
        uint256 fromReserve,
        uint256 fromBackstop
    );

    /// @param equity At which others had to step in, USD WAD. @param charged What the other side of its positions, or all
    /// positive cash, lost after `fromReserve` and `fromBackstop`.
    event AccountDeleveraged(
        Account indexed account,
        int256 equity,
        uint256 fromReserve,
        uint256 fromBackstop,
        uint256 charged
    );

    /// @notice The order came after its `deadline`, Unix seconds; send it again with a later one.
    error Expired(uint40 deadline);
    /// @notice No call stands that could be cleared.
    error NoMarginCall(Account account);
    /// @notice Equity meets the initial requirement, both USD WAD: nothing to call.
    error AboveInitialMargin(Account account, int256 equity, uint256 initial);
    /// @notice The margin call stands already, see `marginCalledAt`; `clearMarginCall` ends it once initial margin is met.
    error AlreadyCalled(Account account);
    /// @notice Equity is still below the initial requirement, both USD WAD: deposit, or reduce first, then clear the call.
    error BelowInitialMargin(Account account, int256 equity, uint256 initial);
    /// @notice Equity meets maintenance, both USD WAD, or the witness does not prove otherwise. `endAuction` ends an auction.
    error AboveMaintenance(Account account, int256 equity, uint256 maintenance);
    /// @notice Equity is still below maintenance, both USD WAD: deposit, or reduce first, then end the auction.
    error BelowMaintenance(Account account, int256 equity, uint256 maintenance);
    /// @notice An auction is live and starts again only when it has lapsed: take part in it, or `confirmAuction`.
    error AuctionUnderWay(Account account);
    /// @notice There is no auction, or nobody confirmed it for `LAPSE_SECONDS` and it lapsed: `startAuction` first.
    error NoAuction(Account account);
    /// @notice A feed that the account depends on is invalid, so nobody knows its margin: wait for a usable round.
    error FeedInvalid(Account account);
    /// @notice The caller may not trade the taker's account, or not move cash out of the funder's, which is then named `taker`.
    error NotAuthorised(Account taker, address caller);
    /// @notice Account and taker have one owner: nobody collects the compensation of his own account.
    error SelfLiquidation(Account account, Account taker);
    /// @notice The compensation rate is below `minRate`, both WAD per USD of requirement removed: wait, it rises with time.
    error RateTooLow(int256 rate, int256 minRate);
    /// @notice The taker would get value of less than `minPayment`, both USD WAD; in bankruptcy it rises with time.
    error PaymentTooLow(int256 payment, int256 minPayment);
    /// @notice More than needed to reach the target above maintenance.
    error OverLiquidation(int256 equityAfter, uint256 maintenanceAfter);
    /// @notice A floor-bound account is taken whole, or not at all.
    error NotWhole(uint256 maintenanceAfter);
    /// @notice The compensation rate has not reached equity / requirement, so legs are to be taken.
    error NotYetWhole(int256 rate, int256 equity, uint256 maintenance);
    /// @notice The compensation rate has reached equity / requirement, so the account is to be taken whole.
    error WholeOnly(int256 rate, int256 equity, uint256 maintenance);
    /// @notice The account has equity, and the second period of its auction is not over: it is still for keepers.
    error NotBankrupt(Account account);
    /// @notice The backstop may not take the account, which holds no derivative to close and lacks nothing: it waits for a taker.
    error NothingToShare(Account account);
    /// @notice The backstop's turn has not come: keepers are still offered less than its limit, and the reserve can pay it.
    error BelowBackstopLimit(uint256 payment, uint256 limit);

    /// @notice Tells an account that it is below initial margin. Anyone.
    function callMargin(Account account) external;
    /// @notice Clears the call of an account that is back above initial margin. Anyone.
    function clearMarginCall(Account account) external;

    /// @notice Starts the auction of an account below maintenance, or starts it again where it lapsed. Anyone; a quarter of the
    /// account floor is due for it, paid into account 0 of the caller by what the auction brings about: out of the fee on the
    /// account's payments, out of what is taken over, in bankruptcy by reserve and backstop. Nothing if the account recovers.
    function startAuction(Account account) external;
    /// @notice The same for less gas (344,000 for 16 options, where all scenarios take 476,000), by whoever names one scenario in which the
    /// account is below maintenance (`IMarginScenarios.witness`, which names the nodes; `ILens.scenarios` tells the worst). Reverts
    /// `AboveMaintenance` where that scenario does not prove it: strikes between the nodes, concentration and a late price are left out.
    function startAuctionByWitness(Account account, uint256 node, uint256 volatility) external;
    /// @notice Keeps an auction from lapsing, while the account is below maintenance. Anyone.
    function confirmAuction(Account account) external;
    /// @notice Ends the auction of an account that is back at or above maintenance. Anyone.
    function endAuction(Account account) external;

    /// @notice Takes legs of an account under auction at mark for c·ΔR. The caller must be allowed to trade `taker`.
    function liquidate(Liquidation calldata liquidation) external returns (int256 payment);

    /// @notice Takes the whole account: all its equity once c has reached equity / requirement, and in bankruptcy
    /// a rising payment of which the reserve covers what exceeds the equity.
    function takeOver(WholeTakeOver calldata order) external returns (int256 payment);

    /// @notice Ends a bankrupt account once the payment has reached the backstop's limit, or the reserve cannot pay it. The backstop
    /// takes it over as far as its budget goes. Else the account is closed against all who hold the other side of its
    /// derivatives, 32 legs a call, and once it holds none by a share of all positive cash: reserve and backstop pay first, and
    /// the others what is missing (`IClearinghouseForce.deleverage`). Anyone; paid a quarter of the account floor.
    function absorb(Account account) external;

    /// @notice All zero where there is no auction, or it lapsed.
    function auctionState(Account account) external view returns (AuctionState memory);
    /// @notice Unix seconds of the margin call, 0 if none.
    function marginCalledAt(Account account) external view returns (uint40);
}

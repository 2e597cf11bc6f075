// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../types/Account.sol";
import { Position } from "../types/Position.sol";
import { Risk } from "./IMarginEngine.sol";

/// @notice Pay for the keeper who owns `to`. @param size USD WAD.
struct Reward {
    Account to;
    uint256 size;
}

/// @notice A forced move of legs at mark, with a payment for the requirement that it removes.
/// @param legs Sizes with the sign of the position, towards zero and never beyond.
/// @param feeTo Account that receives `feeShare` (WAD) of a positive payment. @param starter Paid out of that fee, as far as it goes.
struct Seizure {
    Account from;
    Account to;
    Position[] legs;
    Account feeTo;
    uint256 feeShare;
    Reward starter;
}

/// @param before Of `from`. @param legs Of the legs alone. @param remaining Of `from` afterwards, payment made.
/// @param rate Payment per USD of maintenance requirement removed, WAD, signed: positive from `from` to `to`.
/// @param payment Compensation from `from`, fee included, USD WAD.
struct SeizureOutcome {
    Risk before;
    Risk legs;
    Risk remaining;
    int256 rate;
    int256 payment;
}

/// @notice Moves everything that `from` holds, cash, debt and positions, into an account without positions.
/// @param funder Account of the same owner as `to`, from which `funding` (USD WAD) of cash comes along.
/// @param fromReserve USD WAD that the reserve adds. @param rewards Paid out of the account.
struct TakeOver {
    Account from;
    Account to;
    Account funder;
    uint256 funding;
    uint256 fromReserve;
    Reward[] rewards;
}

/// @notice Closes a bankrupt account that nobody takes against all who hold the other side of its derivatives; what is then
/// still missing is shared by all who hold positive cash.
/// @param fromReserve USD WAD that the reserve adds first. @param rewards Paid out of the account.
/// @param limit How many legs at most, so that a call fits a transaction.
struct Deleveraging {
    Account account;
    uint256 fromReserve;
    Reward[] rewards;
    uint256 limit;
}

/// @title What the liquidator alone may do with the clearinghouse, which answers to it at its own address; events and errors are those of
/// `IClearinghouse`.
interface IClearinghouseForce {
    /// @notice Moves legs by force, at mark, and pays for the requirement removed, at the rate that the liquidator names once
    /// `from` is evaluated (`ILiquidationTerms`). Liquidator only. Reverts unless `from` is below maintenance on valid
    /// feeds, its equity / maintenance does not fall, and `to` meets initial margin.
    function seize(Seizure calldata seizure) external returns (SeizureOutcome memory);

    /// @notice Moves a whole account by force. Liquidator only. Reverts unless `from` is below maintenance on valid feeds
    /// and `to` and `funder` meet initial margin afterwards, `funder` without a reward that it gets. Rewards are paid, and told, after everything
    /// else has moved: one may go to `from`. @return before Of `from`.
    function takeOver(TakeOver calldata order) external returns (Risk memory before);

    /// @notice Closes derivative legs of an account at mark against everybody who holds the other side, in proportion; without
    /// derivatives shares what it lacks among all positive cash. Liquidator only. Costs the same however many share.
    /// Reverts unless the account is below maintenance on valid feeds.
    /// @return charged What others lose to it, USD WAD; at most what it lacks and 1 % of that.
    function deleverage(Deleveraging calldata order) external returns (uint256 charged);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IERC5267 } from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import { Account } from "../types/Account.sol";
import { Instrument } from "../types/Instrument.sol";
import { Approval } from "./IClearinghouse.sol";
import { CashTotals, InterestRates } from "./IInterest.sol";

/// @notice What an owner signs (EIP-712, domain "Plimsoll Clearinghouse") to have operators set by whoever brings it.
/// @param approvals All of accounts of one owner; at least one. @param nonce The owner's next, see `approvalNonce`.
/// @param deadline Unix seconds, inclusive.
struct Approvals {
    Approval[] approvals;
    uint256 nonce;
    uint256 deadline;
}

/// @title How the clearinghouse keeps its books: shares of losses, expired positions, interest, what leaves in a day, modules announced, and
/// operators by signature. It answers to this at its own address; events and errors are those of `IClearinghouse`.
interface IClearinghouseBooks is IERC5267 {
    /// @notice Lets an account take its share of up to `limit` deleveraged legs. Anyone, at any time; whoever does it, and
    /// whenever, the account is left as every view has already shown it. The funding of its perpetuals is written down, too.
    function settle(Account account, uint256 limit) external;

    /// @notice Settles expired instruments at the settlement price that the margin engine's oracle has proven, once and for all, then turns
    /// the positions of accounts in any settled series into cash. Anyone, at any time; as many as the caller pays for. An
    /// account that cannot pay owes cash afterwards, and what follows is an ordinary liquidation.
    /// Reverts `SettlementPriceNotFinal`, and `Unsettled` for an account with more losses to share than `settle` takes at once.
    function settleExpired(Instrument[] calldata series, Account[] calldata accounts) external;

    /// @notice Brings the funding of an underlying's perpetual up to the present: longs pay shorts the source's rate, cut off at
    /// `Funding.MAX_RATE_PER_YEAR`, of the price, for the time since the last call, at most `Funding.MAX_GAP_SECONDS`. Anyone, at any
    /// time. Does nothing without a source, on an invalid price, twice in a block, or while a tear-up is not settled by all
    /// who share it. What accounts pay and receive is rounded against each, and is in their entry values from now on.
    function accrueFunding(uint16 underlying) external;

    /// @notice What a unit long has paid since the beginning, USD WAD; Unix seconds up to which; and the funding that entry values have paid
    /// less what they have received, of all underlyings, USD WAD: a part of the recorded cash.
    function funding(uint16 underlying) external view returns (int256 index, uint40 accruedAt, int256 paid);

    /// @notice `settle` in full, by the clearinghouse itself inside a call. Reverts `NotLocked` outside, as all that it asks of itself alone.
    function settleTouched(Account account) external;

    /// @notice What a settled instrument is worth, USD WAD a unit.
    function settlementOf(Instrument instrument) external view returns (uint256 value, bool isSettled);

    /// @notice How many settled series have holders who have not been through, and what those of them who have, and those who have taken
    /// their share of a tear-up that others have not, paid in less what they were paid, USD WAD: a part of the recorded cash.
    function settling() external view returns (uint256 open, int256 received);

    /// @notice Sets operators by the owner's signature. Anyone may bring it, once. @param signature Of the owner of all the accounts; a
    /// contract's by ERC-1271.
    function approveBySignature(Approvals calldata approvals, bytes calldata signature) external;

    /// @notice The number that the owner's next signed approvals must bear.
    function approvalNonce(address owner) external view returns (uint256);

    /// @notice How many deleveraged legs there ever were to share, and how many some holder has not settled yet.
    function losses() external view returns (uint256 tearUps, uint256 openTearUps);

    /// @notice Cash as it is stored: USD WAD · 1e24 / borrow index where it is owed (negative), else by the supply index.
    function scaledCash(Account account) external view returns (int256);
    /// @notice The indices now and what they are of. Nothing has to be called for interest to accrue.
    function cashTotals() external view returns (CashTotals memory);
    function interestRates() external view returns (InterestRates memory);

    /// @notice Counts what leaves of a token, before it leaves, and refuses what may not leave now: reverts `IClearinghouse.OutflowLimited`.
    /// Only the clearinghouse itself may, in a withdrawal.
    function countOutflow(Instrument asset, uint256 amountInTokens) external;
    /// @notice Counts what has arrived, before it is recorded. Only the clearinghouse itself may, in a deposit.
    function countInflow(Instrument asset, uint256 amountInTokens) external;

    /// @notice Begins, or uses up for one module, the notice of `IClearinghouse.announceModules`; the zero address is for the other module.
    /// Only the clearinghouse itself may, for its roles.
    function beginNotice(address marginEngine, address liquidator) external;
    function useNotice(address marginEngine, address liquidator) external;

    /// @notice How much of a token may leave now and, when nothing has left, at once, in token units; what may leave grows steadily until
    /// `refilledAt`, Unix seconds. Other limits, as what an account holds, aside. Reverts `CollateralNotListed`, and `Locked`
    /// inside a call.
    function outflow(Instrument asset) external view returns (uint256 available, uint256 capacity, uint256 refilledAt);

    /// @notice Modules that are announced, the zero address for one that stays, and from when on they may be set, Unix seconds; 0
    /// while nothing is announced. `isSealed`: exchanges need notice and outflows are limited.
    function announcedModules()
        external
        view
        returns (address marginEngine, address liquidator, uint256 dueAt, bool isSealed);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { IBackstopVault } from "./interfaces/IBackstopVault.sol";
import {
    IClearinghouse,
    MAY_MOVE,
    MAY_TRADE,
    Seizure,
    SeizureOutcome,
    TakeOver
} from "./interfaces/IClearinghouse.sol";
import { ILiquidationTerms } from "./interfaces/ILiquidationTerms.sol";
import { Auction, AuctionState, ILiquidator, Liquidation, WholeTakeOver } from "./interfaces/ILiquidator.sol";
import { Risk } from "./interfaces/IMarginEngine.sol";
import { Validity } from "./interfaces/IPriceOracle.sol";
import { AuctionCurve } from "./libraries/AuctionCurve.sol";
import { Account } from "./types/Account.sol";

/// @title Margin calls, auctions, leg-by-leg liquidation priced by the risk that it removes, take-overs, the waterfall.
/// @dev Calls only the clearinghouse and the backstop, neither of which calls out to third parties in these paths. Reads
/// of accounts revert `Locked` while the clearinghouse is locked, so a token's hook cannot get in here.
contract Liquidator is ILiquidator {
    using SafeCast for uint256;
    using SafeCast for int256;

    uint256 private constant WAD = 1e18;

    /// @dev A package that removes less than half of its own requirement was hedging the rest.
    uint256 public constant MIN_OWN_SHARE = 0.5e18;
    /// @dev Of R, at least, in one call: at most 20 calls empty an account, and none is worth less than its gas while the
    /// account floor is 20 times that.
    uint256 public constant MIN_SHARE = 0.05e18;
    /// @dev Equity / maintenance at which legs stop being taken: what an account needs to stand a little noise.
    uint256 public constant TARGET = 1.15e18;
    /// @dev A taker chooses sizes before he knows the mark of his block; a dollar more harms no account above the floor.
    uint256 public constant TARGET_TOLERANCE = 1e18;
    /// @dev Of a positive compensation, to those who stand behind the system.
    uint256 public constant FEE_SHARE = 0.1e18;
    /// @dev Of R: the offer at which the backstop takes a bankrupt account, 15 minutes after the offer began to rise.
    uint256 public constant BACKSTOP_LIMIT = 0.25e18;
    /// @dev Longer than the 15 minutes to the backstop's limit, so that a deficit passes the whole waterfall in one
    /// auction unattended. Short, because an account that recovered unnoticed and falls again inside this time meets the
    /// compensation of the old auction: at most 47.5 %.
    uint256 public constant LAPSE_SECONDS = 20 minutes;

    IClearinghouse public immutable clearinghouse;
    IBackstopVault public immutable backstop;
    Account private immutable treasury;

    mapping(Account account => Auction) private auctions;
    /// @inheritdoc ILiquidator
    mapping(Account account => uint40) public override marginCalledAt;

    constructor(IClearinghouse clearinghouse_, IBackstopVault backstop_) {
        clearinghouse = clearinghouse_;
        backstop = backstop_;
        treasury = backstop_.treasury();
    }

    /// @inheritdoc ILiquidator
    function callMargin(Account account) external {
        require(marginCalledAt[account] == 0, AlreadyCalled(account));
        Risk memory risk = _validRisk(account);
        require(risk.equity < risk.initial.toInt256(), AboveInitialMargin(account, risk.equity, risk.initial));
        marginCalledAt[account] = uint40(block.timestamp);
        emit MarginCalled(account, risk.equity, risk.initial);
    }

    /// @inheritdoc ILiquidator
    function clearMarginCall(Account account) external {
        require(marginCalledAt[account] != 0, NoMarginCall(account));
        Risk memory risk = _validRisk(account);
        require(risk.equity >= risk.initial.toInt256(), BelowInitialMargin(account, risk.equity, risk.initial));
        _clearMarginCall(account);
    }

    /// @inheritdoc ILiquidator
    function startAuction(Account account) external {
        require(!_isLive(auctions[account]), AuctionUnderWay(account));
        Risk memory risk = _liquidatableRisk(account);
        uint40 timestamp = uint40(block.timestamp);
        auctions[account] = Auction({ startedAt: timestamp, starter: msg.sender, confirmedAt: timestamp });
        emit AuctionStarted(account, msg.sender, risk.equity, risk.maintenance);
    }

    /// @inheritdoc ILiquidator
    function confirmAuction(Account account) external {
        _liveAuction(account);
        _liquidatableRisk(account);
        _confirm(account);
    }

    /// @inheritdoc ILiquidator
    function endAuction(Account account) external {
        require(auctions[account].startedAt != 0, NoAuction(account));
        Risk memory risk = _validRisk(account);
        require(!_isBelowMaintenance(risk), BelowMaintenance(account, risk.equity, risk.maintenance));
        _end(account);
    }

    /// @inheritdoc ILiquidator
    function liquidate(Liquidation calldata liquidation) external returns (int256 payment) {
        require(block.timestamp <= liquidation.deadline, Expired(liquidation.deadline));
        Account account = liquidation.account;
        _requireTaker(account, liquidation.taker);
        SeizureOutcome memory outcome = clearinghouse.seize(
            Seizure({
                from: account,
                to: liquidation.taker,
                legs: liquidation.legs,
                feeTo: treasury,
                feeShare: FEE_SHARE
            })
        );
        require(outcome.rate >= liquidation.minRate, RateTooLow(outcome.rate, liquidation.minRate));
        uint256 removed = Math.saturatingSub(outcome.before.maintenance, outcome.remaining.maintenance);
        _requireHelpful(outcome, removed);
        payment = outcome.payment;
        emit Liquidated(account, liquidation.taker, outcome.rate, removed, payment);
        if (_isBelowMaintenance(outcome.remaining)) _confirm(account);
        else _end(account);
    }

    /// @inheritdoc ILiquidator
    function takeOver(WholeTakeOver calldata order) external returns (int256 payment) {
        require(block.timestamp <= order.deadline, Expired(order.deadline));
        _requireTaker(order.account, order.taker);
        if (order.funding != 0) _requirePermission(order.funder, MAY_MOVE);
        (AuctionState memory state, Risk memory risk) = _liveState(order.account);
        require(_isOfferedWhole(state.rate, risk), NotYetWhole(state.rate, risk.equity, risk.maintenance));
        payment = state.payment;
        require(payment >= order.minPayment, PaymentTooLow(payment, order.minPayment));

        uint256 fromReserve = (payment - risk.equity).toUint256();
        _take(
            TakeOver({
                from: order.account,
                to: order.taker,
                funder: order.funder,
                funding: order.funding,
                fromReserve: fromReserve
            })
        );
        emit AccountTaken(order.account, order.taker, risk.equity, payment, fromReserve, fromReserve, 0);
    }

    /// @inheritdoc ILiquidator
    function absorb(Account account) external {
        // Another account of the backstop would be in no better state; keepers are paid for it like for any other.
        require(account.owner() != address(backstop), SelfLiquidation(account, treasury));
        (AuctionState memory state, Risk memory risk) = _liveState(account);
        require(state.isBankrupt, NotBankrupt(account));
        uint256 reserve = clearinghouse.reserve();
        _requireBackstopsTurn(state, risk, reserve);

        uint256 deficit = risk.equity < 0 ? (-risk.equity).toUint256() : 0;
        uint256 fromReserve = Math.min(deficit, reserve);
        int256 payment = risk.equity + fromReserve.toInt256();
        (Account into, uint256 funding) = backstop.prepareAbsorption(account, payment, risk.initial);
        _take(TakeOver({ from: account, to: into, funder: treasury, funding: funding, fromReserve: fromReserve }));
        emit AccountTaken(account, into, risk.equity, payment, deficit, fromReserve, deficit - fromReserve);
    }

    /// @inheritdoc ILiquidationTerms
    function compensationRate(Account account, Risk calldata before) external view returns (int256 rate) {
        Auction memory auction = _liveAuction(account);
        _requireLiquidatable(account, before);
        rate = AuctionCurve.rateDown(_elapsedSeconds(auction, before));
        require(!_isOfferedWhole(rate, before), WholeOnly(rate, before.equity, before.maintenance));
    }

    /// @inheritdoc ILiquidator
    function auctionState(Account account) external view returns (AuctionState memory state) {
        if (_isLive(auctions[account])) state = _state(auctions[account], clearinghouse.risk(account));
    }

    function _take(TakeOver memory order) private {
        clearinghouse.takeOver(order);
        _end(order.from);
        if (marginCalledAt[order.from] != 0) _clearMarginCall(order.from);
    }

    function _confirm(Account account) private {
        auctions[account].confirmedAt = uint40(block.timestamp);
        emit AuctionConfirmed(account);
    }

    function _end(Account account) private {
        delete auctions[account];
        emit AuctionEnded(account);
    }

    function _clearMarginCall(Account account) private {
        delete marginCalledAt[account];
        emit MarginCallCleared(account);
    }

    function _liveState(Account account) private view returns (AuctionState memory state, Risk memory risk) {
        Auction memory auction = _liveAuction(account);
        risk = _liquidatableRisk(account);
        state = _state(auction, risk);
    }

    function _liveAuction(Account account) private view returns (Auction memory auction) {
        auction = auctions[account];
        require(_isLive(auction), NoAuction(account));
    }

    function _state(Auction memory auction, Risk memory risk) private view returns (AuctionState memory state) {
        uint256 elapsed = _elapsedSeconds(auction, risk);
        state.auction = auction;
        state.elapsedSeconds = uint40(elapsed);
        state.rate = AuctionCurve.rateDown(elapsed);
        state.isBankrupt = _isBelowMaintenance(risk) && AuctionCurve.isBankrupt(risk.equity, elapsed);
        state.isWhole = _isFloorBound(risk) || _isOfferedWhole(state.rate, risk);
        state.payment = risk.equity;
        if (state.isBankrupt) {
            uint256 offer = AuctionCurve.bankruptcyPaymentDown(risk.equity, risk.maintenance, elapsed);
            uint256 subsidy = (offer.toInt256() - risk.equity).toUint256();
            state.payment += Math.min(subsidy, clearinghouse.reserve()).toInt256();
        }
    }

    function _elapsedSeconds(Auction memory auction, Risk memory risk) private view returns (uint256) {
        return Math.saturatingSub(block.timestamp, Math.max(auction.startedAt, risk.validSince));
    }

    /// @dev The account must be better off by more than the size of what left it.
    function _requireHelpful(SeizureOutcome memory outcome, uint256 removed) private pure {
        Risk memory before = outcome.before;
        Risk memory remaining = outcome.remaining;
        uint256 package = outcome.legs.maintenanceBeforeFloor;
        require(removed * WAD >= package * MIN_OWN_SHARE, HedgeStripped(removed, package));
        require(
            remaining.stressLoss <= before.stressLoss || remaining.stressLoss.toInt256() <= remaining.equity,
            TailWorsened(before.stressLoss, remaining.stressLoss, remaining.equity)
        );
        // Once the floor binds the next call takes the whole, so the last step down to it may be a small one.
        bool isLast = !_isBelowMaintenance(remaining) || _isFloorBound(remaining);
        require(isLast || removed * WAD >= before.maintenance * MIN_SHARE, TooSmall(removed, before.maintenance));
        if (_isFloorBound(before)) {
            require(remaining.maintenance == 0, NotWhole(remaining.maintenance));
        } else {
            uint256 target = Math.mulDiv(remaining.maintenance, TARGET, WAD) + TARGET_TOLERANCE;
            require(remaining.equity <= target.toInt256(), OverLiquidation(remaining.equity, remaining.maintenance));
        }
    }

    /// @dev From its limit on, or where keepers cannot be paid what they are offered, because the reserve is short.
    function _requireBackstopsTurn(AuctionState memory state, Risk memory risk, uint256 reserve) private pure {
        uint256 offer = AuctionCurve.bankruptcyPaymentDown(risk.equity, risk.maintenance, state.elapsedSeconds);
        uint256 limit = Math.mulDiv(risk.maintenance, BACKSTOP_LIMIT, WAD, Math.Rounding.Ceil);
        bool isReserveShort = offer.toInt256() - risk.equity > reserve.toInt256();
        require(isReserveShort || offer >= limit, BelowBackstopLimit(offer, limit));
    }

    function _requireTaker(Account account, Account taker) private view {
        require(taker.owner() != account.owner(), SelfLiquidation(account, taker));
        _requirePermission(taker, MAY_TRADE);
    }

    function _requirePermission(Account account, uint8 permission) private view {
        require(clearinghouse.isAuthorised(account, msg.sender, permission), NotAuthorised(account, msg.sender));
    }

    function _liquidatableRisk(Account account) private view returns (Risk memory risk) {
        risk = clearinghouse.risk(account);
        _requireLiquidatable(account, risk);
    }

    function _validRisk(Account account) private view returns (Risk memory risk) {
        risk = clearinghouse.risk(account);
        _requireValid(account, risk);
    }

    function _requireLiquidatable(Account account, Risk memory risk) private pure {
        _requireValid(account, risk);
        require(_isBelowMaintenance(risk), AboveMaintenance(account, risk.equity, risk.maintenance));
    }

    function _requireValid(Account account, Risk memory risk) private pure {
        require(risk.validity != Validity.Invalid, FeedInvalid(account));
    }

    function _isLive(Auction memory auction) private view returns (bool) {
        return auction.startedAt != 0 && block.timestamp <= auction.confirmedAt + LAPSE_SECONDS;
    }

    function _isBelowMaintenance(Risk memory risk) private pure returns (bool) {
        return risk.equity < risk.maintenance.toInt256();
    }

    function _isFloorBound(Risk memory risk) private pure returns (bool) {
        return risk.maintenance > risk.maintenanceBeforeFloor;
    }

    /// @dev Without equity there is nothing that legs could be compensated with.
    function _isOfferedWhole(int256 rate, Risk memory risk) private pure returns (bool) {
        return risk.equity <= 0 || AuctionCurve.hasReached(rate, risk.equity, risk.maintenance);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { IBackstopVault } from "./interfaces/IBackstopVault.sol";
import { IClearinghouse, MAY_MOVE, MAY_TRADE } from "./interfaces/IClearinghouse.sol";
import {
    Deleveraging,
    IClearinghouseForce,
    Reward,
    Seizure,
    SeizureOutcome,
    TakeOver
} from "./interfaces/IClearinghouseForce.sol";
import { ILiquidationTerms } from "./interfaces/ILiquidationTerms.sol";
import { Auction, AuctionState, ILiquidator, Liquidation, WholeTakeOver } from "./interfaces/ILiquidator.sol";
import { Portfolio, Risk } from "./interfaces/IMarginEngine.sol";
import { IMarginScenarios, Witness } from "./interfaces/IMarginScenarios.sol";
import { IMarkets } from "./interfaces/IMarkets.sol";
import { Validity } from "./interfaces/IPriceOracle.sol";
import { AuctionCurve } from "./libraries/AuctionCurve.sol";
import { LegGuards } from "./libraries/LegGuards.sol";
import { MarginRules } from "./libraries/MarginRules.sol";
import { SignedWad } from "./libraries/SignedWad.sol";
import { Account, toAccount } from "./types/Account.sol";

/// @notice What is paid when neither a keeper nor the equity of an account is enough. USD WAD.
/// @param badDebt What exceeds the equity, rewards included. @param payment Equity with what the reserve adds, rewards paid.
struct LastResort {
    Reward[] rewards;
    uint256 badDebt;
    uint256 fromReserve;
    int256 payment;
}

/// @title Margin calls, auctions, leg-by-leg liquidation priced by the risk that it removes, take-overs, the waterfall.
/// @dev Calls only the clearinghouse, the backstop and the witness, none of which calls out to third parties in these paths. Reads
/// of accounts revert `Locked` while the clearinghouse is locked, so a token's hook cannot get in here.
contract Liquidator is ILiquidator {
    using LegGuards for Risk;
    using MarginRules for Portfolio;
    using SafeCast for uint256;
    using SafeCast for int256;
    using SignedWad for int256;

    uint256 private constant WAD = 1e18;

    uint256 public constant MIN_OWN_SHARE = LegGuards.MIN_OWN_SHARE;
    uint256 public constant MIN_SHARE = LegGuards.MIN_SHARE;
    /// @dev Equity / maintenance at which legs stop being taken: what an account needs to stand a little noise.
    uint256 public constant TARGET = 1.15e18;
    /// @dev A taker chooses sizes before he knows the mark of his block; a dollar more harms no account above the floor.
    uint256 public constant TARGET_TOLERANCE = 1e18;
    /// @dev Of a positive compensation, to those who stand behind the system.
    uint256 public constant FEE_SHARE = 0.1e18;
    /// @dev Of R: the offer at which the backstop takes a bankrupt account, 15 minutes after the offer began to rise.
    uint256 public constant BACKSTOP_LIMIT = 0.25e18;
    /// @dev Longer than the 15 minutes to the backstop's limit, so that a deficit passes the whole waterfall in one auction
    /// unattended, and longer than a keeper needs whose transactions take half an hour: what he sees live has to be so when he
    /// arrives. Short, because an account that recovered unnoticed and falls again inside this time meets the compensation of the
    /// old auction: at most 70.8 %. Anybody ends the auction of an account that has recovered.
    uint256 public constant LAPSE_SECONDS = 40 minutes;
    /// @dev Of the account floor, for who starts an auction and for who finishes it where nothing else pays him: together half of
    /// the least that an account must have had, so that losing accounts on purpose is no living.
    uint256 public constant REWARD_SHARE = 0.25e18;
    /// @dev At most in one call, so that it fits a transaction: an account of 128 legs takes four.
    uint256 public constant LEGS_DELEVERAGED = 32;
    uint256 private constant CENT = 0.01e18;
    /// @dev Starter of an auction for which starting and finishing have been paid.
    address private constant NOBODY = address(0);

    IClearinghouse public immutable clearinghouse;
    IBackstopVault public immutable backstop;
    /// @notice Proves starts by witness. It must be of the model of the clearinghouse's margin engine: who exchanges one exchanges both.
    IMarginScenarios public immutable marginScenarios;
    Account private immutable treasury;

    mapping(Account account => Auction) private auctions;
    /// @inheritdoc ILiquidator
    mapping(Account account => uint40) public override marginCalledAt;

    constructor(IClearinghouse clearinghouse_, IBackstopVault backstop_, IMarginScenarios marginScenarios_) {
        clearinghouse = clearinghouse_;
        backstop = backstop_;
        marginScenarios = marginScenarios_;
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
        _requireNoAuction(account);
        _start(account, _liquidatableRisk(account));
    }

    /// @inheritdoc ILiquidator
    function startAuctionByWitness(Account account, uint256 node, uint256 volatility) external {
        _requireNoAuction(account);
        Witness memory witness = marginScenarios.witness(clearinghouse.portfolio(account), node, volatility);
        Risk memory risk;
        (risk.equity, risk.maintenance, risk.validity) = (witness.equity, witness.maintenance, witness.validity);
        _requireLiquidatable(account, risk);
        _start(account, risk);
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
        Auction memory auction = auctions[account];
        SeizureOutcome memory outcome = _force().seize(
            Seizure({
                from: account,
                to: liquidation.taker,
                legs: liquidation.legs,
                feeTo: treasury,
                feeShare: FEE_SHARE,
                starter: _startReward(auction)
            })
        );
        require(outcome.rate >= liquidation.minRate, RateTooLow(outcome.rate, liquidation.minRate));
        uint256 removed = Math.saturatingSub(outcome.before.maintenance, outcome.remaining.maintenance);
        _requireHelpful(outcome, removed);
        payment = outcome.payment;
        emit Liquidated(account, liquidation.taker, outcome.rate, removed, payment);
        if (!_isBelowMaintenance(outcome.remaining)) {
            _end(account);
            return payment;
        }
        if (payment > 0 && auction.dueInCents != 0) {
            uint256 paidInCents = Math.ceilDiv((uint256(payment) * FEE_SHARE) / WAD, CENT);
            auctions[account].dueInCents = uint16(Math.saturatingSub(auction.dueInCents, paidInCents));
        }
        _confirm(account);
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

        Reward[] memory rewards = new Reward[](1);
        rewards[0] = _startReward(state.auction);
        rewards[0].size = Math.min(rewards[0].size, _payable(state, risk));
        uint256 fromReserve = (payment - risk.equity + rewards[0].size.toInt256()).toUint256();
        _take(
            TakeOver({
                from: order.account,
                to: order.taker,
                funder: order.funder,
                funding: order.funding,
                fromReserve: fromReserve,
                rewards: rewards
            })
        );
        emit AccountTaken(order.account, order.taker, risk.equity, payment, fromReserve, fromReserve, 0);
    }

    /// @inheritdoc ILiquidator
    function absorb(Account account) external {
        (Risk memory risk, LastResort memory terms) = _lastResort(account);
        uint256 needed = (terms.payment - risk.initial.toInt256()).belowZero();
        uint256 capacity = _capacity(account, needed);
        // Another account of the backstop would be in no better state.
        bool isItsOwn = account.owner() == address(backstop);
        if (needed <= capacity && !isItsOwn) return _absorb(account, risk, terms);
        bool isAnythingLeft = risk.equity < 0 || clearinghouse.portfolio(account).hasDerivatives();
        require(isAnythingLeft, NothingToShare(account));
        uint256 missing = terms.badDebt - terms.fromReserve;
        uint256 fromBackstop = 0;
        if (missing != 0) fromBackstop = backstop.coverDeficit(account, missing);
        // To pay what the backstop can and to close takes more than a transaction where there are many legs.
        if (fromBackstop != 0 && clearinghouse.positions(account).length > LEGS_DELEVERAGED) {
            emit AccountDeleveraged(account, risk.equity, 0, fromBackstop, 0);
            return _confirm(account);
        }
        uint256 charged = _deleverage(account, terms);
        emit AccountDeleveraged(account, risk.equity, terms.fromReserve, fromBackstop, charged);
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

    function _force() private view returns (IClearinghouseForce) {
        return IClearinghouseForce(address(clearinghouse));
    }

    function _take(TakeOver memory order) private {
        _force().takeOver(order);
        _end(order.from);
        if (marginCalledAt[order.from] != 0) _clearMarginCall(order.from);
    }

    /// @dev What lies in accounts that the backstop has emptied is its own, and pays before others do.
    function _capacity(Account account, uint256 needed) private returns (uint256 capacity) {
        capacity = backstop.capacity(account);
        if (needed <= capacity || backstop.absorbed().length == 0) return capacity;
        backstop.releaseEmpty();
        capacity = backstop.capacity(account);
    }

    function _absorb(Account account, Risk memory risk, LastResort memory terms) private {
        (Account into, uint256 funding) = backstop.prepareAbsorption(account, terms.payment, risk.initial);
        _take(
            TakeOver({
                from: account,
                to: into,
                funder: treasury,
                funding: funding,
                fromReserve: terms.fromReserve,
                rewards: terms.rewards
            })
        );
        uint256 fromBackstop = terms.badDebt - terms.fromReserve;
        emit AccountTaken(account, into, risk.equity, terms.payment, terms.badDebt, terms.fromReserve, fromBackstop);
    }

    function _deleverage(Account account, LastResort memory terms) private returns (uint256 charged) {
        charged = _force().deleverage(
            Deleveraging({
                account: account,
                fromReserve: terms.fromReserve,
                rewards: terms.rewards,
                limit: LEGS_DELEVERAGED
            })
        );
        if (clearinghouse.portfolio(account).hasLiabilities()) {
            (auctions[account].starter, auctions[account].dueInCents) = (NOBODY, 0);
            _confirm(account);
        } else {
            _end(account);
        }
    }

    function _start(Account account, Risk memory risk) private {
        uint40 timestamp = uint40(block.timestamp);
        auctions[account] = Auction({
            startedAt: timestamp,
            starter: msg.sender,
            confirmedAt: timestamp,
            dueInCents: uint16(Math.min(_reward() / CENT, type(uint16).max))
        });
        emit AuctionStarted(account, msg.sender, risk.equity, risk.maintenance);
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

    function _requireNoAuction(Account account) private view {
        require(!_isLive(auctions[account]), AuctionUnderWay(account));
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
        if (state.isBankrupt) state.available = clearinghouse.reserve();
        int256 due = Math.min(_startReward(auction).size, _payable(state, risk)).toInt256();
        state.payment = risk.equity - due;
        if (state.isBankrupt) {
            uint256 offer = AuctionCurve.bankruptcyPaymentDown(risk.equity, risk.maintenance, elapsed);
            uint256 subsidy = (offer.toInt256() - state.payment).toUint256();
            state.payment += Math.min(subsidy, state.available).toInt256();
        }
    }

    /// @dev What rewards can be paid from: the equity of the account, and in bankruptcy the reserve.
    function _payable(AuctionState memory state, Risk memory risk) private pure returns (uint256) {
        return state.available + (risk.equity > 0 ? uint256(risk.equity) : 0);
    }

    function _reward() private view returns (uint256) {
        uint256 floor = IMarkets(clearinghouse.markets()).accountParameters().floor;
        return (floor * REWARD_SHARE) / WAD;
    }

    function _startReward(Auction memory auction) private pure returns (Reward memory) {
        return Reward({ to: toAccount(auction.starter, 0), size: auction.dueInCents * CENT });
    }

    /// @dev Where it is the backstop's turn: from its limit on, or where keepers cannot be paid what they are offered, because
    /// the reserve is short. Who started the auction and who ends it are paid once for an account, however many calls it takes.
    function _lastResort(Account account) private view returns (Risk memory risk, LastResort memory terms) {
        AuctionState memory state;
        (state, risk) = _liveState(account);
        require(state.isBankrupt, NotBankrupt(account));
        uint256 offer = AuctionCurve.bankruptcyPaymentDown(risk.equity, risk.maintenance, state.elapsedSeconds);
        uint256 limit = Math.mulDiv(risk.maintenance, BACKSTOP_LIMIT, WAD, Math.Rounding.Ceil);
        bool isReserveShort = offer.toInt256() - risk.equity > state.available.toInt256();
        require(isReserveShort || offer >= limit, BelowBackstopLimit(offer, limit));

        int256 equity = risk.equity;
        if (state.auction.starter != NOBODY) {
            terms.rewards = new Reward[](2);
            terms.rewards[0] = _startReward(state.auction);
            terms.rewards[1] = Reward({ to: toAccount(msg.sender, 0), size: _reward() });
            equity -= (terms.rewards[0].size + terms.rewards[1].size).toInt256();
        }
        terms.badDebt = equity.belowZero();
        terms.fromReserve = Math.min(terms.badDebt, state.available);
        terms.payment = equity + terms.fromReserve.toInt256();
    }

    function _elapsedSeconds(Auction memory auction, Risk memory risk) private view returns (uint256) {
        return Math.saturatingSub(block.timestamp, Math.max(auction.startedAt, risk.validSince));
    }

    /// @dev The account must be better off by more than the size of what left it.
    function _requireHelpful(SeizureOutcome memory outcome, uint256 removed) private pure {
        Risk memory before = outcome.before;
        Risk memory remaining = outcome.remaining;
        outcome.legs.requireOwnShare(removed);
        before.requireTail(remaining);
        // Once the floor binds the next call takes the whole, so the last step down to it may be a small one.
        bool isLast = !_isBelowMaintenance(remaining) || _isFloorBound(remaining);
        if (!isLast) before.requireShare(removed);
        if (_isFloorBound(before)) {
            require(remaining.maintenance == 0, NotWhole(remaining.maintenance));
        } else {
            uint256 target = Math.mulDiv(remaining.maintenance, TARGET, WAD) + TARGET_TOLERANCE;
            require(remaining.equity <= target.toInt256(), OverLiquidation(remaining.equity, remaining.maintenance));
        }
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

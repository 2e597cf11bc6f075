// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { ClearinghouseState } from "./ClearinghouseState.sol";
import { IClearinghouse } from "./interfaces/IClearinghouse.sol";
import {
    Deleveraging,
    IClearinghouseForce,
    Reward,
    Seizure,
    SeizureOutcome,
    TakeOver
} from "./interfaces/IClearinghouseForce.sol";
import { ILiquidationTerms } from "./interfaces/ILiquidationTerms.sol";
import { IMarginEngine, Portfolio, Risk } from "./interfaces/IMarginEngine.sol";
import { Compensation, Move } from "./libraries/Compensation.sol";
import { Ledger, LedgerState } from "./libraries/Ledger.sol";
import { LossSharing, Shortfall } from "./libraries/LossSharing.sol";
import { MarginRules } from "./libraries/MarginRules.sol";
import { SignedMulDiv } from "./libraries/SignedMulDiv.sol";
import { SignedWad } from "./libraries/SignedWad.sol";
import { Account } from "./types/Account.sol";
import { CASH, Kind } from "./types/Instrument.sol";
import { Position } from "./types/Position.sol";

/// @title See `IClearinghouseForce`.
/// @dev Runs in the storage and at the address of the clearinghouse: a contract of its own only because one may not have so much code.
contract ClearinghouseForce is IClearinghouseForce, ClearinghouseState {
    using Compensation for Move;
    using Ledger for LedgerState;
    using LossSharing for LedgerState;
    using MarginRules for Portfolio;
    using MarginRules for Risk;
    using SafeCast for uint256;
    using SignedWad for int256;

    /// @dev 1 % of a deficit, which may pay for the call that shares it.
    uint256 private constant MAX_OVERCHARGE_DIVISOR = 100;

    modifier onlyLiquidator() {
        require(msg.sender == liquidator, IClearinghouse.NotLiquidator(msg.sender));
        _;
    }

    constructor(address usdc) ClearinghouseState(usdc) {}

    /// @inheritdoc IClearinghouseForce
    function seize(Seizure calldata seizure) external lock onlyLiquidator returns (SeizureOutcome memory outcome) {
        Account from = seizure.from;
        Account to = seizure.to;
        require(!(from == to), IClearinghouse.SelfTrade(from));
        require(seizure.legs.length != 0, IClearinghouse.ZeroSize());

        ledger.settle(from);
        ledger.settle(to);
        ledger.settle(seizure.feeTo);
        Move memory seized;
        seized.portfolios = new Portfolio[](Compensation.PORTFOLIOS);
        seized.portfolios[Compensation.BEFORE] = ledger.portfolio(from);
        Portfolio memory package = seized.portfolios[Compensation.LEGS];
        package.positions = seizure.legs;
        for (uint256 i = 0; i < seizure.legs.length; ++i) {
            package.cash += move(from, to, seizure.legs[i].instrument(), seizure.legs[i].size());
        }
        seized.portfolios[Compensation.REMAINING] = ledger.portfolio(from);
        seized.portfolios[Compensation.TAKER] = ledger.portfolio(to);
        seized.risks = evaluate(seized.portfolios);
        outcome.before = seized.risks[Compensation.BEFORE];
        outcome.legs = seized.risks[Compensation.LEGS];
        // The liquidator refuses first, and says why; what it lets through is checked here all the same.
        outcome.rate = ILiquidationTerms(msg.sender).compensationRate(from, outcome.before);
        requireLiquidatable(from, outcome.before);
        outcome.payment = seized.pay(IMarginEngine(marginEngine), outcome.rate);
        outcome.remaining = seized.risks[Compensation.REMAINING];
        require(
            outcome.before.keepsHealth(outcome.remaining),
            IClearinghouse.HealthLowered(
                outcome.before.equity,
                outcome.before.maintenance,
                outcome.remaining.equity,
                outcome.remaining.maintenance
            )
        );
        int256 fee = 0;
        if (outcome.payment > 0) fee = ((uint256(outcome.payment) * seizure.feeShare) / WAD).toInt256();
        requireInitial(to, seized.risks[Compensation.TAKER].withEquity(-fee));
        int256 value = outcome.legs.equity;
        ledger.addCash(from, value - outcome.payment);
        ledger.addCash(to, outcome.payment - fee - value);
        ledger.addCash(seizure.feeTo, fee);
        pay(seizure.feeTo, seizure.starter.to, Math.min(uint256(fee), seizure.starter.size));
        emit IClearinghouse.Seized(from, to, seizure.feeTo, value, outcome.payment, uint256(fee));
    }

    /// @inheritdoc IClearinghouseForce
    function takeOver(TakeOver calldata order) external lock onlyLiquidator returns (Risk memory before) {
        require(!(order.from == order.to), IClearinghouse.SelfTrade(order.from));
        require(!(order.from == order.funder), IClearinghouse.SelfTrade(order.from));
        require(order.funder.owner() == order.to.owner(), IClearinghouse.ForeignAccount(order.funder, CASH));
        ledger.settle(order.from);
        ledger.settle(order.to);
        ledger.settle(order.funder);
        require(ledger.legCount(order.to) == 0, IClearinghouse.AccountNotEmpty(order.to));

        Portfolio memory whole = ledger.portfolio(order.from);
        int256 cashBefore = ledger.cash(order.from);
        ledger.moveAll(order.from, order.to);
        drawReserve(order.to, order.fromReserve);
        fund(order);
        Portfolio memory funder = ledger.portfolio(order.funder);
        bool isFunderLiable = funder.hasLiabilities();
        Portfolio[] memory portfolios = new Portfolio[](isFunderLiable ? 2 : 1);
        portfolios[0] = whole;
        if (isFunderLiable) portfolios[1] = funder;
        Risk[] memory risks = evaluate(portfolios);
        before = risks[0];
        requireLiquidatable(order.from, before);
        emit IClearinghouse.TakenOver(order.from, order.to, before.equity, order.fromReserve);
        // Told after that: a reward may go to the account that was emptied.
        payRewards(order.to, order.rewards, type(uint256).max);
        // The same positions with other cash.
        int256 added = ledger.cash(order.to) - cashBefore;
        requireInitial(order.to, Compensation.withCash(IMarginEngine(marginEngine), whole, before, added));
        if (isFunderLiable) requireInitial(order.funder, risks[1]);
    }

    /// @inheritdoc IClearinghouseForce
    function deleverage(Deleveraging calldata order) external lock onlyLiquidator returns (uint256 charged) {
        ledger.settle(order.account);
        Portfolio[] memory portfolios = new Portfolio[](2);
        portfolios[0] = ledger.portfolio(order.account);
        portfolios[1] = owing(order.account, portfolios[0].positions);
        Risk[] memory risks = evaluate(portfolios);
        requireLiquidatable(order.account, risks[0]);
        drawReserve(order.account, order.fromReserve);
        int256 equity = risks[0].equity + order.fromReserve.toInt256();
        uint256 deficit = equity.belowZero();
        uint256 rewarded = payRewards(
            order.account,
            order.rewards,
            equity > 0 ? uint256(equity) : deficit / MAX_OVERCHARGE_DIVISOR
        );
        uint256 lacking = (equity - rewarded.toInt256()).belowZero();
        if (portfolios[0].hasDerivatives()) {
            int256[] memory values = atMark(portfolios[0].positions, order.limit);
            charged = ledger.tearUp(
                order.account,
                values,
                Shortfall(lacking, risks[1].equity.belowZero(), order.limit)
            );
        } else if (lacking != 0) {
            charged = ledger.shareDebt(order.account, lacking);
        }
    }

    function requireLiquidatable(Account account, Risk memory current) private pure {
        require(current.isUsable(), IClearinghouse.FeedInvalid(account));
        require(
            !current.meetsMaintenance(),
            IClearinghouse.NotLiquidatable(account, current.equity, current.maintenance)
        );
    }

    function drawReserve(Account to, uint256 size) private {
        if (size == 0) return;
        uint256 available = ledger.reserve(cashInCustody());
        require(size <= available, IClearinghouse.InsufficientReserve(available, size));
        ledger.addCash(to, size.toInt256());
    }

    /// @dev A funder gives what it has: nobody but its owner makes it borrow.
    function fund(TakeOver calldata order) private {
        if (order.funding == 0) return;
        int256 available = ledger.cash(order.funder);
        require(
            available >= order.funding.toInt256(),
            IClearinghouse.InsufficientCash(order.funder, available, order.funding)
        );
        moveCash(order.funder, order.to, order.funding);
    }

    /// @param limit USD WAD that all of them may take together; the first come first.
    function payRewards(Account from, Reward[] calldata rewards, uint256 limit) private returns (uint256 paid) {
        for (uint256 i = 0; i < rewards.length; ++i) {
            uint256 size = Math.min(rewards[i].size, limit - paid);
            paid += size;
            pay(from, rewards[i].to, size);
        }
    }

    function pay(Account from, Account to, uint256 size) private {
        if (size == 0) return;
        ledger.settle(to);
        ledger.addCash(from, -size.toInt256());
        ledger.addCash(to, size.toInt256());
        emit IClearinghouse.Rewarded(from, to, size);
    }

    /// @dev The last `limit` derivatives at mark, USD WAD; the others 0.
    function atMark(Position[] memory positions, uint256 limit) private view returns (int256[] memory values) {
        values = new int256[](positions.length);
        for (uint256 i = positions.length; i > 0 && limit > 0; --i) {
            Position leg = positions[i - 1];
            if (leg.instrument().kind() == Kind.Spot) continue;
            --limit;
            values[i - 1] = atMark(leg);
        }
    }

    function atMark(Position leg) private view returns (int256) {
        (uint256 mark, ) = IMarginEngine(marginEngine).mark(leg.instrument());
        return SignedMulDiv.mulDivDown(leg.size(), mark, WAD);
    }

    /// @dev The legs in which the account is a debtor, with their entry values: together worth less than nothing.
    function owing(Account account, Position[] memory positions) private view returns (Portfolio memory debts) {
        uint256 count = 0;
        bool[] memory isOwed = new bool[](positions.length);
        for (uint256 i = 0; i < positions.length; ++i) {
            Position leg = positions[i];
            Kind kind = leg.instrument().kind();
            if (kind == Kind.Spot) continue;
            int256 entry = kind == Kind.Perpetual ? ledger.entryValue(account, leg.instrument()) : int256(0);
            bool isOption = kind == Kind.Call || kind == Kind.Put;
            isOwed[i] = isOption ? leg.size() < 0 : atMark(leg) + entry < 0;
            if (!isOwed[i]) continue;
            debts.cash += entry;
            ++count;
        }
        debts.positions = new Position[](count);
        for (uint256 i = positions.length; i > 0; --i) {
            if (isOwed[i - 1]) debts.positions[--count] = positions[i - 1];
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IMarginEngine, Portfolio, Risk } from "../interfaces/IMarginEngine.sol";
import { MarginRules } from "./MarginRules.sol";

/// @notice What one evaluation sees of a forced move of legs: the account before, the legs alone, both sides after the move
/// and before anything is paid. `BEFORE` … index both lists.
struct Move {
    Portfolio[] portfolios;
    Risk[] risks;
}

/// @title Payment for legs that move by force, and margin once it is paid.
library Compensation {
    using MarginRules for Portfolio;
    using MarginRules for Risk;

    uint256 internal constant BEFORE = 0;
    uint256 internal constant LEGS = 1;
    uint256 internal constant REMAINING = 2;
    uint256 internal constant TAKER = 3;
    uint256 internal constant PORTFOLIOS = 4;

    /// @notice Makes both sides pay, in what was evaluated: for the legs at mark, so that neither side gains by the move
    /// itself, and for the requirement removed. Where paying turns cash into debt, the payer's requirement is the one with
    /// that debt.
    /// @param rate Payment per USD of requirement removed, WAD, signed.
    /// @return payment Rate × the fall of the requirement, USD WAD, rounded for the account.
    function pay(Move memory self, IMarginEngine engine, int256 rate) internal view returns (int256 payment) {
        Risk memory before = self.risks[BEFORE];
        int256 value = self.risks[LEGS].equity;
        Risk memory remaining = withCash(engine, self.portfolios[REMAINING], self.risks[REMAINING], value);
        Risk memory taker = withCash(engine, self.portfolios[TAKER], self.risks[TAKER], -value);
        payment = before.compensationDown(remaining, rate);
        if (payment > 0) {
            remaining = withCash(engine, self.portfolios[REMAINING], remaining, -payment);
            int256 excess = payment - before.compensationDown(remaining, rate);
            payment -= excess;
            remaining.equity += excess;
            taker.equity += payment;
        } else {
            remaining.equity -= payment;
            taker = withCash(engine, self.portfolios[TAKER], taker, payment);
        }
        (self.risks[REMAINING], self.risks[TAKER]) = (remaining, taker);
    }

    /// @notice Adds cash to `changed`, of which `known` is the risk. @return The risk with it: to the engine only becoming
    /// liable, or ceasing to be, changes more than the equity.
    function withCash(
        IMarginEngine engine,
        Portfolio memory changed,
        Risk memory known,
        int256 amount
    ) internal view returns (Risk memory) {
        bool wasLiable = changed.hasLiabilities();
        changed.cash += amount;
        if (changed.hasLiabilities() == wasLiable) return known.withEquity(amount);
        Portfolio[] memory single = new Portfolio[](1);
        single[0] = changed;
        return engine.evaluate(single)[0];
    }
}

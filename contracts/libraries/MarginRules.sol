// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Portfolio, Risk } from "../interfaces/IMarginEngine.sol";
import { Validity } from "../interfaces/IPriceOracle.sol";
import { Kind } from "../types/Instrument.sol";
import { SignedMulDiv } from "./SignedMulDiv.sol";

/// @title What an account may do with the risk that it has, E its equity and R its requirement.
library MarginRules {
    using SafeCast for uint256;

    uint256 private constant WAD = 1e18;

    /// @notice Whether anybody else depends on the portfolio's equity: it owes cash or holds a derivative.
    /// Without either it can lose only what is its own, so it needs no margin.
    function hasLiabilities(Portfolio memory portfolio) internal pure returns (bool) {
        return portfolio.cash < 0 || hasDerivatives(portfolio);
    }

    function hasDerivatives(Portfolio memory portfolio) internal pure returns (bool) {
        for (uint256 i = 0; i < portfolio.positions.length; ++i) {
            if (portfolio.positions[i].instrument().kind() != Kind.Spot) return true;
        }
        return false;
    }

    function isUsable(Risk memory risk) internal pure returns (bool) {
        return risk.validity != Validity.Invalid;
    }

    function meetsInitial(Risk memory risk) internal pure returns (bool) {
        return risk.equity >= risk.initial.toInt256();
    }

    function meetsMaintenance(Risk memory risk) internal pure returns (bool) {
        return risk.equity >= risk.maintenance.toInt256();
    }

    /// @notice The same risk on other equity.
    function withEquity(Risk memory self, int256 added) internal pure returns (Risk memory) {
        return
            Risk({
                equity: self.equity + added,
                initial: self.initial,
                maintenance: self.maintenance,
                maintenanceBeforeFloor: self.maintenanceBeforeFloor,
                stressLoss: self.stressLoss,
                validity: self.validity,
                validSince: self.validSince
            });
    }

    /// @notice What an account below initial margin may do: R' ≤ R and E' ≥ min(E, E·R'/R), at the initial tier.
    /// So E/R never falls, and what risk is left never has less equity behind it. Where nothing is required (R = 0) the
    /// quotient says nothing and the equity may not fall.
    function improves(Risk memory before, Risk memory afterwards) internal pure returns (bool) {
        if (afterwards.initial > before.initial) return false;
        if (before.equity <= 0 || before.initial == 0) return afterwards.equity >= before.equity;
        return SignedMulDiv.isProductAtLeast(afterwards.equity, before.initial, before.equity, afterwards.initial);
    }

    /// @notice Whether E − R has not fallen, at the initial tier. Bounds what a reduction may cost at a last valid price:
    /// no more than the requirement that it removes, which is the loss over the widest range.
    function keepsSurplus(Risk memory before, Risk memory afterwards) internal pure returns (bool) {
        return afterwards.equity - afterwards.initial.toInt256() >= before.equity - before.initial.toInt256();
    }

    /// @notice What is paid for the fall of the maintenance requirement, USD WAD, rounded down; received where it rises.
    /// @param rate Per USD of the fall, WAD, signed.
    function compensationDown(
        Risk memory before,
        Risk memory afterwards,
        int256 rate
    ) internal pure returns (int256 payment) {
        (uint256 from, uint256 to) = (before.maintenance, afterwards.maintenance);
        if (from >= to) return SignedMulDiv.mulDivDown(rate, from - to, WAD);
        return SignedMulDiv.mulDivDown(-rate, to - from, WAD);
    }

    /// @notice INV-4: E'/R' ≥ E/R at the maintenance tier.
    function keepsHealth(Risk memory before, Risk memory afterwards) internal pure returns (bool) {
        if (before.maintenance == 0) return afterwards.maintenance == 0 && afterwards.equity >= before.equity;
        return
            SignedMulDiv.isProductAtLeast(afterwards.equity, before.maintenance, before.equity, afterwards.maintenance);
    }
}

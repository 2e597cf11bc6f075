// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { IMarginEngine, Portfolio, Risk } from "../interfaces/IMarginEngine.sol";
import { Validity } from "../interfaces/IPriceOracle.sol";
import { ISettlementPrices } from "../interfaces/ISettlementPrices.sol";
import { SignedMulDiv } from "../libraries/SignedMulDiv.sol";
import { Instrument, Kind } from "../types/Instrument.sol";
import { MAX_LEGS } from "../types/Limits.sol";
import { Position } from "../types/Position.sol";

/// @param mark USD WAD a unit. @param initial Required per unit, long or short, USD WAD. @param maintenance Likewise.
struct Line {
    uint256 mark;
    uint256 initial;
    uint256 maintenance;
}

/// @title A margin engine for tests of what surrounds it: marks and requirements are set, and linear.
contract MockMarginEngine is IMarginEngine {
    uint256 private constant WAD = 1e18;

    /// @notice Where the clearinghouse asks for settlement prices.
    ISettlementPrices public priceOracle;
    uint256 public floor;
    uint256 public stressLoss;
    uint256 public maxLegs = MAX_LEGS;
    Validity public validity;
    uint40 public validSince;
    mapping(Instrument => Line) public lines;

    function setLine(Instrument instrument, Line calldata line) external {
        lines[instrument] = line;
    }

    function setPriceOracle(ISettlementPrices priceOracle_) external {
        priceOracle = priceOracle_;
    }

    function setFloor(uint256 floor_) external {
        floor = floor_;
    }

    function setStressLoss(uint256 stressLoss_) external {
        stressLoss = stressLoss_;
    }

    function setMaxLegs(uint256 maxLegs_) external {
        maxLegs = maxLegs_;
    }

    function setValidity(Validity validity_, uint40 since) external {
        validity = validity_;
        validSince = since;
    }

    /// @inheritdoc IMarginEngine
    function evaluate(Portfolio[] calldata portfolios) external view returns (Risk[] memory risks) {
        risks = new Risk[](portfolios.length);
        for (uint256 i = 0; i < portfolios.length; ++i) risks[i] = riskOf(portfolios[i]);
    }

    /// @inheritdoc IMarginEngine
    function mark(Instrument instrument) external view returns (uint256 price, Validity) {
        return (lines[instrument].mark, validity);
    }

    function riskOf(Portfolio calldata portfolio) private view returns (Risk memory risk) {
        require(portfolio.positions.length <= maxLegs, TooManyLegs(portfolio.positions.length));
        bool isFloored = portfolio.cash < 0;
        risk.equity = portfolio.cash;
        for (uint256 i = 0; i < portfolio.positions.length; ++i) {
            Position leg = portfolio.positions[i];
            Line storage line = lines[leg.instrument()];
            uint256 size = SignedMath.abs(leg.size());
            risk.equity += SignedMulDiv.mulDivDown(leg.size(), line.mark, WAD);
            risk.initial += Math.mulDiv(size, line.initial, WAD, Math.Rounding.Ceil);
            risk.maintenanceBeforeFloor += Math.mulDiv(size, line.maintenance, WAD, Math.Rounding.Ceil);
            isFloored = isFloored || leg.instrument().kind() != Kind.Spot;
        }
        uint256 least = isFloored ? floor : 0;
        risk.maintenance = Math.max(least, risk.maintenanceBeforeFloor);
        risk.initial = Math.max(risk.initial, risk.maintenance);
        risk.stressLoss = stressLoss;
        risk.validity = validity;
        risk.validSince = validSince;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IMarginEngine, Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Witness } from "../../contracts/interfaces/IMarginScenarios.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Instrument } from "../../contracts/types/Instrument.sol";
import { Kind } from "../../contracts/types/Instrument.sol";
import { Position } from "../../contracts/types/Position.sol";

/// Profit of one unit long in each of three scenarios, USD WAD.
struct Profits {
    int256 up;
    int256 down;
    int256 stress;
}

/// A margin engine with two scenarios and one stress whose profits a test sets by hand, so that every state can be
/// reached with round numbers. Maintenance is the worse of `up` and `down`, initial 1.25 times that.
contract ScenarioEngine is IMarginEngine {
    int256 private constant WAD = 1e18;
    uint256 public floor = 100e18;
    Validity public validity;
    uint40 public validSince;
    mapping(Instrument => uint256) public marks;
    mapping(Instrument => Profits) public profits;

    function setMark(Instrument instrument, uint256 price) external {
        marks[instrument] = price;
    }

    function setProfits(Instrument instrument, int256 up, int256 down, int256 stress) external {
        profits[instrument] = Profits(up, down, stress);
    }

    function setFloor(uint256 floor_) external {
        floor = floor_;
    }

    function setValidity(Validity validity_, uint40 validSince_) external {
        validity = validity_;
        validSince = validSince_;
    }

    function evaluate(Portfolio[] calldata portfolios) external view returns (Risk[] memory risks) {
        risks = new Risk[](portfolios.length);
        for (uint256 i = 0; i < portfolios.length; i++) risks[i] = _evaluate(portfolios[i]);
    }

    function mark(Instrument instrument) external view returns (uint256, Validity) {
        return (marks[instrument], validity);
    }

    /// As `IMarginScenarios.witness`, of two price nodes: up, and down.
    function witness(
        Portfolio calldata portfolio,
        uint256 node,
        uint256
    ) external view returns (Witness memory result) {
        int256 sum = 0;
        for (uint256 i = 0; i < portfolio.positions.length; i++) {
            Position position = portfolio.positions[i];
            Profits memory each = profits[position.instrument()];
            sum += _productDown(position.size(), node == 0 ? each.up : each.down);
        }
        result = Witness(_evaluate(portfolio).equity, (_loss(sum) * 5) / 4, _loss(sum), validity);
    }

    function _evaluate(Portfolio calldata portfolio) private view returns (Risk memory risk) {
        risk.equity = portfolio.cash;
        Profits memory sum;
        bool needsFloor = portfolio.cash < 0;
        for (uint256 i = 0; i < portfolio.positions.length; i++) {
            Position position = portfolio.positions[i];
            Instrument instrument = position.instrument();
            int256 size = position.size();
            Profits memory each = profits[instrument];
            risk.equity += _productDown(size, int256(marks[instrument]));
            sum.up += _productDown(size, each.up);
            sum.down += _productDown(size, each.down);
            sum.stress += _productDown(size, each.stress);
            if (instrument.kind() != Kind.Spot) needsFloor = true;
        }
        risk.maintenanceBeforeFloor = _loss(sum.up < sum.down ? sum.up : sum.down);
        risk.stressLoss = _loss(sum.stress);
        uint256 least = needsFloor ? floor : 0;
        risk.maintenance = risk.maintenanceBeforeFloor > least ? risk.maintenanceBeforeFloor : least;
        risk.initial = (risk.maintenanceBeforeFloor * 5 + 3) / 4;
        if (risk.initial < least) risk.initial = least;
        risk.validity = validity;
        risk.validSince = validSince;
    }

    function _productDown(int256 a, int256 b) private pure returns (int256 result) {
        int256 product = a * b;
        result = product / WAD;
        if (product < 0 && product % WAD != 0) result--;
    }

    function _loss(int256 profit) private pure returns (uint256) {
        return profit < 0 ? uint256(-profit) : 0;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { AccountParameters, RiskParameters, Stress } from "../interfaces/IMarkets.sol";
import { MAX_STRESSES } from "../types/Limits.sol";
import { ModuleNotice } from "./ModuleNotice.sol";
import { ParameterBounds } from "./ParameterBounds.sol";

/// @title What holds between the setting of parameters and the end of their ramp.
/// @notice No portfolio requires more for maintenance meanwhile than it did before, and none less for initial than for maintenance
/// (INV-6): what is looser for every portfolio holds at once, and so does what the initial tier alone reads; the rest stays.
/// docs/decisions/0018-tightening-waits.md argues parameter by parameter.
library ParameterRamps {
    using FixedPointMathLib for uint256;

    /// @dev The notice that modules have: time to see it, to add collateral or to reduce, and for a request to the backstop to come due.
    uint256 internal constant RAMP_SECONDS = ModuleNotice.NOTICE_SECONDS;

    /// @notice Ranges, volatility nodes and moves of stress scenarios stay: for some book any change of them is stricter, for a node
    /// that moves away from one loss moves towards another. @param inForce Becomes the result.
    function meanwhile(
        RiskParameters memory inForce,
        RiskParameters memory announced
    ) internal pure returns (RiskParameters memory) {
        inForce.shortOptionMinimum = inForce.shortOptionMinimum.min(announced.shortOptionMinimum);
        inForce.concentration = inForce.concentration.min(announced.concentration);
        inForce.depth = inForce.depth.max(announced.depth);
        inForce.vegaDepth = inForce.vegaDepth.max(announced.vegaDepth);
        for (uint256 i = 0; i < MAX_STRESSES; ++i) {
            setWeights(inForce.stresses[i], announced.stresses[i]);
        }
        return inForce;
    }

    /// @notice A lower floor and more credit for diversification at once, the opposite later.
    function meanwhile(
        AccountParameters memory inForce,
        AccountParameters memory announced
    ) internal pure returns (AccountParameters memory) {
        return
            AccountParameters(
                uint128(uint256(inForce.floor).min(announced.floor)),
                uint64(uint256(inForce.credit).max(announced.credit))
            );
    }

    /// @dev Of the same scenario only, and of one in use before and after: the number of scenarios stays.
    function setWeights(Stress memory inForce, Stress memory announced) private pure {
        bool isSame = inForce.move == announced.move && inForce.volatilityNode == announced.volatilityNode;
        if (!isSame || ParameterBounds.isUnused(inForce) || ParameterBounds.isUnused(announced)) return;
        inForce.maintenanceWeight = inForce.maintenanceWeight.min(announced.maintenanceWeight);
        inForce.initialWeight = announced.initialWeight;
    }
}

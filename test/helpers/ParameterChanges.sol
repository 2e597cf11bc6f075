// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccountParameters, RiskParameters } from "../../contracts/interfaces/IMarkets.sol";
import { ParameterRamps } from "../../contracts/libraries/ParameterRamps.sol";
import { Markets } from "../../contracts/Markets.sol";
import { Test } from "./Test.sol";

/// Parameters whose ramp is over although no time has passed: for tests of something else.
abstract contract ParameterChanges is Test {
    function changeRisk(Markets markets, uint16 underlying, RiskParameters memory parameters) internal {
        uint256 time = vm.getBlockTimestamp();
        markets.setRiskParameters(underlying, parameters);
        vm.warp(time + ParameterRamps.RAMP_SECONDS);
        markets.applyRiskParameters(underlying);
        vm.warp(time);
    }

    function changeAccount(Markets markets, AccountParameters memory parameters) internal {
        uint256 time = vm.getBlockTimestamp();
        markets.setAccountParameters(parameters);
        vm.warp(time + ParameterRamps.RAMP_SECONDS);
        markets.applyAccountParameters();
        vm.warp(time);
    }
}

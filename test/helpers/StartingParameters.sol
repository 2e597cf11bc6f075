// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { RiskParameters, Stress, Tier } from "../../contracts/interfaces/IMarkets.sol";

/// The values that calibration began with, but for concentration, which is 0.
abstract contract StartingParameters {
    function btcParameters() internal pure returns (RiskParameters memory parameters) {
        parameters.initial = Tier(2e18, 24 hours, 0.07e18, 0.25e18);
        parameters.maintenance = Tier(2.2e18, 4 hours, 0.03e18, 0.12e18);
        parameters.volatilityUp = 0.4e18;
        parameters.volatilityDown = 0.29e18;
        parameters.exponentShort = 0.3e18;
        parameters.exponentLong = 0.13e18;
        parameters.shortOptionMinimum = 0.03e18;
        parameters.depth = 1500;
        parameters.vegaDepth = 3_000_000;
        parameters.stresses[0] = Stress(-0.5e18, 1, 0.15e18, 0.075e18);
        parameters.stresses[1] = Stress(0.45e18, 1, 0.15e18, 0.075e18);
    }

    function ethParameters() internal pure returns (RiskParameters memory parameters) {
        parameters = btcParameters();
        parameters.depth = 20_000;
        parameters.vegaDepth = 2_000_000;
        parameters.initial = Tier(2e18, 24 hours, 0.09e18, 0.3e18);
        parameters.maintenance = Tier(2.2e18, 4 hours, 0.035e18, 0.15e18);
        parameters.stresses[0] = Stress(-0.55e18, 1, 0.18e18, 0.09e18);
        parameters.stresses[1] = Stress(0.45e18, 1, 0.18e18, 0.09e18);
    }
}

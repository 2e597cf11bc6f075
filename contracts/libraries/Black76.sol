// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { NormalDistribution } from "./NormalDistribution.sol";

/// @title Price of a European option on a forward, undiscounted.
/// @notice F. Black, "The pricing of commodity contracts" (1976): C = F·N(d1) − K·N(d2), d1 = ln(F/K)/v + v/2, d2 = d1 − v,
/// v = σ√T; a put by parity, P = C − F + K. Prices are USD WAD, all else WAD.
library Black76 {
    uint256 private constant WAD = 1e18;

    /// @notice Price of one unit, rounded down, inside its no-arbitrage bounds.
    /// @param forward F, below 1e50. @param strike K. @param logMoneyness ln(F/K): passed in because in a scan it is a sum.
    /// @param totalVolatility v = σ√T. Without volatility the price is the intrinsic value.
    function price(
        bool isCall,
        uint256 forward,
        uint256 strike,
        int256 logMoneyness,
        uint256 totalVolatility
    ) internal pure returns (uint256) {
        uint256 call = callPrice(forward, strike, logMoneyness, totalVolatility);
        // A call is worth at least F − K, so parity does not underflow.
        return isCall ? call : call + strike - forward;
    }

    function callPrice(
        uint256 forward,
        uint256 strike,
        int256 logMoneyness,
        uint256 totalVolatility
    ) private pure returns (uint256) {
        uint256 intrinsic = FixedPointMathLib.zeroFloorSub(forward, strike);
        if (totalVolatility == 0 || forward == 0) return intrinsic;
        // |ln(F/K)| of any two prices in 256 bits is below 178, and a product of a price and a probability below 1e70.
        unchecked {
            int256 d1 = (logMoneyness * int256(WAD)) / int256(totalVolatility) + int256(totalVolatility / 2);
            uint256 assetLeg = (forward * NormalDistribution.cdf(d1)) / WAD;
            uint256 strikeLeg = (strike * NormalDistribution.cdf(d1 - int256(totalVolatility))) / WAD;
            uint256 timed = FixedPointMathLib.zeroFloorSub(assetLeg, strikeLeg);
            return FixedPointMathLib.clamp(timed, intrinsic, forward);
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Surface } from "../interfaces/IVolatilityOracle.sol";
import { MAX_TENORS } from "../types/Limits.sol";
import { SquareRoot } from "./SquareRoot.sol";

/// @notice An SSVI surface at one expiry. WAD. @param variance At-the-money total variance θ.
/// @param curvature φ = η/√θ; 0 without variance.
struct Slice {
    uint256 variance;
    int256 curvature;
    int256 rho;
}

/// @title Mark volatility from an SSVI surface.
/// @notice Formula and no-arbitrage conditions beside `Surface`. Variances are total (σ²T), WAD.
library VolatilitySurface {
    int256 private constant WAD = 1e18;

    /// @notice At-the-money total variance θ(T): linear in T between tenors, flat volatility beyond the first and the last.
    /// @param timeToExpirySeconds T; without time, or without a tenor, there is no variance.
    function atTheMoneyVariance(Surface memory surface, uint256 timeToExpirySeconds) internal pure returns (uint256) {
        unchecked {
            uint256 tenor = surface.tenorSeconds[0];
            uint256 variance = surface.totalVariance[0];
            if (tenor == 0) return 0;
            for (uint256 i = 1; i < MAX_TENORS && timeToExpirySeconds > tenor; ++i) {
                uint256 nextTenor = surface.tenorSeconds[i];
                if (nextTenor == 0) break;
                uint256 nextVariance = surface.totalVariance[i];
                if (timeToExpirySeconds <= nextTenor) {
                    uint256 weighted = variance * (nextTenor - timeToExpirySeconds);
                    weighted += nextVariance * (timeToExpirySeconds - tenor);
                    return FixedPointMathLib.rawDiv(weighted, nextTenor - tenor);
                }
                (tenor, variance) = (nextTenor, nextVariance);
            }
            return FixedPointMathLib.rawDiv(variance * timeToExpirySeconds, tenor);
        }
    }

    /// @notice The surface at an expiry. @param timeToExpirySeconds T.
    function sliceAt(Surface memory surface, uint256 timeToExpirySeconds) internal pure returns (Slice memory slice) {
        unchecked {
            uint256 variance = atTheMoneyVariance(surface, timeToExpirySeconds);
            if (variance == 0) return slice;
            slice.variance = variance;
            uint256 root = SquareRoot.sqrtWad(variance);
            slice.curvature = int256(FixedPointMathLib.rawDiv(uint256(surface.eta) * uint256(WAD), root));
            slice.rho = surface.rho;
        }
    }

    /// @notice Total volatility σ√T of a strike, WAD. @param logStrike k = ln(K/F), WAD.
    function totalVolatility(Slice memory slice, int256 logStrike) internal pure returns (uint256) {
        return SquareRoot.sqrtWad(totalVariance(slice, logStrike));
    }

    /// @dev With η ≤ 19, θ of a wei and |k| ≤ 200 the slope term is below 1e31, its square below 1e62: nothing overflows.
    function totalVariance(Slice memory slice, int256 logStrike) private pure returns (uint256) {
        unchecked {
            int256 rho = slice.rho;
            int256 slope = (slice.curvature * logStrike) / WAD;
            int256 shifted = slope + rho;
            uint256 root = SquareRoot.sqrt(uint256(shifted * shifted + WAD * WAD - rho * rho));
            int256 factor = WAD + (rho * slope) / WAD + int256(root);
            // In exact numbers the factor is never negative; rounding may leave it a few wei below zero.
            return factor <= 0 ? 0 : (slice.variance * uint256(factor)) / uint256(2 * WAD);
        }
    }
}

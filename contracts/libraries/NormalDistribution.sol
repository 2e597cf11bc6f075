// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";

/// @title Cumulative distribution function of the standard normal, WAD, and its density.
/// @notice Rational approximation 5666 of Hart et al., "Computer Approximations" (1968), in the form of G. West, "Better
/// approximations to cumulative normal functions" (2005): e^(−x²/2)·P(|x|)/Q(|x|) up to 5√2, a continued fraction beyond.
/// Absolute error below 2e-15, held against 40-digit vectors by the tests.
library NormalDistribution {
    uint256 private constant WAD = 1e18;

    /// @dev 5√2, where the rational approximation ends.
    uint256 private constant RATIONAL_LIMIT = 7.07106781186547e18;
    /// @dev N(−8.8) = 7e-19: nothing is left in WAD.
    uint256 private constant SATURATION = 8.8e18;
    uint256 private constant SQRT_TWO_PI = 2.506628274631000502e18;

    /// @param x WAD. @return Probability that a standard normal variable is at most x, WAD, in [0, 1].
    function cdf(int256 x) internal pure returns (uint256) {
        // Nothing overflows: beyond the saturation nothing is multiplied, and before it all terms are below 1e25.
        unchecked {
            uint256 magnitude = FixedPointMathLib.abs(x);
            if (magnitude >= SATURATION) return x < 0 ? 0 : WAD;
            uint256 bell = uint256(FixedPointMathLib.expWad(-int256((magnitude * magnitude) / (2 * WAD))));
            uint256 tail =
                magnitude < RATIONAL_LIMIT
                    ? (bell * numerator(magnitude)) / denominator(magnitude)
                    : (bell * WAD) / millsFraction(magnitude);
            return x < 0 ? tail : WAD - tail;
        }
    }

    /// @param x WAD. @return e^(−x²/2)/√(2π), WAD, rounded down.
    function density(int256 x) internal pure returns (uint256) {
        unchecked {
            uint256 magnitude = FixedPointMathLib.abs(x);
            // Below a wei from 9.1 on; the square stays far from overflow.
            if (magnitude >= 10 * WAD) return 0;
            uint256 bell = uint256(FixedPointMathLib.expWad(-int256((magnitude * magnitude) / (2 * WAD))));
            return (bell * WAD) / SQRT_TWO_PI;
        }
    }

    /// @notice `cdf` and `density` of the same number, from one exponential.
    function cdfAndDensity(int256 x) internal pure returns (uint256 probability, uint256 density_) {
        unchecked {
            uint256 magnitude = FixedPointMathLib.abs(x);
            if (magnitude >= RATIONAL_LIMIT) return (cdf(x), density(x));
            uint256 bell = uint256(FixedPointMathLib.expWad(-int256((magnitude * magnitude) / (2 * WAD))));
            uint256 tail = (bell * numerator(magnitude)) / denominator(magnitude);
            return (x < 0 ? tail : WAD - tail, (bell * WAD) / SQRT_TWO_PI);
        }
    }

    function numerator(uint256 x) private pure returns (uint256 sum) {
        unchecked {
            sum = 0.0352624965998911e18;
            sum = (sum * x) / WAD + 0.700383064443688e18;
            sum = (sum * x) / WAD + 6.37396220353165e18;
            sum = (sum * x) / WAD + 33.912866078383e18;
            sum = (sum * x) / WAD + 112.079291497871e18;
            sum = (sum * x) / WAD + 221.213596169931e18;
            sum = (sum * x) / WAD + 220.206867912376e18;
        }
    }

    function denominator(uint256 x) private pure returns (uint256 sum) {
        unchecked {
            sum = 0.0883883476483184e18;
            sum = (sum * x) / WAD + 1.75566716318264e18;
            sum = (sum * x) / WAD + 16.064177579207e18;
            sum = (sum * x) / WAD + 86.7807322029461e18;
            sum = (sum * x) / WAD + 296.564248779674e18;
            sum = (sum * x) / WAD + 637.333633378831e18;
            sum = (sum * x) / WAD + 793.826512519948e18;
            sum = (sum * x) / WAD + 440.413735824752e18;
        }
    }

    /// @dev √(2π)·(x + 1/(x + 2/(x + 3/(x + 4/(x + 0.65))))): what divides e^(−x²/2) in the far tail.
    function millsFraction(uint256 x) private pure returns (uint256 fraction) {
        unchecked {
            fraction = x + 0.65e18;
            for (uint256 term = 4; term > 0; --term) fraction = x + (term * WAD * WAD) / fraction;
            fraction = (fraction * SQRT_TWO_PI) / WAD;
        }
    }
}

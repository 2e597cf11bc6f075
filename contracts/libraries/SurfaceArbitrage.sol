// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { SquareRoot } from "./SquareRoot.sol";

/// @title When an SSVI surface with φ = η/√θ is free of static arbitrage.
/// @notice Gatheral and Jacquier, Arbitrage-free SVI volatility surfaces (2014). Butterfly, theorem 4.2: θφ(1 + |ρ|) < 4 and
/// θφ²(1 + |ρ|) ≤ 4; with this φ they read η√θ(1 + |ρ|) < 4 and η²(1 + |ρ|) ≤ 4, and the second follows from
/// η(1 + |ρ|) ≤ 2. Calendar, theorem 4.1: θ rises with T, and 0 ≤ ∂(θφ)/∂θ ≤ φ·(1 + √(1 − ρ²))/ρ²; the middle is φ/2 and
/// the factor on the right is at least 1, so the first condition suffices.
library SurfaceArbitrage {
    using FixedPointMathLib for uint256;

    uint256 private constant WAD = 1e18;

    /// @notice The greatest η that is free of butterfly arbitrage up to the given θ, WAD, rounded down.
    function greatestEtaDown(uint256 largestVariance, int256 rho) internal pure returns (uint256) {
        uint256 skew = WAD + FixedPointMathLib.abs(rho);
        uint256 level = SquareRoot.sqrtWad(largestVariance) + 1;
        uint256 bySlope = (2 * WAD).divWad(skew);
        uint256 byLevel = (4 * WAD).divWad(level.mulWadUp(skew));
        // One unit less, since the bound by the level is strict.
        return bySlope.min(byLevel - 1);
    }
}

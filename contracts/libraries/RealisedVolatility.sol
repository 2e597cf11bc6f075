// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Logarithm } from "./Logarithm.sol";

/// @notice Two exponentially weighted averages of squared returns, a word each. Variances per year, prices USD, WAD.
/// @param phase Phase and `round` number of the last round walked, usable or not.
/// @param updatedAt Unix seconds of the last usable round walked; `price` is its answer.
/// @param variance Over consecutive usable rounds, as of `updatedAt`.
/// @param sampledPrice Price of the last sample, at `sampledAt`; samples are at least `SAMPLE_SECONDS` apart.
/// @param sampledVariance Over samples, as of `sampledAt`.
/// @param validSince Unix seconds of the round that ended the last outage.
/// @param interrupted Whether the last round walked was not usable.
struct Realised {
    uint16 phase;
    uint40 round;
    uint40 updatedAt;
    uint96 price;
    uint64 variance;
    uint96 sampledPrice;
    uint40 sampledAt;
    uint64 sampledVariance;
    uint40 validSince;
    bool interrupted;
}

/// @title Realised volatility from price rounds.
/// @notice V ← V·e^(−dt/τ) + r²/τ with r the log return, τ = half-life / ln 2 in years of 365 days, so that V is a variance
/// per year: in a steady state r² = σ²·dt a round, and V·(1 − e^(−dt/τ)) = r²/τ gives V = σ² up to dt/2τ. There is no
/// division by dt, so equal timestamps are harmless. The larger of two counts: over consecutive rounds, which sees every move
/// but takes n equal steps for independent ones (n·r², not n²·r²), and over samples, which sees the net move of an hour.
library RealisedVolatility {
    using FixedPointMathLib for uint256;

    /// @notice The least time between two samples.
    uint256 internal constant SAMPLE_SECONDS = 1 hours;
    /// @notice The most that one return may weigh: a halving or doubling (e^0.7 = 2.01). A feed of a listed underlying
    /// publishes every per cent or so; what is farther away in one step is a bad print or the end of an outage, and
    /// one print may then add at most 0.49/τ (at 30 days 4.1 of variance), however absurd.
    int256 internal constant MAX_RETURN = 0.7e18;
    /// @notice Variances stop here, at a volatility of 400 % a year, beyond which every scan range is at its upper limit.
    uint256 internal constant MAX_VARIANCE = 16e18;

    uint256 internal constant YEAR = 365 days;
    int256 private constant LN_2 = 0.693147180559945309e18;

    /// @notice Takes the next usable round in. `time` is not before `self.updatedAt`.
    /// @return before The larger variance at `time` without the round, rounded up. @return newest The same with it, as `newestVarianceUp`
    /// answers from now on.
    function observe(
        Realised memory self,
        uint256 price,
        uint256 time,
        uint256 halfLifeSeconds
    ) internal pure returns (uint256 before, uint256 newest) {
        unchecked {
            uint256 left = halvedUp(time - self.updatedAt, halfLifeSeconds);
            uint256 decayed = uint256(self.variance).mulWadUp(left);
            uint256 squared = squaredReturnUp(self.price, price, halfLifeSeconds);
            // In a calm hour the last round is the last sample, and both counts decay and move alike.
            uint256 sampled =
                self.sampledAt == self.updatedAt
                    ? uint256(self.sampledVariance).mulWadUp(left)
                    : decayUp(self.sampledVariance, time - self.sampledAt, halfLifeSeconds);
            uint256 open = squaredReturnUp(self.sampledPrice, self.price, halfLifeSeconds).mulWadUp(left);
            before = capped(decayed.max(sampled + open));
            sampled +=
                self.sampledPrice == self.price ? squared : squaredReturnUp(self.sampledPrice, price, halfLifeSeconds);
            self.variance = capped(decayed + squared);
            self.updatedAt = uint40(time);
            self.price = uint96(price);
            newest = capped(sampled.max(self.variance));
            if (time - self.sampledAt < SAMPLE_SECONDS) return (before, newest);
            self.sampledVariance = capped(sampled);
            self.sampledAt = uint40(time);
            self.sampledPrice = uint96(price);
        }
    }

    /// @notice The larger of the two variances at `time`, rounded up. The move since the last sample counts as one more
    /// return, so a fast fall shows at once and not at the end of its hour.
    function varianceUp(Realised memory self, uint256 time, uint256 halfLifeSeconds) internal pure returns (uint256) {
        return decayUp(newestVarianceUp(self, halfLifeSeconds), time - self.updatedAt, halfLifeSeconds);
    }

    /// @notice The same as of `self.updatedAt`. The open return weighs by the half-life given, so it moves with a half-life that ramps.
    function newestVarianceUp(Realised memory self, uint256 halfLifeSeconds) internal pure returns (uint256) {
        unchecked {
            uint256 open = squaredReturnUp(self.sampledPrice, self.price, halfLifeSeconds);
            uint256 sampled = decayUp(self.sampledVariance, self.updatedAt - self.sampledAt, halfLifeSeconds) + open;
            return capped(sampled.max(self.variance));
        }
    }

    /// @notice variance · 2^(−dt / half-life), rounded up.
    function decayUp(uint256 variance, uint256 dt, uint256 halfLifeSeconds) internal pure returns (uint256) {
        return dt == 0 || variance == 0 ? variance : variance.mulWadUp(halvedUp(dt, halfLifeSeconds));
    }

    /// @notice 2^(−dt / half-life), WAD, rounded up, at most 1. @param dt Below 2^40.
    function halvedUp(uint256 dt, uint256 halfLifeSeconds) internal pure returns (uint256) {
        unchecked {
            int256 exponent = -int256((uint256(LN_2) * dt) / halfLifeSeconds);
            return (uint256(FixedPointMathLib.expWad(exponent)) + 1).min(1e18);
        }
    }

    /// @notice r²/τ for the log return r between two prices, WAD per year, rounded up.
    function squaredReturnUp(uint256 from, uint256 to, uint256 halfLifeSeconds) internal pure returns (uint256) {
        if (from == to) return 0;
        unchecked {
            // Relative to the smaller: the ratio is at least 1, and a wei more than its logarithm is no less than the exact one.
            (uint256 low, uint256 high) = from < to ? (from, to) : (to, from);
            int256 move = Logarithm.lnWad(high.divWadUp(low)) + 1;
            uint256 capped_ = uint256(FixedPointMathLib.min(move, MAX_RETURN));
            return (capped_ * capped_ * uint256(LN_2) * YEAR).divUp(halfLifeSeconds * 1e36);
        }
    }

    function capped(uint256 variance) private pure returns (uint64) {
        return uint64(variance.min(MAX_VARIANCE));
    }
}

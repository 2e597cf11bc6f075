// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { InterestRates } from "../interfaces/IInterest.sol";
import {
    AccountParameters,
    Collateral,
    IMarkets,
    RiskParameters,
    Stress,
    Tier,
    Underlying
} from "../interfaces/IMarkets.sol";
import { MAX_STRESSES } from "../types/Limits.sol";

/// @title Hard bounds of every parameter: no role can leave them. Each reverts `IMarkets.OutOfBounds`.
library ParameterBounds {
    int256 private constant WAD = 1e18;

    /// @dev Quantile in standard deviations: half of one covers nothing, and past 10 the range is always at its clamp.
    int256 private constant MIN_Z = 0.5e18;
    int256 private constant MAX_Z = 10e18;
    /// @dev No keeper is sure to act inside an hour; a fortnight is longer than any close-out.
    int256 private constant MIN_HORIZON = 1 hours;
    int256 private constant MAX_HORIZON = 14 days;
    /// @dev Less than 1 % is the noise between a feed's rounds; more than 1 (a fall by 63 %) is what stress scenarios are for,
    /// and keeps e^x harmless in the engine.
    int256 private constant MIN_RANGE = 0.01e18;
    int256 private constant MAX_RANGE = 1e18;
    /// @dev Implied volatility moves by 5 % on a quiet day. 1.5 multiplies it by 4.5 at 30 days, and with the steepest
    /// exponent by e^8.2 on the last day, which the engine's number range holds easily.
    int256 private constant MIN_VOLATILITY_SHOCK = 0.05e18;
    int256 private constant MAX_VOLATILITY_SHOCK = 1.5e18;
    /// @dev From the same shock for all tenors to square-root-of-time scaling, the steepest in use.
    int256 private constant MAX_EXPONENT = 0.5e18;
    /// @dev A far short option loses 25 to 40 % of spot in a crash: 1 % of it at least, and no more than its half.
    int256 private constant MIN_SHORT_OPTION = 0.01e18;
    int256 private constant MAX_SHORT_OPTION = 0.2e18;
    /// @dev A depth that costs a quarter of its value to close is none: name a smaller one. (κ of liquid books is 1 to 5 %.)
    int256 private constant MAX_CONCENTRATION = 0.25e18;
    /// @dev The depths are divided by, so not 0. At their upper ends, the largest position that fits and ten times what the world
    /// produces in a year, concentration costs nothing.
    int256 private constant MIN_DEPTH = 1;
    int256 private constant MAX_DEPTH = 1e12;
    int256 private constant MAX_VEGA_DEPTH = 1e15;
    /// @dev A price stays positive; it may at most quadruple.
    int256 private constant MIN_STRESS_MOVE = -0.95e18;
    int256 private constant MAX_STRESS_MOVE = 3e18;
    /// @dev A dollar still pays for a liquidation on a cheap chain; ten thousand would shut small accounts out.
    int256 private constant MIN_FLOOR = 1e18;
    int256 private constant MAX_FLOOR = 10_000e18;
    /// @dev At 0.5 a volatility-matched pair of underlyings already misses 1.3 % of days.
    int256 private constant MAX_CREDIT = 0.4e18;
    /// @dev What needs half its value on top is no collateral.
    int256 private constant MAX_HAIRCUT = 0.5e18;
    /// @dev Token units are scaled up to WAD exactly.
    int256 private constant MAX_DECIMALS = 18;
    /// @dev A position has 128 bits; a trillion units of anything stay below its 2^127 by a factor of 10^8.
    int256 private constant MAX_UNITS = 1e30;
    /// @dev A perpetual needs no tenor, but options of less than a day cannot be listed at one fixed hour. Two years is where
    /// the listed markets end.
    int256 private constant MIN_TENOR = 1 days;
    int256 private constant MAX_TENOR = 730 days;
    /// @dev A rate above 50 % below the kink would be a fee on margin, not a price of cash. At full utilisation 300 % brings a borrower who waits a
    /// day for a liquidation no further than 0.8 %, less than the noise of his collateral.
    int256 private constant MAX_RATE_AT_KINK_IN_BP = 5_000;
    int256 private constant MAX_RATE_AT_FULL_IN_BP = 30_000;
    /// @dev Below half there is nothing to bring back; above 95 % too little is left to withdraw when it begins.
    int256 private constant MIN_KINK_IN_PERCENT = 50;
    int256 private constant MAX_KINK_IN_PERCENT = 95;
    int256 private constant MAX_RESERVE_FACTOR_IN_PERCENT = 50;

    function requireListing(uint16 id, Underlying memory listing) internal pure {
        requireWithin("underlying", int256(uint256(id)), 1, int256(uint256(type(uint16).max)));
        requireWithin("strikeStep", int256(uint256(listing.strikeStep)), 1, int256(uint256(type(uint64).max)));
        requireWithin("maxTenorSeconds", int256(uint256(listing.maxTenorSeconds)), MIN_TENOR, MAX_TENOR);
        requireOpenInterestCap(listing.openInterestCap);
    }

    /// @dev Zero closes the market to new positions.
    function requireOpenInterestCap(uint128 cap) internal pure {
        requireWithin("openInterestCap", int256(uint256(cap)), 0, MAX_UNITS);
    }

    function requireCollateral(Collateral memory collateral) internal pure {
        requireWithin("decimals", int256(uint256(collateral.decimals)), 0, MAX_DECIMALS);
        requireWithin("haircut", int256(uint256(collateral.haircut)), 0, MAX_HAIRCUT);
        requireWithin("cap", int256(uint256(collateral.cap)), 0, MAX_UNITS);
    }

    function requireAccount(AccountParameters memory account) internal pure {
        requireWithin("floor", int256(uint256(account.floor)), MIN_FLOOR, MAX_FLOOR);
        requireWithin("credit", int256(uint256(account.credit)), 0, MAX_CREDIT);
    }

    /// @dev No rate is below the one before.
    function requireInterest(InterestRates memory rates) internal pure {
        int256 atZero = int256(uint256(rates.atZeroInBp));
        int256 atKink = int256(uint256(rates.atKinkInBp));
        int256 kink = int256(uint256(rates.kinkInPercent));
        int256 factor = int256(uint256(rates.reserveFactorInPercent));
        requireWithin("atKinkInBp", atKink, 0, MAX_RATE_AT_KINK_IN_BP);
        requireWithin("atZeroInBp", atZero, 0, atKink);
        requireWithin("atFullInBp", int256(uint256(rates.atFullInBp)), atKink, MAX_RATE_AT_FULL_IN_BP);
        requireWithin("kinkInPercent", kink, MIN_KINK_IN_PERCENT, MAX_KINK_IN_PERCENT);
        requireWithin("reserveFactorInPercent", factor, 0, MAX_RESERVE_FACTOR_IN_PERCENT);
    }

    /// @dev The tiers must nest: at equal volatility the initial range contains the maintenance range, whatever it is.
    function requireRisk(RiskParameters memory parameters) internal pure {
        Tier memory initial = parameters.initial;
        Tier memory maintenance = parameters.maintenance;
        requireTier(maintenance, MIN_RANGE, MIN_RANGE);
        requireTier(initial, int256(uint256(maintenance.rangeMin)), int256(uint256(maintenance.rangeMax)));
        // z·√h compared by its square.
        int256 least = rangeSquared(maintenance);
        requireWithin("initial.z", rangeSquared(initial), least, type(int256).max);
        requireVolatilityNodes(parameters);
        requireWithin(
            "shortOptionMinimum",
            int256(uint256(parameters.shortOptionMinimum)),
            MIN_SHORT_OPTION,
            MAX_SHORT_OPTION
        );
        requireWithin("concentration", int256(uint256(parameters.concentration)), 0, MAX_CONCENTRATION);
        requireWithin("depth", int256(uint256(parameters.depth)), MIN_DEPTH, MAX_DEPTH);
        requireWithin("vegaDepth", int256(uint256(parameters.vegaDepth)), MIN_DEPTH, MAX_VEGA_DEPTH);
        requireStresses(parameters.stresses);
    }

    /// @notice Whether a scenario weighs nothing in either tier; its maintenance weight is bounded by the initial one.
    function isUnused(Stress memory stress) internal pure returns (bool) {
        return stress.initialWeight == 0;
    }

    function requireTier(Tier memory tier, int256 leastRangeMin, int256 leastRangeMax) private pure {
        int256 rangeMin = int256(uint256(tier.rangeMin));
        requireWithin("z", int256(uint256(tier.z)), MIN_Z, MAX_Z);
        requireWithin("horizonSeconds", int256(uint256(tier.horizonSeconds)), MIN_HORIZON, MAX_HORIZON);
        requireWithin("rangeMin", rangeMin, leastRangeMin, MAX_RANGE);
        int256 least = rangeMin > leastRangeMax ? rangeMin : leastRangeMax;
        requireWithin("rangeMax", int256(uint256(tier.rangeMax)), least, MAX_RANGE);
    }

    function requireVolatilityNodes(RiskParameters memory parameters) private pure {
        int256 up = int256(uint256(parameters.volatilityUp));
        int256 down = int256(uint256(parameters.volatilityDown));
        requireWithin("volatilityUp", up, MIN_VOLATILITY_SHOCK, MAX_VOLATILITY_SHOCK);
        requireWithin("volatilityDown", down, MIN_VOLATILITY_SHOCK, MAX_VOLATILITY_SHOCK);
        requireWithin("exponentShort", int256(uint256(parameters.exponentShort)), 0, MAX_EXPONENT);
        requireWithin("exponentLong", int256(uint256(parameters.exponentLong)), 0, MAX_EXPONENT);
    }

    /// @dev Whoever reads scenarios stops at the first unused one.
    function requireStresses(Stress[MAX_STRESSES] memory stresses) private pure {
        for (uint256 i = 0; i < MAX_STRESSES; ++i) {
            requireStress(stresses[i]);
            bool isInOrder = i == 0 || isUnused(stresses[i]) || !isUnused(stresses[i - 1]);
            require(isInOrder, IMarkets.StressAfterUnused(i));
        }
    }

    function requireStress(Stress memory stress) private pure {
        int256 initialWeight = int256(uint256(stress.initialWeight));
        requireWithin("move", stress.move, MIN_STRESS_MOVE, MAX_STRESS_MOVE);
        requireWithin("volatilityNode", stress.volatilityNode, -1, 1);
        requireWithin("initialWeight", initialWeight, 0, WAD);
        requireWithin("maintenanceWeight", int256(uint256(stress.maintenanceWeight)), 0, initialWeight);
    }

    /// @dev z²·h.
    function rangeSquared(Tier memory tier) private pure returns (int256) {
        return int256(uint256(tier.z) * tier.z * tier.horizonSeconds);
    }

    function requireWithin(bytes32 parameter, int256 value, int256 min, int256 max) private pure {
        require(value >= min && value <= max, IMarkets.OutOfBounds(parameter, value, min, max));
    }
}

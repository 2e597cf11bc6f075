// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { ControllerParameters, IVolatilityOracle } from "../interfaces/IVolatilityOracle.sol";
import { Logarithm } from "./Logarithm.sol";
import { RealisedVolatility } from "./RealisedVolatility.sol";

/// @notice The memory of the controller, in one word with its time. Volatilities per year, WAD.
/// @param stressed Peak of the observed volatility. @param updatedAt Unix seconds as of which all three hold.
/// @param isRamping Whether the parameters were still moving then; see `ControllerRamp`.
struct ControllerState {
    uint64 stressed;
    uint64 initial;
    uint64 maintenance;
    uint40 updatedAt;
    bool isRamping;
}

/// @title The anti-procyclical controller: observed volatility in, margin volatilities out.
/// @notice maintenance ≤ target ≤ initial always: maintenance is the smaller of the target and what its speed allows, initial
/// the target plus what is left of an earlier excess.
library VolatilityController {
    using FixedPointMathLib for uint256;

    /// @notice The highest volatility that is ever observed, where realised variances stop. Every margin volatility is a mixture of observed ones
    /// or a floor below it.
    uint256 internal constant MAX_VOLATILITY = 4e18;

    /// @dev Below a week one calm week-end halves what a crash taught, with 24 hours no setting meets the goals; above a quarter
    /// the observed volatility lags like the stressed one.
    uint256 private constant MIN_REALISED_HALF_LIFE_SECONDS = 7 days;
    uint256 private constant MAX_REALISED_HALF_LIFE_SECONDS = 90 days;
    /// @dev From a trading session to what no longer follows the market.
    uint256 private constant MIN_INITIAL_HALF_LIFE_SECONDS = 6 hours;
    uint256 private constant MAX_INITIAL_HALF_LIFE_SECONDS = 30 days;
    /// @dev Under the calmest month of any listed underlying, and half of the highest peak that may be seeded.
    uint256 private constant MIN_FLOOR = 0.1e18;
    uint256 private constant MAX_FLOOR = 2e18;
    /// @dev EMIR RTS 153/2013 art. 28(1)(b) asks for at least a quarter.
    uint256 private constant MIN_STRESSED_WEIGHT = 0.25e18;
    uint256 private constant MAX_STRESSED_WEIGHT = 1e18;
    /// @dev At 10 % an hour maintenance doubles within 7.3 hours: less notice is none. At 0.5 % it takes six days, longer than
    /// the initial volatility needs to come back.
    uint256 private constant MIN_MAINTENANCE_RISE_PER_HOUR = 0.005e18;
    uint256 private constant MAX_MAINTENANCE_RISE_PER_HOUR = 0.1e18;

    /// @dev e^20 is 4.9e8, more than any volatility may be above another.
    int256 private constant MAX_GROWTH_EXPONENT = 20e18;
    /// @dev A step of the maintenance volatility errs by a few units of 1e-18 of itself; a trillionth covers 10^5 steps, which at a round every
    /// five minutes take a year without ever meeting the target.
    uint256 private constant STEPS_ERROR = 1e6;
    int256 private constant WAD = 1e18;

    function requireInBounds(ControllerParameters memory p) internal pure {
        requireInBounds(
            "realisedHalfLifeSeconds",
            p.realisedHalfLifeSeconds,
            MIN_REALISED_HALF_LIFE_SECONDS,
            MAX_REALISED_HALF_LIFE_SECONDS
        );
        requireInBounds(
            "initialHalfLifeSeconds",
            p.initialHalfLifeSeconds,
            MIN_INITIAL_HALF_LIFE_SECONDS,
            MAX_INITIAL_HALF_LIFE_SECONDS
        );
        requireInBounds("floor", p.floor, MIN_FLOOR, MAX_FLOOR);
        requireInBounds("stressedWeight", p.stressedWeight, MIN_STRESSED_WEIGHT, MAX_STRESSED_WEIGHT);
        requireInBounds(
            "maintenanceRisePerHour",
            p.maintenanceRisePerHour,
            MIN_MAINTENANCE_RISE_PER_HOUR,
            MAX_MAINTENANCE_RISE_PER_HOUR
        );
    }

    function requireInBounds(bytes32 parameter, uint256 value, uint256 min, uint256 max) internal pure {
        require(value >= min && value <= max, IVolatilityOracle.OutOfBounds(parameter, value, min, max));
    }

    /// @notice Moves the controller to `time`, at which `observed` volatility was seen. A time before `self.updatedAt` counts as now.
    /// @dev Nothing overflows: volatilities and parameters are below 2^64, times below 2^40.
    function advance(
        ControllerState memory self,
        ControllerParameters memory parameters,
        uint256 observed,
        uint256 time
    ) internal pure returns (uint256 target) {
        uint256 dt = time.zeroFloorSub(self.updatedAt);
        uint256 stressed = observed.max(self.stressed);
        target = targetUp(parameters, observed, stressed);
        self.stressed = uint64(stressed);
        self.initial = uint64(fallenUp(self.initial, target, dt, parameters.initialHalfLifeSeconds));
        self.maintenance = uint64(risenDown(self.maintenance, target, dt, parameters.maintenanceRisePerHour));
        unchecked {
            self.updatedAt += uint40(dt);
        }
    }

    /// @notice max(floor, (1 − w)·observed + w·stressed), rounded up.
    function targetUp(
        ControllerParameters memory parameters,
        uint256 observed,
        uint256 stressed
    ) internal pure returns (uint256) {
        unchecked {
            uint256 weight = parameters.stressedWeight;
            uint256 blended = observed * (uint256(WAD) - weight) + stressed * weight;
            return blended.divUp(uint256(WAD)).max(parameters.floor);
        }
    }

    /// @notice No less than what `maintenance` can rise to in any steps that together last `dt`, none faster than `risePerHour`.
    /// @dev Each step multiplies by at most (1 + rise)^(its time / 1 h), and the product of these powers is the power of the sum.
    function greatestRisenUp(uint256 maintenance, uint256 dt, uint256 risePerHour) internal pure returns (uint256) {
        unchecked {
            int256 perHour = Logarithm.lnWad(uint256(WAD) + risePerHour) + 1;
            int256 exponent = FixedPointMathLib.min((perHour * int256(dt)) / 1 hours + 1, MAX_GROWTH_EXPONENT);
            uint256 growth = uint256(FixedPointMathLib.expWad(exponent)) + STEPS_ERROR;
            return maintenance.mulWadUp(growth + growth.mulWadUp(STEPS_ERROR)).min(MAX_VOLATILITY);
        }
    }

    /// @notice For how many seconds `greatestRisenUp` does not exceed `level`, rounded down; 0 if it does at once.
    /// @param maintenance Not 0. @param level Below 2^64. @param risePerHour Within its bounds.
    function secondsToRiseDown(
        uint256 maintenance,
        uint256 level,
        uint256 risePerHour
    ) internal pure returns (uint256) {
        if (level <= maintenance) return 0;
        unchecked {
            int256 perHour = Logarithm.lnWad(uint256(WAD) + risePerHour) + 1;
            uint256 exponent = uint256(Logarithm.lnWad(level.divWad(maintenance)));
            // A second less: in one the exponent grows by 1.4e-6 at the least, a million times what all errors add.
            return ((exponent * 1 hours) / uint256(perHour)).zeroFloorSub(1);
        }
    }

    /// @notice What is left after `dt` of an excess over the target; the target itself if there is none.
    function fallenUp(
        uint256 initial,
        uint256 target,
        uint256 dt,
        uint256 halfLifeSeconds
    ) private pure returns (uint256) {
        if (initial <= target) return target;
        unchecked {
            return target + RealisedVolatility.decayUp(initial - target, dt, halfLifeSeconds);
        }
    }

    /// @notice min(target, maintenance·(1 + rise)^(dt / 1 h)), rounded down: the published speed is never exceeded.
    function risenDown(
        uint256 maintenance,
        uint256 target,
        uint256 dt,
        uint256 risePerHour
    ) private pure returns (uint256) {
        if (dt == 0 || maintenance >= target) return maintenance.min(target);
        unchecked {
            int256 perHour = Logarithm.lnWad(uint256(WAD) + risePerHour) - 1;
            int256 exponent = (perHour * int256(dt)) / 1 hours;
            exponent = FixedPointMathLib.min(exponent, MAX_GROWTH_EXPONENT);
            return maintenance.mulWad(uint256(FixedPointMathLib.expWad(exponent))).min(target);
        }
    }
}

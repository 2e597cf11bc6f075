// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { ControllerParameters } from "../interfaces/IVolatilityOracle.sol";

/// @notice A change of the controller's parameters under way. @param from In force at `startedAt`, Unix seconds.
struct Ramp {
    ControllerParameters from;
    uint40 startedAt;
}

/// @title Parameters move from old to new values linearly in time, so that a change makes no margin jump.
/// @notice A value depends on the time it is asked for alone: a round is taken in with the parameters of its own time, whoever walks it
/// later. Each parameter stays between its two ends, hence inside its hard bounds.
library ControllerRamp {
    using FixedPointMathLib for uint256;

    /// @notice As long as the initial volatility takes to lose half of an excess at its starting value, and longer than a week-end, so that
    /// no change is over before whoever looks on working days only has seen it begin; with the two days' notice of a change five days from its
    /// publication. A floor that goes from 10 % to 200 %, its hard bounds, then raises no volatility by more than 2.7 points
    /// an hour; maintenance has a speed of its own.
    uint256 internal constant RAMP_SECONDS = 3 days;

    /// @notice The parameters in force at `time`, on the way to `to`; those of the start before it. @param time Below 2^40.
    function inForceAt(
        Ramp memory self,
        ControllerParameters memory to,
        uint256 time
    ) internal pure returns (ControllerParameters memory p) {
        uint256 elapsed = time.zeroFloorSub(self.startedAt);
        if (elapsed >= RAMP_SECONDS) return to;
        ControllerParameters memory from = self.from;
        p.realisedHalfLifeSeconds = uint32(between(from.realisedHalfLifeSeconds, to.realisedHalfLifeSeconds, elapsed));
        p.initialHalfLifeSeconds = uint32(between(from.initialHalfLifeSeconds, to.initialHalfLifeSeconds, elapsed));
        p.floor = uint64(between(from.floor, to.floor, elapsed));
        p.stressedWeight = uint64(between(from.stressedWeight, to.stressedWeight, elapsed));
        p.maintenanceRisePerHour = uint64(between(from.maintenanceRisePerHour, to.maintenanceRisePerHour, elapsed));
    }

    /// @notice Unix seconds of the first moment at which the ramp is over.
    function endsAt(Ramp memory self) internal pure returns (uint40) {
        return self.startedAt + uint40(RAMP_SECONDS);
    }

    /// @dev Both ends are below 2^64.
    function between(uint256 from, uint256 to, uint256 elapsed) private pure returns (uint256) {
        unchecked {
            return (from * (RAMP_SECONDS - elapsed) + to * elapsed) / RAMP_SECONDS;
        }
    }
}

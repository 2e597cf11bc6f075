// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice One word. 104 bits hold 2e31 units, twenty times the largest cap that a market can have, so that a fill which
/// opens before it closes passes as well.
/// @param units Long in derivatives on an underlying, WAD. @param average Of the units, slow, WAD.
/// @param updatedAt Unix seconds when `average` was last brought up to date.
struct OpenInterestState {
    uint104 units;
    uint104 average;
    uint40 updatedAt;
}

/// @title Open interest of one underlying and its slow average.
/// @notice The average says how much of a market has been held for long: it moves towards the units that were held, by the
/// share min(dt, T)/T of the difference. Within a block nothing moves it, in whatever order or pieces units change. Changes
/// on the way slow it down and never speed it up: at worst it covers 1 − e^(−t/T) of a difference in the time t.
library OpenInterest {
    using SafeCast for uint256;

    /// @dev T. A position counts in full after a day, and by a twenty-fourth after an hour: whoever wants to blow up
    /// the average has to carry margin and market risk for hours, and a round trip inside one block counts for nothing.
    uint256 internal constant AVERAGING_SECONDS = 1 days;

    /// @notice The average at `timestamp` (Unix seconds, not before the last change), WAD. Rounded towards where it was, so
    /// it never leaves the range between the average and the units.
    function averageAt(OpenInterestState memory self, uint256 timestamp) internal pure returns (uint256) {
        uint256 elapsed = Math.min(timestamp - self.updatedAt, AVERAGING_SECONDS);
        (uint256 units, uint256 average) = (self.units, self.average);
        unchecked {
            // 104 bits times a day; and no more is taken off than there is.
            if (units >= average) return average + ((units - average) * elapsed) / AVERAGING_SECONDS;
            return average - ((average - units) * elapsed) / AVERAGING_SECONDS;
        }
    }

    /// @notice The state with other units from `timestamp` on; until then the average follows those held so far.
    function withUnits(
        OpenInterestState memory self,
        uint256 units,
        uint256 timestamp
    ) internal pure returns (OpenInterestState memory) {
        return OpenInterestState(units.toUint104(), averageAt(self, timestamp).toUint104(), timestamp.toUint40());
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { SignedWad } from "./SignedWad.sol";

/// @notice Of the perpetual of one underlying. @param index What a unit long has paid since the beginning, USD WAD; negative where
/// it has received. @param accruedAt Unix seconds up to which; 0 before the first time.
struct FundingState {
    int128 index;
    uint40 accruedAt;
}

/// @notice What an account remembers of a perpetual that it holds, one word. @param value Entry value, USD WAD, with all funding up to
/// `index`. @param index The funding index that it has paid up to.
struct PerpetualEntry {
    int128 value;
    int128 index;
}

/// @title Funding of perpetuals: longs pay shorts a rate of the price by an index, whoever they are.
library Funding {
    using SafeCast for int256;
    using SignedWad for int256;

    /// @notice Rates beyond are taken as this: 0.1 % in eight hours, 0.3 % a day. It takes three weeks at the limit to use up the least
    /// initial margin of a perpetual, 7 % of its value.
    int256 internal constant MAX_RATE_PER_YEAR = 1.095e18;
    /// @notice Time since the last accrual beyond this does not count. So a rate that one moment shows, be it bought, moves no more than
    /// 0.0125 % of a position.
    uint256 internal constant MAX_GAP_SECONDS = 1 hours;
    int256 private constant SECONDS_PER_YEAR = 365 days;
    int256 private constant WAD = 1e18;

    /// @notice Moves the index by rate·price·time. @param rate A year, WAD. @param price USD WAD.
    function accrue(FundingState storage self, int256 rate, uint256 price) internal {
        FundingState memory state = self;
        if (state.accruedAt != 0) {
            uint256 elapsed = Math.min(block.timestamp - state.accruedAt, MAX_GAP_SECONDS);
            rate = SignedMath.max(-MAX_RATE_PER_YEAR, SignedMath.min(rate, MAX_RATE_PER_YEAR));
            int256 step = (rate * int256(price) * int256(elapsed)) / (SECONDS_PER_YEAR * WAD);
            state.index = (state.index + step).toInt128();
        }
        state.accruedAt = uint40(block.timestamp);
        (self.index, self.accruedAt) = (state.index, state.accruedAt);
    }

    /// @notice What a position of `size` units has received since, USD WAD, rounded down; negative: paid.
    function received(PerpetualEntry memory entry, int256 size, int256 index) internal pure returns (int256) {
        unchecked {
            // 128 bits times 128 bits.
            return (-size).mulDown(index - entry.index);
        }
    }
}

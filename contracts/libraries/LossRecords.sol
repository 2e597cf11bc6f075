// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { Instrument } from "../types/Instrument.sol";
import { SignedMulDiv } from "./SignedMulDiv.sol";

/// @notice A leg of a bankrupt account closed against all who hold the other side of it. What is left of it for those who have
/// not taken their share yet.
/// @param held Units that they hold. @param size Units of these to be closed, with the sign of their positions; |size| ≤ held.
/// @param value What they receive for it in cash, USD WAD; negative: what they pay.
struct TearUp {
    Instrument instrument;
    uint128 held;
    int128 size;
    int128 value;
}

/// @param tearUpCount How many there ever were. @param openTearUps Those not settled by all holders.
/// @param tearUps By number from 0.
struct LossRecords {
    uint32 tearUpCount;
    uint32 openTearUps;
    mapping(uint256 number => TearUp) tearUps;
}

/// @title Losses that all holders of something share in proportion, whenever each of them comes by.
/// @notice Everyone takes his share of what is left, rounded against him. So the shares add up to the whole, to the unit,
/// in whatever order they are taken: the last one finds `held` equal to what he holds and takes the rest.
library LossShares {
    using SafeCast for int256;
    using SafeCast for uint256;

    /// @notice The share of a position. @param position Units, of the sign of `left.size`.
    /// @return size Units to close, of the same sign and no more than the position. @return value USD WAD received.
    function shareOf(TearUp memory left, int256 position) internal pure returns (int256 size, int256 value) {
        uint256 whole = SignedMath.abs(left.size);
        uint256 part = Math.mulDiv(whole, SignedMath.abs(position), left.held, Math.Rounding.Ceil);
        size = left.size > 0 ? part.toInt256() : -part.toInt256();
        value = part == whole ? int256(left.value) : SignedMulDiv.mulDivDown(left.value, part, whole);
    }

    /// @notice Whether a position belongs to those who still have to share the tear-up. What is rounded off the first shares
    /// may leave nothing for the last.
    function concerns(TearUp memory self, int256 position) internal pure returns (bool) {
        return self.size != 0 && position != 0 && (position > 0) == (self.size > 0);
    }

    /// @notice Takes out what the holder of `position` took.
    function take(LossRecords storage self, uint256 number, int256 position, int256 size, int256 value) internal {
        TearUp storage left = self.tearUps[number];
        left.held = (left.held - SignedMath.abs(position)).toUint128();
        left.size = (left.size - size).toInt128();
        left.value = (left.value - value).toInt128();
        if (left.size == 0) --self.openTearUps;
    }

    function add(LossRecords storage self, TearUp memory tearUp) internal {
        self.tearUps[self.tearUpCount++] = tearUp;
        ++self.openTearUps;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @title Products and quotients of a signed amount with 512-bit intermediates.
library SignedMulDiv {
    using SafeCast for uint256;

    /// @notice amount·numerator/denominator, towards minus infinity.
    function mulDivDown(int256 amount, uint256 numerator, uint256 denominator) internal pure returns (int256) {
        if (amount >= 0) return Math.mulDiv(uint256(amount), numerator, denominator).toInt256();
        return -Math.mulDiv(SignedMath.abs(amount), numerator, denominator, Math.Rounding.Ceil).toInt256();
    }

    /// @notice amount·numerator/denominator, towards plus infinity.
    function mulDivUp(int256 amount, uint256 numerator, uint256 denominator) internal pure returns (int256) {
        if (amount > 0) return Math.mulDiv(uint256(amount), numerator, denominator, Math.Rounding.Ceil).toInt256();
        return -Math.mulDiv(SignedMath.abs(amount), numerator, denominator).toInt256();
    }

    /// @notice Whether a·b ≥ c·d, exactly.
    function isProductAtLeast(int256 a, uint256 b, int256 c, uint256 d) internal pure returns (bool) {
        (uint256 leftHigh, uint256 leftLow) = Math.mul512(SignedMath.abs(a), b);
        (uint256 rightHigh, uint256 rightLow) = Math.mul512(SignedMath.abs(c), d);
        if (a >= 0 && c < 0) return true;
        if (a < 0 && c >= 0) return leftHigh | leftLow | rightHigh | rightLow == 0;
        bool isEqual = leftHigh == rightHigh && leftLow == rightLow;
        bool isGreater = leftHigh > rightHigh || (leftHigh == rightHigh && leftLow > rightLow);
        return isEqual || isGreater == (a >= 0);
    }
}

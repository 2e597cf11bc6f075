// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Signed amounts and products, rounded towards the worse side of an account.
library SignedWad {
    int256 private constant WAD = 1e18;

    /// @notice How far the amount is below zero, in its unit; 0 where it is not.
    function belowZero(int256 amount) internal pure returns (uint256) {
        return amount < 0 ? uint256(-amount) : 0;
    }

    /// @notice x / 1e18, rounded towards minus infinity: a product of two WADs as a WAD, never in the holder's favour.
    function fromSquareDown(int256 x) internal pure returns (int256 quotient) {
        unchecked {
            quotient = x / WAD;
            if (x % WAD < 0) --quotient;
        }
    }

    /// @notice x·y, both WAD, rounded towards minus infinity. The product must be below 2^255: it is not checked.
    function mulDown(int256 x, int256 y) internal pure returns (int256) {
        unchecked {
            return fromSquareDown(x * y);
        }
    }
}

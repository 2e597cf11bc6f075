// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Square roots in half the gas of a search for the highest bit: the EVM counts leading zeros since Osaka.
library SquareRoot {
    uint256 private constant WAD = 1e18;

    /// @notice √x, rounded down.
    /// @dev Heron's rule from a power of two that is off by no more than √2: relative errors e become e²/2(1 + e), from 0.41 below
    /// 0.06, 2e-3, 2e-6, 2e-12, 1e-24, 1e-48, less than a wei of any root. Integer steps never fall below the root rounded down, and
    /// may end one above it.
    function sqrt(uint256 x) internal pure returns (uint256 root) {
        assembly ("memory-safe") {
            root := shl(shr(1, sub(256, clz(x))), 1)
            root := shr(1, add(root, div(x, root)))
            root := shr(1, add(root, div(x, root)))
            root := shr(1, add(root, div(x, root)))
            root := shr(1, add(root, div(x, root)))
            root := shr(1, add(root, div(x, root)))
            root := shr(1, add(root, div(x, root)))
            root := sub(root, lt(div(x, root), root))
        }
    }

    /// @notice √x of a WAD as a WAD, rounded down. @param x Below 2^196.
    function sqrtWad(uint256 x) internal pure returns (uint256) {
        unchecked {
            return sqrt(x * WAD);
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SquareRoot } from "../../contracts/libraries/SquareRoot.sol";
import { Test } from "../helpers/Test.sol";

contract SquareRootTest is Test {
    function requireRoot(uint256 x) private pure {
        uint256 root = SquareRoot.sqrt(x);
        assertTrue(root <= type(uint128).max && root * root <= x, "above the root");
        // The next square is above x, or above all numbers.
        assertTrue(root == type(uint128).max || (root + 1) * (root + 1) > x, "more than one below the root");
    }

    function testFuzz_IsTheRootRoundedDown(uint256 x, uint8 shift) external pure {
        requireRoot(x >> shift);
    }

    /// Where integer steps go to and fro between two numbers.
    function testFuzz_BesideSquares(uint128 root) external pure {
        uint256 square = uint256(root) * root;
        requireRoot(square);
        requireRoot(square + root);
        if (root != 0) requireRoot(square - 1);
    }

    function test_SmallNumbersAndPowersOfTwo() external pure {
        for (uint256 x = 0; x < 1_000; ++x) requireRoot(x);
        for (uint256 i = 0; i < 256; ++i) requireRoot(1 << i);
        requireRoot(type(uint256).max);
    }

    function test_OfAWad() external pure {
        assertEq(SquareRoot.sqrtWad(2e18), 1.414213562373095048e18);
        assertEq(SquareRoot.sqrtWad(0), 0);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { PriceNode, toPriceNode } from "../../contracts/types/PriceNode.sol";
import { NearestStrikes, StrikeNodes } from "../../contracts/libraries/StrikeNodes.sol";
import { Test } from "../helpers/Test.sol";

/// The list of the strikes nearest to the spot.
contract StrikeNodesTest is Test {
    using StrikeNodes for NearestStrikes;

    uint256 private constant LIMIT = 6;

    function listOf(int256[] memory moves) private pure returns (NearestStrikes memory list) {
        for (uint256 i = 0; i < moves.length; ++i) list.add(priceOf(moves[i]), moves[i]);
    }

    /// A price that tells to which move it belongs.
    function priceOf(int256 move) private pure returns (uint256) {
        return uint256(2_000e18 + move);
    }

    function requireMoves(NearestStrikes memory list, int256[] memory expected) private pure {
        assertEq(list.count, expected.length, "count");
        for (uint256 i = 0; i < expected.length; ++i) {
            assertEq(list.nodes[i].move(), expected[i], "move");
            assertEq(list.nodes[i].price(), priceOf(expected[i]), "price");
        }
    }

    function movesOf(int256[4] memory moves) private pure returns (int256[] memory list) {
        list = new int256[](4);
        for (uint256 i = 0; i < 4; ++i) list[i] = moves[i];
    }

    function test_KeepsTheNearestFirst() external pure {
        NearestStrikes memory list = listOf(movesOf([int256(5), -2, 9, -7]));
        requireMoves(list, movesOf([int256(-2), 5, -7, 9]));
        assertFalse(list.isCut);
    }

    function test_OfTwoEquallyNearOnesTheLowerComesFirst() external pure {
        requireMoves(listOf(movesOf([int256(4), -4, 3, -3])), movesOf([int256(-3), 3, -4, 4]));
        requireMoves(listOf(movesOf([int256(-3), 3, -4, 4])), movesOf([int256(-3), 3, -4, 4]));
    }

    function test_KeepsAStrikeThatIsAddedTwiceOnce() external pure {
        int256[] memory moves = new int256[](8);
        for (uint256 i = 0; i < 8; ++i) moves[i] = int256(i % 4) - 2;
        NearestStrikes memory list = listOf(moves);
        requireMoves(list, movesOf([int256(0), -1, 1, -2]));
        assertFalse(list.isCut);
    }

    function test_CutsWhatIsBeyondSix() external pure {
        int256[] memory moves = new int256[](9);
        for (uint256 i = 0; i < 9; ++i) moves[i] = 90 - 10 * int256(i);
        NearestStrikes memory list = listOf(moves);
        assertEq(list.count, LIMIT);
        assertTrue(list.isCut);
        for (uint256 i = 0; i < 9; ++i) assertEq(list.isBeyond(moves[i]), moves[i] > 60);
        assertFalse(list.isBeyond(-60), "the lower of two equally near ones would be a node");
    }

    function test_WithoutACutNothingIsBeyond() external pure {
        NearestStrikes memory list = listOf(movesOf([int256(1), 2, 3, 4]));
        assertFalse(list.isBeyond(1_000));
    }

    /// Six, and one of them once more: nothing has been cut.
    function test_ADuplicateCutsNothing() external pure {
        int256[] memory moves = new int256[](7);
        for (uint256 i = 0; i < 7; ++i) moves[i] = int256(i % 6);
        assertFalse(listOf(moves).isCut);
    }

    /// A duplicate of what has been cut stays beyond, and a node that comes late pushes out the farthest.
    function test_ALateNearStrikePushesOutTheFarthest() external pure {
        int256[] memory moves = new int256[](8);
        for (uint256 i = 0; i < 7; ++i) moves[i] = int256(i % 6) + 10;
        moves[7] = 1;
        NearestStrikes memory list = listOf(moves);
        assertEq(list.count, LIMIT);
        assertEq(list.nodes[0].move(), 1);
        assertEq(list.nodes[5].move(), 14);
        assertTrue(list.isBeyond(15));
        assertFalse(list.isBeyond(14));
    }

    function testFuzz_TheOrderDoesNotMatter(int8[12] memory draws, uint256 seed) external pure {
        int256[] memory moves = new int256[](12);
        for (uint256 i = 0; i < 12; ++i) moves[i] = draws[i];
        NearestStrikes memory list = listOf(moves);
        for (uint256 i = 11; i > 0; --i) {
            uint256 other = uint256(keccak256(abi.encode(seed, i))) % (i + 1);
            (moves[i], moves[other]) = (moves[other], moves[i]);
        }
        assertEq(abi.encode(listOf(moves)), abi.encode(list));
    }

    /// Every strike is either among the nodes or beyond them, and no node is farther than one that is beyond.
    function testFuzz_EveryStrikeIsANodeOrBeyond(int8[12] memory draws) external pure {
        int256[] memory moves = new int256[](12);
        for (uint256 i = 0; i < 12; ++i) moves[i] = draws[i];
        NearestStrikes memory list = listOf(moves);
        assertLe(list.count, LIMIT);
        for (uint256 i = 0; i < 12; ++i) {
            assertEq(isNode(list, moves[i]), !list.isBeyond(moves[i]));
            if (!list.isBeyond(moves[i])) continue;
            uint256 farthest = FixedPointMathLib.abs(list.nodes[LIMIT - 1].move());
            assertGe(FixedPointMathLib.abs(moves[i]), farthest);
        }
    }

    function isNode(NearestStrikes memory list, int256 move) private pure returns (bool) {
        for (uint256 i = 0; i < list.count; ++i) if (list.nodes[i].move() == move) return true;
        return false;
    }

    function test_AppendsToAListThatStaysAsItIs() external pure {
        PriceNode[] memory grid = new PriceNode[](2);
        grid[0] = toPriceNode(priceOf(-1), -1);
        grid[1] = toPriceNode(priceOf(0), 0);
        PriceNode[] memory all = listOf(movesOf([int256(5), -2, 9, -7])).appendedTo(grid);
        int256[6] memory expected = [int256(-1), 0, -2, 5, -7, 9];
        assertEq(all.length, 6);
        for (uint256 i = 0; i < 6; ++i) {
            assertEq(all[i].move(), expected[i]);
            assertEq(all[i].price(), priceOf(expected[i]));
        }
        assertEq(grid.length, 2);
    }
}

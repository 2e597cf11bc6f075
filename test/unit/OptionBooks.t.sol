// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IMarginModel } from "../../contracts/interfaces/IMarginEngine.sol";
import { OptionBook, OptionBooks } from "../../contracts/libraries/OptionBooks.sol";
import { Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { Test } from "../helpers/Test.sol";

/// Options listed by expiry, beside a naive count of the same.
contract OptionBooksTest is Test {
    using OptionBooks for OptionBook;

    uint256 private constant NOW = 1_750_000_000;
    uint256 private constant LIMIT = 12;

    function setUp() external {
        vm.warp(NOW);
    }

    function option(uint256 expiry, int128 size) private pure returns (Position) {
        return toPosition(toInstrument(7, Kind.Call, uint40(expiry), 2_000e8), size);
    }

    function listed(Position[] memory positions) private view returns (OptionBook memory book) {
        for (uint256 i = 0; i < positions.length; ++i) book.add(i, positions.length, positions[i]);
    }

    /// So that a revert can be expected.
    function list(Position[] calldata positions) external view returns (OptionBook memory) {
        return listed(positions);
    }

    function expiring(int256[] memory offsets) private pure returns (Position[] memory positions) {
        positions = new Position[](offsets.length);
        for (uint256 i = 0; i < offsets.length; ++i) positions[i] = option(uint256(int256(NOW) + offsets[i]), 1e18);
    }

    /// Every position stands in the list of its expiry, once, and lists end.
    function requireLists(OptionBook memory book, Position[] memory positions) private pure {
        uint256 found = 0;
        bool[] memory isSeen = new bool[](positions.length);
        for (uint256 i = 0; i < book.count; ++i) {
            for (uint256 j = 0; j < i; ++j) assertNotEq(book.expiries[j], book.expiries[i], "an expiry twice");
            assertGt(book.heads[i], 0, "an empty list");
            for (uint256 next = book.heads[i]; next != 0; next = book.next[next - 1]) {
                assertFalse(isSeen[next - 1], "a position twice");
                isSeen[next - 1] = true;
                assertEq(positions[next - 1].instrument().expiry(), book.expiries[i], "of another expiry");
                ++found;
            }
        }
        assertEq(found, positions.length, "all");
    }

    /// Nearest and farthest of the expiries after now, found by looking at all of them; as many as are different.
    function requireEnds(OptionBook memory book, Position[] memory positions) private view {
        uint256 nearest = type(uint256).max;
        uint256 farthest = 0;
        for (uint256 i = 0; i < positions.length; ++i) {
            uint256 expiry = positions[i].instrument().expiry();
            if (expiry <= vm.getBlockTimestamp()) continue;
            if (expiry < nearest) nearest = expiry;
            if (expiry > farthest) farthest = expiry;
        }
        assertEq(book.isTwisted(), farthest != 0 && nearest != farthest, "twisted");
        if (farthest == 0) return;
        assertEq(book.expiries[book.nearest], nearest, "nearest");
        assertEq(book.expiries[book.farthest], farthest, "farthest");
    }

    function requireShorts(OptionBook memory book, Position[] memory positions) private pure {
        uint256 short = 0;
        for (uint256 i = 0; i < positions.length; ++i) {
            int256 size = positions[i].size();
            if (size < 0) short += uint256(-size);
        }
        assertEq(book.shortUnits, short, "short");
    }

    /// Up to twelve expiries around now, in any order, some of them twice.
    function testFuzz_AnyListIsWhatANaiveOneIs(uint256 seed) external view {
        Position[] memory positions = new Position[](1 + (seed % 30));
        uint256 expiries = 1 + ((seed >> 8) % LIMIT);
        uint256 past = (seed >> 16) % (expiries + 1);
        for (uint256 i = 0; i < positions.length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            // The last of the past is now.
            uint256 expiry = NOW + 1 days * (1 + (random % expiries)) - 1 days * past;
            positions[i] = option(expiry, int128(int256(random >> 128)));
        }
        OptionBook memory book = listed(positions);
        requireLists(book, positions);
        requireEnds(book, positions);
        requireShorts(book, positions);
    }

    /// Two that have passed, one that does now and three that live, in all 720 orders.
    function test_TheEndsInEveryOrder() external view {
        int256[6] memory offsets = [-2 days, -1 days, int256(0), 1, 1 days, 2 days];
        for (uint256 order = 0; order < 720; ++order) {
            int256[] memory rest = new int256[](6);
            for (uint256 i = 0; i < 6; ++i) rest[i] = offsets[i];
            uint256 code = order;
            int256[] memory chosen = new int256[](6);
            for (uint256 left = 6; left > 0; --left) {
                uint256 place = code % left;
                code /= left;
                chosen[6 - left] = rest[place];
                rest[place] = rest[left - 1];
            }
            Position[] memory positions = expiring(chosen);
            OptionBook memory book = listed(positions);
            assertEq(book.expiries[book.nearest], NOW + 1);
            assertEq(book.expiries[book.farthest], NOW + 2 days);
            assertTrue(book.isTwisted());
        }
    }

    function test_WithoutTwoThatLiveThereIsNoTwist() external view {
        int256[] memory offsets = new int256[](3);
        (offsets[0], offsets[1], offsets[2]) = (-2 days, int256(0), -1 days);
        assertFalse(listed(expiring(offsets)).isTwisted(), "none");
        for (uint256 i = 0; i < 3; ++i) {
            (offsets[0], offsets[1], offsets[2]) = (-2 days, int256(0), -1 days);
            offsets[i] = 1;
            OptionBook memory book = listed(expiring(offsets));
            assertFalse(book.isTwisted(), "one");
            assertEq(book.nearest, i, "that lives");
        }
        OptionBook memory empty;
        assertFalse(empty.isTwisted(), "empty");
    }

    function test_TheLargestShortSizeIsCounted() external view {
        Position[] memory positions = new Position[](2);
        (positions[0], positions[1]) = (option(NOW + 1, type(int128).min), option(NOW + 1, type(int128).min));
        assertEq(listed(positions).shortUnits, 1 << 128);
    }

    /// Expired ones count too.
    function test_RefusesAThirteenthExpiry() external {
        Position[] memory positions = new Position[](26);
        for (uint256 i = 0; i < 26; ++i) positions[i] = option(NOW - 6 days + 1 days * (i % 13), 1e18);
        vm.expectRevert(abi.encodeWithSelector(IMarginModel.TooManyExpiries.selector, 7, LIMIT));
        this.list(positions);
        for (uint256 i = 0; i < 26; ++i) positions[i] = option(NOW - 6 days + 1 days * (i % 12), 1e18);
        OptionBook memory book = this.list(positions);
        assertEq(book.count, LIMIT);
        requireLists(book, positions);
        requireEnds(book, positions);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { LossShares, TearUp } from "../../contracts/libraries/LossRecords.sol";
import { Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Test } from "../helpers/Test.sol";

contract LossSharesTest is Test {
    using LossShares for TearUp;

    uint256 private constant HOLDERS = 5;

    /// Whatever is held and lost, in whatever order: each closes at most what he holds, and all of them exactly the whole.
    function testFuzz_sharesOfATearUpAddUp(
        uint128[HOLDERS] memory held,
        uint128 size,
        int128 value,
        bool isShort
    ) public pure {
        uint256 total = 0;
        for (uint256 i = 0; i < HOLDERS; ++i) {
            held[i] = uint128(bound(held[i], 1, 1e30));
            total += held[i];
        }
        int256 whole = int256(bound(size, 1, total));
        value = int128(bound(int256(value), -1e36, 1e36));
        if (isShort) whole = -whole;
        TearUp memory left = TearUp(toInstrument(1, Kind.Perpetual, 0, 0), uint128(total), int128(whole), value);
        int256 paid = 0;
        for (uint256 i = 0; i < HOLDERS; ++i) {
            int256 position = isShort ? -int256(uint256(held[i])) : int256(uint256(held[i]));
            if (!left.concerns(position)) continue;
            (int256 part, int256 share) = left.shareOf(position);
            assertTrue(part != 0 && (part > 0) == (position > 0), "sign");
            assertLe(isShort ? -part : part, int256(uint256(held[i])), "more than is held");
            // No more than a unit above the exact share of what was ordered.
            assertLe(
                uint256(isShort ? -part : part) * total,
                uint256(isShort ? -whole : whole) * held[i] + HOLDERS * total
            );
            paid += share;
            left.held -= held[i];
            left.size -= int128(part);
            left.value -= int128(share);
        }
        assertEq(left.size, 0, "units left over");
        assertEq(left.value, 0, "cash left over");
        assertEq(paid, value);
    }

    function test_theOtherSideIsNotConcerned() public pure {
        TearUp memory left = TearUp(toInstrument(1, Kind.Perpetual, 0, 0), 10, -4, 0);
        assertFalse(left.concerns(1));
        assertFalse(left.concerns(0));
        assertTrue(left.concerns(-1));
        left.size = 0;
        assertFalse(left.concerns(-1), "nothing is left to close");
    }
}

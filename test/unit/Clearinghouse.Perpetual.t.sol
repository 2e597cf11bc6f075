// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../../contracts/types/Account.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

contract ClearinghousePerpetualTest is ClearinghouseTest {
    int256 private constant START = 1e6 * 1e18;

    function setUp() public override {
        super.setUp();
        deposit(alices, CASH, 1e6 * USDC);
        deposit(bobs, CASH, 1e6 * USDC);
    }

    function test_entersAtThePriceAndMovesNoCash() public {
        fill(alices, bobs, PERPETUAL, 2 * UNIT, 1990 * USD);
        assertEq(entry(alices), -3980e18);
        assertEq(entry(bobs), 3980e18);
        assertEq(cash(alices), START);
        assertEq(clearinghouse.portfolio(alices).cash, START - 3980e18);
    }

    function test_addsUpEntries() public {
        fill(alices, bobs, PERPETUAL, 2 * UNIT, 2000 * USD);
        fill(alices, bobs, PERPETUAL, UNIT, 2300 * USD);
        assertEq(entry(alices), -6300e18);
    }

    function test_realisesProRata() public {
        fill(alices, bobs, PERPETUAL, 3 * UNIT, 2000 * USD);
        fill(bobs, alices, PERPETUAL, UNIT, 2100 * USD);
        assertEq(cash(alices), START + 100e18);
        assertEq(entry(alices), -4000e18);
        assertEq(cash(bobs), START - 100e18);
        assertEq(entry(bobs), 4000e18);
    }

    function test_leavesNoEntryValueBehindAClosedPosition() public {
        fill(alices, bobs, PERPETUAL, 3, 1);
        fill(alices, bobs, PERPETUAL, 7 * UNIT, 1999 * USD + 1);
        fill(bobs, alices, PERPETUAL, 5 * UNIT, 2001 * USD + 7);
        fill(bobs, alices, PERPETUAL, 2 * UNIT + 3, 2002 * USD);
        assertEq(entry(alices), 0);
        assertEq(entry(bobs), 0);
        assertEq(cash(alices) + cash(bobs), 2 * START);
        assertEq(clearinghouse.positions(alices).length, 0);
        assertEq(clearinghouse.openInterest(ETH), 0);
    }

    function test_crossingZeroRealisesAllAndEntersTheRestAtThePrice() public {
        fill(alices, bobs, PERPETUAL, 2 * UNIT, 2000 * USD);
        fill(bobs, alices, PERPETUAL, 5 * UNIT, 2100 * USD);
        assertEq(position(alices, PERPETUAL), -3 ether);
        assertEq(cash(alices), START + 200e18);
        assertEq(entry(alices), 6300e18);
        assertEq(cash(bobs), START - 200e18);
        assertEq(entry(bobs), -6300e18);
        assertEq(clearinghouse.openInterest(ETH), 3 * UNIT);
    }

    function testFuzz_losesNothingInAnySequence(uint256[6] memory sizes, uint256[6] memory prices) public {
        int256 held;
        int256 paid;
        for (uint256 i = 0; i < 6; ++i) {
            uint128 size = uint128(bound(sizes[i], 1, 20 * UNIT));
            uint256 price = bound(prices[i], 0, 4000 * USD);
            bool isBuying = sizes[i] % 2 == 0;
            if (isBuying) fill(alices, bobs, PERPETUAL, size, price);
            else fill(bobs, alices, PERPETUAL, size, price);
            int256 value = int256((size * price) / 1e18);
            held += isBuying ? int256(uint256(size)) : -int256(uint256(size));
            paid += isBuying ? value : -value;
            assertEq(position(alices, PERPETUAL), held);
            assertEq(cash(alices) + entry(alices), START - paid);
            assertEq(cash(bobs) + entry(bobs), START + paid);
            if (held == 0) assertEq(entry(alices), 0);
        }
    }

    function testFuzz_takesItsShareOfTheEntryValueAlong(uint128 size, uint128 moved, uint256 price) public {
        size = uint128(bound(size, 1, 20 * UNIT));
        moved = uint128(bound(moved, 1, size));
        price = bound(price, 0, 4000 * USD);
        deposit(alicesOther, CASH, 1e6 * USDC);
        fill(alices, bobs, PERPETUAL, size, price);
        int256 before = entry(alices);
        transfer(alices, alicesOther, PERPETUAL, moved);
        int256 there = clearinghouse.entryValue(alicesOther, PERPETUAL);
        assertEq(entry(alices) + there, before);
        assertEq(cash(alices), START);
        assertEq(cash(alicesOther), START);
        // The share is pro rata, rounded down by less than a unit.
        int256 exact = before * int256(uint256(moved));
        assertLe(there * int256(uint256(size)), exact);
        assertLt(exact - there * int256(uint256(size)), int256(uint256(size)));
    }

    function test_realisesWhereATransferMeetsTheOppositePosition() public {
        deposit(alicesOther, CASH, 1e6 * USDC);
        fill(alices, bobs, PERPETUAL, 3 * UNIT, 2000 * USD);
        fill(bobs, alicesOther, PERPETUAL, UNIT, 2200 * USD);
        transfer(alices, alicesOther, PERPETUAL, 3 * UNIT);
        assertEq(position(alicesOther, PERPETUAL), 2 ether);
        assertEq(cash(alices), START);
        assertEq(entry(alices), 0);
        assertEq(cash(alicesOther), START + 200e18);
        assertEq(clearinghouse.entryValue(alicesOther, PERPETUAL), -4000e18);
    }

    function entry(Account account) private view returns (int256) {
        return clearinghouse.entryValue(account, PERPETUAL);
    }
}

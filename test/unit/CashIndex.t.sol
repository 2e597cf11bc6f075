// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { CashTotals, InterestRates } from "../../contracts/interfaces/IInterest.sol";
import { CashIndex, CashIndexState } from "../../contracts/libraries/CashIndex.sol";
import { Test } from "../helpers/Test.sol";

/// Five accounts that owe and hold cash, in books of their own: what came in is what all of them own and the reserve.
contract CashIndexTest is Test {
    using CashIndex for CashIndexState;

    uint256 private constant NOW = 1_750_000_000;
    uint256 private constant ACCOUNTS = 5;
    int256 private constant USD = 1e18;
    int256 private constant SCALE = 1e24;

    CashIndexState private state;
    int256[ACCOUNTS] private scaled;
    /// Paid in less paid out.
    int256 private custody;

    function setUp() public {
        vm.warp(NOW);
        state.open();
        state.setRates(InterestRates(0, 800, 10_000, 80, 10));
    }

    function test_withoutRatesNothingAccrues() public {
        state.setRates(InterestRates(0, 0, 0, 0, 0));
        pay(0, 100 * USD);
        pay(1, -100 * USD);
        vm.warp(NOW + 365 days);
        assertEq(valueOf(0), 100 * USD);
        assertEq(valueOf(1), -100 * USD);
        assertEq(state.totals().utilisation, 1e18);
    }

    function test_withoutDebtsNothingAccrues() public {
        pay(0, 100 * USD);
        vm.warp(NOW + 365 days);
        assertEq(valueOf(0), 100 * USD);
        assertEq(state.totals().utilisation, 0);
        assertEq(state.totals().borrowRate, 0);
    }

    function test_theRateHasOneKink() public {
        // Debts of 100 of supply, and the rate in basis points.
        uint256[2][7] memory line = [
            [uint256(0), 200],
            [uint256(40), 500],
            [uint256(60), 650],
            [uint256(80), 800],
            [uint256(81), 1260],
            [uint256(90), 5400],
            [uint256(100), 10_000]
        ];
        state.setRates(InterestRates(200, 800, 10_000, 80, 10));
        pay(0, 100 * USD);
        for (uint256 i = 0; i < line.length; ++i) {
            pay(1, -int256(line[i][0]) * USD - valueOf(1));
            CashTotals memory totals = state.totals();
            // Rounded down.
            assertNear(int256(totals.utilisation) + 1, int256(line[i][0] * 1e16), 1);
            assertGe(line[i][1] * 1e14, totals.borrowRate, "rate");
            assertLe(line[i][1] * 1e14, totals.borrowRate + 1e4, "rate");
        }
    }

    function test_moreDebtThanCashCountsAsAllOfIt() public {
        pay(0, 100 * USD);
        pay(1, -300 * USD);
        assertEq(state.totals().utilisation, 1e18);
        assertEq(state.totals().borrowRate, 1e18);
    }

    /// 80 of 100 at 8 %: e^0.08 − 1 is 8.3287 %.
    function test_whatDebtsPayCashEarnsLessTheReservesShare() public {
        pay(0, 60 * USD);
        pay(1, 40 * USD);
        pay(2, -80 * USD);
        assertNear(int256(state.totals().supplyRate), 0.0576e18, 10);
        vm.warp(NOW + 365 days);
        int256 interest = -80 * USD - valueOf(2);
        assertNear(interest, 6.66295e18, 0.0003e18);
        assertNear(valueOf(0) - 60 * USD, (interest * 9 * 60) / 1000, 100);
        assertNear(valueOf(1) - 40 * USD, (interest * 9 * 40) / 1000, 100);
        assertNear(reserve(), interest / 10, 200);
    }

    function test_aViewShowsWhatAWriteStores() public {
        pay(0, 100 * USD);
        pay(1, -90 * USD);
        vm.warp(NOW + 100 days);
        (int256 first, int256 second) = (valueOf(0), valueOf(1));
        state.accrue();
        assertEq(valueOf(0), first);
        assertEq(valueOf(1), second);
        assertEq(state.updatedAt, uint32(NOW + 100 days), "index and time are written together");
    }

    /// Whatever the indices are and whichever sign a balance takes on.
    function testFuzz_whatIsWrittenIsReadBack(int128[6] memory amounts, uint32[6] memory elapsed) public {
        pay(0, 1e12 * USD);
        pay(1, -9e11 * USD);
        for (uint256 i = 0; i < 6; ++i) {
            vm.warp(vm.getBlockTimestamp() + bound(elapsed[i], 0, 3000 days));
            int256 amount = bound(int256(amounts[i]), -1e30, 1e30);
            int256 before = valueOf(2);
            pay(2, amount);
            assertEq(valueOf(2), before + amount);
            pay(2, -before - amount);
            assertEq(scaled[2], 0, "nothing is left of nothing");
        }
    }

    function testFuzz_indicesNeverFallAndSupplyGrowsNoFaster(
        uint128 supply,
        uint128 debts,
        uint32[4] memory elapsed
    ) public {
        pay(0, int256(bound(supply, 0, 1e32)));
        pay(1, -int256(bound(debts, 0, 1e32)));
        CashTotals memory before = state.totals();
        for (uint256 i = 0; i < 4; ++i) {
            vm.warp(vm.getBlockTimestamp() + elapsed[i]);
            CashTotals memory totals = state.totals();
            assertGe(totals.borrowIndex, before.borrowIndex, "borrow index");
            assertGe(totals.supplyIndex, before.supplyIndex, "supply index");
            assertLe(totals.supplyIndex, totals.borrowIndex, "earns more than debts pay");
            assertGe(reserve(), 0, "paid by the reserve");
            if (i % 2 == 0) state.accrue();
            before = totals;
        }
    }

    /// More writes compound what fewer extrapolate, and see the utilisation that interest itself has raised.
    function testFuzz_anySplitOfTimeLeadsToNearlyTheSame(uint64 debts, uint24[5] memory parts) public {
        int256 owed = int256(bound(debts, 1, 100e18));
        pay(0, 100 * USD);
        pay(1, -owed);
        uint256 start = vm.snapshotState();
        uint256 total = 0;
        for (uint256 i = 0; i < 5; ++i) {
            parts[i] = uint24(bound(parts[i], 0, 1 days / 5));
            total += parts[i];
            vm.warp(NOW + total);
            state.accrue();
        }
        (int256 inParts, int256 toReserve) = (-valueOf(1), reserve());
        vm.revertToState(start);
        vm.warp(NOW + total);
        int256 atOnce = -valueOf(1);
        // Every write rounds growth and an index, which have 18 digits.
        assertGe(inParts + owed / 1e17 + 1, atOnce, "less interest");
        assertLe(inParts - atOnce, owed / 200_000 + 5, "much more");
        assertGe(toReserve, reserve() - 500, "less to the reserve");
    }

    function test_aSpeckOfSupplyDoesNotEarnAllInterest() public {
        pay(0, 1);
        pay(1, -1e6 * USD);
        vm.warp(NOW + 365 days);
        CashTotals memory totals = state.totals();
        assertLe(totals.supplyIndex, totals.borrowIndex);
        assertEq(valueOf(0), 2, "e^1 less a tenth, rounded down");
        assertNear(reserve(), 1_666_666 * USD, 1 * USD);
    }

    /// Everything is lent at the highest rate that may be set, for longer than anybody will be there.
    function test_nothingRevertsAfterCenturies() public {
        state.setRates(InterestRates(5_000, 5_000, 30_000, 50, 50));
        pay(0, 1e11 * USD);
        pay(1, -1e11 * USD);
        uint256[5] memory times = [NOW + 3650 days, NOW + 36_500 days, type(uint32).max, 1 << 33, 1 << 40];
        for (uint256 i = 0; i < times.length; ++i) {
            vm.warp(times[i]);
            CashTotals memory totals = state.totals();
            assertLe(totals.borrowIndex, CashIndex.MAX_INDEX);
            int256 owed = valueOf(1);
            pay(1, 1 * USD);
            assertEq(valueOf(1), owed + 1 * USD, "repays");
            pay(0, -1 * USD);
        }
        assertEq(state.totals().borrowIndex, CashIndex.MAX_INDEX, "fixture: it is reached");
        assertGe(reserve(), 0);
    }

    function testFuzz_aLossIsSharedInProportion(uint96[3] memory held, uint96 loss) public {
        int256 total = 0;
        for (uint256 i = 0; i < 3; ++i) {
            int256 cash = int256(bound(held[i], 1, 1e28));
            total += cash;
            pay(i, cash);
        }
        pay(3, -int256(uint256(loss)));
        (uint256 amount, uint256 before) = state.take(loss);
        assertEq(int256(before), total);
        assertLe(amount, loss);
        // All but a thousandth can be borne.
        if (int256(uint256(loss)) <= (total * 999) / 1000) assertEq(amount, loss);
        pay(3, int256(amount));
        // What came in for it.
        custody -= int256(amount);
        for (uint256 i = 0; i < 3; ++i) {
            int256 cash = int256(bound(held[i], 1, 1e28));
            int256 share = cash - valueOf(i);
            assertGe(share * total, cash * int256(amount), "less than its share");
            assertLe(share, (cash * int256(amount)) / total + cash / 1e18 + 2, "more than its share");
        }
        assertGe(reserve(), 0, "paid by the reserve");
    }

    function test_aThousandthOfCashCannotBeLost() public {
        pay(0, 1000 * USD);
        (uint256 amount, ) = state.take(5000e18);
        assertEq(amount, 999e18);
        assertEq(valueOf(0), 1 * USD);
        (amount, ) = state.take(1);
        assertEq(amount, 0);
        pay(0, 7 * USD);
        assertEq(valueOf(0), 8 * USD, "goes on");
    }

    /// Payments, loans, transfers, time and losses in any order: the totals are those of the accounts, nobody owns what never came in, and
    /// what interest leaves is never less than nothing.
    function testFuzz_conserves(uint256[24] memory seeds) public {
        pay(0, 1e6 * USD);
        for (uint256 i = 0; i < seeds.length; ++i) {
            step(seeds[i]);
            int256 shown = 0;
            (int256 supply, int256 debts) = (0, 0);
            for (uint256 j = 0; j < ACCOUNTS; ++j) {
                shown += valueOf(j);
                if (scaled[j] > 0) supply += scaled[j];
                else debts -= scaled[j];
            }
            assertEq(int256(uint256(state.supply)), supply, "total supply");
            assertEq(int256(uint256(state.debts)), debts, "total debts");
            int256 unowned = custody * SCALE - state.ownedExactly();
            assertTrue(unowned > -SCALE / 1000, "more is owned than came in");
            assertLe(shown + floor(unowned), custody, "more is shown than came in");
            assertGe(shown + floor(unowned), custody - int256(ACCOUNTS) - 1, "less than a unit each is rounded off");
        }
    }

    function step(uint256 seed) private {
        uint256 who = (seed >> 8) % ACCOUNTS;
        uint256 with = (who + 1 + ((seed >> 16) % (ACCOUNTS - 1))) % ACCOUNTS;
        int256 amount = int256((seed >> 32) % 1e24);
        uint256 action = seed % 8;
        if (action == 0) pay(who, amount);
        else if (action == 1) pay(who, -amount / 2);
        else if (action < 5) move(who, with, amount);
        else if (action < 7) vm.warp(vm.getBlockTimestamp() + ((seed >> 32) % 30 days));
        else {
            int256 owed = -valueOf(who);
            if (owed <= 0) return;
            (uint256 taken, ) = state.take(uint256(owed) / 3);
            pay(who, int256(taken));
            custody -= int256(taken);
        }
    }

    function pay(uint256 account, int256 amount) private {
        if (amount == 0) return;
        scaled[account] = state.add(scaled[account], amount);
        custody += amount;
    }

    function move(uint256 from, uint256 to, int256 amount) private {
        pay(from, -amount);
        pay(to, amount);
    }

    function valueOf(uint256 account) private view returns (int256) {
        return state.valueOf(scaled[account]);
    }

    function reserve() private view returns (int256) {
        return floor(custody * SCALE - state.ownedExactly());
    }

    function floor(int256 exact) private pure returns (int256) {
        return exact >= 0 ? exact / SCALE : -((SCALE - 1 - exact) / SCALE);
    }

    function assertNear(int256 actual, int256 expected, int256 tolerance) private pure {
        assertGe(actual, expected - tolerance);
        assertLe(actual, expected + tolerance);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Clearinghouse } from "../../contracts/Clearinghouse.sol";
import { IClearinghouseBooks } from "../../contracts/interfaces/IClearinghouseBooks.sol";
import { CashTotals } from "../../contracts/interfaces/IInterest.sol";
import { Account } from "../../contracts/types/Account.sol";
import { CASH, Instrument } from "../../contracts/types/Instrument.sol";
import { Position } from "../../contracts/types/Position.sol";
import { Test } from "../helpers/Test.sol";

/// All accounts that hold anything, and all derivatives of underlying 1 that anybody may hold.
struct Books {
    Clearinghouse clearinghouse;
    Account[] accounts;
    Instrument[] derivatives;
}

/// INV-1 and INV-2 on what the views tell. To the unit only once everybody has taken his share of what is to be shared.
abstract contract BalancedBooks is Test {
    uint256 private constant USDC_TO_WAD = 1e12;

    /// Stored cash adds up to its totals, to the unit; recorded = Σ cash + Σ entry values + reserve + what rounding left of funding, but for
    /// less than a unit of each.
    function requireCashConserved(Books memory all) internal view {
        requireTotals(all);
        Clearinghouse clearinghouse = all.clearinghouse;
        (, , int256 total) = IClearinghouseBooks(address(clearinghouse)).funding(1);
        assertGe(total, 0, "rounding of funding was paid out");
        total += int256(clearinghouse.reserve());
        for (uint256 i = 0; i < all.accounts.length; ++i) {
            Account account = all.accounts[i];
            total += clearinghouse.cash(account);
            Position[] memory held = clearinghouse.positions(account);
            for (uint256 j = 0; j < held.length; ++j) {
                total += clearinghouse.entryValue(account, held[j].instrument());
            }
        }
        int256 recorded = int256(clearinghouse.recordedInTokens(CASH) * USDC_TO_WAD);
        assertLe(total, recorded, "INV-1: cash created");
        assertGe(total, recorded - int256(all.accounts.length) - 1, "INV-1: cash lost");
    }

    function requireTotals(Books memory all) private view {
        IClearinghouseBooks books = IClearinghouseBooks(address(all.clearinghouse));
        (int256 supply, int256 debts) = (0, 0);
        for (uint256 i = 0; i < all.accounts.length; ++i) {
            int256 scaled = books.scaledCash(all.accounts[i]);
            if (scaled > 0) supply += scaled;
            else debts -= scaled;
        }
        CashTotals memory totals = books.cashTotals();
        assertEq(int256(totals.scaledSupply), supply, "INV-1: total supply");
        assertEq(int256(totals.scaledDebts), debts, "INV-1: total debts");
    }

    /// Every derivative nets to zero, and open interest is what is long.
    function requireNetZero(Books memory all) internal view {
        uint256 openInterest = 0;
        for (uint256 i = 0; i < all.derivatives.length; ++i) {
            (int256 total, uint256 long) = sumOf(all, all.derivatives[i]);
            assertEq(total, 0, "INV-2");
            assertEq(all.clearinghouse.openInterestOf(all.derivatives[i]), long, "open interest of one");
            openInterest += long;
        }
        assertEq(all.clearinghouse.openInterest(1), openInterest, "open interest");
    }

    /// Lists hold each instrument once and nothing empty; there is no entry value without its perpetual.
    function requireWellFormedLists(Books memory all) internal view {
        for (uint256 i = 0; i < all.accounts.length; ++i) {
            Account account = all.accounts[i];
            Position[] memory held = all.clearinghouse.positions(account);
            for (uint256 j = 0; j < held.length; ++j) {
                assertTrue(held[j].size() != 0, "an empty leg");
                for (uint256 k = 0; k < j; ++k) {
                    assertTrue(held[j].instrument() != held[k].instrument(), "a leg listed twice");
                }
            }
            for (uint256 j = 0; j < all.derivatives.length; ++j) {
                if (all.clearinghouse.position(account, all.derivatives[j]) != 0) continue;
                assertEq(all.clearinghouse.entryValue(account, all.derivatives[j]), 0, "an orphaned entry value");
            }
        }
    }

    /// Nothing is left to share once every account is settled.
    function requireNothingToShare(Books memory all) internal view {
        IClearinghouseBooks books = IClearinghouseBooks(address(all.clearinghouse));
        (, uint256 openTearUps) = books.losses();
        assertEq(openTearUps, 0, "a tear-up that nobody can settle");
        (uint256 openSeries, int256 received) = books.settling();
        assertEq(openSeries, 0, "a series that nobody can settle");
        assertEq(received, 0, "left of settled series");
    }

    function sumOf(Books memory all, Instrument instrument) internal view returns (int256 total, uint256 long) {
        for (uint256 i = 0; i < all.accounts.length; ++i) {
            int256 size = all.clearinghouse.position(all.accounts[i], instrument);
            total += size;
            if (size > 0) long += uint256(size);
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../../contracts/types/Account.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

/// Hyperliquid, 26 March 2025: somebody sold short 4 million USD of a thin token, let the venue's pool take his position over, and bought
/// the token up. The pool stood behind it with all that it had, on a paper loss of 13 million, until the operators settled at a price of
/// their own.
/// Here: of the backstop at most half stands for one underlying, and the rest is there for the others.
contract JellyIncidentTest is IncidentFixture {
    uint256 private constant SHORTS = 5;
    uint256 private constant STAKES = 10_000_000e18;

    Account[] private shorts;

    /// All open interest that a thin market may have, sold in five accounts, and the token bought up to eight times its price.
    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < SHORTS; ++i) {
            Account short = open(string.concat("short ", vm.toString(i)));
            pay(short, 60_000);
            sell(short, THIN_PERPETUAL, THIN_DEPTH, 0.038e18);
            shorts.push(short);
        }
        moveThin(8 * THIN_PRICE);
        for (uint256 i = 0; i < SHORTS; ++i) assertGt(holeOf(shorts[i]), 1_000_000e18, "fixture: bankrupt");
    }

    function test_oneUnderlyingTakesHalfOfTheBackstopAtMost() public {
        for (uint256 i = 0; i < SHORTS; ++i) endOf(shorts[i]);
        assertGt(vault.absorbed().length, 0, "fixture: the backstop takes some of it");
        int256 left = clearinghouse.cash(vault.treasury());
        assertGe(left, int256(STAKES / 2), "one underlying took more than its budget");

        // What is left stands for an account in another market.
        requireRoomForEther();
    }

    /// A wei of ether in each of the accounts does not make them accounts on ether.
    function test_aSpeckUsesUpNoOtherMarketsBudget() public {
        for (uint256 i = 0; i < SHORTS; ++i) {
            weth.mint(shorts[i].owner(), 1);
            assertTrue(tryDeposit(shorts[i], WETH, 1), "fixture: a speck");
            endOf(shorts[i]);
        }
        requireRoomForEther();
    }

    /// The token goes on up to 24 times its price, with the backstop short of it.
    function test_whatItTookOverCostsItNoMoreThanTheBudgetEither() public {
        for (uint256 i = 0; i < SHORTS; ++i) endOf(shorts[i]);
        moveThin(24 * THIN_PRICE);
        Account[] memory absorbed = vault.absorbed();
        for (uint256 i = 0; i < absorbed.length; ++i) endOf(absorbed[i]);
        vault.releaseEmpty();
        assertEq(clearinghouse.openInterest(THIN), 0, "a bankrupt position stayed open");
        // A budget forgets what it lost in a month, evenly.
        uint256 forgotten = (STAKES * (vm.getBlockTimestamp() - START)) / 30 days / 2;
        assertGe(vault.totalAssets() * 1e12, STAKES / 2 - forgotten, "one underlying took more than its budget");
    }

    function requireRoomForEther() private {
        Account long = open("long of ether");
        pay(long, 200_000);
        buy(long, ETH_PERPETUAL, 500e18, 2000e18);
        moveEth(1500);
        tryStartAuction(long);
        // Half of it as margin, of at least half of the half that the thin token has left.
        assertGe(vault.capacity(long), STAKES / 8, "another market's budget is used up");
        uint256 absorbed = vault.absorbed().length;
        assertTrue(leaveToBackstop(long), "nothing was left for another underlying");
        assertEq(vault.absorbed().length, absorbed + 1, "it was deleveraged");
        assertEq(holeOf(long), int256(0));
    }

    function endOf(Account account) private {
        assertTrue(tryStartAuction(account), "fixture: bankrupt");
        for (uint256 waited = 0; waited < 4 hours; waited += 15 minutes) {
            if (tryAbsorb(account)) return;
            pass(15 minutes);
            confirm(account);
        }
        assertEq(holeOf(account), int256(0), "nobody took it, and it stayed bankrupt");
    }
}

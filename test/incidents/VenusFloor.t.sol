// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Account } from "../../contracts/types/Account.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

/// Venus, May 2022: LUNA fell to nothing while its feed stood at the least answer that it can give, ten cents. Whoever bought it for a
/// hundredth of that could borrow against ten cents. 11 million USD were gone.
/// Here: an answer at the feed's bound is no price. Nobody borrows on it, paying and repaying stay open, and what does not depend on it works.
contract VenusFloorIncidentTest is IncidentFixture {
    int256 private constant LEAST_ANSWER = 0.01e8;

    function test_nothingIsLentOnAFeedAtItsFloor() public {
        Account trader = open("trader");
        Account debtor = open("debtor");
        thinToken.mint(debtor.owner(), 1_000_000e18);
        tryDeposit(debtor, THIN_TOKEN, 1_000_000e18);
        assertTrue(tryWithdraw(debtor, 10_000e18), "fixture: a loan while the feed was well");

        // The last price is one at which the debtor was below maintenance, and nobody had come yet.
        moveThin(0.0105e8);
        moveThin(LEAST_ANSWER);
        thinToken.mint(trader.owner(), 20_000_000e18);
        assertTrue(tryDeposit(trader, THIN_TOKEN, 20_000_000e18), "paying in was refused");
        for (uint256 dollars = 200_000; dollars > 0; dollars /= 2) tryWithdraw(trader, dollars * 1e18);
        assertEq(walletOf(trader), int256(0), "a loan on a price that is none");
        assertTrue(riskOf(trader).validity == Validity.Invalid, "the bound counts as a price");

        // Nobody is liquidated on it, and debts can be repaid.
        assertFalse(tryStartAuction(debtor), "a liquidation on a price that is none");
        int256 owed = clearinghouse.cash(debtor);
        pay(debtor, 5000);
        assertEq(clearinghouse.cash(debtor), owed + 5000e18, "repaying was refused");

        // Who has nothing of it trades and withdraws.
        Account other = open("other");
        pay(other, 100_000);
        buy(other, ETH_PERPETUAL, 10e18, 2000e18);
        assertTrue(tryWithdraw(other, 50_000e18), "one dead feed froze another market");
    }

    /// One wallet, one account: cash beside dead collateral goes out to the extent that it does not stand behind a debt.
    function test_otherAssetsLeaveOnlyWhereNothingRestsOnTheDeadOne() public {
        Account free = open("free");
        Account tied = open("bound");
        Account[2] memory both = [free, tied];
        for (uint256 i = 0; i < 2; ++i) {
            thinToken.mint(both[i].owner(), 1_000_000e18);
            tryDeposit(both[i], THIN_TOKEN, 1_000_000e18);
            pay(both[i], 10_000);
        }
        buy(tied, ETH_PERPETUAL, 10e18, 2000e18);
        moveThin(LEAST_ANSWER);
        assertTrue(tryWithdraw(free, 10_000e18), "his own cash was kept");
        assertFalse(tryWithdraw(tied, 9000e18), "cash left that a position rests on, on a price that is none");
    }
}

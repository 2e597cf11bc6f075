// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account, toAccount } from "../../contracts/types/Account.sol";
import { LiquidationFixture } from "../helpers/LiquidationFixture.sol";

/// An account floor of 100 USD: 25 for who starts, 25 for who finishes where nothing else pays. Carol starts, Bob takes, a stranger ends.
contract LiquidatorRewardsTest is LiquidationFixture {
    Account private strangers = toAccount(stranger, 0);

    function setUp() public override {
        super.setUp();
        markets.setFloor(100e18);
    }

    function test_theStarterIsPaidOutOfTheFeesOfTheAuction() public {
        start(1700);
        skip(270);
        int256 before = clearinghouse.cash(rival);
        int256 payment = liquidateAsKeeper(leg(perpetual, 1e18));
        int256 fee = payment / 10;
        assertGt(fee, 0, "fixture: a fee");
        assertLt(fee, 25e18, "fixture: less than is due");
        assertEq(clearinghouse.cash(rival) - before, fee, "all of the fee");
        assertEq(clearinghouse.cash(vault.treasury()), 0);
        assertApproxEqAbs(uint256(liquidator.auctionState(debtor).auction.dueInCents), uint256(25e18 - fee) / 1e16, 1);
        assertConserved();
    }

    function test_whatExceedsTheStartersDueIsTheBackstops() public {
        fund(debtor, 30_000);
        operate(debtor);
        buy(debtor, perpetual, 100e18, SPOT);
        engine.setMark(perpetual, SPOT - 150e18);
        vm.prank(carol);
        liquidator.startAuction(debtor);
        skip(300);
        int256 before = clearinghouse.cash(rival);
        int256 payment = liquidateAsKeeper(leg(perpetual, 20e18));
        assertEq(clearinghouse.cash(rival) - before, 25e18);
        assertEq(clearinghouse.cash(vault.treasury()), payment / 10 - 25e18);
        payment = liquidateAsKeeper(leg(perpetual, 5e18));
        assertEq(clearinghouse.cash(rival) - before, 25e18, "once");
        assertConserved();
    }

    function test_nothingIsPaidForAnAccountThatRecovers() public {
        start(1900);
        setEquity(2600);
        int256 before = clearinghouse.cash(rival);
        liquidator.endAuction(debtor);
        assertEq(clearinghouse.cash(rival), before);
        assertEq(riskOf(debtor).equity, 2600e18);
    }

    function test_takenWholeTheAccountPaysTheStarter() public {
        start(600);
        skip(300);
        int256 before = clearinghouse.cash(rival);
        assertEq(takeOverAsKeeper(3000), 575e18, "the taker gets the rest");
        assertEq(clearinghouse.cash(rival) - before, 25e18);
        assertConserved();
    }

    function test_withoutEquityTheReservePaysTheStarter() public {
        fundReserve(10_000);
        start(-300);
        skip(6 minutes);
        int256 before = clearinghouse.cash(rival);
        assertEq(takeOverAsKeeper(3000), 200e18, "the taker gets the offer");
        assertEq(clearinghouse.cash(rival) - before, 25e18);
        assertEq(clearinghouse.reserve(), 10_000e18 - 525e18);
        assertConserved();
    }

    function test_withoutEquityAndReserveATakerPaysNoStarter() public {
        start(-300);
        int256 before = clearinghouse.cash(rival);
        assertEq(takeOverAsKeeper(3000), -300e18);
        assertEq(clearinghouse.cash(rival), before);
        assertConserved();
    }

    function test_absorbingIsPaidByTheReserve() public {
        fundReserve(10_000);
        fundBackstop(lender, 50_000);
        start(-300);
        skip(15 minutes);
        int256 before = clearinghouse.cash(rival);
        vm.prank(stranger);
        liquidator.absorb(debtor);
        assertEq(clearinghouse.cash(rival) - before, 25e18, "starter");
        assertEq(clearinghouse.cash(strangers), 25e18, "finisher");
        assertEq(clearinghouse.reserve(), 10_000e18 - 350e18);
        assertConserved();
    }

    function test_absorbingIsPaidByTheBackstopWhereTheReserveIsEmpty() public {
        fundBackstop(lender, 50_000);
        start(-300);
        uint256 assets = vault.totalAssets();
        vm.prank(stranger);
        liquidator.absorb(debtor);
        assertEq(clearinghouse.cash(strangers), 25e18);
        assertEq(assets - vault.totalAssets(), 350 * USDC);
        assertConserved();
    }

    function test_deleveragingIsPaidByThoseWhomItCloses() public {
        start(-1000);
        int256 before = clearinghouse.cash(rival);
        int256 makers = riskOf(maker).equity;
        vm.prank(stranger);
        liquidator.absorb(debtor);
        int256 paid = clearinghouse.cash(rival) - before + clearinghouse.cash(strangers);
        assertEq(paid, 10e18, "one per cent of the deficit");
        assertEq(makers - riskOf(maker).equity, 1010e18);
        assertConserved();
    }

    /// Whoever owns the account, its counterparty and both keepers takes at most the rewards for a deficit out of the system, and for
    /// that has to lose the whole floor on a gap that no keeper uses.
    function testFuzz_farmingWithOwnAccountsPaysNothingWhileThereIsEquity(uint256 equity, uint256 elapsed) public {
        fundReserve(10_000);
        equity = bound(equity, 1, 1999);
        elapsed = bound(elapsed, 300, 65 minutes);
        int256 before = wealth();
        start(int256(equity));
        skipConfirmed(elapsed);
        vm.prank(bob);
        try liquidator.takeOver(wholeOrder(3000)) {} catch {
            vm.prank(bob);
            try liquidator.liquidate(liquidation(leg(perpetual, 3e18))) {} catch {}
        }
        assertLe(wealth(), before + int256(3000e18), "more than the three thousand that the debtor brought");
        assertEq(clearinghouse.reserve(), 10_000e18, "no public money");
    }

    /// Of everybody who could be one person.
    function wealth() private view returns (int256 total) {
        total = riskOf(debtor).equity + riskOf(maker).equity + riskOf(keeper).equity + riskOf(rival).equity;
        total += riskOf(toAccount(bob, 7)).equity;
    }

    function start(int256 equity) private {
        openLong();
        setEquity(equity);
        vm.prank(carol);
        liquidator.startAuction(debtor);
    }
}

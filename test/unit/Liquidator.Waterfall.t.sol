// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Approval, Batch, IClearinghouse, MAY_MOVE, MAY_TRADE } from "../../contracts/interfaces/IClearinghouse.sol";
import { AuctionState, ILiquidator, WholeTakeOver } from "../../contracts/interfaces/ILiquidator.sol";
import { IBackstopVault } from "../../contracts/interfaces/IBackstopVault.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { LiquidationFixture } from "../helpers/LiquidationFixture.sol";
import { Vm } from "../helpers/Vm.sol";

contract LiquidatorWaterfallTest is LiquidationFixture {
    Account internal fresh = toAccount(bob, 7);

    function setUp() public override {
        super.setUp();
        fundBackstop(lender, 50_000);
    }

    function test_wholeIsOfferedOnceTheRateReachesEquityOverRequirement() public {
        fundReserve(10_000);
        openAuction(600);
        skip(299);
        (int256 rate, int256 equity, uint256 maintenance) = (liquidator.auctionState(debtor).rate, 600e18, 2000e18);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NotYetWhole.selector, rate, equity, maintenance));
        takeOverAsKeeper(3000);

        skip(1);
        int256 payment = takeOverAsKeeper(3000);
        assertEq(payment, 600e18, "all the equity");
        assertEq(clearinghouse.position(fresh, perpetual), 10e18);
        assertEq(riskOf(fresh).equity, 3600e18);
        assertEq(riskOf(debtor).equity, 0);
        assertEq(clearinghouse.reserve(), 10_000e18, "no public money");
        assertEq(liquidator.auctionState(debtor).auction.startedAt, 0, "ended");
        assertConserved();
    }

    function testFuzz_noPublicMoneyWhileEquityIsPositive(uint256 equity, uint256 elapsed) public {
        fundReserve(10_000);
        equity = bound(equity, 1, 1999);
        elapsed = bound(elapsed, 0, 2 hours);
        openAuction(int256(equity));
        skipConfirmed(elapsed);
        AuctionState memory state = liquidator.auctionState(debtor);
        assertFalse(state.isBankrupt, "not bankrupt");
        assertEq(state.payment, int256(equity * WAD), "equity and nothing more");
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NotBankrupt.selector, debtor));
        liquidator.absorb(debtor);
        WholeTakeOver memory order = wholeOrder(10_000);
        vm.prank(bob);
        try liquidator.takeOver(order) {} catch {}
        assertEq(clearinghouse.reserve(), 10_000e18, "reserve untouched");
        assertConserved();
    }

    function test_afterTheSecondPeriodThePaymentRisesFromTheEquity() public {
        fundReserve(10_000);
        openAuction(400);
        skipConfirmed(2 hours);
        assertFalse(liquidator.auctionState(debtor).isBankrupt);
        liquidator.confirmAuction(debtor);
        skip(1);
        assertTrue(liquidator.auctionState(debtor).isBankrupt);
        skip(15 minutes - 1);
        assertEq(takeOverAsKeeper(3000), 800e18, "400 + a quarter of 1,600");
        assertEq(clearinghouse.reserve(), 9600e18);
        assertConserved();
    }

    function test_reservePaysKeeperForADeficit() public {
        fundReserve(10_000);
        openAuction(-300);
        skip(6 minutes);
        vm.expectEmit(address(liquidator));
        // A tenth of R: 200 for the keeper, and 300 that were missing.
        emit ILiquidator.AccountTaken(debtor, fresh, -300e18, 200e18, 500e18, 500e18, 0);
        assertEq(takeOverAsKeeper(3000), 200e18);
        assertEq(clearinghouse.reserve(), 9500e18);
        assertEq(riskOf(fresh).equity, 3200e18);
        assertConserved();
    }

    function test_paymentIsLimitedByTheReserve() public {
        fundReserve(350);
        openAuction(-300);
        skip(6 minutes);
        assertEq(liquidator.auctionState(debtor).payment, 50e18);
        assertEq(takeOverAsKeeper(3000), 50e18);
        assertEq(clearinghouse.reserve(), 0);
        assertConserved();
    }

    function test_keeperMayPayTheRestOfADeficitHimself() public {
        fundReserve(100);
        openAuction(-300);
        WholeTakeOver memory order = wholeOrder(3000);
        order.minPayment = -200e18 + 1;
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidator.PaymentTooLow.selector, int256(-200e18), int256(-200e18 + 1))
        );
        vm.prank(bob);
        liquidator.takeOver(order);
        assertEq(takeOverAsKeeper(3000), -200e18);
        assertEq(riskOf(fresh).equity, 2800e18);
        assertConserved();
    }

    function test_legsOfADeficitAreNotOffered() public {
        openAuction(-1);
        vm.expectPartialRevert(ILiquidator.WholeOnly.selector);
        liquidateAsKeeper(leg(perpetual, 1e18));
    }

    function test_backstopWaitsForItsLimit() public {
        fundReserve(10_000);
        openAuction(-300);
        skip(15 minutes - 1);
        vm.expectPartialRevert(ILiquidator.BelowBackstopLimit.selector);
        liquidator.absorb(debtor);
        skip(1);
        vm.prank(carol);
        liquidator.absorb(debtor);
        assertEq(clearinghouse.reserve(), 9700e18, "the deficit and not a cent more");
        Account into = vault.absorbed()[0];
        assertEq(clearinghouse.position(into, perpetual), 10e18);
        assertEq(riskOf(into).equity, 2500e18, "initial margin, from the treasury");
        assertEq(vault.totalAssets(), 50_000 * USDC, "no loss");
        assertConserved();
    }

    function test_backstopActsAtOnceWhereTheReserveIsShortAndBearsTheRest() public {
        fundReserve(120);
        openAuction(-300);
        Account into = toAccount(address(vault), 1);
        vm.expectEmit(address(liquidator));
        emit ILiquidator.AccountTaken(debtor, into, -300e18, -180e18, 300e18, 120e18, 180e18);
        liquidator.absorb(debtor);
        assertEq(clearinghouse.reserve(), 0, "reserve first");
        assertEq(vault.totalAssets(), 49_820 * USDC, "then the backstop");
        assertEq(riskOf(debtor).equity, 0, "INV-11");
        assertEq(clearinghouse.positions(debtor).length, 0);
        assertConserved();
    }

    function test_backstopTakesOverEquityThatNobodyWanted() public {
        fundReserve(10_000);
        openAuction(400);
        skipConfirmed(2 hours + 15 minutes);
        liquidator.absorb(debtor);
        assertEq(clearinghouse.reserve(), 10_000e18, "nothing is missing");
        assertEq(vault.totalAssets(), 50_400 * USDC);
        assertConserved();
    }

    /// INV-5 from the events alone: what the reserve and the backstop lost is what they say.
    function testFuzz_badDebtIsWhatTheWaterfallAbsorbed(
        uint256 deficit,
        uint256 reserve,
        uint256 elapsed,
        bool isBackstop
    ) public {
        deficit = bound(deficit, 0, 10_000);
        reserve = bound(reserve, 0, 20_000);
        elapsed = bound(elapsed, 0, 20 minutes);
        if (reserve > 0) fundReserve(reserve);
        openAuction(-int256(deficit));
        skip(elapsed);
        uint256 vaultBefore = vault.totalAssets();
        uint256 reserveBefore = clearinghouse.reserve();
        vm.recordLogs();
        if (isBackstop) {
            try liquidator.absorb(debtor) {} catch {
                uint256 offer = (2000e18 * elapsed) / 60 minutes;
                assertLt(elapsed, 15 minutes, "refused at its limit");
                assertGe(reserve * WAD, offer + deficit * WAD, "refused with a short reserve");
                return;
            }
        } else {
            takeOverAsKeeper(100_000);
        }
        (int256 equity, int256 payment, uint256 badDebt, uint256 fromReserve, uint256 fromBackstop) = taken();
        assertEq(badDebt, fromReserve + fromBackstop, "INV-5");
        assertEq(reserveBefore - clearinghouse.reserve(), fromReserve, "reserve");
        assertEq((vaultBefore - vault.totalAssets()) * 1e12, fromBackstop, "backstop");
        assertEq(payment, equity + int256(fromReserve), "taker");
        assertEq(riskOf(debtor).equity, 0, "nothing is left behind");
        assertConserved();
    }

    function taken()
        internal
        returns (int256 equity, int256 payment, uint256 badDebt, uint256 fromReserve, uint256 fromBackstop)
    {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; i++) {
            if (logs[i].topics[0] != ILiquidator.AccountTaken.selector) continue;
            return abi.decode(logs[i].data, (int256, int256, uint256, uint256, uint256));
        }
        assertTrue(false, "no AccountTaken");
    }

    function test_solventAccountIsNotAbsorbed() public {
        openAuction(1);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NotBankrupt.selector, debtor));
        liquidator.absorb(debtor);
    }

    function test_takerMustBeNewAccountOfAnother() public {
        openAuction(600);
        skip(300);
        WholeTakeOver memory order = wholeOrder(3000);
        order.taker = toAccount(alice, 9);
        vm.expectPartialRevert(ILiquidator.SelfLiquidation.selector);
        vm.prank(alice);
        liquidator.takeOver(order);

        buy(keeper2(), perpetual, 1e18, SPOT);
        order.taker = keeper2();
        vm.expectPartialRevert(IClearinghouse.AccountNotEmpty.selector);
        vm.prank(bob);
        liquidator.takeOver(order);
    }

    function keeper2() internal returns (Account account) {
        account = toAccount(bob, 8);
        if (clearinghouse.cash(account) == 0) {
            fund(account, 10_000);
            operate(account);
        }
    }

    function test_strangersNeitherTakeNorSpendOthersAccounts() public {
        openAuction(600);
        skip(300);
        WholeTakeOver memory order = wholeOrder(3000);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NotAuthorised.selector, fresh, carol));
        vm.prank(carol);
        liquidator.takeOver(order);

        // Allowed to trade the new account, not to move money out of the other.
        Batch memory actions;
        actions.approvals = new Approval[](2);
        actions.approvals[0] = Approval(fresh, carol, MAY_TRADE | MAY_MOVE, type(uint40).max);
        actions.approvals[1] = Approval(keeper, carol, MAY_TRADE, type(uint40).max);
        vm.prank(bob);
        clearinghouse.batch(actions);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NotAuthorised.selector, keeper, carol));
        vm.prank(carol);
        liquidator.takeOver(order);
    }

    function test_otherPeoplesFunderIsRefused() public {
        openAuction(600);
        skip(300);
        Batch memory actions;
        actions.approvals = new Approval[](1);
        actions.approvals[0] = Approval(rival, bob, MAY_TRADE | MAY_MOVE, type(uint40).max);
        vm.prank(carol);
        clearinghouse.batch(actions);
        WholeTakeOver memory order = wholeOrder(3000);
        order.funder = rival;
        vm.expectPartialRevert(IClearinghouse.ForeignAccount.selector);
        vm.prank(bob);
        liquidator.takeOver(order);
    }

    function test_deadlineHolds() public {
        openAuction(600);
        skip(300);
        WholeTakeOver memory order = wholeOrder(3000);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.Expired.selector, order.deadline));
        vm.prank(bob);
        liquidator.takeOver(order);
    }

    function test_marginCallIsClearedWithTheAccount() public {
        openAuction(600);
        liquidator.callMargin(debtor);
        skip(300);
        takeOverAsKeeper(3000);
        assertEq(liquidator.marginCalledAt(debtor), 0);
    }

    function test_forceBelongsToTheLiquidator() public {
        vm.expectRevert(abi.encodeWithSelector(IBackstopVault.NotLiquidator.selector, carol));
        vm.prank(carol);
        vault.prepareAbsorption(debtor, -300e18, 2500e18);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Deposit, Withdrawal } from "../../contracts/interfaces/IClearinghouse.sol";
import { ILiquidator } from "../../contracts/interfaces/ILiquidator.sol";
import { Account } from "../../contracts/types/Account.sol";
import { CASH, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { LiquidationFixture } from "../helpers/LiquidationFixture.sol";

/// The end of the waterfall. The debtor is long ten perpetuals, requirement 2,000; the other side is the maker's.
contract LiquidatorDeleverageTest is LiquidationFixture {
    function test_reserveThenBackstopThenTheOtherSide() public {
        fundReserve(100);
        fundBackstop(lender, 200);
        openAuction(-1000);
        uint256 fromBackstop = leftOfBudget();
        assertEq(fromBackstop, 100e18, "fixture: a budget");
        uint256 fromOthers = 900e18 - fromBackstop;
        int256 makersBefore = riskOf(maker).equity;
        vm.expectEmit(address(liquidator));
        emit ILiquidator.AccountDeleveraged(debtor, -1000e18, 100e18, fromBackstop, fromOthers);
        liquidator.absorb(debtor);
        assertEq(clearinghouse.reserve(), 0, "reserve first");
        assertEq(leftOfBudget(), 0, "then the backstop, as far as its budget goes");
        assertEq(makersBefore - riskOf(maker).equity, int256(fromOthers), "then the other side, and not a cent more");
        assertEq(clearinghouse.position(maker, perpetual), 0);
        assertEq(riskOf(debtor).equity, 0, "INV-11");
        assertEq(clearinghouse.positions(debtor).length, 0);
        assertEq(liquidator.auctionState(debtor).auction.startedAt, 0, "ended");
        assertConserved();
    }

    /// What the backstop may still pay for deficits on ether.
    function leftOfBudget() private view returns (uint256) {
        (uint256 committed, uint256 lost, uint256 limit) = vault.budget(1);
        return limit - committed - lost;
    }

    function test_whatTheBackstopCanTakeItTakes() public {
        fundBackstop(lender, 50_000);
        openAuction(-1000);
        int256 makersBefore = riskOf(maker).equity;
        liquidator.absorb(debtor);
        assertEq(clearinghouse.position(vault.absorbed()[0], perpetual), 10e18);
        assertEq(riskOf(maker).equity, makersBefore, "nobody else is charged");
        assertEq(clearinghouse.position(maker, perpetual), -10e18);
        assertConserved();
    }

    /// Whatever reserve and backstop hold, one of the two last steps ends the account, and it ends in order: nobody pays
    /// while somebody before him can.
    function testFuzz_theWaterfallEndsEveryAccountInOrder(uint256 reserve, uint256 backstop, uint256 deficit) public {
        reserve = bound(reserve, 0, 3000);
        backstop = bound(backstop, 0, 20_000);
        deficit = bound(deficit, 0, 3000);
        if (reserve > 0) fundReserve(reserve);
        if (backstop > 0) fundBackstop(lender, backstop);
        markets.setFloor(100e18);
        openAuction(-int256(deficit));
        skip(16 minutes);
        int256 makersBefore = riskOf(maker).equity;
        uint256 capacity = vault.capacity(debtor);
        liquidator.absorb(debtor);
        assertEq(clearinghouse.positions(debtor).length, 0, "INV-11");
        assertGe(riskOf(debtor).equity, 0, "INV-11");
        int256 charged = makersBefore - riskOf(maker).equity;
        assertLe(charged, int256((deficit * 1e18 * 101) / 100), "the deficit and a hundredth");
        if (charged > 0) {
            assertEq(clearinghouse.reserve(), 0, "the reserve first");
            assertEq(leftOfBudget(), 0, "then the backstop");
            assertEq(vault.absorbed().length, 0);
            assertLt(capacity, 2500e18 + 50e18 + deficit * 1e18, "and only where it could not take the account");
        }
        assertConserved();
    }

    function test_notWhileEquityIsPositive() public {
        openAuction(1);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NotBankrupt.selector, debtor));
        liquidator.absorb(debtor);
    }

    function test_keepersComeFirstWhileTheReserveCanPayThem() public {
        fundReserve(10_000);
        openAuction(-300);
        skip(10 minutes);
        vm.expectPartialRevert(ILiquidator.BelowBackstopLimit.selector);
        liquidator.absorb(debtor);
    }

    function test_whatNobodyTookIsClosedAtTheMarkAndItsOwnerKeepsTheRest() public {
        fundReserve(10_000);
        openAuction(400);
        skipConfirmed(2 hours + 15 minutes);
        int256 makersBefore = riskOf(maker).equity;
        liquidator.absorb(debtor);
        assertEq(clearinghouse.cash(debtor), 400e18);
        assertEq(riskOf(maker).equity, makersBefore, "nobody is charged");
        assertEq(clearinghouse.reserve(), 10_000e18);
        assertConserved();
    }

    function test_anAccountOfTheBackstopIsDeleveragedToo() public {
        fundBackstop(lender, 50_000);
        openAuction(-300);
        liquidator.absorb(debtor);
        Account into = vault.absorbed()[0];
        engine.setMark(perpetual, 1000e18);
        liquidator.startAuction(into);
        liquidator.absorb(into);
        assertEq(clearinghouse.positions(into).length, 0);
        assertGe(riskOf(into).equity, 0, "INV-11");
        vault.releaseEmpty();
        assertEq(vault.absorbed().length, 0);
        assertConserved();
    }

    /// Collateral and a debt, no derivative: whatever reserve and backstop hold, the debt is covered, and what is left is nobody's loss.
    function testFuzz_aDebtAgainstCollateralEndsToo(uint256 reserve, uint256 backstop) public {
        reserve = bound(reserve, 0, 1000);
        backstop = bound(backstop, 0, 4000);
        if (reserve > 0) fundReserve(reserve);
        if (backstop > 0) fundBackstop(lender, backstop);
        borrowAgainstEther();
        liquidator.startAuction(debtor);
        skip(16 minutes);
        liquidator.absorb(debtor);
        assertGe(riskOf(debtor).equity, 0, "INV-11");
        if (clearinghouse.positions(debtor).length != 0) {
            vm.expectRevert(abi.encodeWithSelector(ILiquidator.NothingToShare.selector, debtor));
            liquidator.absorb(debtor);
        }
        assertConserved();
    }

    /// Ten ether at 2,000 carry a debt of 15,000; then they are worth 14,500.
    function borrowAgainstEther() private {
        weth.mint(alice, 10e18);
        vm.startPrank(alice);
        weth.approve(address(clearinghouse), 10e18);
        Batch memory actions;
        actions.deposits = new Deposit[](1);
        actions.deposits[0] = Deposit(debtor, spot, 10e18);
        actions.withdrawals = new Withdrawal[](1);
        actions.withdrawals[0] = Withdrawal(debtor, CASH, 15_000 * USDC, alice);
        clearinghouse.batch(actions);
        vm.stopPrank();
        engine.setMark(spot, 1450e18);
    }

    /// Forty legs take two calls, and are one account to be paid for.
    function test_anAccountOfManyLegsTakesSeveralCallsAndIsRewardedOnce() public {
        markets.setFloor(100e18);
        fundReserve(20);
        fund(debtor, 3000);
        operate(debtor);
        buy(debtor, perpetual, 10e18, SPOT);
        for (uint64 i = 1; i < 40; ++i) {
            buy(debtor, toInstrument(1, Kind.Call, uint40(START + 30 days), (3000 + i) * 1e8), 1e18, 0);
        }
        setEquityByMark(-1000);
        vm.prank(carol);
        liquidator.startAuction(debtor);
        vm.startPrank(bob);
        liquidator.absorb(debtor);
        int256 paid = clearinghouse.cash(keeper) + clearinghouse.cash(rival);
        assertGt(paid, 2_000_000e18, "paid");
        assertEq(clearinghouse.positions(debtor).length, 8);
        liquidator.absorb(debtor);
        vm.stopPrank();
        assertEq(clearinghouse.cash(keeper) + clearinghouse.cash(rival), paid, "once");
        assertEq(clearinghouse.positions(debtor).length, 0);
        assertEq(riskOf(debtor).equity, 0);
        assertConserved();
    }

    function setEquityByMark(int256 equity) private {
        int256 now_ = riskOf(debtor).equity;
        engine.setMark(perpetual, uint256(int256(SPOT) + (equity * 1e18 - now_) / 10));
        assertEq(riskOf(debtor).equity, equity * 1e18, "fixture: equity");
    }
}

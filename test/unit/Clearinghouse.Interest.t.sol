// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { IClearinghouse } from "../../contracts/interfaces/IClearinghouse.sol";
import { Deleveraging, Reward, TakeOver } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { CashTotals, InterestRates } from "../../contracts/interfaces/IInterest.sol";
import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { IMarkets } from "../../contracts/interfaces/IMarkets.sol";
import { Line } from "../../contracts/mocks/MockMarginEngine.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

/// Alice and Carol hold 60,000 and 40,000 USD of cash, Bob a hundred ether and a debt of 80,000: the kink, at 8 % a year, of which the
/// reserve keeps a tenth.
contract ClearinghouseInterestTest is ClearinghouseTest {
    uint256 private constant START = 1_700_000_000;

    function setUp() public override {
        super.setUp();
        setRates(InterestRates(0, 800, 10_000, 80, 10));
        deposit(alices, CASH, 60_000 * USDC);
        deposit(carols, CASH, 40_000 * USDC);
        deposit(bobs, WETH, 100 ether);
        withdraw(bobs, CASH, 80_000 * USDC);
    }

    function test_aBorrowerPaysWhatCashAndTheReserveEarn() public {
        vm.warp(START + 365 days);
        int256 paid = -80_000e18 - cash(bobs);
        assertNear(paid, 6_663e18, 1e18);
        assertNear(cash(alices), 60_000e18 + (paid * 9 * 6) / 100, 1e6);
        assertNear(cash(carols), 40_000e18 + (paid * 9 * 4) / 100, 1e6);
        assertNear(int256(clearinghouse.reserve()), paid / 10, 1e6);
        requireConserved();
    }

    function test_everyViewShowsWhatTheNextActionStores() public {
        vm.warp(START + 30 days);
        (int256 debt, int256 lent) = (cash(bobs), cash(alices));
        Risk memory risk = clearinghouse.risk(bobs);
        uint256 reserve = clearinghouse.reserve();
        deposit(alices, CASH, 1);
        assertEq(cash(alices), lent + 1e12);
        assertEq(cash(bobs), debt, "another account is the same");
        assertEq(clearinghouse.portfolio(bobs).cash, debt);
        assertEq(clearinghouse.risk(bobs).equity, risk.equity);
        assertNear(int256(clearinghouse.reserve()), int256(reserve), 1);
        requireConserved();
    }

    function test_tellsTheIndicesWhenTheyAreWritten() public {
        vm.warp(START + 30 days);
        CashTotals memory totals = books.cashTotals();
        assertGt(totals.supplyIndex, 1e18);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.CashIndexed(totals.borrowIndex, totals.supplyIndex);
        deposit(alices, CASH, 1);
        assertEq(cash(alices), (books.scaledCash(alices) * int256(totals.supplyIndex)) / 1e24);
        assertEq(cash(bobs), (books.scaledCash(bobs) * int256(totals.borrowIndex)) / 1e24);
    }

    function test_amountsAreExactWhateverTheIndex() public {
        vm.warp(START + 100 days);
        (int256 debt, int256 lent) = (cash(bobs), cash(alices));
        transfer(alices, bobs, CASH, 12_345e18 + 7);
        assertEq(cash(alices), lent - 12_345e18 - 7);
        assertEq(cash(bobs), debt + 12_345e18 + 7);
        requireConserved();
    }

    function test_aDebtIsRepaidToNothing() public {
        vm.warp(START + 100 days);
        uint128 debt = uint128(uint256(-cash(bobs)));
        deposit(alices, CASH, 50_000 * USDC);
        transfer(alices, bobs, CASH, debt);
        assertEq(cash(bobs), 0);
        assertEq(books.scaledCash(bobs), 0);
        assertEq(books.cashTotals().scaledDebts, 0);
        assertEq(clearinghouse.risk(bobs).maintenance, 10 * 2000e18, "no floor without a debt");
        int256 lent = cash(carols);
        vm.warp(START + 500 days);
        assertEq(cash(carols), lent, "nobody borrows");
        requireConserved();
    }

    /// A profit that is not realised is no cash.
    function test_entryValuesNeitherEarnNorPay() public {
        repay();
        fill(alices, carols, PERPETUAL, 10 * UNIT, 1800 * USD);
        borrowAgain();
        (int256 long, int256 short) = (cash(alices), cash(carols));
        vm.warp(START + 365 days);
        assertEq(clearinghouse.entryValue(alices, PERPETUAL), -18_000e18);
        assertEq(clearinghouse.entryValue(carols, PERPETUAL), 18_000e18);
        int256 growth = int256(books.cashTotals().supplyIndex);
        assertNear(cash(alices), (long * growth) / 1e18, 1e6);
        assertNear(cash(carols), (short * growth) / 1e18, 1e6);
        requireConserved();
    }

    function test_thePremiumOfAShortOptionEarns() public {
        int256 before = cash(carols);
        fill(alices, carols, CALL, 10 * UNIT, 100 * USD);
        vm.warp(START + 365 days);
        int256 growth = int256(books.cashTotals().supplyIndex);
        assertNear(cash(carols), ((before + 1000e18) * growth) / 1e18, 1e6);
        requireConserved();
    }

    function test_interestAloneMakesABorrowerLiquidatable() public {
        // 82,800 of collateral after its maintenance.
        setEthPrice(920 * USD);
        Risk memory before = clearinghouse.risk(bobs);
        assertGt(before.equity, int256(before.maintenance), "fixture: safe");
        vm.warp(START + 365 days);
        Risk memory risk = clearinghouse.risk(bobs);
        assertLt(risk.equity, int256(risk.maintenance));
        assertEq(risk.maintenance, before.maintenance, "only his equity has changed");
    }

    /// Where cash is short nothing is lost, the rate rises, and cash comes back.
    function test_aWithdrawalWaitsUntilCashIsBack() public {
        withdraw(bobs, CASH, 15_000 * USDC);
        assertGt(books.cashTotals().borrowRate, 0.6e18, "95 of 100 are lent");
        int256 lent = cash(alices);
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.InsufficientLiquidity.selector, CASH, 5_000 * USDC, 60_000 * USDC)
        );
        withdraw(alices, CASH, 60_000 * USDC);
        assertEq(cash(alices), lent, "nothing is lost");
        withdraw(alices, CASH, 5_000 * USDC);
        assertEq(clearinghouse.recordedInTokens(CASH), 0);
        assertEq(books.cashTotals().utilisation, 1e18);
        assertEq(books.cashTotals().borrowRate, 1e18);
        int256 week = cash(alices);
        vm.warp(START + 7 days);
        week = cash(alices) - week;
        assertGt(week, 900e18, "a depositor earns 1.7 % a week");
        // Somebody comes for the rate, somebody repays because of it.
        Account newcomer = toAccount(makeAddr("dan"), 1);
        equip(newcomer.owner());
        deposit(newcomer, CASH, 30_000 * USDC);
        deposit(bobs, CASH, 40_000 * USDC);
        assertLt(books.cashTotals().borrowRate, 0.08e18);
        withdraw(alices, CASH, uint256(cash(alices)) / 1e12);
        assertLt(cash(alices), 1e12, "all of it, with interest");
        requireConserved();
    }

    function test_whatCustodyAndDebtsHoldBeyondAccountsPaysBadDebt() public {
        vm.warp(START + 365 days);
        uint256 available = clearinghouse.reserve();
        assertGt(available, 600e18, "fixture: a tenth of the interest");
        engine.setLine(WETH, Line(800 * USD, 160 * USD, 80 * USD));
        uint256 deficit = uint256(-clearinghouse.risk(bobs).equity);
        vm.prank(liquidator);
        uint256 charged = force.deleverage(Deleveraging(bobs, available, new Reward[](0), 128));
        assertEq(charged, deficit - available);
        assertEq(clearinghouse.risk(bobs).equity, 0);
        assertLe(clearinghouse.reserve(), 2e5, "all but what the index rounds");
        requireConserved();
    }

    function test_aTakenAccountBringsItsDebtWithIt() public {
        vm.warp(START + 365 days);
        setEthPrice(900 * USD);
        Account taken = toAccount(carol, 9);
        (int256 debt, int256 funds) = (cash(bobs), cash(carols));
        vm.prank(liquidator);
        force.takeOver(TakeOver(bobs, taken, carols, 20_000 * USD, 0, new Reward[](0)));
        assertEq(cash(taken), debt + 20_000e18);
        assertEq(cash(carols), funds - 20_000e18);
        assertEq(books.scaledCash(bobs), 0);
        assertEq(books.cashTotals().scaledDebts, uint256(-books.scaledCash(taken)));
        requireConserved();
    }

    function test_theRatesAreSetByTheirRoleOnly() public {
        InterestRates memory rates = InterestRates(100, 500, 20_000, 90, 20);
        vm.warp(START + 365 days);
        int256 debt = cash(bobs);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.InterestRatesSet(rates);
        setRates(rates);
        assertEq(cash(bobs), debt, "interest so far at the old rates");
        assertEq(keccak256(abi.encode(books.interestRates())), keccak256(abi.encode(rates)));
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        vm.prank(alice);
        clearinghouse.setInterestRates(rates);
    }

    /// Whoever calls the second piece at its own address changes nothing here.
    function test_theOtherPieceSetsNothing() public {
        InterestRates memory rates = books.interestRates();
        InterestRates memory others = InterestRates(0, 0, 0, 50, 0);
        // solhint-disable-next-line avoid-low-level-calls
        (bool isDone, ) = clearinghouse.books().call(abi.encodeCall(IClearinghouse.setInterestRates, (others)));
        assertTrue(isDone, "in its own storage");
        assertEq(keccak256(abi.encode(books.interestRates())), keccak256(abi.encode(rates)));
    }

    function test_ratesStayInsideTheirBounds() public {
        InterestRates[8] memory bad = [
            InterestRates(801, 800, 10_000, 80, 10),
            InterestRates(0, 5_001, 10_000, 80, 10),
            InterestRates(0, 800, 799, 80, 10),
            InterestRates(0, 800, 30_001, 80, 10),
            InterestRates(0, 800, 10_000, 49, 10),
            InterestRates(0, 800, 10_000, 96, 10),
            InterestRates(0, 800, 10_000, 80, 51),
            InterestRates(0, 800, type(uint16).max, 80, 10)
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectPartialRevert(IMarkets.OutOfBounds.selector);
            clearinghouse.setInterestRates(bad[i]);
        }
        clearinghouse.setInterestRates(InterestRates(5_000, 5_000, 30_000, 95, 50));
        clearinghouse.setInterestRates(InterestRates(0, 0, 0, 50, 0));
    }

    /// A century at the highest rate: every evaluation answers, and a liquidation still works.
    function test_noEvaluationRevertsHoweverLongADebtGrows() public {
        setRates(InterestRates(5_000, 5_000, 30_000, 50, 0));
        withdraw(bobs, CASH, 15_000 * USDC);
        uint256[4] memory times = [START + 3650 days, START + 36_500 days, uint256(type(uint32).max) + 1, 1 << 40];
        for (uint256 i = 0; i < times.length; ++i) {
            vm.warp(times[i]);
            assertLt(clearinghouse.risk(bobs).equity, 0);
            assertGt(clearinghouse.risk(alices).equity, 0);
            deposit(bobs, CASH, 1 * USDC);
        }
        vm.prank(liquidator);
        force.deleverage(Deleveraging(bobs, 0, new Reward[](0), 128));
        assertNear(cash(bobs), -100 * 2000e18, 1e12);
        requireConserved();
    }

    /// Who borrows and lends to himself pays the reserve for it.
    function testFuzz_nobodyGainsByLendingToHimself(uint64 size, uint32 elapsed) public {
        repay();
        size = uint64(bound(size, 1 * USDC, 80_000 * USDC));
        withdraw(bobs, CASH, size);
        deposit(toAccount(bob, 2), CASH, size);
        vm.warp(START + bound(elapsed, 1, 365 days));
        assertLe(cash(bobs) + cash(toAccount(bob, 2)), 0);
    }

    // Helpers

    function setRates(InterestRates memory rates) private {
        clearinghouse.setInterestRates(rates);
    }

    function repay() private {
        deposit(bobs, CASH, uint256(-cash(bobs)) / 1e12);
    }

    function borrowAgain() private {
        withdraw(bobs, CASH, 50_000 * USDC);
    }

    /// INV-1 to the wei: what is stored adds up to the totals; what is shown is custody less the reserve, but for less than a wei an account.
    function requireConserved() private {
        Account[7] memory all = [
            alices,
            bobs,
            carols,
            toAccount(makeAddr("dan"), 1),
            toAccount(carol, 9),
            toAccount(bob, 2),
            alicesOther
        ];
        int256 total = int256(clearinghouse.reserve());
        (uint256 supply, uint256 debts) = (0, 0);
        for (uint256 i = 0; i < all.length; ++i) {
            total += clearinghouse.portfolio(all[i]).cash;
            int256 scaled = books.scaledCash(all[i]);
            if (scaled > 0) supply += uint256(scaled);
            else debts += uint256(-scaled);
        }
        CashTotals memory totals = books.cashTotals();
        assertEq(totals.scaledSupply, supply, "total supply");
        assertEq(totals.scaledDebts, debts, "total debts");
        int256 recorded = int256(clearinghouse.recordedInTokens(CASH) * 1e12);
        assertLe(total, recorded, "INV-1: created");
        assertGe(total, recorded - int256(all.length) - 1, "INV-1: lost");
    }

    function assertNear(int256 actual, int256 expected, int256 tolerance) private pure {
        assertGe(actual, expected - tolerance);
        assertLe(actual, expected + tolerance);
    }
}

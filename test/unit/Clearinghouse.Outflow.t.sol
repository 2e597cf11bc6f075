// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, IClearinghouse, Withdrawal } from "../../contracts/interfaces/IClearinghouse.sol";
import { Reward, Seizure } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { ILiquidationTerms } from "../../contracts/interfaces/ILiquidationTerms.sol";
import { IMarkets } from "../../contracts/interfaces/IMarkets.sol";
import { Account } from "../../contracts/types/Account.sol";
import { CASH, Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { toPosition } from "../../contracts/types/Position.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

/// Alice has 16, Bob 4 million dollars in custody: a twentieth is a million.
contract ClearinghouseOutflowTest is ClearinghouseTest {
    uint256 private constant START = 1_700_000_000;
    uint256 private constant MILLION = 1e6 * 1e6;
    address private constant ANOTHER = address(0xBEEF);

    function setUp() public override {
        super.setUp();
        deposit(alices, CASH, 16 * MILLION);
        deposit(bobs, CASH, 4 * MILLION);
        clearinghouse.announceModules(address(0), address(0));
    }

    function test_aTwentiethLeavesAtOnceAndAnotherInADay() public {
        requireAvailable(MILLION);
        withdraw(alices, CASH, MILLION);
        requireRefused(bobs, 1, 0, START + 1 days);
        vm.warp(START + 12 hours);
        // Half is refilled, and a share of it counts no more.
        requireAvailable(475_000e6);
        requireRefused(bobs, 475_001e6, 475_000e6, START + 1 days);
        withdraw(bobs, CASH, 475_000e6);
        vm.warp(START + 2 days);
        requireAvailable((20 * MILLION - 1_475_000e6) / 20);
    }

    function test_whatIsAvailableIsWhatPasses() public {
        withdraw(bobs, CASH, 300_000e6);
        vm.warp(START + 1 hours);
        (uint256 available, uint256 capacity, uint256 refilledAt) = books.outflow(CASH);
        assertGt(available, 0);
        requireRefused(alices, available + 1, available, refilledAt);
        withdraw(alices, CASH, available);
        (available, , ) = books.outflow(CASH);
        assertEq(available, 0);
        assertGt(capacity, 900_000e6);
    }

    /// Fifty thousand dollars, and a ten-thousandth of the cap of a token, whatever share of custody it is.
    function test_smallAmountsLeaveAnEmptyVenue() public {
        deposit(carols, WETH, 120 ether);
        withdraw(carols, WETH, 100 ether);
        vm.expectPartialRevert(IClearinghouse.OutflowLimited.selector);
        withdraw(carols, WETH, 1);
        vm.warp(START + 1 days);
        withdraw(carols, WETH, 20 ether);
        assertEq(clearinghouse.positions(carols).length, 0);
    }

    function test_eachAssetHasItsOwn() public {
        withdraw(alices, CASH, MILLION);
        deposit(carols, WBTC, 1e8);
        withdraw(carols, WBTC, 1e8);
        Instrument unlisted = toInstrument(3, Kind.Spot, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarkets.CollateralNotListed.selector, unlisted));
        books.outflow(unlisted);
    }

    function test_twoWithdrawalsOfOneCallCountTogether() public {
        Batch memory actions;
        actions.withdrawals = new Withdrawal[](2);
        actions.withdrawals[0] = Withdrawal(alices, CASH, 600_000e6, alice);
        actions.withdrawals[1] = Withdrawal(alices, CASH, 600_000e6, alice);
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearinghouse.OutflowLimited.selector,
                CASH,
                400_000e6,
                600_000e6,
                START + 14.4 hours
            )
        );
        clearinghouse.batch(actions);
    }

    function test_whatIsPaidInMayBePaidOut() public {
        withdraw(alices, CASH, MILLION);
        deposit(carols, CASH, 300_000e6);
        requireAvailable(300_000e6);
        withdraw(carols, CASH, 300_000e6);
        requireAvailable(0);
    }

    /// Nothing else is limited: paying in, moving, trading, being liquidated.
    function test_whenNothingMayLeaveEverythingElseGoesOn() public {
        deposit(carols, CASH, 5000 * USDC);
        fill(carols, bobs, PERPETUAL, 10 * UNIT, 2000 * USD);
        fill(alices, bobs, PERPETUAL, 10 * UNIT, 2000 * USD);
        (uint256 available, , ) = books.outflow(CASH);
        withdraw(alices, CASH, available);
        requireAvailable(0);
        transfer(alices, alicesOther, CASH, 100_000e18);
        fill(bobs, alices, PERPETUAL, 5 * UNIT, 2000 * USD);
        fill(alices, bobs, PERPETUAL, 5 * UNIT, 2000 * USD);
        setEthPrice(1600 * USD);
        vm.mockCall(
            liquidator,
            abi.encodeWithSelector(ILiquidationTerms.compensationRate.selector),
            abi.encode(0.2e18)
        );
        Seizure memory seizure = Seizure(
            carols,
            alices,
            one(toPosition(PERPETUAL, 4 ether)),
            feeTo,
            0,
            Reward(feeTo, 0)
        );
        vm.prank(liquidator);
        force.seize(seizure);
        deposit(carols, CASH, 1);
        vm.prank(bob);
        clearinghouse.fundReserve(1);
        requireAvailable(2);
    }

    function test_onTheFirstDayOfANoticeNothingIsWider() public {
        clearinghouse.announceModules(ANOTHER, address(0));
        withdraw(alices, CASH, MILLION);
        vm.warp(START + 1 days);
        (uint256 available, , ) = books.outflow(CASH);
        assertEq(available, (19 * MILLION) / 20);
        withdraw(alices, CASH, available);
        assertGe(clearinghouse.recordedInTokens(CASH), 18 * MILLION);
    }

    /// Half way through the five days half of what may not leave otherwise may; on the last day all.
    function test_everybodyMayLeaveBeforeAModuleChanges() public {
        clearinghouse.announceModules(ANOTHER, address(0));
        vm.warp(START + 3.5 days);
        requireAvailable((20 * MILLION * 525) / 1000);
        withdraw(alices, CASH, 10 * MILLION);
        vm.warp(START + 6 days);
        withdraw(alices, CASH, 6 * MILLION);
        withdraw(bobs, CASH, 4 * MILLION);
        assertEq(clearinghouse.recordedInTokens(CASH), 0);
    }

    /// Who leaves early takes no room from who leaves later.
    function testFuzz_moreMayLeaveEveryDay(uint256 seed) public {
        clearinghouse.announceModules(address(0), ANOTHER);
        uint256 left = 0;
        for (uint256 time = START + 1 days; time <= START + 6 days; time += 6 hours) {
            vm.warp(time);
            (uint256 available, , ) = books.outflow(CASH);
            uint256 growth = (20 * MILLION * 95 * (time - START - 1 days)) / (5 days * 100);
            assertGe(left + available, growth, "less than announced");
            uint256 amount = uint256(keccak256(abi.encode(seed, time))) % (available + 1);
            Account account = cash(alices) >= int256(amount * 1e12) ? alices : bobs;
            if (amount == 0 || cash(account) < int256(amount * 1e12)) continue;
            withdraw(account, CASH, amount);
            left += amount;
        }
        requireAvailable(20 * MILLION - left);
    }

    /// When a notice is withdrawn half way, who stayed waits a day at most, whatever has left.
    function test_afterAnExodusTheRestIsNotShutIn() public {
        clearinghouse.announceModules(ANOTHER, address(0));
        vm.warp(START + 3.5 days);
        withdraw(alices, CASH, 10 * MILLION);
        clearinghouse.announceModules(address(0), address(0));
        requireRefused(bobs, 1, 0, START + 4.5 days);
        vm.warp(START + 4.5 days);
        requireAvailable((10 * MILLION) / 20);
    }

    function test_limitsHoldAgainWhenANoticeIsOver() public {
        clearinghouse.announceModules(ANOTHER, ANOTHER);
        vm.warp(START + 7 days);
        requireAvailable(20 * MILLION);
        clearinghouse.setMarginEngine(ANOTHER);
        // The other one is still to come.
        requireAvailable(20 * MILLION);
        clearinghouse.setLiquidator(ANOTHER);
        requireAvailable(MILLION);
    }

    function test_limitsHoldAgainWhenANoticeIsWithdrawnOrLapses() public {
        clearinghouse.announceModules(ANOTHER, address(0));
        vm.warp(START + 6 days);
        requireAvailable(20 * MILLION);
        clearinghouse.announceModules(address(0), address(0));
        requireAvailable(MILLION);
        clearinghouse.announceModules(ANOTHER, address(0));
        vm.warp(START + 20 days - 1);
        requireAvailable(20 * MILLION);
        vm.warp(START + 20 days);
        requireAvailable(MILLION);
    }

    function test_onlyItselfCounts() public {
        bytes memory refusal = abi.encodeWithSelector(IClearinghouse.NotLocked.selector);
        vm.expectRevert(refusal);
        books.countOutflow(CASH, MILLION);
        vm.expectRevert(refusal);
        books.countInflow(CASH, MILLION);
        vm.expectRevert(refusal);
        books.beginNotice(ANOTHER, ANOTHER);
        vm.expectRevert(refusal);
        books.useNotice(ANOTHER, address(0));
    }

    function requireAvailable(uint256 expected) private view {
        (uint256 available, , ) = books.outflow(CASH);
        assertEq(available, expected, "available");
    }

    function requireRefused(Account account, uint256 amount, uint256 available, uint256 refilledAt) private {
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.OutflowLimited.selector, CASH, available, amount, refilledAt)
        );
        withdraw(account, CASH, amount);
    }
}

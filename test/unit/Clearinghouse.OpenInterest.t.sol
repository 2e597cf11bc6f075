// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Fill, IClearinghouse } from "../../contracts/interfaces/IClearinghouse.sol";
import { Reward, Seizure } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { ILiquidationTerms } from "../../contracts/interfaces/ILiquidationTerms.sol";
import { Underlying } from "../../contracts/interfaces/IMarkets.sol";
import { HostileToken } from "../../contracts/mocks/HostileToken.sol";
import { Line } from "../../contracts/mocks/MockMarginEngine.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { toPosition } from "../../contracts/types/Position.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

contract ClearinghouseOpenInterestTest is ClearinghouseTest {
    uint128 private constant MAX_UNITS = 1e30;

    function setUp() public override {
        super.setUp();
        deposit(alices, CASH, 1e6 * USDC);
        deposit(bobs, CASH, 1e6 * USDC);
        deposit(carols, CASH, 1e6 * USDC);
    }

    function test_averageFollowsWhatIsHeld() public {
        fill(alices, bobs, CALL, 24 * UNIT, 100 * USD);
        assertEq(average(), 0);
        skip(1 hours);
        assertEq(average(), UNIT);
        skip(11 hours);
        assertEq(average(), 12 * UNIT);
        skip(12 hours);
        assertEq(average(), 24 * UNIT);
        skip(7 days);
        assertEq(average(), 24 * UNIT);
    }

    function test_averageFallsAsSlowlyAsItRises() public {
        fill(alices, bobs, CALL, 24 * UNIT, 100 * USD);
        skip(1 days);
        fill(bobs, alices, CALL, 24 * UNIT, 100 * USD);
        assertEq(average(), 24 * UNIT);
        skip(6 hours);
        assertEq(average(), 18 * UNIT);
        skip(18 hours);
        assertEq(average(), 0);
    }

    function test_countsEveryDerivativeOnTheUnderlyingAndNoSpot() public {
        deposit(bobs, WETH, 5 ether);
        fill(alices, bobs, CALL, UNIT, 100 * USD);
        fill(alices, bobs, PERPETUAL, 2 * UNIT, 2000 * USD);
        fill(alices, bobs, WETH, 4 * UNIT, 2000 * USD);
        skip(1 days);
        assertEq(average(), 3 * UNIT);
        assertEq(clearinghouse.averageOpenInterest(BTC), 0);
    }

    /// Opened and closed in one block, in one call or in two: neither now nor later a trace.
    function testFuzz_washTradesInABlockCountForNothing(uint128 size, uint256 elapsed) public {
        fill(alices, bobs, CALL, 24 * UNIT, 100 * USD);
        skip(6 hours);
        size = uint128(bound(size, 1, 1000 * UNIT));
        elapsed = bound(elapsed, 0, 2 days);
        uint256 snapshot = vm.snapshotState();
        skip(elapsed);
        uint256 undisturbed = average();
        vm.revertToState(snapshot);

        fill(alices, bobs, CALL, size, 100 * USD);
        assertEq(average(), 6 * UNIT);
        fill(bobs, alices, CALL, size, 100 * USD);
        Batch memory actions;
        actions.fills = new Fill[](2);
        actions.fills[0] = Fill(carols, bobs, PERPETUAL, size, 2000 * USD);
        actions.fills[1] = Fill(bobs, carols, PERPETUAL, size, 2000 * USD);
        clearinghouse.batch(actions);
        assertEq(average(), 6 * UNIT);
        skip(elapsed);
        assertLe(average(), undisturbed);
        assertGe(average(), 6 * UNIT);
    }

    function test_doesNotChangeWhenALongPassesItOn() public {
        fill(alices, bobs, CALL, 24 * UNIT, 100 * USD);
        skip(12 hours);
        fill(carols, alices, CALL, 24 * UNIT, 100 * USD);
        assertEq(clearinghouse.openInterest(ETH), 24 * UNIT);
        assertEq(average(), 12 * UNIT);
    }

    function test_isReadableInTheMiddleOfACallUnlikeTheUnits() public {
        fill(alices, bobs, CALL, 24 * UNIT, 100 * USD);
        skip(12 hours);
        HostileToken hostile = new HostileToken(18);
        listCollateral(WETH, hostile);
        equip(alice, hostile, 100 ether);
        hostile.callOnTransfer(address(this), abi.encodeCall(this.requireAverageWhileLocked, (12 * UNIT)));
        deposit(alices, WETH, 1 ether);
        hostile.callOnTransfer(address(clearinghouse), abi.encodeCall(IClearinghouse.openInterest, (ETH)));
        vm.expectRevert(IClearinghouse.Locked.selector);
        deposit(alices, WETH, 1 ether);
    }

    function requireAverageWhileLocked(uint256 expected) external view {
        assertTrue(clearinghouse.isLocked());
        assertEq(average(), expected);
    }

    function test_holdsTheLargestMarketThatCanBeListed() public {
        engine.setLine(CALL, Line(0, 0, 0));
        markets.setUnderlying(ETH, Underlying("ETH", 1, 0, MAX_UNITS, false));
        fill(alices, bobs, CALL, MAX_UNITS, 0);
        // The new long is there before the old one is gone.
        fill(carols, alices, CALL, MAX_UNITS, 0);
        skip(1 days);
        assertEq(clearinghouse.openInterest(ETH), MAX_UNITS);
        assertEq(average(), MAX_UNITS);
        vm.expectPartialRevert(IClearinghouse.OpenInterestCapExceeded.selector);
        fill(alices, bobs, CALL, 1, 0);
    }

    function test_refusesWhatNoMarketCanHold() public {
        engine.setLine(CALL, Line(0, 0, 0));
        markets.setUnderlying(ETH, Underlying("ETH", 1, 0, type(uint128).max, false));
        fill(alices, bobs, CALL, type(uint104).max, 0);
        vm.expectPartialRevert(SafeCast.SafeCastOverflowedUintDowncast.selector);
        fill(alices, bobs, CALL, 1, 0);
    }

    function test_forcedMovesCountToo() public {
        fill(alices, bobs, PERPETUAL, 24 * UNIT, 2000 * USD);
        fill(carols, bobs, CALL, UNIT, 100 * USD);
        withdraw(alices, CASH, 990_000 * USDC);
        skip(12 hours);
        setEthPrice(1700 * USD);
        vm.mockCall(liquidator, abi.encodeWithSelector(ILiquidationTerms.compensationRate.selector), abi.encode(0));
        // To the short: 12 of the long ones and of his are closed against each other.
        vm.prank(liquidator);
        force.seize(Seizure(alices, bobs, one(toPosition(PERPETUAL, 12e18)), feeTo, 0, Reward(feeTo, 0)));
        assertEq(clearinghouse.openInterest(ETH), 13 * UNIT);
        assertEq(average(), 12.5 ether);
        skip(12 hours);
        assertEq(average(), 12.75 ether);
    }

    function average() private view returns (uint256) {
        return clearinghouse.averageOpenInterest(ETH);
    }

    function skip(uint256 elapsed) private {
        vm.warp(vm.getBlockTimestamp() + elapsed);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Auction, ILiquidator } from "../../contracts/interfaces/ILiquidator.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { LiquidationFixture } from "../helpers/LiquidationFixture.sol";

/// An auction started by whoever names one scenario in which the account is below maintenance. The debtor is long ten perpetuals, requirement
/// 2,000: it gains upwards (node 0) and loses downwards (node 1).
contract LiquidatorWitnessTest is LiquidationFixture {
    uint256 private constant UP = 0;
    uint256 private constant DOWN = 1;
    uint256 private constant MARK = 1;

    function test_theScenarioInWhichItFailsStartsTheAuction() public {
        markets.setFloor(100e18);
        openLong();
        setEquity(1999);
        vm.expectEmit(address(liquidator));
        emit ILiquidator.AuctionStarted(debtor, carol, 1999e18, 2000e18);
        vm.prank(carol);
        liquidator.startAuctionByWitness(debtor, DOWN, MARK);
        Auction memory auction = liquidator.auctionState(debtor).auction;
        assertEq(auction.starter, carol);
        assertEq(auction.startedAt, START);
        assertEq(auction.dueInCents, 2500, "paid as any start");
        assertGt(liquidateAsKeeper(leg(perpetual, 1e18)), type(int256).min, "and legs are offered");
    }

    function test_anotherScenarioProvesNothing() public {
        openLong();
        setEquity(1999);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.AboveMaintenance.selector, debtor, int256(1999e18), 0));
        liquidator.startAuctionByWitness(debtor, UP, MARK);
    }

    function test_atMaintenanceNoScenarioProvesAnything() public {
        openLong();
        setEquity(2000);
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidator.AboveMaintenance.selector, debtor, int256(2000e18), 2000e18)
        );
        liquidator.startAuctionByWitness(debtor, DOWN, MARK);
    }

    function test_notOnADeadFeed() public {
        openLong();
        setEquity(1999);
        engine.setValidity(Validity.Invalid, uint40(START));
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.FeedInvalid.selector, debtor));
        liquidator.startAuctionByWitness(debtor, DOWN, MARK);
    }

    function test_doesNotTurnTheClockBack() public {
        openAuction(1900);
        skip(5 minutes);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.AuctionUnderWay.selector, debtor));
        liquidator.startAuctionByWitness(debtor, DOWN, MARK);
        assertEq(liquidator.auctionState(debtor).rate, 0.3e18);
    }
}

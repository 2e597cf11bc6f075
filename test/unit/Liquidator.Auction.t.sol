// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AuctionState, ILiquidator } from "../../contracts/interfaces/ILiquidator.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { LiquidationFixture } from "../helpers/LiquidationFixture.sol";

contract LiquidatorAuctionTest is LiquidationFixture {
    function test_startsBelowMaintenanceOnly() public {
        openLong();
        setEquity(2000);
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidator.AboveMaintenance.selector, debtor, int256(2000e18), 2000e18)
        );
        liquidator.startAuction(debtor);

        setEquity(1999);
        vm.expectEmit(address(liquidator));
        emit ILiquidator.AuctionStarted(debtor, carol, 1999e18, 2000e18);
        vm.prank(carol);
        liquidator.startAuction(debtor);
    }

    function test_startingAgainDoesNotTurnTheClockBack() public {
        openAuction(1900);
        skip(5 minutes);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.AuctionUnderWay.selector, debtor));
        liquidator.startAuction(debtor);
        assertEq(liquidator.auctionState(debtor).rate, 0.3e18);
    }

    function test_confirmingDoesNotTurnTheClockBack() public {
        openAuction(1900);
        skip(5 minutes);
        liquidator.confirmAuction(debtor);
        assertEq(liquidator.auctionState(debtor).rate, 0.3e18);
    }

    function test_nobodyEndsAnAuctionBelowMaintenance() public {
        openAuction(1999);
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidator.BelowMaintenance.selector, debtor, int256(1999e18), 2000e18)
        );
        liquidator.endAuction(debtor);
    }

    function test_endsOnceTheAccountRecovered() public {
        openAuction(1999);
        fund(debtor, 1);
        vm.expectEmit(address(liquidator));
        emit ILiquidator.AuctionEnded(debtor);
        vm.prank(carol);
        liquidator.endAuction(debtor);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NoAuction.selector, debtor));
        liquidator.endAuction(debtor);
    }

    /// The attack: start an auction in a short dip, wait until c is high, and pounce on the next dip.
    function test_unattendedAuctionLapsesSoThatAnOldClockIsWorthNothing() public {
        openAuction(1999);
        fund(debtor, 100);
        skip(liquidator.LAPSE_SECONDS() + 1);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NoAuction.selector, debtor));
        liquidator.confirmAuction(debtor);
        assertEq(liquidator.auctionState(debtor).auction.startedAt, 0, "shown as none");

        engine.setMark(perpetual, 1850e18);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NoAuction.selector, debtor));
        liquidateAsKeeper(leg(perpetual, 1e18));
        liquidator.startAuction(debtor);
        assertEq(liquidator.auctionState(debtor).rate, -0.01e18, "a new clock");
    }

    function test_recoveredAccountCannotBeConfirmed() public {
        openAuction(1999);
        fund(debtor, 1);
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidator.AboveMaintenance.selector, debtor, int256(2000e18), 2000e18)
        );
        liquidator.confirmAuction(debtor);
    }

    function test_confirmedAuctionGoesOn() public {
        openAuction(1999);
        uint256 lapse = liquidator.LAPSE_SECONDS();
        skip(lapse);
        liquidator.confirmAuction(debtor);
        skip(lapse);
        assertEq(liquidator.auctionState(debtor).elapsedSeconds, 2 * lapse);
    }

    function test_outageRestartsTheCompensation() public {
        openAuction(1900);
        skip(4 minutes);
        engine.setValidity(Validity.Fresh, uint40(START + 3 minutes));
        AuctionState memory state = liquidator.auctionState(debtor);
        assertEq(state.elapsedSeconds, 1 minutes);
        assertEq(state.rate, 0.052e18);
        int256 payment = liquidateAsKeeper(leg(perpetual, 1e18));
        assertEq(payment, 0.052e18 * 200, "paid at the restarted rate");
    }

    /// The end of a sequencer's grace may lie ahead.
    function test_validityThatBeginsLaterIsTheStart() public {
        openAuction(1900);
        skip(4 minutes);
        engine.setValidity(Validity.Fresh, uint40(START + 1 hours));
        assertEq(liquidator.auctionState(debtor).elapsedSeconds, 0);
    }

    function test_ordinaryRoundsDoNotRestartTheClock() public {
        openAuction(1900);
        skip(4 minutes);
        engine.setMark(perpetual, 1889e18);
        assertEq(liquidator.auctionState(debtor).elapsedSeconds, 4 minutes);
    }

    function test_lateFeedsAreLiquidatedOn() public {
        openLong();
        setEquity(1900);
        engine.setValidity(Validity.Late, uint40(START - 1 days));
        liquidator.startAuction(debtor);
        skip(1 minutes);
        liquidateAsKeeper(leg(perpetual, 1e18));
    }

    function test_nothingHappensOnInvalidFeeds() public {
        openAuction(1900);
        skip(1 minutes);
        engine.setValidity(Validity.Invalid, 0);
        bytes memory reason = abi.encodeWithSelector(ILiquidator.FeedInvalid.selector, debtor);
        vm.expectRevert(reason);
        liquidateAsKeeper(leg(perpetual, 1e18));
        vm.expectRevert(reason);
        takeOverAsKeeper(0);
        vm.expectRevert(reason);
        liquidator.absorb(debtor);
        vm.expectRevert(reason);
        liquidator.confirmAuction(debtor);
        fund(debtor, 1000);
        vm.expectRevert(reason);
        liquidator.endAuction(debtor);
        skip(1 hours);
        vm.expectRevert(reason);
        liquidator.startAuction(debtor);
    }

    function test_stateOfAnAccountThatRecoveredOffersNothingPublic() public {
        openAuction(1900);
        fundReserve(10_000);
        skipConfirmed(3 hours);
        fund(debtor, 100);
        AuctionState memory state = liquidator.auctionState(debtor);
        assertFalse(state.isBankrupt, "not bankrupt");
        assertEq(state.payment, 2000e18, "its equity");
    }
}

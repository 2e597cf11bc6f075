// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { ILiquidator } from "../../contracts/interfaces/ILiquidator.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { LiquidationFixture } from "../helpers/LiquidationFixture.sol";

contract LiquidatorMarginCallTest is LiquidationFixture {
    function setUp() public override {
        super.setUp();
        openLong();
    }

    function test_callsBelowInitialWithTheNumbers() public {
        setEquity(2499);
        vm.expectEmit(address(liquidator));
        emit ILiquidator.MarginCalled(debtor, 2499e18, 2500e18);
        vm.prank(carol);
        liquidator.callMargin(debtor);
        assertEq(liquidator.marginCalledAt(debtor), START);
    }

    function test_doesNotCallAtInitial() public {
        setEquity(2500);
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidator.AboveInitialMargin.selector, debtor, int256(2500e18), 2500e18)
        );
        liquidator.callMargin(debtor);
    }

    function test_callCannotBeRepeatedToSpam() public {
        setEquity(2499);
        liquidator.callMargin(debtor);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.AlreadyCalled.selector, debtor));
        liquidator.callMargin(debtor);
    }

    function test_doesNotCallOnInvalidFeeds() public {
        setEquity(2499);
        engine.setValidity(Validity.Invalid, 0);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.FeedInvalid.selector, debtor));
        liquidator.callMargin(debtor);
    }

    function test_clearsAtInitialAndNotBelow() public {
        setEquity(2499);
        liquidator.callMargin(debtor);
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidator.BelowInitialMargin.selector, debtor, int256(2499e18), 2500e18)
        );
        liquidator.clearMarginCall(debtor);

        fund(debtor, 1);
        vm.expectEmit(address(liquidator));
        emit ILiquidator.MarginCallCleared(debtor);
        liquidator.clearMarginCall(debtor);
        assertEq(liquidator.marginCalledAt(debtor), 0);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NoMarginCall.selector, debtor));
        liquidator.clearMarginCall(debtor);
    }

    function test_marginCallIsNoConditionOfAnAuction() public {
        setEquity(1999);
        liquidator.startAuction(debtor);
        assertEq(liquidator.auctionState(debtor).auction.startedAt, START);
    }
}

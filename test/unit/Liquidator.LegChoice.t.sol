// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {
    Approval,
    Batch,
    Deposit,
    IClearinghouse,
    MAY_MOVE,
    MAY_TRADE
} from "../../contracts/interfaces/IClearinghouse.sol";
import { ILiquidator, Liquidation } from "../../contracts/interfaces/ILiquidator.sol";
import { ILegGuards } from "../../contracts/interfaces/ILegGuards.sol";
import { IMarginEngine, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { LiquidationFixture } from "../helpers/LiquidationFixture.sol";

contract LiquidatorLegChoiceTest is LiquidationFixture {
    function test_paysTheRateForTheRequirementRemoved() public {
        openAuction(1900);
        skip(150 seconds);
        int256 keeperBefore = riskOf(keeper).equity;
        vm.expectEmit(address(liquidator));
        emit ILiquidator.Liquidated(debtor, keeper, 0.145e18, 200e18, 29e18);
        int256 payment = liquidateAsKeeper(leg(perpetual, 1e18));

        assertEq(payment, 29e18, "0.145 x 200");
        assertEq(clearinghouse.position(debtor, perpetual), 9e18, "leg gone");
        assertEq(clearinghouse.position(keeper, perpetual), 1e18, "leg taken");
        assertEq(riskOf(debtor).equity, 1871e18, "pays at mark plus compensation");
        assertEq(riskOf(keeper).equity - keeperBefore, 26.1e18, "nine tenths of it");
        assertEq(clearinghouse.cash(vault.treasury()), 2.9e18, "one tenth to the backstop");
        assertConserved();
    }

    function test_firstComerPaysForAStaleMark() public {
        openAuction(1900);
        int256 payment = liquidateAsKeeper(leg(perpetual, 1e18));
        assertEq(payment, -2e18);
        assertEq(riskOf(debtor).equity, 1902e18);
        assertEq(clearinghouse.cash(vault.treasury()), 0, "no fee on what the keeper pays");
        assertConserved();
    }

    function test_auctionEndsWithTheAccountBackAboveItsLine() public {
        openAuction(1900);
        skip(1 minutes);
        liquidateAsKeeper(leg(perpetual, 1.5e18));
        assertGe(riskOf(debtor).equity, int256(riskOf(debtor).maintenance));
        assertEq(liquidator.auctionState(debtor).auction.startedAt, 0);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NoAuction.selector, debtor));
        liquidateAsKeeper(leg(perpetual, 1e18));
    }

    function test_auctionGoesOnWhileTheAccountIsBelow() public {
        openAuction(1000);
        skip(10 minutes);
        liquidateAsKeeper(leg(perpetual, 1e18));
        skip(15 minutes);
        assertEq(
            liquidator.auctionState(debtor).elapsedSeconds,
            25 minutes,
            "the call confirmed it, the clock runs on"
        );
    }

    function test_noAuctionNoLiquidation() public {
        openLong();
        setEquity(1900);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NoAuction.selector, debtor));
        liquidateAsKeeper(leg(perpetual, 1e18));
    }

    function test_healthyAccountIsNotTouchedEvenUnderAnOldAuction() public {
        openAuction(1999);
        fund(debtor, 1);
        skip(5 minutes);
        bytes memory reason = abi.encodeWithSelector(
            ILiquidator.AboveMaintenance.selector,
            debtor,
            int256(2000e18),
            2000e18
        );
        vm.expectRevert(reason);
        liquidateAsKeeper(leg(perpetual, 1e18));
        vm.expectRevert(reason);
        takeOverAsKeeper(0);
        vm.expectRevert(reason);
        liquidator.absorb(debtor);
    }

    /// A book hedged in both directions: ten perpetuals long against ten calls short, requirement 1,000 on the way down.
    function openHedged() internal {
        fund(debtor, 11_250);
        operate(debtor);
        buy(debtor, perpetual, 10e18, SPOT);
        sell(debtor, call, 10e18, 100e18);
        engine.setMark(perpetual, 965e18);
    }

    function test_hedgeCannotBeStripped() public {
        openHedged();
        Risk memory risk = riskOf(debtor);
        assertEq(risk.maintenance, 1000e18, "down: -2000 + 1000");
        assertEq(risk.equity, 900e18);
        liquidator.startAuction(debtor);
        skip(30);

        // Five perpetuals: the requirement falls by 100 (up is then the worse side), their own is 1,000.
        vm.expectRevert(abi.encodeWithSelector(ILegGuards.HedgeStripped.selector, 100e18, 1000e18));
        liquidateAsKeeper(leg(perpetual, 5e18));
        // The calls alone: the requirement rises.
        vm.expectPartialRevert(IClearinghouse.HealthLowered.selector);
        liquidateAsKeeper(leg(call, -10e18));
        // What hedges nothing may go.
        liquidateAsKeeper(leg(perpetual, 1e18));
        assertConserved();
    }

    function test_tailCannotBeOpenedUnderTheEquity() public {
        fund(debtor, 13_200);
        operate(debtor);
        buy(debtor, perpetual, 10e18, SPOT);
        buy(debtor, put, 10e18, 20e18);
        engine.setMark(perpetual, 870e18);
        Risk memory risk = riskOf(debtor);
        assertEq(risk.equity, 1900e18);
        assertEq(risk.maintenance, 1950e18);
        assertEq(risk.stressLoss, 1000e18);
        liquidator.startAuction(debtor);
        skip(30);

        // The puts look like dead weight on the grid; without them a crash costs 8,500.
        // c = 0.021 on 250 removed: the account pays 5.25.
        vm.expectRevert(abi.encodeWithSelector(ILegGuards.TailWorsened.selector, 1000e18, 8500e18, int256(1894.75e18)));
        liquidateAsKeeper(legs2(perpetual, 1.5e18, put, 10e18));
        liquidateAsKeeper(legs2(perpetual, 1.5e18, put, 1.5e18));
        assertConserved();
    }

    function test_dustIsRefused() public {
        openAuction(1000);
        skip(1 minutes);
        vm.expectRevert(abi.encodeWithSelector(ILegGuards.TooSmall.selector, 99.8e18, 2000e18));
        liquidateAsKeeper(leg(perpetual, 0.499e18));
        liquidateAsKeeper(leg(perpetual, 0.5e18));
    }

    /// Between the floor and a twentieth more no slice removes a twentieth, and the whole is more than the target.
    function test_littleIsEnoughWhereItLeadsToTheFloor() public {
        fund(debtor, 130);
        operate(debtor);
        buy(debtor, perpetual, 0.515e18, SPOT); // requires 103, the floor is 100
        engine.setMark(perpetual, 1922.33e18);
        liquidator.startAuction(debtor);
        skip(1 minutes);
        vm.expectPartialRevert(ILiquidator.OverLiquidation.selector);
        liquidateAsKeeper(leg(perpetual, 0.515e18));
        vm.expectRevert(abi.encodeWithSelector(ILegGuards.TooSmall.selector, uint256(2e18), uint256(103e18)));
        liquidateAsKeeper(leg(perpetual, 0.01e18));
        liquidateAsKeeper(leg(perpetual, 0.02e18));
        liquidateAsKeeper(leg(perpetual, 0.495e18));
        assertEq(riskOf(debtor).maintenance, 0);
        assertGt(clearinghouse.cash(debtor), 80e18);
        assertConserved();
    }

    function test_littleIsEnoughWhereItCures() public {
        openAuction(1999);
        skip(1 minutes);
        liquidateAsKeeper(leg(perpetual, 0.01e18));
        assertGe(riskOf(debtor).equity, int256(riskOf(debtor).maintenance));
    }

    function test_overLiquidationIsRefused() public {
        openAuction(1900);
        skip(1 minutes); // c = 0.052
        // 5 units: equity 1900 - 52 = 1848 against 1000.
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.OverLiquidation.selector, int256(1848e18), 1000e18));
        liquidateAsKeeper(leg(perpetual, 5e18));
        // Everything is more still.
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.OverLiquidation.selector, int256(1796e18), uint256(0)));
        liquidateAsKeeper(leg(perpetual, 10e18));
        // 1.82 units: 1881.072 against 1.15 x 1636 + 1.
        liquidateAsKeeper(leg(perpetual, 1.82e18));
        assertConserved();
    }

    function test_targetIsExactToTheUnit() public {
        openAuction(1900);
        skip(1 minutes);
        // 1900 - 10.4 q <= 1.15 (2000 - 200 q) + 1  <=>  q <= 401 / 219.6 = 1.826047358834244080...
        vm.expectPartialRevert(ILiquidator.OverLiquidation.selector);
        liquidateAsKeeper(leg(perpetual, 1.826047358834244081e18));
        liquidateAsKeeper(leg(perpetual, 1.826047358834244080e18));
    }

    function test_floorBoundAccountIsTakenWholeAndItsOwnerKeepsTheRest() public {
        fund(debtor, 120);
        operate(debtor);
        buy(debtor, perpetual, 0.4e18, SPOT); // requires 80, the floor 100
        engine.setMark(perpetual, 1925e18);
        assertEq(riskOf(debtor).equity, 90e18);
        liquidator.startAuction(debtor);
        skip(1 minutes);
        assertTrue(liquidator.auctionState(debtor).isWhole, "floor-bound");

        vm.expectRevert(abi.encodeWithSelector(ILegGuards.HedgeStripped.selector, uint256(0), 40e18));
        liquidateAsKeeper(leg(perpetual, 0.2e18));
        vm.expectPartialRevert(ILiquidator.NotYetWhole.selector);
        takeOverAsKeeper(0);
        int256 payment = liquidateAsKeeper(leg(perpetual, 0.4e18));
        assertEq(payment, 5.2e18, "c x floor");
        assertEq(clearinghouse.cash(debtor), 84.8e18, "the rest stays the owner's");
        assertConserved();
    }

    function test_floorBoundAccountIsNotTakenInParts() public {
        engine.setFloor(2000e18);
        fund(debtor, 4000);
        operate(debtor);
        buy(debtor, perpetual, 9e18, SPOT);
        // Out of the long comes a package that passes every other guard: nothing of its own requirement, equal ends.
        engine.setProfits(put, 0, 0, 0);
        buy(debtor, put, 1e18, 20e18);
        engine.setMark(perpetual, 1750e18);
        assertEq(riskOf(debtor).equity, 1750e18);
        liquidator.startAuction(debtor);
        skip(1 minutes);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NotWhole.selector, uint256(2000e18)));
        liquidateAsKeeper(leg(put, 1e18));
    }

    /// Collateral without a debt needs no margin of its own, so the floor can be left behind with the collateral kept:
    /// refused, because such an account is to be taken whole.
    function test_floorBoundAccountCannotBeLeftWithCollateralThatCarriesRisk() public {
        engine.setProfits(spot, 20e18, -20e18, -100e18);
        weth.mint(alice, 1e18);
        Batch memory actions;
        actions.deposits = new Deposit[](1);
        actions.deposits[0] = Deposit(debtor, spot, 1e18);
        vm.startPrank(alice);
        weth.approve(address(clearinghouse), 1e18);
        clearinghouse.batch(actions);
        vm.stopPrank();
        operate(debtor);
        engine.setMark(spot, 70e18);
        fund(debtor, 55);
        buy(debtor, perpetual, 0.2e18, SPOT); // requires 40 and 20: the floor of 100 binds
        engine.setMark(perpetual, 1850e18);
        assertEq(riskOf(debtor).equity, 95e18);
        liquidator.startAuction(debtor);
        skip(1 minutes);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NotWhole.selector, 20e18));
        liquidateAsKeeper(leg(perpetual, 0.2e18));
        liquidateAsKeeper(legs2(perpetual, 0.2e18, spot, 1e18));
        assertEq(clearinghouse.cash(debtor), 89.8e18);
        assertConserved();
    }

    function test_legsAreOfferedOnlyBelowEquityOverRequirement() public {
        openAuction(600); // E/R = 0.3, reached after 300 seconds
        skip(299);
        assertFalse(liquidator.auctionState(debtor).isWhole, "legs");
        uint256 before = vm.snapshotState();
        liquidateAsKeeper(leg(perpetual, 1e18));
        vm.revertToState(before);
        skip(1);
        assertTrue(liquidator.auctionState(debtor).isWhole, "whole");
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidator.WholeOnly.selector, int256(0.3e18), int256(600e18), 2000e18)
        );
        liquidateAsKeeper(leg(perpetual, 1e18));
    }

    /// What the clearinghouse asks, anybody may ask of any risk that the account might have.
    function test_rateIsOfferedForLegsOfAnAuctionBelowMaintenanceOnly() public {
        openLong();
        setEquity(1900);
        Risk memory risk = riskOf(debtor);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NoAuction.selector, debtor));
        liquidator.compensationRate(debtor, risk);
        liquidator.startAuction(debtor);
        skip(5 minutes);
        assertEq(liquidator.compensationRate(debtor, risk), 0.3e18);

        risk.validSince = uint40(START + 5 minutes);
        assertEq(liquidator.compensationRate(debtor, risk), -0.01e18, "after an outage");
        risk.validSince = uint40(START - 1 days);
        risk.validity = Validity.Invalid;
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.FeedInvalid.selector, debtor));
        liquidator.compensationRate(debtor, risk);
        risk.validity = Validity.Fresh;
        risk.equity = 2000e18;
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidator.AboveMaintenance.selector, debtor, int256(2000e18), 2000e18)
        );
        liquidator.compensationRate(debtor, risk);
        risk.equity = 600e18;
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidator.WholeOnly.selector, int256(0.3e18), int256(600e18), 2000e18)
        );
        liquidator.compensationRate(debtor, risk);
    }

    function test_asksTheEngineOnce() public {
        openAuction(1900);
        skip(1 minutes);
        vm.expectCall(address(engine), abi.encodeWithSelector(IMarginEngine.evaluate.selector), 1);
        liquidateAsKeeper(leg(perpetual, 1e18));
    }

    function test_takerMustBeAuthorised() public {
        openAuction(1900);
        Liquidation memory order = liquidation(leg(perpetual, 1e18));
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NotAuthorised.selector, keeper, carol));
        vm.prank(carol);
        liquidator.liquidate(order);

        // MAY_MOVE is not enough, MAY_TRADE is.
        approve(keeper, carol, MAY_MOVE);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NotAuthorised.selector, keeper, carol));
        vm.prank(carol);
        liquidator.liquidate(order);
        approve(keeper, carol, MAY_TRADE);
        vm.prank(carol);
        liquidator.liquidate(order);
    }

    function approve(Account account, address operator, uint8 permissions) internal {
        Batch memory actions;
        actions.approvals = new Approval[](1);
        actions.approvals[0] = Approval(account, operator, permissions, type(uint40).max);
        vm.prank(account.owner());
        clearinghouse.batch(actions);
    }

    function test_ownerDoesNotLiquidateHimself() public {
        openAuction(1900);
        Account sibling = toAccount(alice, 2);
        fund(sibling, 100_000);
        Liquidation memory order = liquidation(leg(perpetual, 1e18));
        order.taker = sibling;
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.SelfLiquidation.selector, debtor, sibling));
        vm.prank(alice);
        liquidator.liquidate(order);
    }

    function test_takerMustMeetInitialMargin() public {
        openAuction(1900);
        Liquidation memory order = liquidation(leg(perpetual, 1e18));
        order.taker = toAccount(bob, 3);
        fund(order.taker, 200); // initial of one perpetual: 250
        vm.expectPartialRevert(IClearinghouse.BelowInitialMargin.selector);
        vm.prank(bob);
        liquidator.liquidate(order);
    }

    function test_sizesNeverGoBeyondZeroNorOpenAnything() public {
        openAuction(1900);
        skip(1 minutes);
        vm.expectPartialRevert(IClearinghouse.InsufficientPosition.selector);
        liquidateAsKeeper(leg(perpetual, 10.5e18));
        vm.expectPartialRevert(IClearinghouse.InsufficientPosition.selector);
        liquidateAsKeeper(leg(perpetual, -1e18));
        vm.expectPartialRevert(IClearinghouse.InsufficientPosition.selector);
        liquidateAsKeeper(leg(call, 1e18));
    }

    function test_keepersTermsHold() public {
        openAuction(1900);
        skip(1 minutes);
        Liquidation memory order = liquidation(leg(perpetual, 1e18));
        order.minRate = 0.052e18 + 1;
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidator.RateTooLow.selector, int256(0.052e18), int256(0.052e18 + 1))
        );
        vm.prank(bob);
        liquidator.liquidate(order);

        order.minRate = 0.052e18;
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.Expired.selector, order.deadline));
        vm.prank(bob);
        liquidator.liquidate(order);
        order.deadline += 1;
        vm.prank(bob);
        liquidator.liquidate(order);
    }
}

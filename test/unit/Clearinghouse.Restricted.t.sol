// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { IClearinghouse } from "../../contracts/interfaces/IClearinghouse.sol";
import { Seizure, TakeOver } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

contract ClearinghouseRestrictedTest is ClearinghouseTest {
    function test_exchangesModulesForTheirRoleOnly() public {
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.MarginEngineSet(carol);
        clearinghouse.setMarginEngine(carol);
        assertEq(clearinghouse.marginEngine(), carol);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.LiquidatorSet(carol);
        clearinghouse.setLiquidator(carol);
        assertEq(clearinghouse.liquidator(), carol);

        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        clearinghouse.setMarginEngine(alice);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        clearinghouse.setLiquidator(alice);
        vm.stopPrank();
    }

    function test_onlyTheLiquidatorHasForce() public {
        Seizure memory seizure;
        TakeOver memory order;
        bytes memory refusal = abi.encodeWithSelector(IClearinghouse.NotLiquidator.selector, address(this));
        vm.expectRevert(refusal);
        force.seize(seizure);
        vm.expectRevert(refusal);
        force.takeOver(order);
    }

    function test_anyoneFundsTheReserve() public {
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.ReserveFunded(alice, 7 * USD);
        vm.prank(alice);
        clearinghouse.fundReserve(7 * USDC);
        assertEq(clearinghouse.reserve(), 7 * USD);
        assertEq(clearinghouse.recordedInTokens(CASH), 7 * USDC);
    }

    function test_namesWhatItWasBuiltWith() public view {
        assertEq(clearinghouse.usdc(), address(usdc));
        assertEq(clearinghouse.markets(), address(markets));
        assertFalse(clearinghouse.isLocked());
    }
}

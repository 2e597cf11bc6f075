// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {
    Approval,
    Batch,
    IClearinghouse,
    MAY_MOVE,
    MAY_TRADE,
    MAY_WITHDRAW
} from "../../contracts/interfaces/IClearinghouse.sol";
import { Account } from "../../contracts/types/Account.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

contract ClearinghouseOperatorsTest is ClearinghouseTest {
    address private operator = makeAddr("operator");

    function setUp() public override {
        super.setUp();
        deposit(alices, CASH, 1000 * USDC);
        deposit(bobs, CASH, 1000 * USDC);
    }

    function test_onlyTheOwnerApproves() public {
        approve(alices, operator, 7);
        Batch memory actions;
        actions.approvals = one(Approval(alices, bob, 7, type(uint40).max));
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.NotOwner.selector, alices, operator));
        clearinghouse.batch(actions);
    }

    function test_anApprovalHoldsForOneAccount() public {
        approve(alices, operator, 7);
        assertTrue(clearinghouse.isAuthorised(alices, operator, MAY_WITHDRAW));
        assertFalse(clearinghouse.isAuthorised(alicesOther, operator, MAY_WITHDRAW));
    }

    function test_anApprovalEndsAfterItsLastSecond() public {
        approve(alices, operator, MAY_TRADE, 1_700_000_100);
        vm.warp(1_700_000_100);
        assertTrue(clearinghouse.isAuthorised(alices, operator, MAY_TRADE));
        vm.warp(1_700_000_101);
        assertFalse(clearinghouse.isAuthorised(alices, operator, MAY_TRADE));
    }

    function testFuzz_aPermissionIsGivenBitByBit(uint8 given, uint8 asked) public {
        approve(alices, operator, given);
        bool expected = asked != 0 && (given & asked) == asked;
        assertEq(clearinghouse.isAuthorised(alices, operator, asked), expected);
        assertTrue(clearinghouse.isAuthorised(alices, alice, asked));
    }

    function test_aDismissedOperatorMayNothing() public {
        approve(alices, operator, 7);
        approve(alices, operator, 0);
        assertFalse(clearinghouse.isAuthorised(alices, operator, MAY_TRADE));
    }

    function test_anOperatorWithdrawsToTheOwnerOnly() public {
        approve(alices, operator, 7);
        withdrawAs(operator, alices, CASH, USDC, alice);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.RecipientNotOwner.selector, operator, alice));
        withdrawAs(operator, alices, CASH, USDC, operator);
    }

    function test_anOperatorPaysNoStranger() public {
        approve(alices, operator, 7);
        transferAs(operator, alices, alicesOther, CASH, UNIT);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.NotOwner.selector, alices, operator));
        transferAs(operator, alices, bobs, CASH, UNIT);
    }

    function test_aTraderMayNeitherMoveNorWithdraw() public {
        approve(alices, operator, MAY_TRADE);
        vm.expectRevert(refusal(alices, MAY_MOVE));
        transferAs(operator, alices, alicesOther, CASH, UNIT);
        vm.expectRevert(refusal(alices, MAY_WITHDRAW));
        withdrawAs(operator, alices, CASH, USDC, alice);
    }

    function test_aPositionIsMovedOnlyIntoAnAccountThatTheOperatorMayMoveToo() public {
        deposit(alices, WETH, 1 ether);
        approve(alices, operator, MAY_MOVE);
        vm.expectRevert(refusal(alicesOther, MAY_MOVE));
        transferAs(operator, alices, alicesOther, WETH, UNIT);
        approve(alicesOther, operator, MAY_MOVE);
        transferAs(operator, alices, alicesOther, WETH, UNIT);
        assertEq(position(alicesOther, WETH), 1 ether);
    }

    function test_aStrangerMayNothing() public {
        vm.expectRevert(refusal(alices, MAY_MOVE));
        transferAs(operator, alices, alicesOther, CASH, UNIT);
        vm.expectRevert(refusal(alices, MAY_WITHDRAW));
        withdrawAs(operator, alices, CASH, USDC, alice);
    }

    function refusal(Account account, uint8 permission) private view returns (bytes memory) {
        return abi.encodeWithSelector(IClearinghouse.NotAuthorised.selector, account, operator, permission);
    }
}

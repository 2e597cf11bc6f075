// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, IClearinghouse, Withdrawal } from "../../contracts/interfaces/IClearinghouse.sol";
import { Approvals, IClearinghouseBooks } from "../../contracts/interfaces/IClearinghouseBooks.sol";
import {
    Deleveraging,
    IClearinghouseForce,
    Seizure,
    TakeOver
} from "../../contracts/interfaces/IClearinghouseForce.sol";
import { InterestRates } from "../../contracts/interfaces/IInterest.sol";
import { HostileToken } from "../../contracts/mocks/HostileToken.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

/// A token that calls in the middle of its transfer, on the way in and on the way out.
contract ClearinghouseReentrancyTest is ClearinghouseTest {
    HostileToken private hostile;

    function setUp() public override {
        super.setUp();
        hostile = new HostileToken(18);
        listCollateral(WETH, hostile);
        equip(alice, hostile, 100 ether);
        deposit(alices, WETH, 10 ether);
    }

    function test_everyDoorIsShutWhileTokensMove() public {
        Batch memory actions;
        Seizure memory seizure;
        TakeOver memory order;
        requireShut(abi.encodeCall(IClearinghouse.batch, (actions)));
        requireShut(abi.encodeCall(IClearinghouse.fundReserve, (1)));
        requireShut(abi.encodeCall(IClearinghouseForce.seize, (seizure)));
        requireShut(abi.encodeCall(IClearinghouseForce.takeOver, (order)));
        Deleveraging memory deleveraging;
        requireShut(abi.encodeCall(IClearinghouseForce.deleverage, (deleveraging)));
        requireShut(abi.encodeCall(IClearinghouseBooks.settle, (alices, 1)));
        Approvals memory approvals;
        requireShut(abi.encodeCall(IClearinghouseBooks.approveBySignature, (approvals, "")));
        requireShut(abi.encodeCall(IClearinghouse.setMarginEngine, (alice)));
        requireShut(abi.encodeCall(IClearinghouse.setLiquidator, (alice)));
        requireShut(abi.encodeCall(IClearinghouse.setInterestRates, (InterestRates(0, 0, 0, 50, 0))));
    }

    function test_noAccountIsReadWhileTokensMove() public {
        requireShut(abi.encodeCall(IClearinghouse.cash, (alices)));
        requireShut(abi.encodeCall(IClearinghouse.positions, (alices)));
        requireShut(abi.encodeCall(IClearinghouse.position, (alices, WETH)));
        requireShut(abi.encodeCall(IClearinghouse.entryValue, (alices, PERPETUAL)));
        requireShut(abi.encodeCall(IClearinghouse.portfolio, (alices)));
        requireShut(abi.encodeCall(IClearinghouse.risk, (alices)));
        requireShut(abi.encodeCall(IClearinghouse.isAuthorised, (alices, alice, 1)));
        requireShut(abi.encodeCall(IClearinghouse.recordedInTokens, (CASH)));
        requireShut(abi.encodeCall(IClearinghouse.reserve, ()));
        requireShut(abi.encodeCall(IClearinghouse.openInterest, (ETH)));
        requireShut(abi.encodeCall(IClearinghouse.openInterestOf, (PERPETUAL)));
        requireShut(abi.encodeCall(IClearinghouseBooks.scaledCash, (alices)));
        requireShut(abi.encodeCall(IClearinghouseBooks.cashTotals, ()));
        requireShut(abi.encodeCall(IClearinghouseBooks.outflow, (CASH)));
    }

    function test_saysThatItIsLocked() public {
        hostile.callOnTransfer(address(this), abi.encodeCall(this.requireLocked, ()));
        deposit(alices, WETH, 1 ether);
        assertFalse(clearinghouse.isLocked());
    }

    function requireLocked() external view {
        assertTrue(clearinghouse.isLocked());
    }

    function test_staysUsableAfterARevert() public {
        hostile.callOnTransfer(address(clearinghouse), abi.encodeCall(IClearinghouse.reserve, ()));
        vm.prank(alice);
        vm.expectRevert();
        clearinghouse.batch(withdrawing());
        deposit(alices, CASH, 1);
        assertEq(cash(alices), 1e12);
    }

    function requireShut(bytes memory data) private {
        hostile.callOnTransfer(address(clearinghouse), data);
        vm.expectRevert(IClearinghouse.Locked.selector);
        deposit(alices, WETH, 1 ether);
        vm.prank(alice);
        vm.expectRevert(IClearinghouse.Locked.selector);
        clearinghouse.batch(withdrawing());
    }

    function withdrawing() private view returns (Batch memory actions) {
        actions.withdrawals = one(Withdrawal(alices, WETH, 1 ether, bob));
    }
}

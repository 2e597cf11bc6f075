// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IOrderSettlement, Order, SignedOrder } from "../../contracts/interfaces/IOrderSettlement.sol";
import { OrderSettlementTest } from "../helpers/OrderSettlementTest.sol";

contract OrderSettlementCancelTest is OrderSettlementTest {
    function test_ACancelledOrderIsNeverFilled() public {
        Order memory sell = ask(1e18, 1990e18);
        SignedOrder memory maker = signed(alice, sell);
        SignedOrder memory taker = signedBid();
        bytes32 orderHash = settlement.hashOrder(sell);
        vm.prank(bob.owner);
        settlement.cancel(sell);
        assertEq(settlement.filled(alice.owner, orderHash), 0);

        vm.expectEmit(address(settlement));
        emit IOrderSettlement.OrderCancelled(orderHash, alice.owner);
        vm.prank(alice.owner);
        settlement.cancel(sell);
        assertEq(settlement.filled(alice.owner, orderHash), type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.OrderIsCancelled.selector, orderHash));
        fill(maker, taker, 1e18);
    }

    function test_CancelsAllBelowASalt() public {
        Order memory sell = ask(1e18, 1990e18);
        sell.salt = 41;
        Order memory later = ask(1e18, 1990e18);
        later.salt = 42;
        SignedOrder memory maker = signed(alice, sell);
        SignedOrder memory taker = signedBid();
        bytes32 orderHash = settlement.hashOrder(sell);
        vm.expectEmit(address(settlement));
        emit IOrderSettlement.OrdersCancelledBelow(alice.owner, 42);
        vm.prank(alice.owner);
        settlement.cancelBelow(42);

        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.SaltBelowMinimum.selector, orderHash, 41, 42));
        fill(maker, taker, 1e18);
        fill(signed(alice, later), taker, 1e18);
    }

    function test_NeverBringsCancelledSaltsBack() public {
        vm.startPrank(alice.owner);
        settlement.cancelBelow(42);
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.MinSaltNotRaised.selector, 42, 42));
        settlement.cancelBelow(42);
    }

    function test_APartlyFilledOrderIsCancelledForTheRest() public {
        Order memory sell = ask(2e18, 1990e18);
        SignedOrder memory maker = signed(alice, sell);
        SignedOrder memory taker = signedBid();
        fill(maker, taker, 1e18);
        vm.prank(alice.owner);
        settlement.cancel(sell);
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.OrderIsCancelled.selector, settlement.hashOrder(sell)));
        fill(maker, taker, 1e18);
    }

    function test_CancellingLeavesTheOrdersOfOtherSignersAlone() public {
        SignedOrder memory maker = signed(alice, ask(2e18, 1990e18));
        SignedOrder memory taker = signedBid();
        vm.prank(bob.owner);
        settlement.cancelBelow(1);
        vm.prank(makeAddr("stranger"));
        settlement.cancelBelow(type(uint256).max);
        fill(maker, taker, 1e18);
        assertEq(clearinghouse.calls(), 1);
    }

    function signedBid() private view returns (SignedOrder memory) {
        return signed(bob, bid(10e18, 2000e18));
    }
}

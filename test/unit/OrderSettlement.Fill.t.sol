// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Fill } from "../../contracts/interfaces/IClearinghouse.sol";
import { IOrderSettlement, Order, SignedOrder } from "../../contracts/interfaces/IOrderSettlement.sol";
import { Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { OrderSettlementTest } from "../helpers/OrderSettlementTest.sol";

contract OrderSettlementFillTest is OrderSettlementTest {
    function test_FillsAtTheMakersPriceWhenTheTakerBuys() public {
        fill(signed(alice, ask(3e18, 1990e18)), signed(bob, bid(2e18, 2000e18)), 2e18);

        Fill memory filled = clearinghouse.lastFill();
        assertTrue(filled.buyer == bob.account && filled.seller == alice.account);
        assertTrue(filled.instrument == PERPETUAL);
        assertEq(uint256(filled.size), 2e18);
        assertEq(filled.price, 1990e18);
        assertEq(clearinghouse.lastReducing().length, 0);
    }

    function test_FillsAtTheMakersPriceWhenTheTakerSells() public {
        fill(signed(bob, bid(2e18, 2000e18)), signed(alice, ask(3e18, 1990e18)), 1e18);

        Fill memory filled = clearinghouse.lastFill();
        assertTrue(filled.buyer == bob.account && filled.seller == alice.account);
        assertEq(filled.price, 2000e18);
    }

    function test_TellsOfBothOrdersHowMuchWasFilledAndPaid() public {
        Order memory sell = ask(3e18, 1990e18);
        Order memory buy = bid(2e18, 2000e18);
        bytes32 sellHash = settlement.hashOrder(sell);
        bytes32 buyHash = settlement.hashOrder(buy);
        SignedOrder memory maker = signed(alice, sell);
        SignedOrder memory taker = signed(bob, buy);
        vm.expectEmit(address(settlement));
        emit IOrderSettlement.OrderFilled(sellHash, alice.account, 2e18, -3980e18);
        vm.expectEmit(address(settlement));
        emit IOrderSettlement.OrderFilled(buyHash, bob.account, 2e18, 3980e18);
        fill(maker, taker, 2e18);
    }

    function testFuzz_PartialFillsAddUpToTheSizeAndNeverBeyond(uint128 size, uint128 first) public {
        size = uint128(bound(uint256(size), 2, uint256(uint128(type(int128).max))));
        first = uint128(bound(uint256(first), 1, size - 1));
        Order memory sell = ask(size, 1990e18);
        SignedOrder memory maker = signed(alice, sell);
        SignedOrder memory taker = signed(bob, bid(uint128(type(int128).max), 2000e18));
        fill(maker, taker, first);
        assertEq(settlement.filled(alice.owner, settlement.hashOrder(sell)), first);

        bytes memory overfilled = abi.encodeWithSelector(
            IOrderSettlement.OverFilled.selector,
            settlement.hashOrder(sell),
            uint256(size) + 1,
            size
        );
        vm.expectRevert(overfilled);
        fill(maker, taker, size - first + 1);

        fill(maker, taker, size - first);
        assertEq(settlement.filled(alice.owner, settlement.hashOrder(sell)), size);
    }

    function testFuzz_PricesMustCross(uint128 askPrice, uint128 bidPrice) public {
        askPrice = uint128(bound(uint256(askPrice), 0, uint256(uint128(type(int128).max))));
        bidPrice = uint128(bound(uint256(bidPrice), 0, uint256(uint128(type(int128).max))));
        SignedOrder memory maker = signed(alice, ask(1e18, askPrice));
        SignedOrder memory taker = signed(bob, bid(1e18, bidPrice));
        if (bidPrice < askPrice) {
            vm.expectRevert(
                abi.encodeWithSelector(IOrderSettlement.PricesDoNotCross.selector, -int128(askPrice), int128(bidPrice))
            );
        }
        fill(maker, taker, 1e18);
        if (bidPrice >= askPrice) assertEq(clearinghouse.lastFill().price, askPrice);
    }

    function test_RefusesOrdersOnOneSide() public {
        SignedOrder memory maker = signed(alice, bid(1e18, 2000e18));
        SignedOrder memory taker = signed(bob, bid(1e18, 2000e18));
        vm.expectRevert(IOrderSettlement.SameSide.selector);
        fill(maker, taker, 1e18);
    }

    function test_RefusesOrdersOnDifferentInstruments() public {
        Order memory sell = ask(1e18, 1990e18);
        sell.legs[0].instrument = toInstrument(2, Kind.Perpetual, 0, 0);
        SignedOrder memory maker = signed(alice, sell);
        SignedOrder memory taker = signed(bob, bid(1e18, 2000e18));
        vm.expectRevert(
            abi.encodeWithSelector(IOrderSettlement.InstrumentsDiffer.selector, sell.legs[0].instrument, PERPETUAL)
        );
        fill(maker, taker, 1e18);
    }

    function test_RefusesAFillOfNothing() public {
        SignedOrder memory maker = signed(alice, ask(1e18, 1990e18));
        SignedOrder memory taker = signed(bob, bid(1e18, 2000e18));
        vm.expectRevert(IOrderSettlement.ZeroSize.selector);
        fill(maker, taker, 0);
    }

    function test_HoldsThroughItsExpiryAndNotASecondLonger() public {
        Order memory sell = ask(2e18, 1990e18);
        sell.expiry = uint40(vm.getBlockTimestamp() + 60);
        SignedOrder memory maker = signed(alice, sell);
        SignedOrder memory taker = signed(bob, bid(2e18, 2000e18));
        vm.warp(sell.expiry);
        fill(maker, taker, 1e18);

        vm.warp(sell.expiry + 1);
        bytes memory expired = abi.encodeWithSelector(
            IOrderSettlement.OrderExpired.selector,
            settlement.hashOrder(sell),
            sell.expiry
        );
        vm.expectRevert(expired);
        fill(maker, taker, 1e18);
    }

    function test_TellsTheClearinghouseWhichAccountsReduce() public {
        clearinghouse.setPosition(alice.account, PERPETUAL, 5e18);
        clearinghouse.setPosition(bob.account, PERPETUAL, -5e18);
        Order memory sell = ask(5e18, 1990e18);
        sell.reduceOnly = true;
        Order memory buy = bid(5e18, 2000e18);
        fill(signed(alice, sell), signed(bob, buy), 1e18);
        assertEq(clearinghouse.lastReducing().length, 1);
        assertTrue(clearinghouse.lastReducing()[0] == alice.account);

        buy.reduceOnly = true;
        fill(signed(alice, sell), signed(bob, buy), 1e18);
        assertEq(clearinghouse.lastReducing().length, 2);
        assertTrue(clearinghouse.lastReducing()[1] == bob.account);

        sell.reduceOnly = false;
        fill(signed(alice, sell), signed(bob, buy), 1e18);
        assertEq(clearinghouse.lastReducing().length, 1);
        assertTrue(clearinghouse.lastReducing()[0] == bob.account);
    }

    function testFuzz_ReduceOnlyNeverCrossesZero(int128 held, uint128 size) public {
        size = uint128(bound(uint256(size), 1, uint256(uint128(type(int128).max))));
        clearinghouse.setPosition(alice.account, PERPETUAL, held);
        Order memory sell = ask(uint128(type(int128).max), 1990e18);
        sell.reduceOnly = true;
        SignedOrder memory maker = signed(alice, sell);
        SignedOrder memory taker = signed(bob, bid(uint128(type(int128).max), 2000e18));
        bool isReduction = held > 0 && uint128(held) >= size;
        if (!isReduction) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IOrderSettlement.NotReducing.selector,
                    alice.account,
                    PERPETUAL,
                    int256(held),
                    -int256(uint256(size))
                )
            );
        }
        fill(maker, taker, size);
    }
}

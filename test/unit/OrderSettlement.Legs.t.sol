// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Fill } from "../../contracts/interfaces/IClearinghouse.sol";
import { Execution, IOrderSettlement, Leg, Order, SignedOrder } from "../../contracts/interfaces/IOrderSettlement.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { OrderSettlementTest } from "../helpers/OrderSettlementTest.sol";

/// Alice makes, Bob takes. A call spread: one call bought, the higher one sold, for 60 a unit.
contract OrderSettlementLegsTest is OrderSettlementTest {
    function test_FillsEveryLegAtItsOwnPrice() public {
        settlement.fill(makersSpread(60e18), takersSpread(-1, -55e18), pricedAt(2e18, 100e18, 40e18));

        Fill[] memory fills = clearinghouse.lastFills();
        assertEq(fills.length, 2);
        assertTrue(fills[0].buyer == alice.account && fills[0].seller == bob.account);
        assertTrue(fills[1].buyer == bob.account && fills[1].seller == alice.account);
        assertTrue(fills[0].instrument == CALL && fills[1].instrument == HIGHER_CALL);
        assertEq(uint256(fills[0].size), 2e18);
        assertEq(uint256(fills[1].size), 2e18);
        assertEq(fills[0].price, 100e18);
        assertEq(fills[1].price, 40e18);
    }

    function test_ScalesLegsByTheirRatios() public {
        Order memory makers = order(alice.account, 10e18, two(Leg(CALL, 1), Leg(HIGHER_CALL, -2)), 20e18);
        Order memory takers = order(bob.account, 10e18, two(Leg(CALL, -1), Leg(HIGHER_CALL, 2)), -20e18);
        settlement.fill(signed(alice, makers), signed(bob, takers), pricedAt(3e18, 100e18, 40e18));
        Fill[] memory fills = clearinghouse.lastFills();
        assertEq(uint256(fills[0].size), 3e18);
        assertEq(uint256(fills[1].size), 6e18);
    }

    function test_MatchesTheSameLegsInOtherUnits() public {
        // Ten of the maker's units are five of the taker's, who asks 110 for one of his.
        Order memory takers = order(bob.account, 5e18, two(Leg(CALL, -2), Leg(HIGHER_CALL, 2)), -110e18);
        SignedOrder memory taker = signed(bob, takers);
        settlement.fill(makersSpread(60e18), taker, pricedAt(10e18, 100e18, 40e18));
        assertEq(settlement.filled(bob.owner, settlement.hashOrder(takers)), 5e18);

        takers.limitPrice = -120e18 - 1;
        takers.salt = 2;
        taker = signed(bob, takers);
        SignedOrder memory maker = makersSpread(60e18);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderSettlement.PricesDoNotCross.selector, int128(60e18), int128(-120e18 - 1))
        );
        settlement.fill(maker, taker, pricedAt(10e18, 100e18, 40e18));
    }

    function test_RefusesASizeThatIsNoneInTheOthersUnits() public {
        Order memory takers = order(bob.account, 5e18, two(Leg(CALL, -2), Leg(HIGHER_CALL, 2)), -110e18);
        SignedOrder memory maker = makersSpread(60e18);
        SignedOrder memory taker = signed(bob, takers);
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.SizeNotDivisible.selector, 3, 1, 2));
        settlement.fill(maker, taker, pricedAt(3, 100e18, 40e18));
    }

    function test_ANegativePriceReceivesAtLeastThat() public {
        // The maker sells the spread, and wants 60; the taker pays up to 61.
        Order memory makers = order(alice.account, 10e18, two(Leg(CALL, -1), Leg(HIGHER_CALL, 1)), -60e18);
        Order memory takers = order(bob.account, 10e18, two(Leg(CALL, 1), Leg(HIGHER_CALL, -1)), 61e18);
        SignedOrder memory maker = signed(alice, makers);
        settlement.fill(maker, signed(bob, takers), pricedAt(1e18, 100e18, 40e18));

        takers.limitPrice = 59e18;
        SignedOrder memory taker = signed(bob, takers);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderSettlement.PricesDoNotCross.selector, int128(-60e18), int128(59e18))
        );
        settlement.fill(maker, taker, pricedAt(1e18, 100e18, 40e18));
    }

    function testFuzz_LegPricesAddUpToTheMakersPrice(uint128 first, uint128 second, int128 off) public {
        first = uint128(bound(uint256(first), 0, 1e30));
        second = uint128(bound(uint256(second), 0, 1e30));
        int128 net = int128(first) - int128(second);
        off = int128(bound(int256(off), -2, 2));
        SignedOrder memory maker = makersSpread(net + off);
        SignedOrder memory taker = takersSpread(-1, type(int128).max / 2);
        if (off != 0) {
            vm.expectRevert(
                abi.encodeWithSelector(IOrderSettlement.LegPricesDoNotAddUp.selector, int256(net), int256(net) + off)
            );
        }
        settlement.fill(maker, taker, pricedAt(1e18, first, second));
    }

    function testFuzz_WhatOnePaysTheOtherReceives(uint128 size, uint128 first, uint128 second) public {
        size = uint128(bound(uint256(size), 1, 10e18));
        first = uint128(bound(uint256(first), 0, 1e30));
        second = uint128(bound(uint256(second), 0, 1e30));
        SignedOrder memory maker = makersSpread(int128(first) - int128(second));
        SignedOrder memory taker = takersSpread(-1, type(int128).max / 2);
        bytes32 makerHash = settlement.hashOrder(maker.order);
        bytes32 takerHash = settlement.hashOrder(taker.order);
        int256 paid = int256((uint256(first) * size) / 1e18) - int256((uint256(second) * size) / 1e18);
        vm.expectEmit(address(settlement));
        emit IOrderSettlement.OrderFilled(makerHash, alice.account, size, paid);
        vm.expectEmit(address(settlement));
        emit IOrderSettlement.OrderFilled(takerHash, bob.account, size, -paid);
        settlement.fill(maker, taker, pricedAt(size, first, second));
    }

    function test_APerpetualAmongOtherLegsEntersNearItsIndex() public {
        Leg[] memory covered = two(Leg(PERPETUAL, 1), Leg(CALL, -1));
        Leg[] memory opposite = two(Leg(PERPETUAL, -1), Leg(CALL, 1));
        SignedOrder memory maker = signed(alice, order(alice.account, 10e18, covered, 1900e18));
        SignedOrder memory taker = signed(bob, order(bob.account, 10e18, opposite, -1900e18));
        settlement.fill(maker, taker, pricedAt(1e18, 2100e18, 200e18));
        settlement.fill(maker, taker, pricedAt(1e18, 1900e18, 0));
        bytes memory tooHigh = abi.encodeWithSelector(
            IOrderSettlement.LegPriceOffIndex.selector,
            PERPETUAL,
            2100e18 + 1,
            INDEX
        );
        vm.expectRevert(tooHigh);
        settlement.fill(maker, taker, pricedAt(1e18, 2100e18 + 1, 200e18 + 1));

        prices.setInvalid(1);
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.IndexInvalid.selector, 1));
        settlement.fill(maker, taker, pricedAt(1e18, 2000e18, 100e18));
    }

    function test_APerpetualAloneEntersAtWhateverItsTwoSidesSigned() public {
        prices.setInvalid(1);
        fill(signed(alice, ask(1e18, 1e18)), signed(bob, bid(1e18, 1e18)), 1e18);
        assertEq(clearinghouse.lastFill().price, 1e18);
    }

    function test_RefusesLegsOfOtherRatios() public {
        SignedOrder memory maker = makersSpread(60e18);
        SignedOrder memory taker = takersSpread(-2, 0);
        taker.order.legs[1].ratio = 3;
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.RatiosDiffer.selector, 1, int64(-1), int64(3)));
        settlement.fill(maker, taker, pricedAt(1e18, 100e18, 40e18));
    }

    function test_RefusesLegsInOtherNumber() public {
        SignedOrder memory maker = makersSpread(60e18);
        SignedOrder memory taker = signed(bob, order(bob.account, 1e18, one(CALL, -1), 0));
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.LegCountsDiffer.selector, 2, 1));
        settlement.fill(maker, taker, pricedAt(1e18, 100e18, 40e18));
    }

    function test_RefusesARatioOfNothing() public {
        SignedOrder memory maker = makersSpread(60e18);
        SignedOrder memory taker = takersSpread(-1, 0);
        taker.order.legs[1].ratio = 0;
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.ZeroRatio.selector, 1));
        settlement.fill(maker, taker, pricedAt(1e18, 100e18, 40e18));
    }

    function test_RefusesAnInstrumentTwice() public {
        Leg[] memory twice = two(Leg(CALL, 1), Leg(CALL, -1));
        SignedOrder memory maker = signed(alice, order(alice.account, 1e18, twice, 0));
        SignedOrder memory taker = signed(bob, order(bob.account, 1e18, two(Leg(CALL, -1), Leg(CALL, 1)), 0));
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.LegsNotAscending.selector, 1, CALL, CALL));
        settlement.fill(maker, taker, pricedAt(1e18, 1, 1));
    }

    function test_HasAsManyPricesAsLegs() public {
        SignedOrder memory maker = makersSpread(60e18);
        SignedOrder memory taker = takersSpread(-1, 0);
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.LegPriceCountDiffers.selector, 1, 2));
        settlement.fill(maker, taker, pricedAt(1e18, 60e18));
    }

    function testFuzz_HasOneToEightLegs(uint8 count) public {
        count = uint8(bound(uint256(count), 0, 12));
        Leg[] memory makers = new Leg[](count);
        Leg[] memory takers = new Leg[](count);
        for (uint256 i = 0; i < count; ++i) {
            Instrument call = toInstrument(1, Kind.Call, 1_800_000_000, uint64((i + 1) * 100e8));
            makers[i] = Leg(call, 1);
            takers[i] = Leg(call, -1);
        }
        SignedOrder memory maker = signed(alice, order(alice.account, 1e18, makers, 0));
        SignedOrder memory taker = signed(bob, order(bob.account, 1e18, takers, 0));
        bool fits = count > 0 && count <= 8;
        if (!fits) {
            vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.LegCountOutOfRange.selector, count, 8));
        }
        settlement.fill(maker, taker, Execution(1e18, new uint128[](count)));
        if (fits) assertEq(clearinghouse.lastFills().length, count);
    }

    function test_AllLegsOfAReduceOnlyOrderReduce() public {
        SignedOrder memory taker = takersSpread(-1, 60e18);
        Order memory makers = makersSpread(60e18).order;
        makers.reduceOnly = true;
        SignedOrder memory maker = signed(alice, makers);
        clearinghouse.setPosition(alice.account, CALL, -2e18);
        clearinghouse.setPosition(alice.account, HIGHER_CALL, 1e18);
        settlement.fill(maker, taker, pricedAt(1e18, 100e18, 40e18));

        bytes memory refused = abi.encodeWithSelector(
            IOrderSettlement.NotReducing.selector,
            alice.account,
            HIGHER_CALL,
            int256(1e18),
            int256(-2e18)
        );
        vm.expectRevert(refused);
        settlement.fill(maker, taker, pricedAt(2e18, 100e18, 40e18));
    }

    function makersSpread(int128 limitPrice) private view returns (SignedOrder memory) {
        return signed(alice, order(alice.account, 10e18, two(Leg(CALL, 1), Leg(HIGHER_CALL, -1)), limitPrice));
    }

    /// @param ratio Of the lower call; the higher one has the opposite.
    function takersSpread(int64 ratio, int128 limitPrice) private view returns (SignedOrder memory) {
        return signed(bob, order(bob.account, 10e18, two(Leg(CALL, ratio), Leg(HIGHER_CALL, -ratio)), limitPrice));
    }
}

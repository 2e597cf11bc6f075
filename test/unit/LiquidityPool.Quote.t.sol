// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IPoolQuoter, PoolParameters, Quote } from "../../contracts/interfaces/IPoolQuoter.sol";
import { SurfaceReport } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { PoolFixture } from "../helpers/PoolFixture.sol";

contract LiquidityPoolQuoteTest is PoolFixture {
    function test_markIsTheEnginesToTheWei() public view {
        uint256[5] memory strikes = [uint256(800), 1600, 2000, 2600, 6000];
        for (uint256 i = 0; i < strikes.length; ++i) {
            Instrument call = optionOf(Kind.Call, strikes[i]);
            Instrument put = optionOf(Kind.Put, strikes[i]);
            assertEq(pool.quote(call, 1e18).mark, markOf(call), "call");
            assertEq(pool.quote(put, -1e18).mark, markOf(put), "put");
        }
        assertEq(pool.quote(ETH_PERPETUAL, 1e18).mark, SPOT);
    }

    function test_perpetualIsQuotedTheDeviationAwayFromTheMark() public view {
        uint256 off = (SPOT * DEVIATION) / WAD;
        Quote memory bought = pool.quote(ETH_PERPETUAL, 1e9);
        Quote memory sold = pool.quote(ETH_PERPETUAL, -1e9);
        assertEq(bought.spread, off);
        assertEq(sold.spread, off);
        assertGe(bought.price, SPOT + off);
        assertLe(sold.price, SPOT - off);
    }

    function test_partsAddUpToThePrice() public {
        Instrument[3] memory all = [ETH_PERPETUAL, atmCall, atmPut];
        take(atmCall, 200e18);
        for (uint256 i = 0; i < all.length; ++i) {
            requireSum(pool.quote(all[i], 30e18), true);
            requireSum(pool.quote(all[i], -30e18), false);
        }
    }

    function requireSum(Quote memory quote, bool isBuying) private pure {
        int256 charge = quote.skew + quote.margin > 0 ? quote.skew + quote.margin : int256(0);
        int256 off = int256(quote.spread) + charge;
        assertEq(int256(quote.price), int256(quote.mark) + (isBuying ? off : -off));
    }

    /// A call at the worst price and volatility of what they may be off by: as the engine values it there.
    function test_optionIsQuotedAtTheWorstThatTheOraclesMayBeOffBy() public {
        uint256 ask = pool.quote(atmCall, 1).mark + pool.quote(atmCall, 1).spread;
        uint256 bid = pool.quote(atmCall, -1).mark - pool.quote(atmCall, -1).spread;
        uint256 putAsk = pool.quote(atmPut, 1).mark + pool.quote(atmPut, 1).spread;
        (int256 up, int256 down) = (ETH_PRICE + ETH_PRICE / 200, ETH_PRICE - ETH_PRICE / 200);
        uint256 snapshot = vm.snapshotState();
        aggregator.push(up);
        assertGt(ask, markOf(atmCall), "call up");
        pass(30 minutes, up, 102);
        assertApproxEqRel(ask, markOf(atmCall), 0.005e18, "call up, volatility up");
        vm.revertToState(snapshot);
        aggregator.push(down);
        assertLt(bid, markOf(atmCall), "call down");
        assertGt(putAsk, markOf(atmPut), "put down");
    }

    /// A report that is so many hundredths of the level.
    function pass(uint256 elapsed, int256 price, uint256 hundredths) private {
        pushAfter(elapsed, price);
        SurfaceReport memory report = flatReport((REALISED * hundredths) / 100);
        send(three(report));
    }

    function test_spreadWidensWithTheAgeOfPriceAndSurface() public {
        uint256 fresh = pool.quote(ETH_PERPETUAL, 1e18).spread;
        uint256 freshCall = pool.quote(atmCall, 1e18).spread;
        skip(1 hours);
        assertEq(pool.quote(ETH_PERPETUAL, 1e18).spread, fresh + (SPOT * 0.0025e18) / WAD);
        uint256 bothOld = pool.quote(atmCall, 1e18).spread;
        assertGt(bothOld, freshCall, "both are old");
        aggregator.push(ETH_PRICE);
        uint256 surfaceOld = pool.quote(atmCall, 1e18).spread;
        assertLt(surfaceOld, bothOld, "the price is new");
        assertGt(surfaceOld, freshCall, "the surface is old");
    }

    function test_inventoryShiftsQuotesAgainstWhoAddsToIt() public {
        int256 flat = pool.quote(ETH_PERPETUAL, 10e18).skew;
        take(ETH_PERPETUAL, 500e18);
        Quote memory more = pool.quote(ETH_PERPETUAL, 10e18);
        Quote memory less = pool.quote(ETH_PERPETUAL, -10e18);
        assertGt(more.skew, flat);
        assertLt(less.skew, 0);
        assertGt(more.margin, 0);
        assertLt(less.margin, 0);
        // κ·S·(2·500 + 10) / (2·2000), a unit.
        assertEq(more.skew, int256((0.005e18 * (SPOT / 1e18) * 1010) / 4000));
    }

    function test_whatReducesTheRiskIsNeverBetterThanTheWorstMark() public {
        take(ETH_PERPETUAL, 500e18);
        Quote memory less = pool.quote(ETH_PERPETUAL, -10e18);
        assertEq(less.price, SPOT - (SPOT * DEVIATION) / WAD);
    }

    function test_splittingATradeDoesNotChangeTheSkew() public {
        int256 whole = pool.quote(ETH_PERPETUAL, 100e18).skew * 100;
        int256 first = take(ETH_PERPETUAL, 40e18).skew * 40;
        int256 second = take(ETH_PERPETUAL, 60e18).skew * 60;
        assertApproxEqAbs(first + second, whole, 200);
    }

    function test_volatilityInventoryShiftsOptions() public {
        int256 flat = pool.quote(atmPut, 1e18).skew;
        // Straddles have vega and hardly any delta.
        take(atmCall, 500e18);
        take(atmPut, 500e18);
        assertGt(pool.quote(atmPut, 1e18).skew, flat);
        assertLt(pool.quote(atmPut, -1e18).skew, 0);
    }

    function test_refusesWhatItCannotPrice() public {
        vm.expectRevert(abi.encodeWithSelector(IPoolQuoter.UnsupportedKind.selector, WETH));
        pool.quote(WETH, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IPoolQuoter.NotQuoted.selector, THIN));
        pool.quote(THIN_PERPETUAL, 1e18);
        vm.expectRevert(IPoolQuoter.ZeroSize.selector);
        pool.quote(ETH_PERPETUAL, 0);
    }

    function test_refusesTheLastHourOfAnOption() public {
        uint256 last = EXPIRY - 1 hours - 1;
        vm.warp(last);
        aggregator.push(ETH_PRICE, last);
        send(three(flatReport(REALISED)));
        pool.quote(atmCall, 1e18);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IPoolQuoter.TooCloseToExpiry.selector, EXPIRY, EXPIRY));
        pool.quote(atmCall, 1e18);
    }

    function test_withoutAFreshSurfaceOptionsAreOnlyClosed() public {
        take(atmCall, 10e18);
        for (uint256 i = 0; i < 14; ++i) pushAfter(30 minutes, ETH_PRICE);
        vm.expectRevert(IPoolQuoter.FeedNotFresh.selector);
        pool.quote(atmCall, 1e18);
        Quote memory closing = pool.quote(atmCall, -10e18);
        assertGt(closing.spread, 0);
        pool.quote(ETH_PERPETUAL, 1e18);
    }

    function test_aStandInMayBeQuotedWider() public {
        PoolParameters memory set = poolParameters();
        set.standInSpread = 0.25e18;
        quoter.setParameters(ETH, set);
        uint256 fresh = pool.quote(atmCall, 1e18).spread;
        for (uint256 i = 0; i < 14; ++i) pushAfter(30 minutes, ETH_PRICE);
        assertGt(pool.quote(atmCall, 1e18).spread, 3 * fresh);
    }

    function test_aLatePriceOnlyCloses() public {
        take(ETH_PERPETUAL, 10e18);
        skip(HEARTBEAT + 1);
        vm.expectRevert(IPoolQuoter.FeedNotFresh.selector);
        pool.quote(ETH_PERPETUAL, 1e18);
        pool.quote(ETH_PERPETUAL, -10e18);
        vm.expectRevert(IPoolQuoter.FeedNotFresh.selector);
        pool.quote(ETH_PERPETUAL, -11e18);
    }

    function test_anInvalidPriceStopsEverything() public {
        take(ETH_PERPETUAL, 10e18);
        skip(MAX_AGE + 1);
        vm.expectRevert(IPoolQuoter.FeedNotFresh.selector);
        pool.quote(ETH_PERPETUAL, -10e18);
    }

    function test_fundingIsThePremiumOfTheMid() public {
        assertEq(pool.fundingRate(ETH), 0);
        take(ETH_PERPETUAL, 100e18);
        // The pool is short: longs pay κ·100/2000, 1,095 times a year.
        assertEq(pool.fundingRate(ETH), (int256(0.005e18) * 1095) / 20);
        take(ETH_PERPETUAL, -200e18);
        assertEq(pool.fundingRate(ETH), -(int256(0.005e18) * 1095) / 20);
    }

    function test_fundingIsClamped() public {
        take(ETH_PERPETUAL, 1000e18);
        assertEq(pool.fundingRate(ETH), pool.MAX_FUNDING_RATE());
    }

    function test_fundingOfAnUnknownUnderlyingIsZero() public view {
        assertEq(pool.fundingRate(THIN), 0);
    }

    function testFuzz_aQuoteNeverCrossesTheMark(uint256 seed, int128 size, uint256 strike) public {
        int256 inventory = bound(int256(seed), -800e18, 800e18);
        if (inventory != 0) take(ETH_PERPETUAL, inventory);
        size = int128(bound(int256(size), -100e18, 100e18));
        if (size == 0) return;
        strike = bound(strike, 500, 8000);
        Kind kind = seed % 2 == 0 ? Kind.Call : Kind.Put;
        Quote memory quote = pool.quote(toInstrument(ETH, kind, EXPIRY, uint64(strike * 1e8)), size);
        if (size > 0) assertGe(quote.price, quote.mark);
        else assertLe(quote.price, quote.mark);
    }
}

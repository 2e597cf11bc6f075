// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Approval, Batch, IClearinghouse, MAY_TRADE } from "../../contracts/interfaces/IClearinghouse.sol";
import { ILiquidityPool, PoolOrder } from "../../contracts/interfaces/ILiquidityPool.sol";
import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Exposure, Quote } from "../../contracts/interfaces/IPoolQuoter.sol";
import { Account } from "../../contracts/types/Account.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { PoolFixture } from "../helpers/PoolFixture.sol";

contract LiquidityPoolTradeTest is PoolFixture {
    function bucketOf(Instrument instrument) private view returns (Account) {
        return pool.bucket(ETH, instrument.expiry());
    }

    function test_fillsAtTheQuote() public {
        Quote memory quoted = pool.quote(atmCall, 10e18);
        int256 cash = clearinghouse.cash(trader);
        Quote memory done = take(atmCall, 10e18);
        assertEq(done.price, quoted.price);
        assertEq(clearinghouse.cash(trader), cash - int256(10 * quoted.price));
        assertEq(clearinghouse.position(trader, atmCall), 10e18);
        assertEq(clearinghouse.position(bucketOf(atmCall), atmCall), -10e18);
    }

    function test_bothSidesMakeThePoolRicher() public {
        int256 before = poolEquity();
        take(atmCall, 10e18);
        int256 afterSale = poolEquity();
        assertGt(afterSale, before);
        take(atmCall, -10e18);
        assertGt(poolEquity(), afterSale);
    }

    function test_eachUnderlyingAndExpiryHasABucket() public {
        Instrument later = toInstrument(ETH, Kind.Call, EXPIRY + 7 days, 2000e8);
        take(atmCall, 1e18);
        take(atmPut, 1e18);
        take(later, 1e18);
        take(ETH_PERPETUAL, 1e18);
        Account[] memory all = pool.buckets();
        assertEq(all.length, 3);
        assertTrue(all[0] == bucketOf(atmCall) && all[1] == bucketOf(later) && all[2] == pool.bucket(ETH, 0));
        assertEq(clearinghouse.positions(all[0]).length, 2);
    }

    function test_bucketHasItsInitialMarginAndABuffer() public {
        take(atmCall, 10e18);
        Risk memory risk = riskOf(bucketOf(atmCall));
        assertGe(risk.equity, int256((risk.initial * 125) / 100));
    }

    function test_refreshReturnsWhatABucketHasTooMuch() public {
        take(atmCall, 10e18);
        take(atmPut, 10e18);
        uint256 free = pool.freeAssets();
        pool.refresh(ETH, EXPIRY);
        Risk memory risk = riskOf(bucketOf(atmCall));
        assertApproxEqAbs(risk.equity, int256((risk.initial * 125) / 100), 1e6);
        assertGt(pool.freeAssets(), free);
        assertEq(pool.committed(), (risk.initial * 125 + 99) / 100);
    }

    function test_refreshRestoresABucketThatThePriceMovedAgainst() public {
        take(atmCall, 100e18);
        pool.refresh(ETH, EXPIRY);
        moveEth(2250);
        Risk memory before = riskOf(bucketOf(atmCall));
        assertLt(before.equity, int256(before.initial));
        vm.expectPartialRevert(IClearinghouse.BelowInitialMargin.selector);
        take(optionOf(Kind.Call, 2100), 1e18);
        pool.refresh(ETH, EXPIRY);
        Risk memory restored = riskOf(bucketOf(atmCall));
        assertGe(restored.equity, int256((restored.initial * 125) / 100));
        take(optionOf(Kind.Call, 2100), 1e18);
    }

    function test_premiumsArePaidOutOfCash() public {
        take(optionOf(Kind.Call, 1000), -200e18);
        assertGe(clearinghouse.cash(bucketOf(atmCall)), 0);
        pool.refresh(ETH, EXPIRY);
        assertGe(clearinghouse.cash(bucketOf(atmCall)), 0);
    }

    function test_onlyWhoMayTradeTheAccount() public {
        PoolOrder memory order = orderOf(atmCall, 1e18);
        vm.prank(lender);
        vm.expectRevert(abi.encodeWithSelector(ILiquidityPool.NotAuthorised.selector, trader, lender));
        pool.trade(order);
    }

    function test_thePoolIsAnOperatorLikeOthers() public {
        Batch memory actions;
        actions.approvals = new Approval[](1);
        actions.approvals[0] = Approval(trader, address(pool), 0, 0);
        vm.prank(trader.owner());
        clearinghouse.batch(actions);
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.NotAuthorised.selector, trader, address(pool), MAY_TRADE)
        );
        take(atmCall, 1e18);
    }

    function test_nobodyTradesThePoolsAccounts() public {
        take(atmCall, 1e18);
        assertFalse(tryTrade(trader, bucketOf(atmCall), atmCall, 1e18, 1), "bucket");
        assertFalse(tryTrade(trader, pool.treasury(), atmCall, 1e18, 1), "treasury");
        PoolOrder memory order = orderOf(atmCall, 1e18);
        order.account = bucketOf(atmCall);
        vm.expectRevert(abi.encodeWithSelector(ILiquidityPool.NotAuthorised.selector, order.account, address(this)));
        pool.trade(order);
    }

    function test_limitPriceHoldsOnBothSides() public {
        PoolOrder memory order = orderOf(atmCall, 1e18);
        order.limitPrice = pool.quote(atmCall, 1e18).price;
        pool.trade(order);
        order.limitPrice = pool.quote(atmCall, 1e18).price - 1;
        vm.expectPartialRevert(ILiquidityPool.PriceBeyondLimit.selector);
        pool.trade(order);
        order = orderOf(atmCall, -1e18);
        order.limitPrice = pool.quote(atmCall, -1e18).price + 1;
        vm.expectPartialRevert(ILiquidityPool.PriceBeyondLimit.selector);
        pool.trade(order);
        --order.limitPrice;
        pool.trade(order);
    }

    function test_deadlinePasses() public {
        PoolOrder memory order = orderOf(atmCall, 1e18);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(ILiquidityPool.Expired.selector, order.deadline));
        pool.trade(order);
    }

    function test_traderKeepsInitialMargin() public {
        Account poor = openForPool("poor");
        PoolOrder memory order = orderOf(ETH_PERPETUAL, 10e18);
        order.account = poor;
        vm.expectPartialRevert(IClearinghouse.BelowInitialMargin.selector);
        pool.trade(order);
    }

    function test_anAccountBelowInitialMarginMayReduce() public {
        Account thin = openForPool("thin");
        pay(thin, 4_000);
        PoolOrder memory order = orderOf(ETH_PERPETUAL, 10e18);
        order.account = thin;
        pool.trade(order);
        moveEth(1780);
        assertLt(equityOf(thin), int256(riskOf(thin).initial), "fixture");
        order = orderOf(ETH_PERPETUAL, -1e18);
        order.account = thin;
        vm.expectPartialRevert(IClearinghouse.BelowInitialMargin.selector);
        pool.trade(order);
        order.reduceOnly = true;
        pool.trade(order);
        assertEq(clearinghouse.position(thin, ETH_PERPETUAL), 9e18);
    }

    function test_exposureIsKeptTradeByTrade() public {
        take(ETH_PERPETUAL, 10e18);
        Exposure memory exposure = pool.exposure(ETH);
        assertEq(exposure.delta, -10e18);
        take(atmCall, 10e18);
        take(atmPut, -4e18);
        Exposure memory stored = pool.exposure(ETH);
        pool.refresh(ETH, EXPIRY);
        Exposure memory fresh = pool.exposure(ETH);
        assertApproxEqAbs(stored.delta, fresh.delta, 10);
        assertApproxEqAbs(stored.vega, fresh.vega, 10);
        assertLt(fresh.vega, 0);
    }

    function test_refreshReckonsGreeksAnew() public {
        take(atmCall, 100e18);
        int128 before = pool.exposure(ETH).delta;
        moveEth(2200);
        assertEq(pool.exposure(ETH).delta, before);
        pool.refresh(ETH, EXPIRY);
        assertLt(pool.exposure(ETH).delta, before);
    }

    function test_refreshNeedsABucket() public {
        Account none = pool.bucket(ETH, 0);
        vm.expectRevert(abi.encodeWithSelector(ILiquidityPool.UnknownBucket.selector, none));
        pool.refresh(ETH, 0);
    }

    function test_anEmptyBucketReturnsItsCash() public {
        int256 before = clearinghouse.cash(pool.treasury());
        take(ETH_PERPETUAL, 10e18);
        take(ETH_PERPETUAL, -10e18);
        pool.refresh(ETH, 0);
        assertEq(pool.buckets().length, 0);
        assertEq(pool.committed(), 0);
        assertEq(pool.exposure(ETH).delta, 0);
        assertGt(clearinghouse.cash(pool.treasury()), before);
        assertEq(clearinghouse.cash(pool.bucket(ETH, 0)), 0);
    }

    function test_aBucketOfSeveralLeavesTheListInItsPlace() public {
        take(ETH_PERPETUAL, 10e18);
        take(atmCall, 10e18);
        take(ETH_PERPETUAL, -10e18);
        pool.refresh(ETH, 0);
        assertEq(pool.buckets().length, 1);
        take(ETH_PERPETUAL, 10e18);
        pool.refresh(ETH, EXPIRY);
        assertEq(pool.buckets().length, 2);
    }

    /// Positions of a settled expiry are gone, and what they came to is cash.
    function test_collectsASettledBucket() public {
        take(atmCall, 10e18);
        Account bucket = bucketOf(atmCall);
        int256 whole = clearinghouse.cash(pool.treasury()) + clearinghouse.cash(bucket);
        closeAll();
        pool.refresh(ETH, EXPIRY);
        assertEq(pool.buckets().length, 0);
        assertGt(clearinghouse.cash(pool.treasury()), whole - 3000e18);
        assertEq(clearinghouse.cash(bucket), 0);
    }

    function closeAll() private {
        take(atmCall, -10e18);
    }

    function test_funding_isAccruedBeforeTheInventoryChanges() public {
        bytes memory data = abi.encodeWithSignature("accrueFunding(uint16)", ETH);
        vm.mockCall(address(clearinghouse), data, "");
        vm.expectCall(address(clearinghouse), data, 3);
        take(ETH_PERPETUAL, 10e18);
        pool.refresh(ETH, 0);
        quoter.setParameters(ETH, poolParameters());
    }

    function test_funding_thatCannotBeAccruedStopsNothing() public {
        bytes memory data = abi.encodeWithSignature("accrueFunding(uint16)", ETH);
        vm.mockCallRevert(address(clearinghouse), data, "no source");
        take(ETH_PERPETUAL, 10e18);
    }

    /// hardhat-config: fuzz.runs = 32
    function testFuzz_conservesMoneyAndPositions(uint256 seed) public {
        Instrument[4] memory all = [ETH_PERPETUAL, atmCall, atmPut, optionOf(Kind.Call, 2500)];
        int256 before = poolEquity() + equityOf(trader);
        for (uint256 i = 0; i < 4; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            int256 size = int256(seed % 200e18) - 100e18;
            tryTake(all[(seed >> 128) % 4], size);
        }
        assertApproxEqAbs(poolEquity() + equityOf(trader), before, 800 * ENGINE_ERROR);
        for (uint256 i = 0; i < 4; ++i) {
            int256 net = clearinghouse.position(trader, all[i]) + clearinghouse.position(bucketOf(all[i]), all[i]);
            assertEq(net, 0, "INV-2");
        }
    }

    /// hardhat-config: fuzz.runs = 32
    function testFuzz_refreshChangesNothingThatIsOwned(uint256 seed, uint256 price) public {
        take(atmCall, int256(bound(seed, 1e18, 300e18)));
        take(ETH_PERPETUAL, int256(bound(seed >> 128, 1e18, 300e18)));
        moveEth(bound(price, 1700, 2300));
        int256 before = poolEquity();
        pool.refresh(ETH, EXPIRY);
        pool.refresh(ETH, 0);
        assertEq(poolEquity(), before);
    }
}

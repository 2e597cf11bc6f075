// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Transfer } from "../../contracts/interfaces/IClearinghouse.sol";
import { FeeRates, IOrderSettlement, Leg, Order, SignedOrder } from "../../contracts/interfaces/IOrderSettlement.sol";
import { RESERVE } from "../../contracts/types/Account.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { OrderSettlementTest, RecordingClearinghouse } from "../helpers/OrderSettlementTest.sol";

/// The index is 2,000: 0.05 % of a unit is a dollar, 0.03 % is 60 cents.
contract OrderSettlementFeesTest is OrderSettlementTest {
    function feeRates() internal pure override returns (FeeRates memory) {
        return FeeRates(0, 0.0005e18, 0.0003e18, 0.0003e18, 0.125e18);
    }

    function test_TheTakerOfAPerpetualPaysOnIndexValueWhateverThePrice() public {
        fill(signed(alice, ask(3e18, 1800e18)), signed(bob, bid(3e18, 1800e18)), 3e18);
        Transfer[] memory fees = clearinghouse.lastTransfers();
        assertEq(fees.length, 1);
        assertTrue(fees[0].from == bob.account && fees[0].to == RESERVE && fees[0].asset == CASH);
        assertEq(uint256(fees[0].size), 3e18);
    }

    function test_BothSidesOfAnOptionPay() public {
        fillCall(100e18, 2e18);
        Transfer[] memory fees = clearinghouse.lastTransfers();
        assertEq(fees.length, 2);
        assertTrue(fees[0].from == alice.account && fees[1].from == bob.account);
        assertEq(uint256(fees[0].size), 1.2e18);
        assertEq(uint256(fees[1].size), 1.2e18);
    }

    function test_AnEighthOfAPremiumIsTheMost() public {
        fillCall(4e18, 2e18);
        assertEq(uint256(clearinghouse.lastTransfers()[0].size), 1e18);
        fillCall(0, 2e18);
        assertEq(clearinghouse.lastTransfers().length, 0);
    }

    function test_EveryLegOfACombinationPaysOnItsIndexValue() public {
        // Leg prices are the caller's choice, so they cap nothing.
        settlement.fill(
            signed(alice, order(alice.account, 1e18, two(Leg(PERPETUAL, 1), Leg(CALL, -2)), 1900e18)),
            signed(bob, order(bob.account, 1e18, two(Leg(PERPETUAL, -1), Leg(CALL, 2)), -1900e18)),
            pricedAt(1e18, 1900e18, 0)
        );
        Transfer[] memory fees = clearinghouse.lastTransfers();
        assertEq(uint256(fees[0].size), 1.2e18);
        assertEq(uint256(fees[1].size), 1.2e18 + 1e18);
    }

    function testFuzz_AFeeIsRoundedUpAndWithinItsRate(uint128 size, uint128 index) public {
        size = uint128(bound(uint256(size), 1, 1e26));
        index = uint128(bound(uint256(index), 1, 1e26));
        prices.setPrice(1, index);
        fill(signed(alice, ask(size, 1)), signed(bob, bid(size, 1)), size);
        uint256 fee = clearinghouse.lastTransfers()[0].size;
        assertGe(fee * 1e36, uint256(index) * size * 0.0005e18);
        // Rounded twice, by less than the smallest unit each.
        assertLe(fee * 1e36, uint256(index) * size * 0.0005e18 + 2e36);
    }

    function test_AFeeAboveTheOrdersLimitIsRefused() public {
        Order memory buy = bid(3e18, 2000e18);
        buy.maxFee = 1e18;
        SignedOrder memory maker = signed(alice, ask(3e18, 2000e18));
        SignedOrder memory taker = signed(bob, buy);
        fill(maker, taker, 1e18);

        prices.setPrice(1, 2000.000000000000000002e18);
        bytes memory tooHigh = abi.encodeWithSelector(
            IOrderSettlement.FeeTooHigh.selector,
            settlement.hashOrder(buy),
            2e18 + 1,
            2e18
        );
        vm.expectRevert(tooHigh);
        fill(maker, taker, 2e18);
    }

    function test_TheMakersLimitCountsToo() public {
        Order memory sell = order(alice.account, 1e18, one(CALL, -1), -100e18);
        sell.maxFee = 0.6e18 - 1;
        SignedOrder memory maker = signed(alice, sell);
        SignedOrder memory taker = signed(bob, order(bob.account, 1e18, one(CALL, 1), 100e18));
        bytes memory tooHigh = abi.encodeWithSelector(
            IOrderSettlement.FeeTooHigh.selector,
            settlement.hashOrder(sell),
            0.6e18,
            0.6e18 - 1
        );
        vm.expectRevert(tooHigh);
        settlement.fill(maker, taker, pricedAt(1e18, 100e18));
    }

    function test_NothingIsDueWithoutAValidIndex() public {
        prices.setInvalid(1);
        fillCall(100e18, 2e18);
        assertEq(clearinghouse.lastTransfers().length, 0);
    }

    function test_AReducingAccountPaysWhereItCan() public {
        reduce();
        assertEq(uint256(clearinghouse.lastTransfers()[0].size), 1e18);
        assertEq(clearinghouse.calls(), 1);
    }

    function test_AFeeDoesNotKeepAnAccountFromReducing() public {
        clearinghouse.refuseFees();
        reduce();
        assertEq(clearinghouse.calls(), 1);
        assertEq(clearinghouse.lastTransfers().length, 0);
        assertTrue(clearinghouse.lastReducing()[0] == bob.account);
    }

    function test_WhoDoesNotReducePaysInAnyCase() public {
        clearinghouse.refuseFees();
        clearinghouse.setPosition(alice.account, PERPETUAL, 5e18);
        Order memory sell = ask(1e18, 2000e18);
        sell.reduceOnly = true;
        SignedOrder memory maker = signed(alice, sell);
        SignedOrder memory taker = signed(bob, bid(1e18, 2000e18));
        vm.expectRevert(RecordingClearinghouse.FeeRefused.selector);
        fill(maker, taker, 1e18);
    }

    function test_TellsTheFeeBeforehand() public view {
        Order memory sell = order(alice.account, 1e18, one(CALL, -1), -100e18);
        assertEq(settlement.feeUp(sell, pricedAt(2e18, 4e18), true), 1e18);
        assertEq(settlement.feeUp(bid(1e18, 1), pricedAt(2e18, 1), true), 0);
        assertEq(settlement.feeUp(bid(1e18, 1), pricedAt(2e18, 1), false), 2e18);
        assertEq(settlement.feeRates().takerOption, 0.0003e18);
    }

    function testFuzz_RatesHaveHardBounds(uint256 rate, uint8 which) public {
        rate = bound(rate, 0, 0.2e18);
        uint256[5] memory rates;
        uint256 chosen = bound(uint256(which), 0, 4);
        rates[chosen] = rate;
        uint256 limit = chosen == 4 ? 0.125e18 : 0.001e18;
        FeeRates memory tried = FeeRates(rates[0], rates[1], rates[2], rates[3], rates[4]);
        if (rate > limit) {
            vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.FeeRateTooHigh.selector, rate, limit));
        }
        this.deploySettlementFor(tried);
    }

    function deploySettlementFor(FeeRates calldata rates) external {
        deploySettlement(rates);
    }

    function fillCall(uint128 price, uint128 size) private {
        Order memory sell = order(alice.account, size, one(CALL, -1), -int128(price));
        Order memory buy = order(bob.account, size, one(CALL, 1), int128(price));
        settlement.fill(signed(alice, sell), signed(bob, buy), pricedAt(size, price));
    }

    /// Bob, who takes, closes a short perpetual.
    function reduce() private {
        clearinghouse.setPosition(bob.account, PERPETUAL, -5e18);
        Order memory buy = bid(1e18, 2000e18);
        buy.reduceOnly = true;
        Order memory sell = ask(1e18, 2000e18);
        fill(signed(alice, sell), signed(bob, buy), 1e18);
    }
}

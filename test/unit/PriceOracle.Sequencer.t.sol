// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Price, Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { MockAggregator } from "../../contracts/mocks/MockAggregator.sol";
import { PriceOracle } from "../../contracts/PriceOracle.sol";
import { OracleTest } from "../helpers/OracleTest.sol";

contract PriceOracleSequencerTest is OracleTest {
    uint32 private constant GRACE = 30 minutes;
    MockAggregator private sequencer;

    function setUp() public override {
        super.setUp();
        sequencer = new MockAggregator(0, "L2 sequencer uptime");
        prices = PriceOracle(deploy("PriceOracle", abi.encode(address(manager), address(sequencer), GRACE)));
        prices.setFeed(ETH, ethFeed());
        sequencer.push(0, START - 1 days);
    }

    function assertValidity(Validity expected) private view {
        Price memory price = prices.price(ETH);
        assertEq(uint256(price.validity), uint256(expected), "validity");
        assertEq(price.value, 2000e18, "value");
    }

    function test_isFreshWhileTheSequencerHasLongBeenUp() public view {
        assertValidity(Validity.Fresh);
        assertEq(prices.graceEnd(), START - 1 days + GRACE);
    }

    function test_isInvalidWhileItIsDown() public {
        sequencer.push(1);
        assertValidity(Validity.Invalid);
        assertEq(prices.graceEnd(), type(uint40).max);
    }

    function testFuzz_isInvalidInTheGracePeriodAfter(uint256 elapsed) public {
        elapsed = bound(elapsed, 0, HEARTBEAT);
        sequencer.push(1);
        sequencer.push(0);
        assertEq(prices.graceEnd(), START + GRACE);
        skip(elapsed);
        assertValidity(elapsed < GRACE ? Validity.Invalid : Validity.Fresh);
    }

    function test_anUnreadableOrNeverReportedStatusCountsAsDown() public {
        sequencer.setBroken(true);
        assertValidity(Validity.Invalid);
        sequencer.setBroken(false);
        sequencer.push(0, 0);
        assertValidity(Validity.Invalid);
        assertEq(prices.graceEnd(), type(uint40).max);
    }
}

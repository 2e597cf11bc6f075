// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { Feed, IPriceOracle } from "../../contracts/interfaces/IPriceOracle.sol";
import { MockAggregator } from "../../contracts/mocks/MockAggregator.sol";
import { OracleTest } from "../helpers/OracleTest.sol";

contract PriceOracleConfigurationTest is OracleTest {
    function assertRefused(Feed memory feed) private {
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.InvalidFeed.selector, feed.aggregator));
        prices.setFeed(ETH, feed);
    }

    function test_setFeedAnnouncesAndStoresTheFeed() public {
        Feed memory feed = ethFeed();
        feed.maxAgeSeconds = 1 days;
        vm.expectEmit(address(prices));
        emit IPriceOracle.FeedSet(7, feed);
        prices.setFeed(7, feed);
        assertEq(abi.encode(prices.feed(7)), abi.encode(feed));
    }

    function test_setFeedRefusesWhatContradictsItself() public {
        Feed memory feed = ethFeed();
        feed.heartbeatSeconds = 0;
        assertRefused(feed);
        feed = ethFeed();
        feed.heartbeatSeconds = feed.maxAgeSeconds;
        assertRefused(feed);
        feed = ethFeed();
        feed.minAnswer = feed.maxAnswer;
        assertRefused(feed);
        feed = ethFeed();
        feed.minAnswer = -2;
        feed.maxAnswer = 0;
        assertRefused(feed);
    }

    function test_setFeedRefusesWhatContradictsTheAggregator() public {
        Feed memory feed = ethFeed();
        feed.decimals = 18;
        assertRefused(feed);
        feed = ethFeed();
        feed.aggregator = address(0xdead);
        assertRefused(feed);
        feed = ethFeed();
        feed.aggregator = address(manager);
        assertRefused(feed);
        feed = ethFeed();
        feed.aggregator = address(new MockAggregator(19, "too fine"));
        feed.decimals = 19;
        assertRefused(feed);
    }

    function test_setFeedRefusesBoundsAbovePricesThatTheWordsHold() public {
        Feed memory feed = ethFeed();
        feed.maxAnswer = int128(uint128(type(uint96).max / 1e10));
        prices.setFeed(ETH, feed);
        ++feed.maxAnswer;
        assertRefused(feed);
    }

    function test_setFeedTakesTheLargestPriceThatTheWordsHold() public {
        Feed memory feed = ethFeed();
        feed.aggregator = address(new MockAggregator(18, "18 decimals"));
        feed.decimals = 18;
        feed.maxAnswer = int128(uint128(type(uint96).max));
        prices.setFeed(ETH, feed);
        ++feed.maxAnswer;
        assertRefused(feed);
    }

    function test_setFeedIsRestricted() public {
        address stranger = makeAddr("stranger");
        Feed memory feed = ethFeed();
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        prices.setFeed(ETH, feed);
    }

    function test_scalesAnswersOfAnyDecimals() public {
        MockAggregator fine = new MockAggregator(18, "18 decimals");
        fine.push(1234.5e18);
        prices.setFeed(2, Feed(address(fine), 18, HEARTBEAT, MAX_AGE, 0, 1e24));
        assertEq(prices.price(2).value, 1234.5e18);
    }
}

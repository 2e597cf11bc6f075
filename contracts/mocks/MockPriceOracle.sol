// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Feed, IPriceOracle, Price, Validity } from "../interfaces/IPriceOracle.sol";

/// @title Prices that a test sets, without feeds: for unit tests of what reads prices.
contract MockPriceOracle is IPriceOracle {
    uint40 public graceEnd;
    mapping(uint16 underlying => Price) private prices;

    function setPrice(uint16 underlying, uint256 value) external {
        prices[underlying] = Price(value, uint40(block.timestamp), 0, Validity.Fresh);
    }

    function setOverdue(uint16 underlying, uint40 overdueSeconds) external {
        prices[underlying].overdueSeconds = overdueSeconds;
        prices[underlying].validity = overdueSeconds == 0 ? Validity.Fresh : Validity.Late;
    }

    function setInvalid(uint16 underlying) external {
        prices[underlying].validity = Validity.Invalid;
    }

    function setGraceEnd(uint40 graceEnd_) external {
        graceEnd = graceEnd_;
    }

    function setFeed(uint16 underlying, Feed calldata feed_) external {
        emit FeedSet(underlying, feed_);
    }

    function price(uint16 underlying) external view returns (Price memory) {
        return prices[underlying];
    }

    function feed(uint16) external pure returns (Feed memory none) {
        return none;
    }

    function maxAgeSeconds(uint16) external pure returns (uint32) {
        return 0;
    }

    function isUsable(uint16, int256 answer) external pure returns (bool) {
        return answer > 0;
    }
}

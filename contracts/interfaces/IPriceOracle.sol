// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice How far a price may be trusted; each action says what it needs.
/// Fresh: inside its heartbeat. Late: older than its heartbeat, which widens the scan range.
/// Invalid: far too old, not positive, at its bound, or the sequencer is down or has just come back.
enum Validity {
    Fresh,
    Late,
    Invalid
}

/// @param value USD WAD per unit: the answer, or the last valid answer found while the newest is not usable; 0 if none.
/// @param updatedAt Unix seconds of the round that `value` is from.
/// @param overdueSeconds How much older than its heartbeat the value is, 0 while inside it.
/// @param validity See `Validity`.
struct Price {
    uint256 value;
    uint40 updatedAt;
    uint40 overdueSeconds;
    Validity validity;
}

/// @param aggregator AggregatorV3 proxy quoting the underlying in USD.
/// @param heartbeatSeconds The longest time between two rounds in normal operation.
/// @param maxAgeSeconds Older than this is Invalid; also the gap between consecutive rounds that counts as an outage.
/// @param minAnswer Answers at or below are Invalid (a feed stuck at its floor), in feed units.
/// @param maxAnswer Answers at or above are Invalid, in feed units.
struct Feed {
    address aggregator;
    uint8 decimals;
    uint32 heartbeatSeconds;
    uint32 maxAgeSeconds;
    int128 minAnswer;
    int128 maxAnswer;
}

/// @title Prices from Chainlink AggregatorV3 feeds, with their age and validity. Holds no prices itself.
interface IPriceOracle {
    event FeedSet(uint16 indexed underlying, Feed feed);

    /// @notice The underlying has no price feed: governance names one by `setFeed`.
    error NoFeed(uint16 underlying);
    /// @notice The configuration contradicts itself or the aggregator (wrong decimals, no code, empty bounds, heartbeat 0).
    error InvalidFeed(address aggregator);
    /// @notice A feed could not be read with so little gas that the caller may have caused it.
    error InsufficientGas(uint256 left);

    /// @notice Names the feed of an underlying. Restricted, with the delay for feeds.
    /// `feed.decimals` is what the caller expects `aggregator.decimals()` to be: checked, never trusted.
    function setFeed(uint16 underlying, Feed calldata feed) external;

    function feed(uint16 underlying) external view returns (Feed memory);

    /// @notice Of the feed: what the volatility oracle asks wherever a round is newer than the last one walked. Reverts `NoFeed`.
    function maxAgeSeconds(uint16 underlying) external view returns (uint32);

    /// @notice The price of an underlying. Reverts `NoFeed` only where none was ever set; whatever a feed answers, and
    /// if it reverts, the result is a `Price` with the right `validity`. Nobody can make a feed look dead by giving little gas.
    function price(uint16 underlying) external view returns (Price memory);

    /// @notice Whether an answer of this feed is a price at all: positive and strictly inside its bounds.
    function isUsable(uint16 underlying, int256 answer) external view returns (bool);

    /// @notice Unix seconds when the sequencer's grace period ends or ended; 0 on chains without a sequencer feed,
    /// `type(uint40).max` while it is down.
    function graceEnd() external view returns (uint40);
}

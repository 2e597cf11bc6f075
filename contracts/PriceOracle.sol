// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { Feed, IPriceOracle, Price, Validity } from "./interfaces/IPriceOracle.sol";
import { ISettlementPrices } from "./interfaces/ISettlementPrices.sol";
import { FeedRounds, Round } from "./libraries/FeedRounds.sol";
import { SettlementHistory, SettlementPrices, SettlementProof } from "./libraries/SettlementPrices.sol";
import { MAX_ROUNDS_PER_WALK } from "./types/Limits.sol";

contract PriceOracle is IPriceOracle, ISettlementPrices, AccessManaged {
    using FeedRounds for address;
    using FeedRounds for Feed;
    using FeedRounds for Round;
    using SettlementPrices for SettlementHistory;
    using SettlementPrices for SettlementProof;

    /// @notice How many rounds before an unusable newest one are searched for the last usable answer.
    /// Each costs up to a cold read of the feed, and a price found far back serves only to bound reductions.
    uint256 public constant MAX_LOOK_BACK_ROUNDS = 8;
    /// @notice Over how long before an expiry its settlement price is averaged.
    uint256 public constant SETTLEMENT_WINDOW_SECONDS = SettlementPrices.WINDOW_SECONDS;
    /// @dev A price shares storage words with ids and times elsewhere and gets 96 bits: 7.9e10 USD a unit.
    uint256 private constant MAX_PRICE = type(uint96).max;
    uint256 private constant MAX_DECIMALS = 18;
    int256 private constant SEQUENCER_UP = 0;

    /// @notice Sequencer uptime feed; zero on chains without one.
    address public immutable SEQUENCER_FEED;
    /// @notice How long prices stay invalid after the sequencer came back, so that accounts can react first.
    uint32 public immutable GRACE_PERIOD_SECONDS;

    mapping(uint16 underlying => Feed) private feeds;
    mapping(uint16 underlying => SettlementHistory) private settlements;

    constructor(address authority, address sequencerFeed, uint32 gracePeriodSeconds) AccessManaged(authority) {
        SEQUENCER_FEED = sequencerFeed;
        GRACE_PERIOD_SECONDS = gracePeriodSeconds;
    }

    /// @inheritdoc IPriceOracle
    function setFeed(uint16 underlying, Feed calldata feed_) external restricted {
        bool isConsistent =
            feed_.heartbeatSeconds > 0 &&
                feed_.heartbeatSeconds < feed_.maxAgeSeconds &&
                feed_.minAnswer < feed_.maxAnswer &&
                feed_.maxAnswer > 0;
        bool isAggregator =
            feed_.aggregator.code.length > 0 &&
                feed_.decimals <= MAX_DECIMALS &&
                feed_.aggregator.decimals() == feed_.decimals;
        require(isConsistent && isAggregator, InvalidFeed(feed_.aggregator));
        require(FeedRounds.toWad(feed_, feed_.maxAnswer) <= MAX_PRICE, InvalidFeed(feed_.aggregator));
        feeds[underlying] = feed_;
        emit FeedSet(underlying, feed_);
    }

    /// @inheritdoc ISettlementPrices
    function proveSettlement(
        uint16 underlying,
        uint40 expiry,
        uint80 firstRound,
        uint256 maxRounds
    ) external returns (uint256 walked) {
        require(expiry > SETTLEMENT_WINDOW_SECONDS && expiry <= block.timestamp, ExpiryNotReached(expiry));
        Feed memory feed_ = feed(underlying);
        SettlementHistory storage history = settlements[underlying];
        SettlementProof memory proof = history.proofs[expiry];
        if (proof.isFinal) return 0;
        history.begin(proof, feed_, firstRound, expiry);
        walked = proof.walk(feed_, expiry, Math.min(maxRounds, MAX_ROUNDS_PER_WALK));
        history.proofs[expiry] = proof;
        emit SettlementRoundsWalked(underlying, expiry, proof.roundId, proof.updatedAt);
        if (proof.isFinal) emit SettlementPriceProven(underlying, expiry, proof.price);
    }

    /// @inheritdoc ISettlementPrices
    function settlementPrice(uint16 underlying, uint40 expiry) external view returns (uint256 price_, bool isFinal) {
        SettlementProof storage proof = settlements[underlying].proofs[expiry];
        isFinal = proof.isFinal;
        if (isFinal) price_ = proof.price;
    }

    /// @inheritdoc ISettlementPrices
    function settlementProof(uint16 underlying, uint40 expiry) external view returns (uint80 roundId, uint40 roundAt) {
        SettlementProof storage proof = settlements[underlying].proofs[expiry];
        return (proof.roundId, proof.updatedAt);
    }

    /// @inheritdoc IPriceOracle
    function maxAgeSeconds(uint16 underlying) external view returns (uint32) {
        Feed storage feed_ = feeds[underlying];
        requireFeed(feed_.aggregator, underlying);
        return feed_.maxAgeSeconds;
    }

    /// @inheritdoc IPriceOracle
    function feed(uint16 underlying) public view returns (Feed memory feed_) {
        feed_ = feeds[underlying];
        requireFeed(feed_.aggregator, underlying);
    }

    /// @inheritdoc IPriceOracle
    function price(uint16 underlying) external view returns (Price memory price_) {
        Feed memory feed_ = feeds[underlying];
        requireFeed(feed_.aggregator, underlying);
        Round memory newest = feed_.aggregator.latest();
        bool isNewestUsable = newest.exists() && feed_.isUsable(newest.answer);
        Round memory round = isNewestUsable ? newest : lastUsable(feed_, newest.id);
        price_.validity = Validity.Invalid;
        if (!round.exists()) return price_;

        price_.value = feed_.toWad(round.answer);
        price_.updatedAt = round.updatedAt;
        uint256 age = block.timestamp - round.updatedAt;
        bool isLate = age > feed_.heartbeatSeconds;
        if (isLate) price_.overdueSeconds = uint40(age - feed_.heartbeatSeconds);
        if (isNewestUsable && age <= feed_.maxAgeSeconds && graceEnd() <= block.timestamp) {
            price_.validity = isLate ? Validity.Late : Validity.Fresh;
        }
    }

    /// @inheritdoc IPriceOracle
    function isUsable(uint16 underlying, int256 answer) external view returns (bool) {
        return feed(underlying).isUsable(answer);
    }

    /// @inheritdoc IPriceOracle
    function graceEnd() public view returns (uint40) {
        if (SEQUENCER_FEED == address(0)) return 0;
        Round memory status = SEQUENCER_FEED.latest();
        // A status that has never been reported, or cannot be read, says nothing good.
        if (status.startedAt == 0 || status.answer != SEQUENCER_UP) return type(uint40).max;
        return status.startedAt + GRACE_PERIOD_SECONDS;
    }

    /// @dev The last usable round before `newest` in its phase; does not exist if the search ends without one.
    function lastUsable(Feed memory feed_, uint80 newest) private view returns (Round memory round) {
        for (uint80 i = 1; i <= MAX_LOOK_BACK_ROUNDS && i < uint64(newest); ++i) {
            round = feed_.aggregator.roundAt(newest - i);
            if (round.exists() && feed_.isUsable(round.answer)) return round;
        }
        delete round;
    }

    function requireFeed(address aggregator, uint16 underlying) private pure {
        require(aggregator != address(0), NoFeed(underlying));
    }
}

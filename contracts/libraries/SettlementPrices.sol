// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { Feed } from "../interfaces/IPriceOracle.sol";
import { ISettlementPrices } from "../interfaces/ISettlementPrices.sol";
import { FeedRounds, Round } from "./FeedRounds.sol";

/// @notice One proof, two words. @param aggregator The feed that `roundId` belongs to; 0 before it begins.
/// @param price Of the last usable round, USD WAD; once final the settlement price. @param roundId The last one walked.
/// @param updatedAt Unix seconds of the last usable one. @param sum Price times seconds so far inside the window.
struct SettlementProof {
    address aggregator;
    uint96 price;
    uint80 roundId;
    uint40 updatedAt;
    uint128 sum;
    bool isFinal;
}

/// @notice The proofs of one underlying. @param aggregator The feed that the rest is about. @param phase The phase of its proxy in
/// which a walk was at `phaseAt` (Unix seconds): one that begins later begins in none before it.
struct SettlementHistory {
    address aggregator;
    uint16 phase;
    uint40 phaseAt;
    mapping(uint40 expiry => SettlementProof) proofs;
}

/// @title Time-weighted averages of a feed's rounds before an expiry.
/// @notice Answers that are no prices (zero, negative, at a bound) count as not there: the last usable one holds until the next. So it does
/// through an outage, however long; final is the price only with a usable round at or after the expiry.
library SettlementPrices {
    using FeedRounds for address;
    using FeedRounds for Feed;
    using FeedRounds for Round;

    /// @dev Long enough that a push of the price for one block or one round moves the average by its share of time only, short
    /// enough that a hedge can be run off over it. What the largest listed market takes as well.
    uint256 internal constant WINDOW_SECONDS = 30 minutes;
    /// @dev How many phases before the one of the first round are looked into. A proxy changes phase about once a year.
    uint16 private constant MAX_EARLIER_PHASES = 16;

    /// @notice Begins a proof, or one that somebody began too early again. Anything between two usable rounds before the window
    /// weighs nothing, so a later beginning leads to the same price, sooner.
    function begin(
        SettlementHistory storage self,
        SettlementProof memory proof,
        Feed memory feed,
        uint80 firstRound,
        uint40 expiry
    ) internal {
        uint40 start = uint40(expiry - WINDOW_SECONDS);
        // Of another feed, which has been replaced since.
        bool isBegun = proof.aggregator == feed.aggregator;
        if (firstRound == 0 && isBegun) return;
        Round memory round = feed.aggregator.roundAt(firstRound);
        bool isFirst = round.exists() && feed.isUsable(round.answer) && round.updatedAt <= start;
        if (isBegun && (!isFirst || round.updatedAt <= proof.updatedAt)) return;
        require(isFirst, ISettlementPrices.InvalidFirstRound(firstRound));
        requirePhase(self, feed, firstRound, round.updatedAt, start);
        proof.aggregator = feed.aggregator;
        proof.price = uint96(feed.toWad(round.answer));
        proof.roundId = firstRound;
        proof.updatedAt = round.updatedAt;
        proof.sum = 0;
    }

    /// @notice Walks on. @return walked At most `maxRounds`.
    function walk(
        SettlementProof memory proof,
        Feed memory feed,
        uint40 expiry,
        uint256 maxRounds
    ) internal view returns (uint256 walked) {
        uint80 newest = feed.aggregator.latest().id;
        for (; walked < maxRounds && !proof.isFinal; ++walked) {
            (uint80 id, Round memory round) = feed.next(proof.roundId, proof.updatedAt, newest);
            if (id == 0) break;
            proof.roundId = id;
            bool isNewer = round.exists() && round.updatedAt >= proof.updatedAt;
            if (isNewer && feed.isUsable(round.answer)) take(proof, feed.toWad(round.answer), round.updatedAt, expiry);
        }
    }

    /// @dev The price so far holds until `time`.
    function take(SettlementProof memory proof, uint256 price, uint40 time, uint40 expiry) private pure {
        uint256 from = Math.max(proof.updatedAt, expiry - WINDOW_SECONDS);
        uint256 to = Math.min(time, expiry);
        // 96 bits times 11.
        if (to > from) proof.sum += uint128(proof.price * (to - from));
        proof.updatedAt = time;
        proof.isFinal = time >= expiry;
        proof.price = uint96(proof.isFinal ? proof.sum / WINDOW_SECONDS : price);
    }

    /// @dev Phases may overlap: an aggregator has often run for weeks before it becomes a phase, and the one before it runs on for a
    /// while. A walk leaves a phase only in a silence longer than the feed's limit; hence it was at `start` in no phase that comes
    /// after another with a round within that limit, or with a later round.
    /// @param roundAt Unix seconds of the first round.
    function requirePhase(
        SettlementHistory storage self,
        Feed memory feed,
        uint80 firstRound,
        uint40 roundAt,
        uint40 start
    ) private {
        uint16 phase = FeedRounds.phaseOf(firstRound);
        bool isKnown = self.aggregator == feed.aggregator && self.phaseAt <= start;
        uint16 first = isKnown ? self.phase : 0;
        if (phase > MAX_EARLIER_PHASES && first < phase - MAX_EARLIER_PHASES) first = phase - MAX_EARLIER_PHASES;
        require(phase >= first, ISettlementPrices.InvalidFirstRound(firstRound));
        uint40 since = uint40(Math.min(roundAt, Math.saturatingSub(start, feed.maxAgeSeconds)));
        for (uint16 earlier = first; earlier < phase; ++earlier) {
            (, Round memory round) = feed.aggregator.firstAfter(earlier, since);
            require(!round.exists() || round.updatedAt > start, ISettlementPrices.EarlierPhase(earlier));
        }
        (self.aggregator, self.phase, self.phaseAt) = (feed.aggregator, phase, start);
    }
}

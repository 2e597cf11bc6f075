// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AggregatorV3Interface } from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import { LibCall } from "solady/src/utils/LibCall.sol";
import { Feed, IPriceOracle } from "../interfaces/IPriceOracle.sol";

/// @notice One round of a feed. All zero where there is none: not yet transmitted, unreadable, or dated in the future.
struct Round {
    uint80 id;
    int256 answer;
    uint40 startedAt;
    uint40 updatedAt;
}

/// @title Reads rounds of AggregatorV3 feeds; whatever a feed answers, or if it reverts, the reader does not.
library FeedRounds {
    /// @dev Deployed aggregators take below 20,000 cold. A feed that burns more is treated as unreadable, so that it cannot
    /// take the caller's gas along.
    uint256 private constant MAX_READ_GAS = 200_000;
    /// @dev A caller must not fake an unreadable feed by giving too little gas. A read that ran out of less than the above leaves
    /// a 64th of it here and another in the proxy; with more than a 16th left, it failed for a reason of its own.
    uint256 private constant STARVED_GAS = MAX_READ_GAS / 16;
    /// @dev Five words: id, answer, startedAt, updatedAt, answeredInRound.
    uint16 private constant ROUND_BYTES = 160;
    uint16 private constant WORD_BYTES = 32;

    uint256 private constant PHASE_OFFSET = 64;
    /// @dev How many phases without a newer round are passed over in one step. A proxy changes phase about once a year.
    uint256 private constant MAX_EMPTY_PHASES = 16;
    /// @dev Doublings that the search for a phase's first newer round may take: beyond any 32-bit round number.
    uint256 private constant MAX_DOUBLINGS = 34;

    function latest(address aggregator) internal view returns (Round memory round) {
        read(round, aggregator, abi.encodeCall(AggregatorV3Interface.latestRoundData, ()));
    }

    function roundAt(address aggregator, uint80 id) internal view returns (Round memory round) {
        read(round, aggregator, abi.encodeCall(AggregatorV3Interface.getRoundData, (id)));
    }

    /// @notice The feed's own decimals; above `type(uint8).max` if it does not say.
    function decimals(address aggregator) internal view returns (uint256) {
        bytes memory input = abi.encodeCall(AggregatorV3Interface.decimals, ());
        (bool ok, , bytes memory output) = LibCall.tryStaticCall(aggregator, MAX_READ_GAS, WORD_BYTES, input);
        return ok && output.length == WORD_BYTES ? abi.decode(output, (uint256)) : type(uint256).max;
    }

    function exists(Round memory round) internal pure returns (bool) {
        return round.updatedAt != 0;
    }

    function phaseOf(uint80 id) internal pure returns (uint16) {
        return uint16(id >> PHASE_OFFSET);
    }

    /// @notice Whether an answer is a price at all: positive and strictly inside the feed's bounds.
    function isUsable(Feed memory feed, int256 answer) internal pure returns (bool) {
        return answer > 0 && answer > feed.minAnswer && answer < feed.maxAnswer;
    }

    /// @notice USD WAD of a usable answer; exact, since a feed has at most 18 decimals.
    function toWad(Feed memory feed, int256 answer) internal pure returns (uint256) {
        unchecked {
            // Greatest answers are below 2^127, decimals at most 18, both since `setFeed`.
            return uint256(answer) * 10 ** (18 - feed.decimals);
        }
    }

    /// @notice The round that follows `previous` in the one order in which everybody walks a feed; id 0 if there is none yet.
    /// A round with an id that does not `exist` is a hole: later rounds of its phase were transmitted.
    /// @dev A phase is left only in a silence longer than the feed's limit, because when a proxy was switched cannot be read on
    /// chain: whoever walks late must go through the same rounds as who walked before the switch. In that silence the
    /// next phase takes over with its first round dated later than `previousAt`.
    /// @param previousAt Unix seconds of the last usable round. @param newest Id of the feed's newest round.
    function next(
        Feed memory feed,
        uint80 previous,
        uint40 previousAt,
        uint80 newest
    ) internal view returns (uint80 id, Round memory round) {
        id = previous + 1;
        round = roundAt(feed.aggregator, id);
        if (phaseOf(newest) > phaseOf(previous)) return takeOver(feed, round, previousAt, previous, newest);
        if (!exists(round) && newest <= id) id = 0;
    }

    /// @notice The first round of a phase dated later than `previousAt`; does not `exist` if there is none yet.
    /// @dev Doubling, then halving: an aggregator has often run for weeks before it becomes a phase.
    function firstAfter(
        address aggregator,
        uint16 phase,
        uint40 previousAt
    ) internal view returns (uint80 id, Round memory round) {
        uint80 base = uint80(phase) << uint80(PHASE_OFFSET);
        uint80 low = 0;
        uint80 high = 1;
        for (uint256 i = 0; i < MAX_DOUBLINGS && isUpTo(roundAt(aggregator, base + high), previousAt); ++i) {
            low = high;
            high <<= 1;
        }
        while (high - low > 1) {
            uint80 middle = (low + high) / 2;
            if (isUpTo(roundAt(aggregator, base + middle), previousAt)) low = middle;
            else high = middle;
        }
        id = base + high;
        round = roundAt(aggregator, id);
    }

    function takeOver(
        Feed memory feed,
        Round memory own,
        uint40 previousAt,
        uint80 previous,
        uint80 newest
    ) private view returns (uint80 id, Round memory round) {
        uint256 silentFrom = uint256(previousAt) + feed.maxAgeSeconds;
        bool silent = exists(own) ? own.updatedAt > silentFrom : block.timestamp > silentFrom;
        if (silent) {
            uint256 last = phaseOf(newest);
            uint256 first = uint256(phaseOf(previous)) + 1;
            if (last > first + MAX_EMPTY_PHASES) last = first + MAX_EMPTY_PHASES;
            for (uint256 phase = first; phase <= last; ++phase) {
                (id, round) = firstAfter(feed.aggregator, uint16(phase), previousAt);
                if (exists(round) && !(exists(own) && own.updatedAt <= round.updatedAt)) return (id, round);
            }
        }
        return (exists(own) ? previous + 1 : 0, own);
    }

    function isUpTo(Round memory round, uint40 time) private pure returns (bool) {
        return exists(round) && round.updatedAt <= time;
    }

    /// @dev Fills a round that is all zero, or leaves it so.
    function read(Round memory round, address aggregator, bytes memory input) private view {
        (bool ok, , bytes memory output) = LibCall.tryStaticCall(aggregator, MAX_READ_GAS, ROUND_BYTES, input);
        require(ok || gasleft() > STARVED_GAS, IPriceOracle.InsufficientGas(gasleft()));
        if (!ok || output.length < ROUND_BYTES) return;
        (uint256 id, int256 answer, uint256 startedAt, uint256 updatedAt, ) = abi.decode(
            output,
            (uint256, int256, uint256, uint256, uint256)
        );
        // Nothing is dated in the future; compared before the narrowing below.
        if (id > type(uint80).max || startedAt > block.timestamp || updatedAt > block.timestamp) return;
        (round.id, round.answer) = (uint80(id), answer);
        (round.startedAt, round.updatedAt) = (uint40(startedAt), uint40(updatedAt));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Feed, IPriceOracle, Price } from "./interfaces/IPriceOracle.sol";
import {
    ControllerParameters,
    IVolatilityOracle,
    MarginVolatility,
    Surface,
    SurfaceReport,
    VolatilitySnapshot
} from "./interfaces/IVolatilityOracle.sol";
import { FeedRounds, Round } from "./libraries/FeedRounds.sol";
import { Realised, RealisedVolatility } from "./libraries/RealisedVolatility.sol";
import { AcceptedSurface, SurfaceReports } from "./libraries/SurfaceReports.sol";
import { ControllerState, VolatilityController } from "./libraries/VolatilityController.sol";
import { MAX_ROUNDS_PER_WALK } from "./types/Limits.sol";

contract VolatilityOracle is IVolatilityOracle, AccessManaged, EIP712 {
    using FeedRounds for address;
    using FeedRounds for Feed;
    using FeedRounds for Round;
    using FixedPointMathLib for uint256;
    using RealisedVolatility for Realised;
    using VolatilityController for ControllerState;

    /// @dev What evolves round by round, in memory while it does. It depends on the rounds and on the accepted surface only, never
    /// on the time of a call, and nothing changes the surface or the parameters while rounds are pending.
    struct Evolution {
        Realised realised;
        ControllerState controller;
        ControllerParameters parameters;
    }

    /// @dev What an accepted surface implies. @param level Its 30-day volatility, rounded up. @param until Unix seconds; 0 if there is none.
    struct Implied {
        uint256 level;
        uint256 until;
    }

    /// @param aggregator The feed that the cursor of `realised` belongs to.
    struct State {
        Evolution evolution;
        AcceptedSurface surface;
        address aggregator;
    }

    /// @notice How long an accepted surface marks options and counts as implied volatility.
    uint256 public constant SURFACE_HEARTBEAT_SECONDS = 6 hours;
    /// @notice How old a report may be when it arrives: a few attempts to get it mined in a congested hour.
    uint256 public constant MAX_REPORT_AGE_SECONDS = 10 minutes;
    uint256 public constant MAX_SIGNERS = 16;

    /// @dev A bad or bought print of the implied volatility counts for no more than 2 × realised + 20 points.
    uint256 private constant IMPLIED_BOUND_FACTOR = 2;
    uint256 private constant IMPLIED_BOUND_POINTS = 0.2e18;
    uint256 private constant MIN_SEED_VOLATILITY = 0.05e18;
    uint256 private constant MAX_SEED_VOLATILITY = 4e18;
    uint256 private constant WAD = 1e18;
    uint256 private constant PHASE_OFFSET = 64;

    IPriceOracle public immutable PRICE_ORACLE;

    mapping(uint16 underlying => State) private states;
    address[] private signers;
    mapping(address signer => bool) public isSigner;
    /// @notice How many reports must agree; 0 until signers are named.
    uint256 public threshold;

    constructor(
        address authority,
        address priceOracle
    ) AccessManaged(authority) EIP712("Plimsoll VolatilityOracle", "1") {
        PRICE_ORACLE = IPriceOracle(priceOracle);
    }

    /// @inheritdoc IVolatilityOracle
    function list(
        uint16 underlying,
        ControllerParameters calldata parameters,
        uint256 realised,
        uint256 stressed
    ) external restricted {
        State storage state = states[underlying];
        require(!isListed(state.evolution.realised.updatedAt), AlreadyListed(underlying));
        VolatilityController.requireInBounds(parameters);
        VolatilityController.requireInBounds("realised", realised, MIN_SEED_VOLATILITY, MAX_SEED_VOLATILITY);
        VolatilityController.requireInBounds("stressed", stressed, realised, MAX_SEED_VOLATILITY);

        Feed memory feed = PRICE_ORACLE.feed(underlying);
        Round memory newest = feed.aggregator.latest();
        require(newest.exists() && feed.isUsable(newest.answer), NoUsableRound(underlying));
        Evolution memory evolution;
        moveCursor(evolution.realised, newest.id);
        uint96 price = uint96(feed.toWad(newest.answer));
        uint64 variance = uint64((realised * realised) / WAD);
        evolution.realised.updatedAt = newest.updatedAt;
        evolution.realised.price = price;
        evolution.realised.variance = variance;
        evolution.realised.sampledAt = newest.updatedAt;
        evolution.realised.sampledPrice = price;
        evolution.realised.sampledVariance = variance;
        evolution.realised.validSince = newest.updatedAt;
        uint64 target = uint64(VolatilityController.targetUp(parameters, realised, stressed));
        evolution.controller = ControllerState(uint64(stressed), target, target, newest.updatedAt);
        evolution.parameters = parameters;
        state.evolution = evolution;
        state.aggregator = feed.aggregator;
        emit UnderlyingListed(underlying, parameters, stressed);
    }

    /// @inheritdoc IVolatilityOracle
    function setController(uint16 underlying, ControllerParameters calldata parameters) external restricted {
        VolatilityController.requireInBounds(parameters);
        State storage state = settle(underlying);
        state.evolution.parameters = parameters;
        emit ControllerSet(underlying, parameters);
    }

    /// @inheritdoc IVolatilityOracle
    function setSigners(address[] calldata signers_, uint256 threshold_) external restricted {
        VolatilityController.requireInBounds("signers", signers_.length, 1, MAX_SIGNERS);
        VolatilityController.requireInBounds("threshold", threshold_, 1, signers_.length);
        for (uint256 i = 0; i < signers.length; ++i) isSigner[signers[i]] = false;
        address previous = address(0);
        for (uint256 i = 0; i < signers_.length; ++i) {
            require(signers_[i] > previous, SignersNotSorted(previous, signers_[i]));
            previous = signers_[i];
            isSigner[previous] = true;
        }
        signers = signers_;
        threshold = threshold_;
        emit SignersSet(signers_, threshold_);
    }

    /// @inheritdoc IVolatilityOracle
    function walk(uint16 underlying, uint256 maxRounds) external returns (uint256 walked) {
        return walkRounds(listed(underlying), underlying, maxRounds.min(MAX_ROUNDS_PER_WALK));
    }

    /// @inheritdoc IVolatilityOracle
    function report(SurfaceReport[] calldata reports, bytes[] calldata signatures) external {
        require(threshold != 0 && reports.length >= threshold, TooFewReports(reports.length, threshold));
        require(signatures.length == reports.length, TooFewReports(signatures.length, reports.length));
        uint16 underlying = reports[0].underlying;
        State storage state = settle(underlying);
        AcceptedSurface memory previous = state.surface;

        AcceptedSurface memory accepted = SurfaceReports.median(reports);
        accepted.timestamp = newestReport(reports, signatures, previous.timestamp);
        SurfaceReports.requireAdmissible(accepted, underlying);
        if (previous.timestamp != 0) {
            accepted = SurfaceReports.approach(previous, accepted, accepted.timestamp - previous.timestamp);
        }
        state.surface = accepted;
        // With the new level in force: what it raises is raised now, and lasts beyond the surface's own heartbeat.
        advanceTo(state, block.timestamp);
        Surface memory mark;
        SurfaceReports.set(mark, accepted);
        emit SurfaceAccepted(underlying, mark);
    }

    /// @inheritdoc IVolatilityOracle
    function marginVolatility(uint16 underlying) external view returns (MarginVolatility memory) {
        State storage state = listed(underlying);
        return toPresent(state.evolution, state.surface, PRICE_ORACLE.price(underlying));
    }

    /// @inheritdoc IVolatilityOracle
    function surface(uint16 underlying) external view returns (Surface memory mark) {
        State storage state = listed(underlying);
        Price memory newest = PRICE_ORACLE.price(underlying);
        setMark(mark, state.surface, toPresent(state.evolution, state.surface, newest).observed);
    }

    /// @inheritdoc IVolatilityOracle
    function validSince(uint16 underlying) external view returns (uint40) {
        return
            validSinceOf(listed(underlying).evolution.realised, underlying, PRICE_ORACLE.price(underlying).updatedAt);
    }

    /// @inheritdoc IVolatilityOracle
    function snapshot(
        uint16 underlying,
        uint256 price,
        uint40 updatedAt
    ) external view returns (VolatilitySnapshot memory snapshot_) {
        Price memory newest;
        (newest.value, newest.updatedAt) = (price, updatedAt);
        State storage state = listed(underlying);
        Evolution memory evolution = state.evolution;
        snapshot_.validSince = validSinceOf(evolution.realised, underlying, newest.updatedAt);
        MarginVolatility memory volatility = toPresent(evolution, state.surface, newest);
        snapshot_.initial = volatility.initial;
        snapshot_.maintenance = volatility.maintenance;
        setMark(snapshot_.surface, state.surface, volatility.observed);
    }

    /// @inheritdoc IVolatilityOracle
    function cursor(uint16 underlying) external view returns (uint80 roundId, uint40 timestamp, uint256 price) {
        Realised memory realised = listed(underlying).evolution.realised;
        return (cursorOf(realised), realised.updatedAt, realised.price);
    }

    /// @dev Walks everything that is pending and brings the controller to the present, so that what the caller changes next
    /// holds from now on, whoever walked before.
    function settle(uint16 underlying) private returns (State storage state) {
        state = listed(underlying);
        uint256 walked = walkRounds(state, underlying, MAX_ROUNDS_PER_WALK);
        require(walked < MAX_ROUNDS_PER_WALK, RoundsPending(underlying));
        advanceTo(state, block.timestamp);
    }

    function walkRounds(State storage state, uint16 underlying, uint256 maxRounds) private returns (uint256 walked) {
        Feed memory feed = PRICE_ORACLE.feed(underlying);
        Evolution memory evolution = state.evolution;
        Implied memory implied = impliedBy(state.surface, evolution.realised.updatedAt);
        uint80 newest = feed.aggregator.latest().id;
        if (feed.aggregator != state.aggregator) {
            if (newest == 0) return 0;
            adoptFeed(state, evolution.realised, feed.aggregator, newest);
        }
        uint80 from = cursorOf(evolution.realised);
        for (; walked < maxRounds; ++walked) {
            uint80 previous = cursorOf(evolution.realised);
            (uint80 id, Round memory round) = feed.next(previous, evolution.realised.updatedAt, newest);
            if (id == 0) break;
            moveCursor(evolution.realised, id);
            // Not a round (a hole), or not a newer one: nothing to learn.
            if (!round.exists() || round.updatedAt < evolution.realised.updatedAt) continue;
            if (feed.isUsable(round.answer)) take(evolution, implied, feed, round, underlying);
            else evolution.realised.interrupted = true;
        }
        if (walked == 0) return 0;
        state.evolution.realised = evolution.realised;
        state.evolution.controller = evolution.controller;
        uint80 to = cursorOf(evolution.realised);
        uint256 variance = newestVarianceUp(evolution);
        emit RoundsWalked(underlying, from, to, advance(evolution, implied, variance, block.timestamp));
    }

    /// @dev Takes a usable round in, as of its own time.
    function take(
        Evolution memory evolution,
        Implied memory implied,
        Feed memory feed,
        Round memory round,
        uint16 underlying
    ) private {
        Realised memory realised = evolution.realised;
        if (realised.interrupted || round.updatedAt - realised.updatedAt > feed.maxAgeSeconds) {
            realised.interrupted = false;
            realised.validSince = round.updatedAt;
            emit OutageEnded(underlying, realised.updatedAt, round.updatedAt);
        }
        realised.observe(feed.toWad(round.answer), round.updatedAt, evolution.parameters.realisedHalfLifeSeconds);
        advance(evolution, implied, newestVarianceUp(evolution), round.updatedAt);
    }

    function advanceTo(State storage state, uint256 time) private {
        Evolution memory evolution = state.evolution;
        Implied memory implied = impliedBy(state.surface, evolution.realised.updatedAt);
        advance(evolution, implied, newestVarianceUp(evolution), time);
        state.evolution.controller = evolution.controller;
    }

    /// @dev Brings what was read from storage to the present, as if the newest usable price were the next round: with one round
    /// pending exactly what walking it leads to, with many one return for the net move of all.
    function toPresent(
        Evolution memory evolution,
        AcceptedSurface storage accepted,
        Price memory newest
    ) private view returns (MarginVolatility memory) {
        Realised memory realised = evolution.realised;
        Implied memory implied = impliedBy(accepted, realised.updatedAt);
        bool isPending = newest.value != realised.price || newest.updatedAt != realised.updatedAt;
        isPending = isPending && newest.value != 0 && newest.updatedAt >= realised.updatedAt;
        if (isPending) {
            realised.observe(newest.value, newest.updatedAt, evolution.parameters.realisedHalfLifeSeconds);
        }
        uint256 variance = newestVarianceUp(evolution);
        if (isPending) advance(evolution, implied, variance, newest.updatedAt);
        return advance(evolution, implied, variance, block.timestamp);
    }

    /// @param realised As of the last walk. @param newestAt Unix seconds of the newest price.
    function validSinceOf(Realised memory realised, uint16 underlying, uint40 newestAt) private view returns (uint40) {
        if (newestAt <= realised.updatedAt) return realised.validSince;
        bool mayHideOutage =
            realised.interrupted || newestAt - realised.updatedAt > PRICE_ORACLE.feed(underlying).maxAgeSeconds;
        return mayHideOutage ? newestAt : realised.validSince;
    }

    /// @dev Sets `mark` to the surface that marks options now. @param observed The observed volatility now, which without a fresh
    /// surface is the realised one.
    function setMark(Surface memory mark, AcceptedSurface storage accepted, uint256 observed) private view {
        if (isFresh(accepted.timestamp, block.timestamp)) SurfaceReports.set(mark, accepted);
        else SurfaceReports.setFlat(mark, observed.max(SurfaceReports.MIN_VOLATILITY));
    }

    function listed(uint16 underlying) private view returns (State storage state) {
        state = states[underlying];
        require(isListed(state.evolution.realised.updatedAt), NotListed(underlying));
    }

    /// @dev Verifies signers, signatures and times, and returns the newest time.
    function newestReport(
        SurfaceReport[] calldata reports,
        bytes[] calldata signatures,
        uint40 previous
    ) private view returns (uint40 newest) {
        address lastSigner = address(0);
        for (uint256 i = 0; i < reports.length; ++i) {
            SurfaceReport calldata report_ = reports[i];
            require(
                report_.underlying == reports[0].underlying,
                UnderlyingsDiffer(reports[0].underlying, report_.underlying)
            );
            bytes32 digest = _hashTypedDataV4(SurfaceReports.structHash(report_));
            (address signer, , ) = ECDSA.tryRecoverCalldata(digest, signatures[i]);
            require(isSigner[signer], UnknownSigner(signer));
            require(signer > lastSigner, SignersNotSorted(lastSigner, signer));
            lastSigner = signer;
            bool isTimely =
                report_.timestamp > previous &&
                    report_.timestamp <= block.timestamp &&
                    report_.timestamp + MAX_REPORT_AGE_SECONDS >= block.timestamp;
            require(isTimely, ReportTimeInvalid(report_.timestamp, previous));
            if (report_.timestamp > newest) newest = report_.timestamp;
        }
    }

    /// @dev After a change of the feed the walk goes on in its newest phase, with the first round dated later than the last
    /// one walked.
    function adoptFeed(State storage state, Realised memory realised, address aggregator, uint80 newest) private {
        (uint80 id, ) = aggregator.firstAfter(FeedRounds.phaseOf(newest), realised.updatedAt);
        moveCursor(realised, id - 1);
        state.evolution.realised = realised;
        state.aggregator = aggregator;
    }

    /// @param variance As of the newest round of `evolution`, see `newestVarianceUp`.
    function advance(
        Evolution memory evolution,
        Implied memory implied,
        uint256 variance,
        uint256 time
    ) private pure returns (MarginVolatility memory) {
        uint256 observed = realisedUp(evolution, variance, time);
        if (time <= implied.until) {
            unchecked {
                uint256 bound = IMPLIED_BOUND_FACTOR * observed + IMPLIED_BOUND_POINTS;
                observed = observed.max(implied.level.min(bound));
            }
        }
        return evolution.controller.advance(evolution.parameters, observed, time);
    }

    function newestVarianceUp(Evolution memory evolution) private pure returns (uint256) {
        return evolution.realised.newestVarianceUp(evolution.parameters.realisedHalfLifeSeconds);
    }

    /// @dev Realised volatility at `time`, rounded up.
    function realisedUp(Evolution memory evolution, uint256 variance, uint256 time) private pure returns (uint256) {
        uint256 dt = time - evolution.realised.updatedAt;
        variance = RealisedVolatility.decayUp(variance, dt, evolution.parameters.realisedHalfLifeSeconds);
        unchecked {
            return (variance * WAD).sqrt() + 1;
        }
    }

    /// @param since Unix seconds; what was too old then is so at every later time, hence not worth reading.
    function impliedBy(AcceptedSurface storage accepted, uint40 since) private view returns (Implied memory implied) {
        uint40 acceptedAt = accepted.timestamp;
        if (!isFresh(acceptedAt, since)) return implied;
        implied.level = SurfaceReports.levelUp(accepted.totalVariance[SurfaceReports.LEVEL_TENOR]);
        implied.until = acceptedAt + SURFACE_HEARTBEAT_SECONDS;
    }

    /// @param acceptedAt Unix seconds of an accepted surface, 0 if there is none.
    function isFresh(uint40 acceptedAt, uint256 time) private pure returns (bool) {
        return acceptedAt != 0 && time <= acceptedAt + SURFACE_HEARTBEAT_SECONDS;
    }

    /// @dev Listing takes a round that exists, hence has a time, and the time of the last usable round only rises. It shares a slot
    /// that every call reads.
    function isListed(uint40 lastRoundAt) private pure returns (bool) {
        return lastRoundAt != 0;
    }

    function cursorOf(Realised memory realised) private pure returns (uint80) {
        return (uint80(realised.phase) << uint80(PHASE_OFFSET)) | realised.round;
    }

    /// @dev Aggregators number their rounds in 32 bits; a feed that does not even fit 40 is refused.
    function moveCursor(Realised memory realised, uint80 id) private pure {
        realised.phase = FeedRounds.phaseOf(id);
        realised.round = SafeCast.toUint40(uint64(id));
    }
}

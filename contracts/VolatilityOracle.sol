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
import { ControllerRamp, Ramp } from "./libraries/ControllerRamp.sol";
import { FeedRounds, Round } from "./libraries/FeedRounds.sol";
import { Realised, RealisedVolatility } from "./libraries/RealisedVolatility.sol";
import { SquareRoot } from "./libraries/SquareRoot.sol";
import { AcceptedSurface, SurfaceReports } from "./libraries/SurfaceReports.sol";
import { ControllerState, VolatilityController } from "./libraries/VolatilityController.sol";
import { MAX_ROUNDS_PER_WALK } from "./types/Limits.sol";

contract VolatilityOracle is IVolatilityOracle, AccessManaged, EIP712 {
    using ControllerRamp for Ramp;
    using FeedRounds for address;
    using FeedRounds for Feed;
    using FeedRounds for Round;
    using FixedPointMathLib for uint256;
    using RealisedVolatility for Realised;
    using VolatilityController for ControllerState;

    /// @dev What evolves round by round, in memory while it does. It depends on the rounds and on the accepted surface only, never
    /// on the time of a call, and nothing changes the surface or the parameters while rounds are pending.
    /// @param parameters In force, or while a ramp is running those at its end: see `parametersAt`.
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
    /// @param stressedLoweredAt Unix seconds of the last `lowerStressed`, 0 if there was none.
    /// @param ramp Of the last change of the parameters; read only while it is running.
    struct State {
        Evolution evolution;
        AcceptedSurface surface;
        address aggregator;
        uint40 stressedLoweredAt;
        Ramp ramp;
    }

    /// @notice How long an accepted surface marks options and counts as implied volatility.
    uint256 public constant SURFACE_HEARTBEAT_SECONDS = 6 hours;
    /// @notice How old a report may be when it arrives: a few attempts to get it mined in a congested hour.
    uint256 public constant MAX_REPORT_AGE_SECONDS = 10 minutes;
    uint256 public constant MAX_SIGNERS = 16;
    /// @notice Over how long a change of the parameters takes effect.
    uint256 public constant RAMP_SECONDS = ControllerRamp.RAMP_SECONDS;
    /// @notice The share of itself by which one step may lower the stressed peak. With a step a week half of it is gone after seven weeks: a
    /// decision that is taken again and again in public, not a switch.
    uint256 public constant MAX_STRESSED_STEP = 0.1e18;
    uint256 public constant STRESSED_STEP_SECONDS = 7 days;

    /// @dev A bad or bought print of the implied volatility counts for no more than 2 × realised + 20 points.
    uint256 private constant IMPLIED_BOUND_FACTOR = 2;
    uint256 private constant IMPLIED_BOUND_POINTS = 0.2e18;
    uint256 private constant MIN_SEED_VOLATILITY = 0.05e18;
    uint256 private constant MAX_SEED_VOLATILITY = VolatilityController.MAX_VOLATILITY;
    uint256 private constant WAD = 1e18;
    uint256 private constant PHASE_OFFSET = 64;
    /// @dev A century: by then any volatility is at its limit, and no time overflows.
    uint256 private constant MAX_SECONDS_AHEAD = 36_500 days;

    IPriceOracle public immutable PRICE_ORACLE;
    /// @dev Not a literal, for which the compiler would make a second copy of the whole walk.
    uint256 private immutable mostRounds = MAX_ROUNDS_PER_WALK;

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
        uint96 price = uint96(feed.toWad(newest.answer));
        uint64 variance = uint64((realised * realised) / WAD);
        uint64 target = uint64(VolatilityController.targetUp(parameters, realised, stressed));
        state.evolution = Evolution({
            realised: Realised({
                phase: FeedRounds.phaseOf(newest.id),
                round: roundOf(newest.id),
                updatedAt: newest.updatedAt,
                price: price,
                variance: variance,
                sampledPrice: price,
                sampledAt: newest.updatedAt,
                sampledVariance: variance,
                validSince: newest.updatedAt,
                interrupted: false
            }),
            controller: ControllerState(uint64(stressed), target, target, newest.updatedAt, false),
            parameters: parameters
        });
        state.aggregator = feed.aggregator;
        emit UnderlyingListed(underlying, parameters, stressed);
    }

    /// @inheritdoc IVolatilityOracle
    function setController(uint16 underlying, ControllerParameters calldata parameters) external restricted {
        VolatilityController.requireInBounds(parameters);
        State storage state = settle(underlying);
        state.ramp = Ramp(parametersAt(state, state.evolution, block.timestamp), uint40(block.timestamp));
        state.evolution.parameters = parameters;
        state.evolution.controller.isRamping = true;
        emit ControllerSet(underlying, parameters, state.ramp.endsAt());
    }

    /// @inheritdoc IVolatilityOracle
    function lowerStressed(uint16 underlying, uint256 stressed) external restricted {
        State storage state = settle(underlying);
        uint40 previousAt = state.stressedLoweredAt;
        if (previousAt != 0) {
            uint256 earliest = previousAt + STRESSED_STEP_SECONDS;
            require(block.timestamp >= earliest, StressedStepTooEarly(underlying, uint40(earliest)));
        }
        MarginVolatility memory volatility = atPresent(state, underlying);
        uint256 least = volatility.observed.max(MIN_SEED_VOLATILITY);
        least = least.max(volatility.stressed.mulWadUp(WAD - MAX_STRESSED_STEP));
        VolatilityController.requireInBounds("stressed", stressed, least, volatility.stressed);
        state.evolution.controller.stressed = uint64(stressed);
        state.stressedLoweredAt = uint40(block.timestamp);
        emit StressedLowered(underlying, volatility.stressed, stressed);
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
            uint256 elapsed = 0;
            if (isFresh(previous.timestamp, block.timestamp)) {
                elapsed = accepted.timestamp - previous.timestamp;
            } else {
                // The mark has been moving until now: no time is left for another move, and the next one counts from now.
                accepted.timestamp = uint40(block.timestamp);
                previous = faded(state.surface, atPresent(state, underlying).observed);
            }
            accepted = SurfaceReports.approach(previous, accepted, elapsed);
        }
        state.surface = accepted;
        // With the new level in force: what it raises is raised now, and lasts beyond the surface's own heartbeat.
        advanceToPresent(state);
        Surface memory mark;
        SurfaceReports.set(mark, accepted);
        emit SurfaceAccepted(underlying, mark);
    }

    /// @inheritdoc IVolatilityOracle
    function marginVolatility(uint16 underlying) external view returns (MarginVolatility memory) {
        return atPresent(listed(underlying), underlying);
    }

    /// @inheritdoc IVolatilityOracle
    function forecast(uint16 underlying, uint256 secondsAhead) external view returns (uint256) {
        uint256 end = block.timestamp + secondsAhead.min(MAX_SECONDS_AHEAD);
        (ControllerState memory last, uint256 rise) = risingUntil(underlying, end);
        return VolatilityController.greatestRisenUp(last.maintenance, end - last.updatedAt, rise);
    }

    /// @inheritdoc IVolatilityOracle
    function noticeSeconds(uint16 underlying, uint256 volatility) external view returns (uint256) {
        (ControllerState memory last, uint256 rise) = risingUntil(underlying, block.timestamp + RAMP_SECONDS);
        if (volatility >= VolatilityController.MAX_VOLATILITY) return type(uint256).max;
        uint256 dt = VolatilityController.secondsToRiseDown(last.maintenance, volatility, rise);
        return dt.zeroFloorSub(block.timestamp - last.updatedAt);
    }

    /// @inheritdoc IVolatilityOracle
    function controller(
        uint16 underlying
    )
        external
        view
        returns (ControllerParameters memory effective, ControllerParameters memory target, uint40 rampEndsAt)
    {
        State storage state = listed(underlying);
        Evolution memory evolution = state.evolution;
        target = evolution.parameters;
        effective = parametersAt(state, evolution, block.timestamp);
        uint40 end = state.ramp.endsAt();
        if (evolution.controller.isRamping && block.timestamp < end) rampEndsAt = end;
    }

    /// @inheritdoc IVolatilityOracle
    function surface(uint16 underlying) external view returns (Surface memory mark) {
        State storage state = listed(underlying);
        AcceptedSurface storage accepted = state.surface;
        // Only what stands in for one asks for the price.
        if (isFresh(accepted.timestamp, block.timestamp)) SurfaceReports.read(mark, accepted);
        else SurfaceReports.set(mark, faded(accepted, atPresent(state, underlying).observed));
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
        (uint256 observed, ) = toPresent(state, evolution, newest);
        snapshot_.initial = evolution.controller.initial;
        snapshot_.maintenance = evolution.controller.maintenance;
        setMark(snapshot_.surface, state.surface, observed);
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
        uint256 walked = walkRounds(state, underlying, mostRounds);
        require(walked < mostRounds, RoundsPending(underlying));
        advanceToPresent(state);
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
            if (!feed.isUsable(round.answer)) {
                evolution.realised.interrupted = true;
                continue;
            }
            noteOutage(evolution.realised, feed, round, underlying);
            ControllerParameters memory parameters = parametersAt(state, evolution, round.updatedAt);
            take(evolution, implied, parameters, feed.toWad(round.answer), round.updatedAt);
        }
        if (walked == 0) return 0;
        state.evolution.realised = evolution.realised;
        save(state, evolution.controller);
        uint80 to = cursorOf(evolution.realised);
        (uint256 observed, uint256 target) = advance(state, evolution, implied);
        emit RoundsWalked(underlying, from, to, volatilityOf(evolution.controller, observed, target));
    }

    function noteOutage(Realised memory realised, Feed memory feed, Round memory round, uint16 underlying) private {
        if (!realised.interrupted && round.updatedAt - realised.updatedAt <= feed.maxAgeSeconds) return;
        realised.interrupted = false;
        realised.validSince = round.updatedAt;
        emit OutageEnded(underlying, realised.updatedAt, round.updatedAt);
    }

    /// @dev A ramp is over for good once the controller's own time is past its end: rounds before that need it, whoever walks when.
    function save(State storage state, ControllerState memory controller_) private {
        if (controller_.isRamping && controller_.updatedAt >= state.ramp.endsAt()) controller_.isRamping = false;
        state.evolution.controller = controller_;
    }

    function advanceToPresent(State storage state) private {
        Evolution memory evolution = state.evolution;
        advance(state, evolution, impliedBy(state.surface, evolution.realised.updatedAt));
        save(state, evolution.controller);
    }

    function atPresent(State storage state, uint16 underlying) private view returns (MarginVolatility memory) {
        Evolution memory evolution = state.evolution;
        (uint256 observed, uint256 target) = toPresent(state, evolution, PRICE_ORACLE.price(underlying));
        return volatilityOf(evolution.controller, observed, target);
    }

    function volatilityOf(
        ControllerState memory controller_,
        uint256 observed,
        uint256 target
    ) private pure returns (MarginVolatility memory) {
        return MarginVolatility(observed, controller_.stressed, target, controller_.initial, controller_.maintenance);
    }

    /// @dev Brings what was read from storage to the present, as if the newest usable price were the next round: with one round
    /// pending exactly what walking it leads to, with many one return for the net move of all.
    function toPresent(
        State storage state,
        Evolution memory evolution,
        Price memory newest
    ) private view returns (uint256 observed, uint256 target) {
        Realised memory realised = evolution.realised;
        Implied memory implied = impliedBy(state.surface, realised.updatedAt);
        bool isPending = newest.value != realised.price || newest.updatedAt != realised.updatedAt;
        isPending = isPending && newest.value != 0 && newest.updatedAt >= realised.updatedAt;
        if (!isPending) return advance(state, evolution, implied);
        ControllerParameters memory parameters = evolution.parameters;
        if (evolution.controller.isRamping) parameters = rampedAt(state, parameters, newest.updatedAt);
        uint256 variance = take(evolution, implied, parameters, newest.value, newest.updatedAt);
        // Weighed by another half-life by now.
        if (evolution.controller.isRamping) return advance(state, evolution, implied);
        return advanceBy(evolution, implied, parameters, variance);
    }

    /// @dev The parameters in force at a time. The ramp's words are read only while it is running. What every evaluation reads asks for the
    /// ramp itself: memory for the answer of this function would be zeroed first.
    function parametersAt(
        State storage state,
        Evolution memory evolution,
        uint256 time
    ) private view returns (ControllerParameters memory) {
        return evolution.controller.isRamping ? rampedAt(state, evolution.parameters, time) : evolution.parameters;
    }

    function rampedAt(
        State storage state,
        ControllerParameters memory target,
        uint256 time
    ) private view returns (ControllerParameters memory) {
        Ramp memory ramp = state.ramp;
        return ramp.inForceAt(target, time);
    }

    /// @dev The controller at its last write, and the highest rise per hour from then until `end`: a ramp goes one way, so it is at one
    /// of the two.
    function risingUntil(
        uint16 underlying,
        uint256 end
    ) private view returns (ControllerState memory last, uint256 rise) {
        State storage state = listed(underlying);
        Evolution memory evolution = state.evolution;
        last = evolution.controller;
        rise = parametersAt(state, evolution, last.updatedAt).maintenanceRisePerHour;
        rise = rise.max(parametersAt(state, evolution, end).maintenanceRisePerHour);
    }

    /// @param realised As of the last walk. @param newestAt Unix seconds of the newest price.
    function validSinceOf(Realised memory realised, uint16 underlying, uint40 newestAt) private view returns (uint40) {
        if (newestAt <= realised.updatedAt) return realised.validSince;
        bool mayHideOutage =
            realised.interrupted || newestAt - realised.updatedAt > PRICE_ORACLE.maxAgeSeconds(underlying);
        return mayHideOutage ? newestAt : realised.validSince;
    }

    /// @dev Sets `mark` to the surface that marks options now.
    function setMark(Surface memory mark, AcceptedSurface storage accepted, uint256 observed) private view {
        if (isFresh(accepted.timestamp, block.timestamp)) SurfaceReports.read(mark, accepted);
        else SurfaceReports.set(mark, faded(accepted, observed));
    }

    /// @dev What marks options without a fresh surface. @param observed The observed volatility now, which then is the realised one.
    function faded(AcceptedSurface storage accepted, uint256 observed) private view returns (AcceptedSurface memory) {
        uint40 acceptedAt = accepted.timestamp;
        AcceptedSurface memory flat = SurfaceReports.flat(observed.max(SurfaceReports.MIN_VOLATILITY));
        if (acceptedAt == 0) return flat;
        return SurfaceReports.approach(accepted, flat, block.timestamp - acceptedAt - SURFACE_HEARTBEAT_SECONDS);
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

    /// @dev Takes a usable price in, as of its own time. What passed until then passed without it: so what it raises begins to rise there, and
    /// a gap between two rounds, however long, gives the maintenance volatility no start.
    /// @return variance As of `time`.
    function take(
        Evolution memory evolution,
        Implied memory implied,
        ControllerParameters memory parameters,
        uint256 price,
        uint256 time
    ) private pure returns (uint256 variance) {
        uint256 before;
        (before, variance) = evolution.realised.observe(price, time, parameters.realisedHalfLifeSeconds);
        step(evolution.controller, implied, parameters, before, time);
        step(evolution.controller, implied, parameters, variance, time);
    }

    /// @dev Brings the controller to the present without a further price.
    function advance(
        State storage state,
        Evolution memory evolution,
        Implied memory implied
    ) private view returns (uint256 observed, uint256 target) {
        ControllerParameters memory parameters = evolution.parameters;
        if (evolution.controller.isRamping) parameters = rampedAt(state, parameters, block.timestamp);
        uint256 variance = evolution.realised.newestVarianceUp(parameters.realisedHalfLifeSeconds);
        return advanceBy(evolution, implied, parameters, variance);
    }

    /// @param variance As of the newest round of `evolution`.
    function advanceBy(
        Evolution memory evolution,
        Implied memory implied,
        ControllerParameters memory parameters,
        uint256 variance
    ) private view returns (uint256 observed, uint256 target) {
        uint256 dt = block.timestamp - evolution.realised.updatedAt;
        variance = RealisedVolatility.decayUp(variance, dt, parameters.realisedHalfLifeSeconds);
        return step(evolution.controller, implied, parameters, variance, block.timestamp);
    }

    /// @param variance As of `time`.
    function step(
        ControllerState memory controller_,
        Implied memory implied,
        ControllerParameters memory parameters,
        uint256 variance,
        uint256 time
    ) private pure returns (uint256 observed, uint256 target) {
        unchecked {
            observed = SquareRoot.sqrtWad(variance) + 1;
            if (time <= implied.until) {
                uint256 bound = IMPLIED_BOUND_FACTOR * observed + IMPLIED_BOUND_POINTS;
                observed = observed.max(implied.level.min(bound));
            }
            observed = observed.min(VolatilityController.MAX_VOLATILITY);
            target = controller_.advance(parameters, observed, time);
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

    function moveCursor(Realised memory realised, uint80 id) private pure {
        realised.phase = FeedRounds.phaseOf(id);
        realised.round = roundOf(id);
    }

    /// @dev Aggregators number their rounds in 32 bits; a feed that does not even fit 40 is refused.
    function roundOf(uint80 id) private pure returns (uint40) {
        return SafeCast.toUint40(uint64(id));
    }
}

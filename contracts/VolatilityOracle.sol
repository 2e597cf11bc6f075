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
    SurfaceReport
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
        require(state.aggregator == address(0), AlreadyListed(underlying));
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
        emit SurfaceAccepted(underlying, toSurface(accepted));
    }

    /// @inheritdoc IVolatilityOracle
    function marginVolatility(uint16 underlying) external view returns (MarginVolatility memory) {
        State storage state = listed(underlying);
        Evolution memory evolution = withNewestPrice(state, underlying);
        return advance(evolution, state.surface, block.timestamp);
    }

    /// @inheritdoc IVolatilityOracle
    function surface(uint16 underlying) external view returns (Surface memory) {
        State storage state = listed(underlying);
        if (isFresh(state.surface, block.timestamp)) return toSurface(state.surface);
        Evolution memory evolution = withNewestPrice(state, underlying);
        return SurfaceReports.flat(realisedUp(evolution, block.timestamp).max(SurfaceReports.MIN_VOLATILITY));
    }

    /// @inheritdoc IVolatilityOracle
    function validSince(uint16 underlying) external view returns (uint40) {
        Realised memory realised = listed(underlying).evolution.realised;
        Price memory newest = PRICE_ORACLE.price(underlying);
        if (newest.updatedAt <= realised.updatedAt) return realised.validSince;
        bool mayHideOutage = newest.updatedAt - realised.updatedAt > PRICE_ORACLE.feed(underlying).maxAgeSeconds;
        return mayHideOutage || realised.interrupted ? newest.updatedAt : realised.validSince;
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
        AcceptedSurface memory accepted = state.surface;
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
            if (feed.isUsable(round.answer)) take(evolution, accepted, feed, round, underlying);
            else evolution.realised.interrupted = true;
        }
        if (walked == 0) return 0;
        state.evolution.realised = evolution.realised;
        state.evolution.controller = evolution.controller;
        uint80 to = cursorOf(evolution.realised);
        emit RoundsWalked(underlying, from, to, advance(evolution, accepted, block.timestamp));
    }

    /// @dev Takes a usable round in, as of its own time.
    function take(
        Evolution memory evolution,
        AcceptedSurface memory accepted,
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
        advance(evolution, accepted, round.updatedAt);
    }

    function advanceTo(State storage state, uint256 time) private {
        Evolution memory evolution = state.evolution;
        advance(evolution, state.surface, time);
        state.evolution.controller = evolution.controller;
    }

    /// @dev The state as if the newest usable price were the next round: with one round pending exactly what walking it leads
    /// to, with many one return for the net move of all.
    function withNewestPrice(State storage state, uint16 underlying) private view returns (Evolution memory evolution) {
        evolution = state.evolution;
        Price memory newest = PRICE_ORACLE.price(underlying);
        bool isPending = newest.value != evolution.realised.price || newest.updatedAt != evolution.realised.updatedAt;
        if (newest.value == 0 || newest.updatedAt < evolution.realised.updatedAt || !isPending) return evolution;
        uint256 halfLifeSeconds = evolution.parameters.realisedHalfLifeSeconds;
        evolution.realised.observe(newest.value, newest.updatedAt, halfLifeSeconds);
        advance(evolution, state.surface, newest.updatedAt);
    }

    function listed(uint16 underlying) private view returns (State storage state) {
        state = states[underlying];
        require(state.aggregator != address(0), NotListed(underlying));
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

    function advance(
        Evolution memory evolution,
        AcceptedSurface memory accepted,
        uint256 time
    ) private pure returns (MarginVolatility memory) {
        uint256 observed = realisedUp(evolution, time);
        if (isFresh(accepted, time)) {
            uint256 bound = IMPLIED_BOUND_FACTOR * observed + IMPLIED_BOUND_POINTS;
            uint256 level = SurfaceReports.levelUp(accepted.totalVariance[SurfaceReports.LEVEL_TENOR]);
            observed = observed.max(level.min(bound));
        }
        return evolution.controller.advance(evolution.parameters, observed, time);
    }

    /// @dev Realised volatility at `time`, rounded up.
    function realisedUp(Evolution memory evolution, uint256 time) private pure returns (uint256) {
        uint256 variance = evolution.realised.varianceUp(time, evolution.parameters.realisedHalfLifeSeconds);
        return (variance * WAD).sqrt() + 1;
    }

    function isFresh(AcceptedSurface memory accepted, uint256 time) private pure returns (bool) {
        return accepted.timestamp != 0 && time <= accepted.timestamp + SURFACE_HEARTBEAT_SECONDS;
    }

    function toSurface(AcceptedSurface memory accepted) private pure returns (Surface memory) {
        return Surface(SurfaceReports.tenors(), accepted.totalVariance, accepted.rho, accepted.eta, accepted.timestamp);
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

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { MAX_TENORS } from "../types/Limits.sol";

/// @notice An SSVI surface: at-the-money total variance at up to four tenors, one skew and one curvature; and the interest rate
/// that the market of dated futures implies: forward F(T) = S·e^(rate·T), discount D(T) = e^(−rate·T), T in years of 365 days.
/// w(k, T) = θ/2 · (1 + ρφk + √((φk + ρ)² + 1 − ρ²)), φ = η/√θ, k = ln(K/F); free of butterfly arbitrage while
/// η(1 + |ρ|) ≤ 2 and, for every θ in use, η√θ(1 + |ρ|) < 4; of calendar arbitrage while θ rises with T (Gatheral and Jacquier 2014).
/// @param tenorSeconds Rising; unused entries at the end are 0.
/// @param totalVariance θ at each tenor, WAD (σ²T, T in years of 365 days), rising.
/// @param rho WAD, in (−1, 1). @param eta WAD; 0 is no smile. @param rate Continuously compounded, a year, WAD, either sign, the
/// same for every T. @param timestamp Unix seconds of the newest report in it, or of its acceptance after a silence; 0 when realised
/// volatility stands in, at rate 0.
struct Surface {
    uint32[MAX_TENORS] tenorSeconds;
    uint64[MAX_TENORS] totalVariance;
    int64 rho;
    uint64 eta;
    int64 rate;
    uint40 timestamp;
}

/// @notice One publisher's view, signed by EIP-712, in the units of `Surface`. `timestamp` is the publisher's clock, Unix seconds.
struct SurfaceReport {
    uint16 underlying;
    uint40 timestamp;
    uint64[MAX_TENORS] totalVariance;
    int64 rho;
    uint64 eta;
    int64 rate;
}

/// @notice What the anti-procyclical controller of one underlying is set to. WAD unless named; bounds are in the implementation.
/// @param realisedHalfLifeSeconds Half-life of both realised variances.
/// @param floor Lowest margin volatility. @param stressedWeight w, share of the stressed peak in the target.
/// @param initialHalfLifeSeconds How fast the initial volatility falls to a lower target.
/// @param maintenanceRisePerHour How fast the maintenance volatility may rise, relative, WAD per hour, compounded.
struct ControllerParameters {
    uint32 realisedHalfLifeSeconds;
    uint32 initialHalfLifeSeconds;
    uint64 floor;
    uint64 stressedWeight;
    uint64 maintenanceRisePerHour;
}

/// @notice Volatilities per year, WAD.
/// @param target max(floor, (1 − w)·observed + w·stressed): the unlimited fresh value.
/// @param initial Follows the target up at once, down by half-life. @param maintenance Rises no faster than published, never above the target.
struct MarginVolatility {
    uint256 observed;
    uint256 stressed;
    uint256 target;
    uint256 initial;
    uint256 maintenance;
}

/// @notice All that the margin engine needs of an underlying, in one call.
/// @param surface As `surface` answers. @param initial Margin volatility of the initial tier, per year, WAD, and
/// `maintenance` of the other, as `marginVolatility` answers. @param validSince As `validSince` answers.
struct VolatilitySnapshot {
    Surface surface;
    uint256 initial;
    uint256 maintenance;
    uint40 validSince;
}

/// @title Two volatilities that never share a name: the mark surface that prices options, the margin volatility that scales requirements.
/// @notice **Published bounds**, which hold whatever feeds, publishers and callers do:
/// - observed and stressed ≤ 400 %; target ≤ 400 %; maintenance ≤ target ≤ initial;
/// - maintenance rises by no more than (1 + `maintenanceRisePerHour`) an hour, compounded, also after a gap in the rounds, and never beyond `forecast`;
/// - one usable answer, however far off, adds at most 0.49/τ to either realised variance (τ = `realisedHalfLifeSeconds` / ln 2; 4.1 at 30 days),
///   its return as much again, and by the speed above still nothing to maintenance at once. Answers at or beyond the bounds of a feed add nothing;
/// - implied volatility counts for at most 2 × realised + 20 points, so with every publisher bad observed ≤ that, and without publishers
///   it is realised;
/// - a mark component stays inside the range of the honest reports while fewer than half of them are bad; with every publisher bad or silent it moves
///   by the published speed: variances by a factor of 1.25 an hour, ρ and η 0.2, the rate 5 points, in however many reports. The first report of all
///   is taken as it is. Before it the mark is the realised volatility, which has no speed: one answer far off moves it at once.
/// What these bounds do not stop is the price: an answer inside a feed's bounds is believed, and moves equity.
interface IVolatilityOracle {
    event UnderlyingListed(uint16 indexed underlying, ControllerParameters parameters, uint256 stressed);
    /// @notice The parameters move from those in force to `parameters`, where they are at `rampEndsAt`, Unix seconds.
    event ControllerSet(uint16 indexed underlying, ControllerParameters parameters, uint40 rampEndsAt);
    event StressedLowered(uint16 indexed underlying, uint256 from, uint256 to);
    event RoundsWalked(uint16 indexed underlying, uint80 fromRound, uint80 toRound, MarginVolatility volatility);
    event OutageEnded(uint16 indexed underlying, uint40 from, uint40 to);
    event SurfaceAccepted(uint16 indexed underlying, Surface surface);
    event SignersSet(address[] signers, uint256 threshold);

    /// @notice The oracle has no state for the underlying: governance lists it here by `list`, apart from its market.
    error NotListed(uint16 underlying);
    /// @notice The underlying has its state, which a second listing would wipe out; `setController` changes the parameters.
    error AlreadyListed(uint16 underlying);
    /// @notice A parameter outside its hard bound.
    error OutOfBounds(bytes32 parameter, uint256 value, uint256 min, uint256 max);
    /// @notice The signature is not a publisher's for this report: `signer` is whom it recovers to, 0 where it is malformed.
    error UnknownSigner(address signer);
    /// @notice Addresses, of a new set or of those who signed the reports, ascend strictly: sort them, each at most once.
    error SignersNotSorted(address previous, address next);
    /// @notice Fewer reports than the threshold, or signatures than reports.
    error TooFewReports(uint256 given, uint256 threshold);
    /// @notice One call is about one underlying.
    error UnderlyingsDiffer(uint16 first, uint16 other);
    /// @notice More than `MAX_ROUNDS_PER_WALK` rounds are not yet walked: what happened comes first. Call `walk`.
    error RoundsPending(uint16 underlying);
    /// @notice The newest round of the price feed cannot be read, or is not a price.
    error NoUsableRound(uint16 underlying);
    /// @notice A report is from the future, older than `MAX_REPORT_AGE_SECONDS`, or not after the `newest` accepted; Unix seconds.
    error ReportTimeInvalid(uint40 timestamp, uint40 newest);
    /// @notice The reports' median has a variance that does not rise with the tenor, or too much curvature: other reports are needed.
    error SurfaceHasArbitrage(uint16 underlying);
    /// @notice The stressed peak may be lowered again from `earliest` on, Unix seconds.
    error StressedStepTooEarly(uint16 underlying, uint40 earliest);

    /// @notice Starts the oracle of an underlying at the newest round of its price feed. Restricted.
    /// @param realised First value of both realised volatilities, WAD. @param stressed First peak, WAD.
    function list(
        uint16 underlying,
        ControllerParameters calldata parameters,
        uint256 realised,
        uint256 stressed
    ) external;

    /// @notice Starts the ramp from the parameters in force to others: linear in time, over `RAMP_SECONDS`, tightening and loosening alike, so
    /// that neither makes a margin jump. A change while one is running starts from what is in force by then. Restricted, with the
    /// delay for risk parameters, which is what delays a loosening.
    function setController(uint16 underlying, ControllerParameters calldata parameters) external;

    /// @notice Lowers the stressed peak by one step: to no less than 1 − `MAX_STRESSED_STEP` of itself nor the volatility observed now (else
    /// `OutOfBounds`), and no sooner than `STRESSED_STEP_SECONDS` after the last step. Restricted, with the delay for risk parameters.
    /// @param stressed WAD, at most the present peak.
    function lowerStressed(uint16 underlying, uint256 stressed) external;

    /// @notice Names the publishers and how many must agree. Restricted, with the delay for feeds.
    function setSigners(address[] calldata signers, uint256 threshold) external;

    /// @notice Feeds the next rounds of the price feed, in order, none skipped, at most `MAX_ROUNDS_PER_WALK`. Anyone may
    /// call; the state reached does not depend on who does, or in what split. @return walked Rounds consumed.
    function walk(uint16 underlying, uint256 maxRounds) external returns (uint256 walked);

    /// @notice Accepts the component-wise median of at least `threshold` signed reports, sorted by signer, if it is free of
    /// arbitrage; each component moves no faster than the published speed (it is clamped, never refused, by speed).
    function report(SurfaceReport[] calldata reports, bytes[] calldata signatures) external;

    /// @notice The margin volatilities as of now; what happened since the last write is computed at read time, and the move
    /// from the last walked round to the newest price counts as one more return. Never reverts for a listed underlying.
    function marginVolatility(uint16 underlying) external view returns (MarginVolatility memory);

    /// @notice An upper bound of the maintenance volatility from now until `secondsAhead` later, WAD, rounded up, whatever prices, reports and callers
    /// do until then: what volatility alone can do to an account by then. A change of parameters that is scheduled may start at any moment.
    /// @dev Why it is one. At the last write it was M. Every write and read since takes the smaller of the target and the last value times
    /// (1 + rise)^(elapsed / 1 h), at the rise then in force; elapsed times add up, a ramp's rise lies between its ends, and a target is a
    /// mixture of volatilities observed or seeded, none above 400 %, or a floor below that. So it is never above
    /// min(400 %, M·(1 + greatest rise)^((now − last write + secondsAhead) / 1 h)). It counts from the last write and not from now, because a round that
    /// is dated before now may still turn up; whoever wants it close walks first.
    /// It holds under the parameters set so far, the ramp that is running included. A change that is scheduled already (`OperationScheduled` of the
    /// access manager) may start at any moment and raise the speed; one that is not takes effect no sooner than the delay for risk parameters
    /// (48 h) from now, and whatever it is, until then the bound holds.
    function forecast(uint16 underlying, uint256 secondsAhead) external view returns (uint256 maintenance);

    /// @notice The inverse of `forecast`: for so many seconds from now at least the maintenance volatility does not exceed `volatility`, WAD. Rounded
    /// down; 0 if it may at once; `type(uint256).max` from 400 % on, which no volatility exceeds. The reservation of `forecast` holds.
    function noticeSeconds(uint16 underlying, uint256 volatility) external view returns (uint256);

    /// @notice What the controller is set to. @return effective In force now. @return target In force from `rampEndsAt` on, Unix seconds, which
    /// is 0 where nothing is changing.
    function controller(
        uint16 underlying
    )
        external
        view
        returns (ControllerParameters memory effective, ControllerParameters memory target, uint40 rampEndsAt);

    /// @notice The surface that marks options: the accepted one while fresh, else one that moves from it, at the published speed of reports, to flat
    /// at the realised volatility (`timestamp` = 0). Before the first report: that, at once.
    /// @dev Nothing is refused for want of a report. A venue may run without publishers, and then marks by what anybody can compute from the price
    /// feed; and a publisher that could freeze trading by silence could keep others from closing. How stale a mark is, `timestamp` = 0 says:
    /// whoever quotes on it (the pool) widens his spread or stops.
    function surface(uint16 underlying) external view returns (Surface memory);

    /// @notice Unix seconds when prices last became valid again: the end of the last gap between consecutive rounds longer
    /// than the feed's limit. While such a gap lies in rounds not yet walked, the time of the newest round.
    function validSince(uint16 underlying) external view returns (uint40);

    /// @notice What `surface`, `marginVolatility` and `validSince` answer, for one reading of the storage that they share.
    /// @param price Value of `IPriceOracle.price(underlying)` now, which the caller has read already. A caller that passes another one
    /// deceives only itself, and may be answered by an arithmetic panic. With the true one it reverts only `NotListed`.
    /// @param updatedAt Its time.
    function snapshot(
        uint16 underlying,
        uint256 price,
        uint40 updatedAt
    ) external view returns (VolatilitySnapshot memory);

    /// @notice How far the round walk has come.
    function cursor(uint16 underlying) external view returns (uint80 roundId, uint40 timestamp, uint256 price);
}

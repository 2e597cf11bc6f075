// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { LibSort } from "solady/src/utils/LibSort.sol";
import { IVolatilityOracle, Surface, SurfaceReport } from "../interfaces/IVolatilityOracle.sol";
import { MAX_TENORS } from "../types/Limits.sol";
import { SquareRoot } from "./SquareRoot.sol";
import { SurfaceArbitrage } from "./SurfaceArbitrage.sol";
import { VolatilityController } from "./VolatilityController.sol";

/// @notice An accepted surface without its tenors, which are fixed, in two words. WAD. @param timestamp Of the newest report in it.
struct AcceptedSurface {
    uint64[MAX_TENORS] totalVariance;
    int64 rho;
    uint64 eta;
    int64 rate;
    uint40 timestamp;
}

/// @title From signed reports to one surface: median, admission, speed limit.
library SurfaceReports {
    using FixedPointMathLib for uint256;

    /// @dev A week, a month, a quarter and half a year: where listed expiries lie.
    uint32 private constant TENOR_0_SECONDS = 7 days;
    uint32 internal constant LEVEL_TENOR_SECONDS = 30 days;
    uint32 private constant TENOR_2_SECONDS = 90 days;
    uint32 private constant TENOR_3_SECONDS = 180 days;
    uint256 internal constant LEVEL_TENOR = 1;

    /// @dev At-the-money volatilities that a report may show, a year: from half the calmest month of a listed underlying to the
    /// limit of the realised volatility.
    uint256 internal constant MIN_VOLATILITY = 0.05e18;
    uint256 private constant MAX_VOLATILITY = 4e18;
    uint256 private constant MAX_RHO = 0.95e18;
    uint256 private constant MIN_ETA = 0.01e18;
    uint256 private constant MAX_ETA = 2e18;
    /// @dev A year, of either sign. The annualised basis of quarterly futures on BTC and ETH peaked near 45 % in spring 2021.
    uint256 private constant MAX_RATE = 0.5e18;

    /// @notice The published speed, by time between the reports, and composed so that many reports move no further than one: total
    /// variance by a factor of 1.25 an hour, up or down (the volatility by an eighth: in 2021–2023 the 30-day level of BTC and ETH moved less
    /// than 10 % in 99.9 % of hours), as its logarithm; ρ and η by 0.2.
    int256 internal constant MAX_LOG_CHANGE_PER_HOUR = 0.223143551314209755e18;
    uint256 internal constant MAX_RHO_CHANGE_PER_HOUR = 0.2e18;
    uint256 internal constant MAX_ETA_CHANGE_PER_HOUR = 0.2e18;
    /// @notice The rate by 5 points an hour, absolute as it may be 0 or negative. An option changes by no more than T·0.05 of its
    /// strike: 1.2 % an hour at a quarter, 5 % at a year, and there at the money about 2 %, where the speed of the variance allows 3 %
    /// of spot. It hardly binds an honest report: from 45 % to nothing takes nine hours, which in spring 2021 took weeks.
    uint256 internal constant MAX_RATE_CHANGE_PER_HOUR = 0.05e18;

    /// @dev By e^20 no variance can move inside its bounds, whose ratio is 80².
    int256 private constant MAX_LOG_CHANGE = 20e18;

    uint256 private constant WAD = 1e18;
    uint256 private constant YEAR = 365 days;
    uint256 private constant RHO = MAX_TENORS;
    uint256 private constant ETA = MAX_TENORS + 1;
    uint256 private constant COMPONENTS = MAX_TENORS + 3;

    bytes32 private constant REPORT_TYPEHASH = keccak256(
        "SurfaceReport(uint16 underlying,uint40 timestamp,uint64[4] totalVariance,int64 rho,uint64 eta,int64 rate)"
    );

    /// @notice EIP-712 hash of the struct.
    function structHash(SurfaceReport calldata report) internal pure returns (bytes32) {
        bytes32 variances = keccak256(abi.encode(report.totalVariance));
        return
            keccak256(
                abi.encode(
                    REPORT_TYPEHASH,
                    report.underlying,
                    report.timestamp,
                    variances,
                    report.rho,
                    report.eta,
                    report.rate
                )
            );
    }

    function tenors() internal pure returns (uint32[MAX_TENORS] memory) {
        return [TENOR_0_SECONDS, LEVEL_TENOR_SECONDS, TENOR_2_SECONDS, TENOR_3_SECONDS];
    }

    /// @notice The component-wise median; of an even number the mean of the middle two, rounded towards zero.
    function median(SurfaceReport[] calldata reports) internal pure returns (AcceptedSurface memory surface) {
        int256[] memory values = new int256[](reports.length);
        for (uint256 component = 0; component < COMPONENTS; ++component) {
            for (uint256 i = 0; i < reports.length; ++i) values[i] = componentOf(reports[i], component);
            LibSort.insertionSort(values);
            int256 middle = (values[(values.length - 1) / 2] + values[values.length / 2]) / 2;
            if (component < MAX_TENORS) surface.totalVariance[component] = uint64(uint256(middle));
            else if (component == RHO) surface.rho = int64(middle);
            else if (component == ETA) surface.eta = uint64(uint256(middle));
            else surface.rate = int64(middle);
        }
    }

    /// @notice Reverts unless every component is inside its bounds and the surface is free of arbitrage.
    function requireAdmissible(AcceptedSurface memory surface, uint16 underlying) internal pure {
        uint32[MAX_TENORS] memory tenors_ = tenors();
        bool isRising = true;
        for (uint256 i = 0; i < MAX_TENORS; ++i) {
            uint256 variance = surface.totalVariance[i];
            uint256 least = totalVarianceUp(MIN_VOLATILITY, tenors_[i]);
            uint256 most = totalVarianceUp(MAX_VOLATILITY, tenors_[i]);
            VolatilityController.requireInBounds("totalVariance", variance, least, most);
            if (i > 0 && variance <= surface.totalVariance[i - 1]) isRising = false;
        }
        VolatilityController.requireInBounds("rho", FixedPointMathLib.abs(surface.rho), 0, MAX_RHO);
        VolatilityController.requireInBounds("eta", surface.eta, MIN_ETA, MAX_ETA);
        VolatilityController.requireInBounds("rate", FixedPointMathLib.abs(surface.rate), 0, MAX_RATE);
        uint256 largest = surface.totalVariance[MAX_TENORS - 1];
        require(
            isRising && surface.eta <= SurfaceArbitrage.greatestEtaDown(largest, surface.rho),
            IVolatilityOracle.SurfaceHasArbitrage(underlying)
        );
    }

    /// @notice Moves each component of `from` towards `to` as far as `elapsedSeconds` allow. Variances that rise with the tenor do so
    /// afterwards: each is the middle one of three that do, its goal and its two limits, which are multiples of `from` (two that a wei
    /// separates may become equal). The curvature gives way where a step half done would admit a butterfly.
    function approach(
        AcceptedSurface memory from,
        AcceptedSurface memory to,
        uint256 elapsedSeconds
    ) internal pure returns (AcceptedSurface memory surface) {
        int256 logChange = (MAX_LOG_CHANGE_PER_HOUR * int256(elapsedSeconds)) / 1 hours;
        uint256 factor = uint256(FixedPointMathLib.expWad(FixedPointMathLib.min(logChange, MAX_LOG_CHANGE)));
        for (uint256 i = 0; i < MAX_TENORS; ++i) {
            uint256 variance = from.totalVariance[i];
            uint256 goal = to.totalVariance[i];
            surface.totalVariance[i] = uint64(goal.clamp(variance.divWadUp(factor), variance.mulWad(factor)));
        }
        surface.rho = shifted(from.rho, to.rho, (MAX_RHO_CHANGE_PER_HOUR * elapsedSeconds) / 1 hours);
        surface.rate = shifted(from.rate, to.rate, (MAX_RATE_CHANGE_PER_HOUR * elapsedSeconds) / 1 hours);
        uint256 greatest = SurfaceArbitrage.greatestEtaDown(surface.totalVariance[MAX_TENORS - 1], surface.rho);
        int64 eta = shifted(int64(from.eta), int64(to.eta), (MAX_ETA_CHANGE_PER_HOUR * elapsedSeconds) / 1 hours);
        surface.eta = uint64(greatest.min(uint64(eta)));
        surface.timestamp = to.timestamp;
    }

    /// @notice Sets `mark` to an accepted surface.
    function set(Surface memory mark, AcceptedSurface memory accepted) internal pure {
        mark.tenorSeconds = tenors();
        mark.totalVariance = accepted.totalVariance;
        mark.rho = accepted.rho;
        mark.eta = accepted.eta;
        mark.rate = accepted.rate;
        mark.timestamp = accepted.timestamp;
    }

    /// @notice Sets `mark` to an accepted surface as it is stored.
    function read(Surface memory mark, AcceptedSurface storage accepted) internal view {
        mark.tenorSeconds = tenors();
        mark.totalVariance = accepted.totalVariance;
        (mark.rho, mark.eta) = (accepted.rho, accepted.eta);
        (mark.rate, mark.timestamp) = (accepted.rate, accepted.timestamp);
    }

    /// @notice A surface without smile and without interest. `timestamp` 0 marks it as a stand-in.
    function flat(uint256 volatility) internal pure returns (AcceptedSurface memory surface) {
        uint32[MAX_TENORS] memory tenors_ = tenors();
        for (uint256 i = 0; i < MAX_TENORS; ++i) {
            surface.totalVariance[i] = uint64(totalVarianceUp(volatility, tenors_[i]));
        }
    }

    /// @notice σ²·T, rounded up.
    function totalVarianceUp(uint256 volatility, uint256 tenorSeconds) internal pure returns (uint256) {
        return (volatility * volatility).mulDivUp(tenorSeconds, YEAR * WAD);
    }

    /// @notice The at-the-money volatility at the 30-day tenor, rounded up. @param totalVariance Below 2^64.
    function levelUp(uint256 totalVariance) internal pure returns (uint256) {
        unchecked {
            return SquareRoot.sqrt((totalVariance * YEAR * WAD) / LEVEL_TENOR_SECONDS) + 1;
        }
    }

    function shifted(int64 from, int64 to, uint256 change) private pure returns (int64) {
        return int64(FixedPointMathLib.clamp(int256(to), from - int256(change), from + int256(change)));
    }

    function componentOf(SurfaceReport calldata report, uint256 component) private pure returns (int256) {
        if (component < MAX_TENORS) return int256(uint256(report.totalVariance[component]));
        if (component == RHO) return report.rho;
        return component == ETA ? int256(uint256(report.eta)) : int256(report.rate);
    }
}

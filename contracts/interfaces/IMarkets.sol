// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Instrument } from "../types/Instrument.sol";
import { MAX_STRESSES } from "../types/Limits.sol";
import { IOpenInterestCover } from "./IOpenInterestCover.sol";

/// @notice One margin tier: scan range x = clamp(z·σ·√(horizon/1y), rangeMin, rangeMax) in log price, all WAD but the horizon.
struct Tier {
    uint256 z;
    uint256 horizonSeconds;
    uint256 rangeMin;
    uint256 rangeMax;
}

/// @notice A fixed price move, independent of volatility. Unused entries have both weights 0.
/// @param move Relative price move, WAD, above −1. @param volatilityNode −1, 0 or 1: which volatility node goes with it.
/// @param initialWeight Share of the loss that the initial tier requires, WAD. @param maintenanceWeight Not above it.
struct Stress {
    int256 move;
    int256 volatilityNode;
    uint256 initialWeight;
    uint256 maintenanceWeight;
}

/// @notice Everything that scales the margin of one underlying. WAD unless named.
/// @param volatilityUp s of the upper volatility node σ·exp(+s·f); `volatilityDown` of the lower, σ·exp(−s·f).
/// @param exponentShort p in f = (30d / max(T, 1d))^p below 30 days, `exponentLong` above.
/// @param shortOptionMinimum Requirement per unit short of options, as a fraction of spot.
/// @param concentration κ: the slippage of closing one `depth` in haste, as a share of its value. It grows with the square root of
/// the size (the square-root law of market impact), hence a requirement of κ·|Δ|·S·√(max(|Δ|, average open interest) / depth) on the
/// net delta Δ in units, and of κ·V·√(V / vegaDepth) on the worst loss V of the volatility nodes at the unmoved price. 0 is none.
/// @param depth Net delta that slips by κ, whole units of the underlying.
/// @param vegaDepth Loss V that slips by κ, whole USD.
/// @param stresses Used ones first: what follows the first unused one is not read.
struct RiskParameters {
    Tier initial;
    Tier maintenance;
    uint256 volatilityUp;
    uint256 volatilityDown;
    uint256 exponentShort;
    uint256 exponentLong;
    uint256 shortOptionMinimum;
    uint256 concentration;
    uint256 depth;
    uint256 vegaDepth;
    Stress[MAX_STRESSES] stresses;
}

/// @notice What holds for accounts as a whole.
/// @param floor USD WAD, the least requirement of an account with a debt or a derivative.
/// @param credit Share of the diversification between underlyings that is credited, WAD, at most 0.40.
struct AccountParameters {
    uint128 floor;
    uint64 credit;
}

/// @param symbol Short name, e.g. "ETH". @param strikeStep Strikes are its multiples, 1e-8 USD.
/// @param maxTenorSeconds The farthest expiry that may be opened. @param openInterestCap Units long over all accounts, WAD.
/// @param openingPaused Set by the guardian: nothing that adds risk; deposits, reductions, liquidations go on.
struct Underlying {
    bytes32 symbol;
    uint64 strikeStep;
    uint32 maxTenorSeconds;
    uint128 openInterestCap;
    bool openingPaused;
}

/// @param token ERC-20 without hooks, fee on transfer or rebasing. @param haircut Share of the value required on top, WAD.
/// @param cap Most that the clearinghouse may hold, WAD units.
struct Collateral {
    address token;
    uint8 decimals;
    uint64 haircut;
    uint128 cap;
}

/// @title What is listed and with which risk parameters. Instruments are listed by rule: none is registered.
interface IMarkets {
    event UnderlyingListed(uint16 indexed underlying, Underlying listing, RiskParameters parameters);
    /// @param rampEndsAt Unix seconds from which on `parameters` hold in whole; see `setRiskParameters` for what holds until then.
    event RiskParametersSet(uint16 indexed underlying, RiskParameters parameters, uint256 rampEndsAt);
    event AccountParametersSet(AccountParameters parameters, uint256 rampEndsAt);
    event CollateralParametersSet(Instrument indexed asset, uint64 haircut, uint128 cap, uint256 rampEndsAt);
    event CollateralListed(Instrument indexed asset, Collateral collateral);
    event OpeningPaused(uint16 indexed underlying, bool paused);
    event OpenInterestCapSet(uint16 indexed underlying, uint128 cap);
    event CoverSet(IOpenInterestCover cover);
    event CoverRefreshed(uint16 indexed underlying, uint128 covered);

    /// @notice A parameter outside its hard bound.
    error OutOfBounds(bytes32 parameter, int256 value, int256 min, int256 max);
    /// @notice The stress scenario with this index is in use, the one before it is not.
    error StressAfterUnused(uint256 index);
    /// @notice No listing has this number, so nothing on it can be opened, margined or deposited.
    error UnderlyingNotListed(uint16 underlying);
    /// @notice An underlying is listed once; `setRiskParameters`, `setOpenInterestCap` and `pauseOpening` change it afterwards.
    error UnderlyingAlreadyListed(uint16 underlying);
    /// @notice All `limit` places for underlyings, or for collateral, are taken; nothing is ever delisted.
    error TooManyListed(uint256 limit);
    /// @notice The token of this instrument is not accepted as collateral: it can be neither deposited nor valued.
    error CollateralNotListed(Instrument asset);
    /// @notice An instrument has one token for good; `setCollateralParameters` changes haircut and cap.
    error CollateralAlreadyListed(Instrument asset);
    /// @notice Not a spot instrument, or its token has no code, other decimals than said, or stands behind another instrument.
    error InvalidCollateral(Instrument asset, address token);
    /// @notice The instrument is not one that the listing rule allows to be opened now.
    error NotTradable(Instrument instrument);
    /// @notice Governance has paused opening on the underlying; what reduces both sides still fills.
    error OpeningIsPaused(uint16 underlying);

    /// @notice Lists an underlying; numbers start at 1 and are given by the caller, at most `MAX_UNDERLYINGS`. Restricted.
    function listUnderlying(
        uint16 underlying,
        Underlying calldata listing,
        RiskParameters calldata parameters
    ) external;

    /// @notice Names the token behind a spot instrument, for good. Restricted, with the delay for tokens.
    function listCollateral(Instrument asset, Collateral calldata collateral_) external;

    /// @notice Restricted, with the delay for risk parameters; hard bounds hold whoever calls. Parameters hold in whole at the end of a ramp
    /// of seven days; until then only so far as no portfolio requires more for maintenance than before. At once hold: a lower
    /// short-option minimum or concentration, larger depths, lower maintenance weights and any initial weight of stress scenarios
    /// whose move and volatility node stay. Without more than that there is no ramp. Setting them again begins another ramp, from what is in force.
    function setRiskParameters(uint16 underlying, RiskParameters calldata parameters) external;

    /// @notice Likewise: a lower floor and more credit hold at once, a higher floor and less credit at the end of the ramp.
    function setAccountParameters(AccountParameters calldata parameters) external;

    /// @notice Likewise: a lower haircut and a lower cap hold at once, a higher haircut and a higher cap at the end of the ramp, which is
    /// a whole hour of the Unix clock. Reverts `CollateralNotListed`.
    function setCollateralParameters(Instrument asset, uint64 haircut_, uint128 cap) external;

    /// @notice Store what holds since the end of a ramp in the place where it is read for less gas. Anyone may; no answer changes.
    function applyRiskParameters(uint16 underlying) external;
    function applyAccountParameters() external;
    function applyCollateralParameters(Instrument asset) external;

    /// @notice The most units that may be open, whatever is covered. Restricted, with the delay for risk parameters.
    function setOpenInterestCap(uint16 underlying, uint128 cap) external;

    /// @notice Names who says how much open interest is covered: the backstop; nobody where it is zero. Restricted, with the delay for modules.
    /// What is not covered may not be opened, and all that is open may be closed.
    function setCover(IOpenInterestCover cover_) external;

    /// @notice Asks what is covered now, which holds until the next call. Anyone, at any time: who raises it has to leave his money
    /// in the backstop for its cooldown. @return covered Units, WAD; all there can be where nobody was named.
    function refreshCover(uint16 underlying) external returns (uint128 covered);

    /// @notice Pauses or resumes what adds risk on one underlying. Restricted to the guardian.
    function pauseOpening(uint16 underlying, bool paused) external;

    function underlying(uint16 id) external view returns (Underlying memory);
    function underlyings() external view returns (uint16[] memory);
    function cover() external view returns (IOpenInterestCover);
    /// @notice `Underlying.openInterestCap` is the lesser of the two: what was set, and what was covered when asked last; WAD units.
    function openInterestCaps(uint16 underlying) external view returns (uint128 set, uint128 covered);
    /// @notice In force now. Stress scenarios after the first unused one are zero, whatever was set.
    function riskParameters(uint16 underlying) external view returns (RiskParameters memory);
    /// @notice The contract whose code, after its first byte, is what `riskParameters` answers, as `RiskWords`: for readers to whom
    /// copying it from there is cheaper. Another one after every change and at the end of its ramp. Reverts `UnderlyingNotListed`.
    function riskParametersCode(uint16 underlying) external view returns (address code);
    /// @notice In force now.
    function accountParameters() external view returns (AccountParameters memory);
    /// @notice What holds from `rampEndsAt` on, Unix seconds; without a ramp what is in force, and 0.
    function announcedRiskParameters(
        uint16 underlying
    ) external view returns (RiskParameters memory, uint256 rampEndsAt);
    function announcedAccountParameters() external view returns (AccountParameters memory, uint256 rampEndsAt);
    function announcedCollateral(Instrument asset) external view returns (Collateral memory, uint256 rampEndsAt);
    /// @notice Reverts `CollateralNotListed` for an asset without a token.
    function collateral(Instrument asset) external view returns (Collateral memory);
    /// @notice The haircut alone, WAD. Reverts likewise.
    function haircut(Instrument asset) external view returns (uint256);
    function collaterals() external view returns (Instrument[] memory);

    /// @notice Reverts unless risk in this instrument may be opened now: listed underlying, not paused, a kind that is
    /// traded, strike on the grid, expiry at 08:00 UTC, in the future and within the longest tenor.
    /// @return openInterestCap Of its underlying, see `Underlying`: whoever opens asks for it next.
    function requireTradable(Instrument instrument) external view returns (uint256 openInterestCap);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SSTORE2 } from "solady/src/utils/SSTORE2.sol";
import { AccountParameters, Collateral, IMarkets, RiskParameters, Underlying } from "./interfaces/IMarkets.sol";
import { IOpenInterestCover } from "./interfaces/IOpenInterestCover.sol";
import { ParameterBounds } from "./libraries/ParameterBounds.sol";
import { ParameterRamps } from "./libraries/ParameterRamps.sol";
import { Instrument, Kind } from "./types/Instrument.sol";
import { MAX_STRESSES, MAX_UNDERLYINGS } from "./types/Limits.sol";
import { RiskWords, toRiskWords } from "./types/RiskWords.sol";

/// @param word Read at once: the contract whose code is the `RiskWords` in force 160, and above it the Unix seconds from which on those of
/// `announced` hold; 0 without a ramp.
struct RiskRamp {
    uint256 word;
    address announced;
}

/// @notice `AccountParameters` in force until `rampEndsAt`, in one slot, and those that hold from then on.
struct AccountRamp {
    uint128 floor;
    uint64 credit;
    uint40 rampEndsAt;
    AccountParameters announced;
}

/// @notice A `Collateral`, and the haircut and cap that hold from `rampEndsAtHour` on: hours of the Unix clock, so that all that a
/// haircut is read with fits in one slot.
struct CollateralRamp {
    address token;
    uint8 decimals;
    uint64 haircut;
    uint24 rampEndsAtHour;
    uint128 cap;
    uint128 announcedCap;
    uint64 announcedHaircut;
}

/// @notice In one slot, WAD units. @param set By the administrator. @param covered By the backstop, when it was asked last.
struct OpenInterestCaps {
    uint128 set;
    uint128 covered;
}

contract Markets is IMarkets, AccessManaged {
    /// @dev Options expire at 08:00 UTC, the hour of the largest listed market, so that hedges there end at the same time.
    uint256 private constant EXPIRY_TIME_OF_DAY = 8 hours;

    uint256 private constant CODE_BITS = 160;

    /// @dev A few tokens on each underlying; bounds the list that `collaterals` returns.
    uint256 private constant MAX_COLLATERALS = 16;

    mapping(uint16 underlying => Underlying) private listings;
    /// @dev `RiskWords`, as the code of a contract: every evaluation reads them cold, and code costs one access where
    /// storage costs one a word.
    mapping(uint16 underlying => RiskRamp) private parameters;
    mapping(Instrument asset => CollateralRamp) private tokens;
    mapping(address token => bool) private isListed;
    uint16[] private ids;
    Instrument[] private assets;
    AccountRamp private account;
    /// @inheritdoc IMarkets
    IOpenInterestCover public cover;
    /// @inheritdoc IMarkets
    mapping(uint16 underlying => OpenInterestCaps) public openInterestCaps;

    constructor(address authority, AccountParameters memory account_) AccessManaged(authority) {
        ParameterBounds.requireAccount(account_);
        (account.floor, account.credit) = (account_.floor, account_.credit);
        emit AccountParametersSet(account_, block.timestamp);
    }

    /// @inheritdoc IMarkets
    function listUnderlying(
        uint16 id,
        Underlying calldata listing,
        RiskParameters calldata parameters_
    ) external restricted {
        require(listings[id].strikeStep == 0, UnderlyingAlreadyListed(id));
        require(ids.length < MAX_UNDERLYINGS, TooManyListed(MAX_UNDERLYINGS));
        ParameterBounds.requireListing(id, listing);
        parameters[id].word = uint160(store(requireRisk(parameters_)));
        ids.push(id);
        listings[id] = listing;
        openInterestCaps[id] = OpenInterestCaps(listing.openInterestCap, type(uint128).max);
        emit UnderlyingListed(id, listing, parameters_);
    }

    /// @inheritdoc IMarkets
    function listCollateral(Instrument asset, Collateral calldata collateral_) external restricted {
        address token = collateral_.token;
        require(asset.isWellFormed() && asset.kind() == Kind.Spot, InvalidCollateral(asset, token));
        requireListed(asset.underlying());
        require(tokens[asset].token == address(0), CollateralAlreadyListed(asset));
        require(assets.length < MAX_COLLATERALS, TooManyListed(MAX_COLLATERALS));
        // One token behind two instruments would be counted twice in what custody must hold.
        require(token.code.length != 0 && !isListed[token], InvalidCollateral(asset, token));
        require(IERC20Metadata(token).decimals() == collateral_.decimals, InvalidCollateral(asset, token));
        ParameterBounds.requireCollateral(collateral_);
        isListed[token] = true;
        assets.push(asset);
        CollateralRamp storage listed = tokens[asset];
        (listed.token, listed.decimals) = (token, collateral_.decimals);
        (listed.haircut, listed.cap) = (collateral_.haircut, collateral_.cap);
        emit CollateralListed(asset, collateral_);
    }

    /// @inheritdoc IMarkets
    function setRiskParameters(uint16 id, RiskParameters calldata parameters_) external restricted {
        RiskParameters memory announced = requireRisk(parameters_);
        RiskParameters memory meanwhile = ParameterRamps.meanwhile(riskParameters(id), announced);
        bool isRamped = keccak256(abi.encode(meanwhile)) != keccak256(abi.encode(announced));
        RiskRamp storage ramp = parameters[id];
        ramp.word = uint160(store(meanwhile)) | (isRamped ? uint256(rampEnd()) << CODE_BITS : 0);
        ramp.announced = isRamped ? store(announced) : address(0);
        emit RiskParametersSet(id, announced, isRamped ? rampEnd() : block.timestamp);
    }

    /// @inheritdoc IMarkets
    function setAccountParameters(AccountParameters calldata announced) external restricted {
        ParameterBounds.requireAccount(announced);
        AccountParameters memory meanwhile = ParameterRamps.meanwhile(accountParameters(), announced);
        bool isRamped = meanwhile.floor != announced.floor || meanwhile.credit != announced.credit;
        (account.floor, account.credit) = (meanwhile.floor, meanwhile.credit);
        account.rampEndsAt = isRamped ? rampEnd() : 0;
        account.announced = announced;
        emit AccountParametersSet(announced, isRamped ? rampEnd() : block.timestamp);
    }

    /// @inheritdoc IMarkets
    function setCollateralParameters(Instrument asset, uint64 haircut_, uint128 cap) external restricted {
        Collateral memory announced = collateral(asset);
        (uint64 haircutBefore, uint128 capBefore) = (announced.haircut, announced.cap);
        (announced.haircut, announced.cap) = (haircut_, cap);
        ParameterBounds.requireCollateral(announced);
        CollateralRamp storage ramp = tokens[asset];
        ramp.haircut = haircut_ < haircutBefore ? haircut_ : haircutBefore;
        ramp.cap = cap < capBefore ? cap : capBefore;
        bool isRamped = haircut_ > haircutBefore || cap > capBefore;
        uint256 endsAtHour = (rampEnd() + 1 hours - 1) / 1 hours;
        ramp.rampEndsAtHour = isRamped ? uint24(endsAtHour) : 0;
        (ramp.announcedHaircut, ramp.announcedCap) = (haircut_, cap);
        emit CollateralParametersSet(asset, haircut_, cap, isRamped ? endsAtHour * 1 hours : block.timestamp);
    }

    /// @inheritdoc IMarkets
    function applyRiskParameters(uint16 id) external {
        address code = riskParametersCode(id);
        RiskRamp storage ramp = parameters[id];
        if (isOver(ramp.word >> CODE_BITS)) (ramp.word, ramp.announced) = (uint160(code), address(0));
    }

    /// @inheritdoc IMarkets
    function applyAccountParameters() external {
        AccountParameters memory applied = accountParameters();
        (account.floor, account.credit) = (applied.floor, applied.credit);
        if (isOver(account.rampEndsAt)) account.rampEndsAt = 0;
    }

    /// @inheritdoc IMarkets
    function applyCollateralParameters(Instrument asset) external {
        Collateral memory applied = collateral(asset);
        CollateralRamp storage ramp = tokens[asset];
        (ramp.haircut, ramp.cap) = (applied.haircut, applied.cap);
        if (isOver(uint256(ramp.rampEndsAtHour) * 1 hours)) ramp.rampEndsAtHour = 0;
    }

    /// @inheritdoc IMarkets
    function setOpenInterestCap(uint16 id, uint128 cap) external restricted {
        requireListed(id);
        ParameterBounds.requireOpenInterestCap(cap);
        openInterestCaps[id].set = cap;
        applyOpenInterestCaps(id);
        emit OpenInterestCapSet(id, cap);
    }

    /// @inheritdoc IMarkets
    function setCover(IOpenInterestCover cover_) external restricted {
        cover = cover_;
        emit CoverSet(cover_);
    }

    /// @inheritdoc IMarkets
    function refreshCover(uint16 id) external returns (uint128 covered) {
        requireListed(id);
        covered = type(uint128).max;
        if (address(cover) != address(0)) {
            covered = uint128(Math.min(cover.coveredOpenInterest(id), type(uint128).max));
        }
        openInterestCaps[id].covered = covered;
        applyOpenInterestCaps(id);
        emit CoverRefreshed(id, covered);
    }

    /// @inheritdoc IMarkets
    function pauseOpening(uint16 id, bool paused) external restricted {
        requireListed(id);
        listings[id].openingPaused = paused;
        emit OpeningPaused(id, paused);
    }

    /// @inheritdoc IMarkets
    function underlying(uint16 id) external view returns (Underlying memory) {
        requireListed(id);
        return listings[id];
    }

    /// @inheritdoc IMarkets
    function underlyings() external view returns (uint16[] memory) {
        return ids;
    }

    /// @inheritdoc IMarkets
    function riskParameters(uint16 id) public view returns (RiskParameters memory) {
        return parametersIn(riskParametersCode(id));
    }

    /// @inheritdoc IMarkets
    function riskParametersCode(uint16 id) public view returns (address code) {
        uint256 word = parameters[id].word;
        code = address(uint160(word));
        require(code != address(0), UnderlyingNotListed(id));
        if (isOver(word >> CODE_BITS)) code = parameters[id].announced;
    }

    /// @inheritdoc IMarkets
    function accountParameters() public view returns (AccountParameters memory inForce) {
        uint256 rampEndsAt = account.rampEndsAt;
        (inForce.floor, inForce.credit) = (account.floor, account.credit);
        if (isOver(rampEndsAt)) inForce = account.announced;
    }

    /// @inheritdoc IMarkets
    function announcedRiskParameters(uint16 id) external view returns (RiskParameters memory, uint256 rampEndsAt) {
        RiskRamp storage ramp = parameters[id];
        rampEndsAt = ramp.word >> CODE_BITS;
        if (rampEndsAt <= block.timestamp) return (riskParameters(id), 0);
        return (parametersIn(ramp.announced), rampEndsAt);
    }

    /// @inheritdoc IMarkets
    function announcedAccountParameters() external view returns (AccountParameters memory, uint256 rampEndsAt) {
        rampEndsAt = account.rampEndsAt;
        if (rampEndsAt <= block.timestamp) return (accountParameters(), 0);
        return (account.announced, rampEndsAt);
    }

    /// @inheritdoc IMarkets
    function announcedCollateral(Instrument asset) external view returns (Collateral memory, uint256 rampEndsAt) {
        Collateral memory announced = collateral(asset);
        CollateralRamp storage ramp = tokenOf(asset);
        rampEndsAt = uint256(ramp.rampEndsAtHour) * 1 hours;
        if (rampEndsAt <= block.timestamp) return (announced, 0);
        (announced.haircut, announced.cap) = (ramp.announcedHaircut, ramp.announcedCap);
        return (announced, rampEndsAt);
    }

    /// @inheritdoc IMarkets
    function collateral(Instrument asset) public view returns (Collateral memory) {
        CollateralRamp storage ramp = tokenOf(asset);
        uint128 cap = isOver(uint256(ramp.rampEndsAtHour) * 1 hours) ? ramp.announcedCap : ramp.cap;
        return Collateral(ramp.token, ramp.decimals, haircutIn(ramp), cap);
    }

    /// @inheritdoc IMarkets
    function haircut(Instrument asset) external view returns (uint256 inForce) {
        CollateralRamp storage ramp = tokens[asset];
        bool isListed_ = ramp.token != address(0);
        uint256 rampEndsAt = uint256(ramp.rampEndsAtHour) * 1 hours;
        inForce = ramp.haircut;
        require(isListed_, CollateralNotListed(asset));
        if (isOver(rampEndsAt)) inForce = ramp.announcedHaircut;
    }

    /// @inheritdoc IMarkets
    function collaterals() external view returns (Instrument[] memory) {
        return assets;
    }

    /// @inheritdoc IMarkets
    function requireTradable(Instrument instrument) external view returns (uint256 openInterestCap) {
        uint16 id = instrument.underlying();
        require(instrument.isWellFormed(), NotTradable(instrument));
        requireListed(id);
        Underlying storage listing = listings[id];
        require(!listing.openingPaused, OpeningIsPaused(id));
        openInterestCap = listing.openInterestCap;
        Kind kind = instrument.kind();
        if (kind == Kind.Perpetual) return openInterestCap;
        if (kind == Kind.Spot) require(tokens[instrument].token != address(0), NotTradable(instrument));
        else require(instrument.isOption() && isOnGrid(instrument, listing), NotTradable(instrument));
    }

    /// @dev The cap is written where a fill reads it.
    function applyOpenInterestCaps(uint16 id) private {
        OpenInterestCaps memory caps = openInterestCaps[id];
        listings[id].openInterestCap = caps.set < caps.covered ? caps.set : caps.covered;
    }

    function haircutIn(CollateralRamp storage ramp) private view returns (uint64 inForce) {
        uint256 rampEndsAt = uint256(ramp.rampEndsAtHour) * 1 hours;
        inForce = ramp.haircut;
        if (isOver(rampEndsAt)) inForce = ramp.announcedHaircut;
    }

    function tokenOf(Instrument asset) private view returns (CollateralRamp storage token) {
        token = tokens[asset];
        require(token.token != address(0), CollateralNotListed(asset));
    }

    function isOnGrid(Instrument option, Underlying storage listing) private view returns (bool) {
        uint256 expiry = option.expiry();
        return
            expiry % 1 days == EXPIRY_TIME_OF_DAY &&
            expiry > block.timestamp &&
            expiry <= block.timestamp + listing.maxTenorSeconds &&
            option.strikeField() % listing.strikeStep == 0;
    }

    function requireListed(uint16 id) private view {
        require(listings[id].strikeStep != 0, UnderlyingNotListed(id));
    }

    /// @dev Unix seconds.
    function rampEnd() private view returns (uint40) {
        return uint40(block.timestamp + ParameterRamps.RAMP_SECONDS);
    }

    /// @dev Whether there was a ramp and announced parameters hold.
    function isOver(uint256 rampEndsAt) private view returns (bool) {
        return rampEndsAt != 0 && rampEndsAt <= block.timestamp;
    }

    /// @dev Inside the bounds, and without what follows the last stress scenario in use.
    function requireRisk(RiskParameters memory given) private pure returns (RiskParameters memory) {
        ParameterBounds.requireRisk(given);
        // Used ones come first.
        for (uint256 i = MAX_STRESSES; i > 0 && ParameterBounds.isUnused(given.stresses[i - 1]); --i) {
            delete given.stresses[i - 1];
        }
        return given;
    }

    function store(RiskParameters memory given) private returns (address) {
        return SSTORE2.write(abi.encode(toRiskWords(given)));
    }

    function parametersIn(address code) private view returns (RiskParameters memory) {
        RiskWords memory words;
        words.read(code);
        return words.unpacked();
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { SSTORE2 } from "solady/src/utils/SSTORE2.sol";
import { AccountParameters, Collateral, IMarkets, RiskParameters, Underlying } from "./interfaces/IMarkets.sol";
import { ParameterBounds } from "./libraries/ParameterBounds.sol";
import { Instrument, Kind } from "./types/Instrument.sol";
import { MAX_STRESSES, MAX_UNDERLYINGS } from "./types/Limits.sol";
import { RiskWords, toRiskWords } from "./types/RiskWords.sol";

contract Markets is IMarkets, AccessManaged {
    /// @dev Options expire at 08:00 UTC, the hour of the largest listed market, so that hedges there end at the same time.
    uint256 private constant EXPIRY_TIME_OF_DAY = 8 hours;

    /// @dev A few tokens on each underlying; bounds the list that `collaterals` returns.
    uint256 private constant MAX_COLLATERALS = 16;

    mapping(uint16 underlying => Underlying) private listings;
    /// @dev `RiskWords`, as the code of a contract: every evaluation reads them cold, and code costs one access where
    /// storage costs one a word.
    mapping(uint16 underlying => address code) private parameters;
    mapping(Instrument asset => Collateral) private tokens;
    mapping(address token => bool) private isListed;
    uint16[] private ids;
    Instrument[] private assets;
    AccountParameters private account;

    constructor(address authority, AccountParameters memory account_) AccessManaged(authority) {
        _setAccountParameters(account_);
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
        _setRiskParameters(id, parameters_);
        ids.push(id);
        listings[id] = listing;
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
        tokens[asset] = collateral_;
        emit CollateralListed(asset, collateral_);
    }

    /// @inheritdoc IMarkets
    function setRiskParameters(uint16 id, RiskParameters calldata parameters_) external restricted {
        requireListed(id);
        _setRiskParameters(id, parameters_);
        emit RiskParametersSet(id, parameters_);
    }

    /// @inheritdoc IMarkets
    function setAccountParameters(AccountParameters calldata account_) external restricted {
        _setAccountParameters(account_);
    }

    /// @inheritdoc IMarkets
    function setOpenInterestCap(uint16 id, uint128 cap) external restricted {
        requireListed(id);
        ParameterBounds.requireOpenInterestCap(cap);
        listings[id].openInterestCap = cap;
        emit OpenInterestCapSet(id, cap);
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
    function riskParameters(uint16 id) external view returns (RiskParameters memory) {
        RiskWords memory words;
        words.read(riskParametersCode(id));
        return words.unpacked();
    }

    /// @inheritdoc IMarkets
    function riskParametersCode(uint16 id) public view returns (address code) {
        code = parameters[id];
        require(code != address(0), UnderlyingNotListed(id));
    }

    /// @inheritdoc IMarkets
    function accountParameters() external view returns (AccountParameters memory) {
        return account;
    }

    /// @inheritdoc IMarkets
    function collateral(Instrument asset) external view returns (Collateral memory) {
        return tokenOf(asset);
    }

    /// @inheritdoc IMarkets
    function haircut(Instrument asset) external view returns (uint256) {
        return tokenOf(asset).haircut;
    }

    /// @inheritdoc IMarkets
    function collaterals() external view returns (Instrument[] memory) {
        return assets;
    }

    /// @inheritdoc IMarkets
    function requireTradable(Instrument instrument) external view {
        uint16 id = instrument.underlying();
        require(instrument.isWellFormed(), NotTradable(instrument));
        requireListed(id);
        Underlying storage listing = listings[id];
        require(!listing.openingPaused, OpeningIsPaused(id));
        Kind kind = instrument.kind();
        if (kind == Kind.Perpetual) return;
        if (kind == Kind.Spot) require(tokens[instrument].token != address(0), NotTradable(instrument));
        else require(instrument.isOption() && isOnGrid(instrument, listing), NotTradable(instrument));
    }

    function tokenOf(Instrument asset) private view returns (Collateral storage token) {
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

    function _setRiskParameters(uint16 id, RiskParameters memory parameters_) private {
        ParameterBounds.requireRisk(parameters_);
        // Used ones come first.
        for (uint256 i = MAX_STRESSES; i > 0 && ParameterBounds.isUnused(parameters_.stresses[i - 1]); --i) {
            delete parameters_.stresses[i - 1];
        }
        parameters[id] = SSTORE2.write(abi.encode(toRiskWords(parameters_)));
    }

    function _setAccountParameters(AccountParameters memory account_) private {
        ParameterBounds.requireAccount(account_);
        account = account_;
        emit AccountParametersSet(account_);
    }
}

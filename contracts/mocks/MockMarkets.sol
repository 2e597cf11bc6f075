// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Collateral, IMarkets, Underlying } from "../interfaces/IMarkets.sol";
import { Instrument } from "../types/Instrument.sol";

/// @title The part of `IMarkets` that the clearinghouse reads, settable without bounds or delays.
contract MockMarkets {
    mapping(Instrument => Collateral) private collaterals;
    mapping(uint16 => Underlying) private underlyings;
    mapping(Instrument => bool) private closed;

    function setCollateral(Instrument asset, Collateral calldata collateral_) external {
        collaterals[asset] = collateral_;
    }

    function setUnderlying(uint16 id, Underlying calldata listing) external {
        underlyings[id] = listing;
    }

    function setTradable(Instrument instrument, bool isTradable) external {
        closed[instrument] = !isTradable;
    }

    function collateral(Instrument asset) external view returns (Collateral memory result) {
        result = collaterals[asset];
        require(result.token != address(0), IMarkets.CollateralNotListed(asset));
    }

    function underlying(uint16 id) external view returns (Underlying memory) {
        return underlyings[id];
    }

    function requireTradable(Instrument instrument) external view {
        require(instrument.isWellFormed() && !closed[instrument], IMarkets.NotTradable(instrument));
    }
}

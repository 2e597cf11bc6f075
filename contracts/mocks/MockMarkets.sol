// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccountParameters, Collateral, IMarkets, Underlying } from "../interfaces/IMarkets.sol";
import { Instrument } from "../types/Instrument.sol";

/// @title The part of `IMarkets` that clearinghouse and backstop read, settable without bounds or delays.
contract MockMarkets {
    mapping(Instrument => Collateral) private collaterals;
    mapping(uint16 => Underlying) private listings;
    mapping(Instrument => bool) private closed;
    uint128 private floor;
    uint16[] private listed;

    function setCollateral(Instrument asset, Collateral calldata collateral_) external {
        collaterals[asset] = collateral_;
    }

    function setUnderlying(uint16 id, Underlying calldata listing) external {
        if (listings[id].symbol == 0) listed.push(id);
        listings[id] = listing;
    }

    function setFloor(uint128 floor_) external {
        floor = floor_;
    }

    function setTradable(Instrument instrument, bool isTradable) external {
        closed[instrument] = !isTradable;
    }

    function accountParameters() external view returns (AccountParameters memory) {
        return AccountParameters({ floor: floor, credit: 0 });
    }

    function collateral(Instrument asset) external view returns (Collateral memory result) {
        result = collaterals[asset];
        require(result.token != address(0), IMarkets.CollateralNotListed(asset));
    }

    function underlying(uint16 id) external view returns (Underlying memory) {
        return listings[id];
    }

    function underlyings() external view returns (uint16[] memory) {
        return listed;
    }

    function requireTradable(Instrument instrument) external view returns (uint256) {
        bool isExpired = instrument.expiry() != 0 && instrument.expiry() <= block.timestamp;
        require(instrument.isWellFormed() && !closed[instrument] && !isExpired, IMarkets.NotTradable(instrument));
        return listings[instrument.underlying()].openInterestCap;
    }
}

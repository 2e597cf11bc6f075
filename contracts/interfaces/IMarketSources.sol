// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IMarkets } from "./IMarkets.sol";
import { IPriceOracle } from "./IPriceOracle.sol";
import { IVolatilityOracle } from "./IVolatilityOracle.sol";

/// @title Where a margin engine has its market data from, for those who show what it does not return.
interface IMarketSources {
    function markets() external view returns (IMarkets);
    function priceOracle() external view returns (IPriceOracle);
    function volatilityOracle() external view returns (IVolatilityOracle);
}

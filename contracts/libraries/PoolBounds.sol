// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IPoolQuoter, PoolParameters } from "../interfaces/IPoolQuoter.sol";

/// @title Hard bounds on how the pool may quote.
library PoolBounds {
    /// @dev No Chainlink feed has a smaller deviation threshold: below, depositors would pay whoever sees the next round.
    uint256 private constant MIN_DEVIATION = 0.0005e18;
    uint256 private constant MAX_DEVIATION = 0.05e18;
    uint256 private constant MIN_VOLATILITY_SPREAD = 0.002e18;
    uint256 private constant MAX_VOLATILITY_SPREAD = 0.25e18;
    /// @dev A stand-in may be off by as much as the ageing may add to a surface.
    uint256 internal constant MAX_AGED_VOLATILITY_SPREAD = 0.5e18;
    uint256 internal constant MAX_AGED_DEVIATION = 0.2e18;
    uint256 private constant MAX_DELTA_SKEW = 0.1e18;
    uint256 private constant MAX_VEGA_SKEW = 0.5e18;
    uint256 private constant MAX_MARGIN_RATE = 0.1e18;
    /// @dev 10^12 units, or USD per 1.00 of volatility: no sum of products overflows.
    uint256 private constant MAX_LIMIT = 1e30;

    /// @notice Reverts `OutOfBounds` unless every parameter is inside its bound.
    function requireInBounds(PoolParameters memory self) internal pure {
        check("deviation", self.deviation, MIN_DEVIATION, MAX_DEVIATION);
        check("deviationPerHour", self.deviationPerHour, 0, MAX_DEVIATION);
        check("volatilitySpread", self.volatilitySpread, MIN_VOLATILITY_SPREAD, MAX_VOLATILITY_SPREAD);
        check("volatilitySpreadPerHour", self.volatilitySpreadPerHour, 0, MAX_VOLATILITY_SPREAD);
        if (self.standInSpread != 0) {
            check("standInSpread", self.standInSpread, self.volatilitySpread, MAX_AGED_VOLATILITY_SPREAD);
        }
        check("deltaSkew", self.deltaSkew, 0, MAX_DELTA_SKEW);
        check("vegaSkew", self.vegaSkew, 0, MAX_VEGA_SKEW);
        check("marginRate", self.marginRate, 0, MAX_MARGIN_RATE);
        // Of zero would divide: whoever wants to stop the pool on an underlying sets one wei.
        check("deltaLimit", self.deltaLimit, 1, MAX_LIMIT);
        check("vegaLimit", self.vegaLimit, 1, MAX_LIMIT);
    }

    function check(bytes32 parameter, uint256 value, uint256 min, uint256 max) private pure {
        require(value >= min && value <= max, IPoolQuoter.OutOfBounds(parameter, value, min, max));
    }
}

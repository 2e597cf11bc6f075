// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { MarginVolatility, Surface, VolatilitySnapshot } from "../interfaces/IVolatilityOracle.sol";

/// @title Volatilities that a test sets: the part of `IVolatilityOracle` that the margin engine reads.
contract MockVolatilityOracle {
    mapping(uint16 underlying => MarginVolatility) private volatilities;
    mapping(uint16 underlying => Surface) private surfaces;
    mapping(uint16 underlying => uint40) public validSince;

    function setMarginVolatility(uint16 underlying, uint256 initial, uint256 maintenance) external {
        volatilities[underlying] = MarginVolatility(maintenance, initial, initial, initial, maintenance);
    }

    function setSurface(uint16 underlying, Surface calldata surface_) external {
        surfaces[underlying] = surface_;
    }

    /// @notice The same volatility for every strike and expiry.
    /// @param volatility Per year, WAD.
    function setFlatSurface(uint16 underlying, uint256 volatility) external {
        Surface memory flat;
        flat.tenorSeconds[0] = 365 days;
        flat.totalVariance[0] = uint64((volatility * volatility) / 1e18);
        surfaces[underlying] = flat;
    }

    /// @param rate Continuously compounded, a year, WAD. A surface that is set later brings its own.
    function setRate(uint16 underlying, int64 rate) external {
        surfaces[underlying].rate = rate;
    }

    function setValidSince(uint16 underlying, uint40 since) external {
        validSince[underlying] = since;
    }

    function marginVolatility(uint16 underlying) external view returns (MarginVolatility memory) {
        return volatilities[underlying];
    }

    function surface(uint16 underlying) external view returns (Surface memory) {
        return surfaces[underlying];
    }

    function snapshot(uint16 underlying, uint256, uint40) external view returns (VolatilitySnapshot memory) {
        MarginVolatility storage volatility = volatilities[underlying];
        return
            VolatilitySnapshot(
                surfaces[underlying],
                volatility.initial,
                volatility.maintenance,
                validSince[underlying]
            );
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Portfolio } from "../../contracts/interfaces/IMarginEngine.sol";
import { Surface } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { EngineFixture } from "./EngineFixture.sol";

/// Markets and portfolios that are each drawn from one fuzzed word.
abstract contract EngineFuzz is EngineFixture {
    uint256 internal constant LEGS = 5;

    /// Deterministic draws from a seed, so that a whole portfolio is one fuzzed word.
    function draw(uint256 seed, uint256 index, uint256 min, uint256 max) internal pure returns (uint256) {
        return min + (derive(seed, index) % (max - min + 1));
    }

    function derive(uint256 seed, uint256 index) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, index)));
    }

    function anyMarket(uint256 seed) internal {
        prices.setPrice(ETH, draw(seed, 0, 100e18, 10_000e18));
        prices.setPrice(BTC, draw(seed, 1, 3_000e18, 200_000e18));
        for (uint16 underlying = ETH; underlying <= BTC; ++underlying) {
            uint256 salt = uint256(underlying) * 100;
            volatilities.setMarginVolatility(
                underlying,
                draw(seed, salt, 0.2e18, 4e18),
                draw(seed, salt + 1, 0.2e18, 4e18)
            );
            volatilities.setSurface(underlying, anySurface(derive(seed, salt + 2)));
            prices.setOverdue(underlying, uint40(draw(seed, salt + 3, 0, 1) * draw(seed, salt + 4, 1, 3 days)));
        }
    }

    /// Volatility 30 to 200 %, skew either way, inside the no-arbitrage bounds η(1 + |ρ|) ≤ 2; half of them with a rate, up to ±50 %.
    function anySurface(uint256 seed) internal pure returns (Surface memory surface) {
        uint256 volatility = draw(seed, 0, 0.3e18, 2e18);
        surface.tenorSeconds = [uint32(7 days), 30 days, 90 days, 365 days];
        for (uint256 i = 0; i < 4; ++i) {
            surface.totalVariance[i] = uint64(
                (((volatility * volatility) / 1e18) * surface.tenorSeconds[i]) / 365 days
            );
        }
        surface.rho = int64(int256(draw(seed, 1, 0, 1.4e18)) - 0.7e18);
        surface.eta = uint64(draw(seed, 2, 0.1e18, 1.1e18));
        surface.rate = int64(int256(draw(seed, 3, 0, 1)) * (int256(draw(seed, 4, 0, 1e18)) - 0.5e18));
    }

    function anyLeg(uint256 seed) internal view returns (Position) {
        return anyLegExpiring(seed, uint40(vm.getBlockTimestamp() + draw(seed, 5, 0, 300 days)));
    }

    function anyLegExpiring(uint256 seed, uint40 expiry) internal view returns (Position) {
        return anyLegOn(seed, uint16(draw(seed, 0, ETH, BTC)), expiry);
    }

    function anyLegOn(uint256 seed, uint16 underlying, uint40 expiry) internal view returns (Position) {
        Kind kind = [Kind.Spot, Kind.Perpetual, Kind.Call, Kind.Put][draw(seed, 1, 0, 3)];
        int128 size = int128(int256(draw(seed, 2, 1, 1_000e18)));
        if (kind != Kind.Spot && draw(seed, 3, 0, 1) == 0) size = -size;
        if (kind < Kind.Call) return toPosition(toInstrument(underlying, kind, 0, 0), size);
        uint256 strike = (prices.price(underlying).value * draw(seed, 4, 0.4e18, 2.5e18)) / 1e28;
        return toPosition(toInstrument(underlying, kind, expiry, uint64(strike)), size);
    }

    function anyPortfolio(uint256 seed) internal view returns (Portfolio memory result) {
        result = Portfolio(int256(draw(seed, 0, 0, 2e24)) - 1e24, new Position[](LEGS));
        for (uint256 i = 0; i < LEGS; ++i) result.positions[i] = anyLeg(derive(seed, i + 1));
    }

    function union(Portfolio memory a, Portfolio memory b) internal pure returns (Portfolio memory both) {
        both = Portfolio(a.cash + b.cash, new Position[](a.positions.length + b.positions.length));
        for (uint256 i = 0; i < a.positions.length; ++i) both.positions[i] = a.positions[i];
        for (uint256 i = 0; i < b.positions.length; ++i) both.positions[a.positions.length + i] = b.positions[i];
    }
}

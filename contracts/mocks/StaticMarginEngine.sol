// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { IMarginEngine, Portfolio, Risk } from "../interfaces/IMarginEngine.sol";
import { IMarketSources } from "../interfaces/IMarketSources.sol";
import { IMarkets } from "../interfaces/IMarkets.sol";
import { IPriceOracle, Validity } from "../interfaces/IPriceOracle.sol";
import { IVolatilityOracle } from "../interfaces/IVolatilityOracle.sol";
import { Instrument, Kind, toInstrument } from "../types/Instrument.sol";
import { Position } from "../types/Position.sol";

/// @title What most venues do, for comparison in replays: a fixed percentage of notional, whatever the volatility.
/// @notice Equity, marks, stress losses and the validity of feeds are the real engine's, so that two replays of the same
/// accounts differ by the requirement alone. Maintenance is half of initial. Nothing offsets anything: every position is
/// charged by itself. A bought option is charged its value at most, because more cannot be lost; spot is charged
/// only while the account owes something or holds a derivative.
contract StaticMarginEngine is IMarginEngine, IMarketSources {
    uint256 private constant MAINTENANCE_DIVISOR = 2;

    IMarginEngine public immutable engine;
    IMarkets public immutable markets;
    IPriceOracle public immutable priceOracle;
    IVolatilityOracle public immutable volatilityOracle;
    /// @notice Initial requirement per USD of notional, WAD.
    uint256 public immutable rate;

    constructor(IMarginEngine engine_, uint256 rate_) {
        IMarketSources sources = IMarketSources(address(engine_));
        engine = engine_;
        (markets, priceOracle, volatilityOracle) = (
            sources.markets(),
            sources.priceOracle(),
            sources.volatilityOracle()
        );
        rate = rate_;
    }

    /// @inheritdoc IMarginEngine
    function evaluate(Portfolio[] calldata portfolios) external view returns (Risk[] memory risks) {
        risks = engine.evaluate(portfolios);
        uint256 floor = markets.accountParameters().floor;
        for (uint256 i = 0; i < portfolios.length; ++i) {
            (uint256 charge, bool isLiable) = chargeOf(portfolios[i]);
            if (!isLiable) charge = 0;
            risks[i].maintenanceBeforeFloor = FixedPointMathLib.divUp(charge, MAINTENANCE_DIVISOR);
            uint256 least = isLiable ? floor : 0;
            risks[i].maintenance = FixedPointMathLib.max(least, risks[i].maintenanceBeforeFloor);
            risks[i].initial = FixedPointMathLib.max(least, charge);
        }
    }

    /// @inheritdoc IMarginEngine
    function mark(Instrument instrument) public view returns (uint256 price, Validity validity) {
        return engine.mark(instrument);
    }

    /// @return charge Of all positions, USD WAD, rounded up. @return isLiable Whether there is a debt or a derivative.
    function chargeOf(Portfolio calldata portfolio) private view returns (uint256 charge, bool isLiable) {
        isLiable = portfolio.cash < 0;
        for (uint256 i = 0; i < portfolio.positions.length; ++i) {
            Position position = portfolio.positions[i];
            Instrument instrument = position.instrument();
            if (instrument.kind() != Kind.Spot) isLiable = true;
            (uint256 spot, ) = mark(toInstrument(instrument.underlying(), Kind.Perpetual, 0, 0));
            uint256 perUnit = FixedPointMathLib.mulWadUp(spot, rate);
            if (instrument.isOption() && position.size() > 0) {
                (uint256 value, ) = mark(instrument);
                perUnit = FixedPointMathLib.min(perUnit, value);
            }
            charge += FixedPointMathLib.mulWadUp(FixedPointMathLib.abs(position.size()), perUnit);
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { IMarketSources } from "../interfaces/IMarketSources.sol";
import { Exposure, PoolParameters, Quote } from "../interfaces/IPoolQuoter.sol";
import { Price, Validity } from "../interfaces/IPriceOracle.sol";
import { Surface } from "../interfaces/IVolatilityOracle.sol";
import { Instrument } from "../types/Instrument.sol";
import { Position, toPosition } from "../types/Position.sol";
import { ShockWord } from "../types/RiskWords.sol";
import { Black76 } from "./Black76.sol";
import { Greeks } from "./Greeks.sol";
import { Logarithm } from "./Logarithm.sol";
import { OptionLeg, OptionLegs, Tenor } from "./OptionLegs.sol";
import { PoolBounds } from "./PoolBounds.sol";
import { MARK_VOLATILITY } from "./ScenarioGrid.sol";
import { SignedMulDiv } from "./SignedMulDiv.sol";
import { SignedWad } from "./SignedWad.sol";
import { VolatilitySurface } from "./VolatilitySurface.sol";

/// @notice Market data of one underlying. @param deviation Share of the price that it may be off by, widened with its age, WAD.
/// @param volatilitySpread Likewise of the mark volatility. @param isOpen Whether the feeds allow to open perpetuals, and
/// @param isOpenForOptions options.
struct PoolMarket {
    uint256 spot;
    int256 logSpot;
    uint40 updatedAt;
    Validity validity;
    uint256 deviation;
    uint256 volatilitySpread;
    bool isOpen;
    bool isOpenForOptions;
    Surface surface;
}

/// @notice One unit of an instrument, for one side. @param worst Within what price and volatility may be off by, USD WAD: the highest value for who
/// buys from the pool, rounded up, the lowest for who sells, rounded down. @param delta Units. @param vega USD per 1.00 of volatility.
struct Unit {
    uint256 mark;
    uint256 worst;
    int256 delta;
    int256 vega;
}

/// @title What the pool asks for a unit, and for the inventory that a trade leaves it with.
/// @notice docs/pool.md has every formula. Values come from the libraries of the margin engine, so that the mark is the engine's to the wei.
library PoolQuote {
    using OptionLegs for OptionLeg;
    using OptionLegs for Tenor;
    using SafeCast for int256;
    using SafeCast for uint256;

    uint256 private constant WAD = 1e18;
    int256 private constant SIGNED_WAD = 1e18;
    uint256 private constant HOUR = 1 hours;
    /// @dev Values are rounded down in the last digits of N(x), 2e-15 of spot and strike.
    uint256 private constant VALUE_ERROR = 1e4;
    /// @dev Factors of volatility nodes, of which nothing is made here.
    ShockWord private constant NO_SHOCKS = ShockWord.wrap(0);

    /// @notice Reads the market of an underlying where the margin engine does.
    function marketOf(
        IMarketSources sources,
        uint16 underlying,
        PoolParameters memory parameters
    ) internal view returns (PoolMarket memory market) {
        Price memory price = sources.priceOracle().price(underlying);
        market.spot = price.value;
        if (price.value != 0) market.logSpot = Logarithm.lnWad(price.value);
        market.updatedAt = price.updatedAt;
        market.validity = price.validity;
        market.deviation = Math.min(
            aged(parameters.deviation, parameters.deviationPerHour, price.updatedAt),
            PoolBounds.MAX_AGED_DEVIATION
        );
        market.surface = sources.volatilityOracle().surface(underlying);
        market.isOpen = price.validity == Validity.Fresh;
        bool isStandIn = market.surface.timestamp == 0;
        market.isOpenForOptions = market.isOpen && (!isStandIn || parameters.standInSpread != 0);
        uint256 spread = PoolBounds.MAX_AGED_VOLATILITY_SPREAD;
        if (!isStandIn) {
            spread = aged(parameters.volatilitySpread, parameters.volatilitySpreadPerHour, market.surface.timestamp);
        } else if (parameters.standInSpread != 0) {
            spread = parameters.standInSpread;
        }
        market.volatilitySpread = Math.min(spread, PoolBounds.MAX_AGED_VOLATILITY_SPREAD);
    }

    /// @notice One unit of a perpetual or an option at mark and at the ends of what the oracles may be off by. Free of arbitrage, a surface that
    /// moves with the forward leaves calls rising and puts falling with the price, and either rising with volatility: so the worst
    /// values inside are at the ends.
    /// @param isBuying Whether the trader buys.
    function unitOf(
        PoolMarket memory market,
        Instrument instrument,
        bool isBuying
    ) internal view returns (Unit memory unit) {
        // A price has 96 bits.
        uint256 off = FixedPointMathLib.mulWadUp(market.spot, market.deviation);
        if (!instrument.isOption()) {
            (unit.mark, unit.worst) = (market.spot, isBuying ? market.spot + off : market.spot - off);
            unit.delta = SIGNED_WAD;
            return unit;
        }
        Tenor memory tenor;
        OptionLeg memory leg = legOf(market, tenor, instrument);
        unit.mark = leg.valueOf(market.spot, 0, MARK_VOLATILITY);
        (unit.delta, unit.vega) = Greeks.deltaAndVega(leg, tenor, market.spot);
        uint256 price = leg.isCall == isBuying ? market.spot + off : market.spot - off;
        uint256 factor = isBuying ? WAD + market.volatilitySpread : WAD - market.volatilitySpread;
        // The surface moves with the forward: at another price the strike has another volatility.
        int256 moneyness = leg.logMoneyness + Logarithm.lnWad(price) - market.logSpot;
        uint256 volatility = (VolatilitySurface.totalVolatility(tenor.slice, -moneyness) * factor) / WAD;
        uint256 value = Black76.price(leg.isCall, price, leg.strike, moneyness, volatility);
        unit.worst = isBuying ? Math.max(value + VALUE_ERROR, unit.mark) : Math.min(value, unit.mark);
    }

    /// @notice The price of `size` units for who trades with the pool, with its parts.
    /// @param size Units, WAD, signed: of the trader. @param skew USD WAD, of the whole trade. @param margin Likewise.
    function priced(
        Unit memory unit,
        int256 size,
        int256 skew,
        int256 margin
    ) internal pure returns (Quote memory result) {
        uint256 units = SignedMath.abs(size);
        result.mark = unit.mark;
        result.skew = SignedMulDiv.mulDivUp(skew, WAD, units);
        result.margin = SignedMulDiv.mulDivUp(margin, WAD, units);
        uint256 charge = SignedMath.max(result.skew + result.margin, 0).toUint256();
        result.spread = SignedMath.abs(unit.worst.toInt256() - unit.mark.toInt256());
        result.price = size > 0 ? unit.worst + charge : Math.saturatingSub(unit.worst, charge);
    }

    /// @notice What a change of the inventory is charged, USD WAD, rounded up: the integral of a shift that is linear in the inventory,
    /// κ·S·((D + d)² − D²) / 2L and likewise for vega. So splitting a trade changes nothing, and a round trip costs nothing.
    function skewUp(
        PoolParameters memory parameters,
        uint256 spot,
        Exposure memory held,
        Exposure memory change
    ) internal pure returns (int256) {
        int256 units = areaUp(held.delta, change.delta, parameters.deltaLimit);
        int256 volatility = areaUp(held.vega, change.vega, parameters.vegaLimit);
        return mulUp(mulUp(units, parameters.deltaSkew), spot) + mulUp(volatility, parameters.vegaSkew);
    }

    /// @notice What the quote's mid is above the price because of the inventory, as a share of it, WAD; 0 where nothing is quoted.
    function premium(PoolParameters storage parameters, int256 delta) internal view returns (int256) {
        uint256 limit = parameters.deltaLimit;
        return limit == 0 ? int256(0) : SignedMulDiv.mulDivDown(-delta, parameters.deltaSkew, limit);
    }

    /// @notice How far a change of the inventory adds to what is held (1) or takes it off (−1), WAD: of delta and vega the one that adds more.
    function addedShare(Exposure memory held, Exposure memory change) internal pure returns (int256 share) {
        share = addedShareOf(held.delta, change.delta);
        if (change.vega != 0) share = SignedMath.max(share, addedShareOf(held.vega, change.vega));
    }

    /// @notice Delta and vega of the legs of a bucket.
    function exposureOf(
        PoolMarket memory market,
        Position[] memory positions
    ) internal view returns (Exposure memory total) {
        (int256 delta, int256 vega) = (0, 0);
        Tenor memory tenor;
        for (uint256 i = 0; i < positions.length; ++i) {
            (Instrument instrument, int256 size) = (positions[i].instrument(), positions[i].size());
            if (!instrument.isOption()) {
                delta += size;
                continue;
            }
            (int256 unitDelta, int256 unitVega) = Greeks.deltaAndVega(
                legOf(market, tenor, instrument),
                tenor,
                market.spot
            );
            delta += SignedWad.mulDown(size, unitDelta);
            vega += SignedWad.mulDown(size, unitVega);
        }
        total = Exposure(delta.toInt128(), vega.toInt128());
    }

    /// @notice What price and volatility may be off by, on the whole of an exposure, USD WAD. Volatility counts as 100 %.
    function uncertainty(PoolMarket memory market, Exposure memory held) internal pure returns (uint256) {
        uint256 value = Math.mulDiv(SignedMath.abs(held.delta), market.spot, WAD);
        uint256 byPrice = Math.mulDiv(value, market.deviation, WAD, Math.Rounding.Ceil);
        return byPrice + Math.mulDiv(SignedMath.abs(held.vega), market.volatilitySpread, WAD, Math.Rounding.Ceil);
    }

    function legOf(
        PoolMarket memory market,
        Tenor memory tenor,
        Instrument instrument
    ) private view returns (OptionLeg memory leg) {
        // The options of a bucket expire together.
        if (tenor.expiry != instrument.expiry()) tenor.set(market.surface, NO_SHOCKS, instrument.expiry());
        leg.set(toPosition(instrument, 0), tenor, market.logSpot);
    }

    function aged(uint256 base, uint256 perHour, uint40 since) private view returns (uint256) {
        return base + (perHour * (block.timestamp - since)) / HOUR;
    }

    function areaUp(int256 held, int256 change, uint256 limit) private pure returns (int256 area) {
        int256 twice = change * (2 * held + change);
        unchecked {
            // A limit has 128 bits.
            int256 divisor = int256(2 * limit);
            area = twice / divisor;
            if (twice % divisor > 0) ++area;
        }
    }

    function mulUp(int256 amount, uint256 factor) private pure returns (int256) {
        return SignedMulDiv.mulDivUp(amount, factor, WAD);
    }

    function addedShareOf(int256 held, int256 change) private pure returns (int256) {
        if (change == 0) return -SIGNED_WAD;
        unchecked {
            // Exposures have 128 bits.
            int256 added = int256(SignedMath.abs(held + change)) - int256(SignedMath.abs(held));
            return (added * SIGNED_WAD) / int256(SignedMath.abs(change));
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { IMarginEngine, Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { IMarginScenarios, Scenarios } from "../../contracts/interfaces/IMarginScenarios.sol";
import { AccountParameters, Collateral, RiskParameters, Underlying } from "../../contracts/interfaces/IMarkets.sol";
import { Price } from "../../contracts/interfaces/IPriceOracle.sol";
import { Surface } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Markets } from "../../contracts/Markets.sol";
import { MockOpenInterest } from "../../contracts/mocks/MockOpenInterest.sol";
import { MockPriceOracle } from "../../contracts/mocks/MockPriceOracle.sol";
import { MockVolatilityOracle } from "../../contracts/mocks/MockVolatilityOracle.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { ParameterChanges } from "./ParameterChanges.sol";
import { StartingParameters } from "./StartingParameters.sol";

/// A token as far as a listing looks at it.
contract ListedToken {
    uint8 public immutable decimals;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }
}

/// Engine and markets with the starting values but for concentration, which is 0; ETH at 2,000 and BTC at 40,000, volatilities 80 % and 60 %, flat surfaces.
abstract contract EngineFixture is ParameterChanges, StartingParameters {
    uint16 internal constant ETH = 1;
    uint16 internal constant BTC = 2;
    uint256 internal constant NOW = 1_750_000_000;
    /// 08:00 UTC, 9.7 days after NOW.
    uint40 internal constant EXPIRY = 1_750_838_400;
    uint256 internal constant ETH_PRICE = 2_000e18;
    uint256 internal constant BTC_PRICE = 40_000e18;

    AccessManager internal manager;
    Markets internal markets;
    IMarginEngine internal engine;
    IMarginScenarios internal views;
    MockPriceOracle internal prices;
    MockVolatilityOracle internal volatilities;
    MockOpenInterest internal openInterest;

    function setUp() public virtual {
        vm.warp(NOW);
        manager = AccessManager(deploy("AccessManager", abi.encode(address(this))));
        markets = Markets(deploy("Markets", abi.encode(address(manager), AccountParameters(100e18, 0.4e18))));
        prices = new MockPriceOracle();
        volatilities = new MockVolatilityOracle();
        openInterest = new MockOpenInterest();
        address table = deploy("KernelTable", "");
        engine = IMarginEngine(deploy("MarginEngine", abi.encode(markets, prices, volatilities, openInterest, table)));
        views = IMarginScenarios(deploy("MarginScenarios", abi.encode(markets, prices, volatilities, table)));
        markets.listUnderlying(ETH, listing("ETH"), ethParameters());
        markets.listUnderlying(BTC, listing("BTC"), btcParameters());
        markets.listCollateral(spot(ETH), Collateral(address(new ListedToken(18)), 18, 0.02e18, 1e30));
        markets.listCollateral(spot(BTC), Collateral(address(new ListedToken(8)), 8, 0.02e18, 1e30));
        prices.setPrice(ETH, ETH_PRICE);
        prices.setPrice(BTC, BTC_PRICE);
        volatilities.setMarginVolatility(ETH, 0.8e18, 0.8e18);
        volatilities.setMarginVolatility(BTC, 0.6e18, 0.6e18);
        volatilities.setFlatSurface(ETH, 0.8e18);
        volatilities.setFlatSurface(BTC, 0.6e18);
    }

    function listing(bytes32 symbol) internal pure returns (Underlying memory) {
        return Underlying(symbol, 1e8, 400 days, 1e30, false);
    }

    function spot(uint16 underlying) internal pure returns (Instrument) {
        return toInstrument(underlying, Kind.Spot, 0, 0);
    }

    function perpetual(uint16 underlying) internal pure returns (Instrument) {
        return toInstrument(underlying, Kind.Perpetual, 0, 0);
    }

    /// @param strike USD, whole.
    function call(uint16 underlying, uint40 expiry, uint256 strike) internal pure returns (Instrument) {
        return toInstrument(underlying, Kind.Call, expiry, uint64(strike * 1e8));
    }

    function put(uint16 underlying, uint40 expiry, uint256 strike) internal pure returns (Instrument) {
        return toInstrument(underlying, Kind.Put, expiry, uint64(strike * 1e8));
    }

    function portfolio(int256 cash) internal pure returns (Portfolio memory) {
        return Portfolio(cash, new Position[](0));
    }

    /// A new portfolio with one leg more.
    function with(
        Portfolio memory base,
        Instrument instrument,
        int128 size
    ) internal pure returns (Portfolio memory extended) {
        uint256 count = base.positions.length;
        extended = Portfolio(base.cash, new Position[](count + 1));
        for (uint256 i = 0; i < count; ++i) extended.positions[i] = base.positions[i];
        extended.positions[count] = toPosition(instrument, size);
    }

    function evaluate(Portfolio memory supposed) internal view returns (Risk memory) {
        Portfolio[] memory portfolios = new Portfolio[](1);
        portfolios[0] = supposed;
        return engine.evaluate(portfolios)[0];
    }

    function withoutStresses() internal {
        RiskParameters memory parameters = ethParameters();
        delete parameters.stresses;
        changeRisk(markets, ETH, parameters);
        parameters = btcParameters();
        delete parameters.stresses;
        changeRisk(markets, BTC, parameters);
    }

    /// Calls: so many long at `strike`, half as many short at `width` below and above. Worth least to the holder at `strike`.
    function shortButterfly(
        uint40 expiry,
        uint256 strike,
        uint256 width,
        int128 units
    ) internal pure returns (Portfolio memory) {
        Portfolio memory wings = with(portfolio(0), call(ETH, expiry, strike - width), -units / 2);
        return with(with(wings, call(ETH, expiry, strike + width), -units / 2), call(ETH, expiry, strike), units);
    }

    function markOf(Instrument instrument) internal view returns (uint256 price) {
        (price, ) = engine.mark(instrument);
    }

    /// Cash and every leg at mark, each rounded down.
    function worth(Portfolio memory book) internal view returns (int256 value) {
        value = book.cash;
        for (uint256 i = 0; i < book.positions.length; ++i) {
            value += floorWad(book.positions[i].size() * int256(markOf(book.positions[i].instrument())));
        }
    }

    function floorWad(int256 squared) internal pure returns (int256 quotient) {
        quotient = squared / 1e18;
        if (squared % 1e18 < 0) --quotient;
    }

    /// Mark at another price, with volatility times `factor` (WAD). What a leg is worth in a scenario, as long as the smile is flat.
    function markAt(Instrument option, uint256 price, uint256 factor) internal returns (uint256 value) {
        uint16 underlying = option.underlying();
        Price memory price_ = prices.price(underlying);
        Surface memory surface = volatilities.surface(underlying);
        Surface memory scaled = volatilities.surface(underlying);
        for (uint256 i = 0; i < 4; ++i) {
            scaled.totalVariance[i] = uint64((surface.totalVariance[i] * ((factor * factor) / 1e18)) / 1e18);
        }
        prices.setPrice(underlying, price);
        volatilities.setSurface(underlying, scaled);
        value = markOf(option);
        prices.setPrice(underlying, price_.value);
        prices.setOverdue(underlying, price_.overdueSeconds);
        volatilities.setSurface(underlying, surface);
    }

    /// What volatility node 0, 1 or 2 multiplies the volatility of an expiry with: e^(−s·f), 1, e^(s·f), f = (30 d / max(T, 1 d))^p.
    function volatilityFactor(uint16 underlying, uint40 expiry, uint256 node) internal view returns (uint256) {
        if (node == 1) return 1e18;
        RiskParameters memory parameters = markets.riskParameters(underlying);
        uint256 tenor = FixedPointMathLib.max(FixedPointMathLib.zeroFloorSub(expiry, vm.getBlockTimestamp()), 1 days);
        uint256 exponent = tenor < 30 days ? parameters.exponentShort : parameters.exponentLong;
        int256 f = FixedPointMathLib.powWad(int256((30 days * 1e18) / tenor), int256(exponent));
        int256 shock =
            node == 0 ? -int256(uint256(parameters.volatilityDown)) : int256(uint256(parameters.volatilityUp));
        return uint256(FixedPointMathLib.expWad((shock * f) / 1e18));
    }

    /// By how much the kernel may be wrong about the options on one underlying in any scenario: 3.3e-10·Σ|size|·(S + K·D) and 2e6 wei,
    /// both times the ratio of the highest scenario's price to the spot.
    function kernelBound(Portfolio memory book, uint16 underlying) internal view returns (uint256) {
        uint256 spotPrice = prices.price(underlying).value;
        uint256 gross = 0;
        for (uint256 i = 0; i < book.positions.length; ++i) {
            Instrument instrument = book.positions[i].instrument();
            if (!instrument.isOption() || instrument.underlying() != underlying) continue;
            uint256 units = FixedPointMathLib.abs(book.positions[i].size());
            gross += (units * (spotPrice + discountedStrike(instrument))) / 1e18 + 1;
        }
        return gross == 0 ? 0 : (((33 * gross) / 1e11 + 2e6 + 1) * highestRatio(book, underlying)) / 1e18 + 1;
    }

    function discountedStrike(Instrument option) internal view returns (uint256) {
        int256 remaining = int256(FixedPointMathLib.zeroFloorSub(option.expiry(), vm.getBlockTimestamp()));
        int256 carry = (int256(volatilities.surface(option.underlying()).rate) * remaining) / 365 days;
        return (option.strike() * uint256(FixedPointMathLib.expWad(-carry))) / 1e18;
    }

    /// The highest scenario's price over the spot, WAD.
    function highestRatio(Portfolio memory book, uint16 underlying) private view returns (uint256) {
        Scenarios memory all = views.scenarios(book, underlying);
        int256 highest = 0;
        for (uint256 i = 0; i < all.moves.length; ++i) highest = FixedPointMathLib.max(highest, all.moves[i]);
        for (uint256 i = 0; i < all.stressMoves.length; ++i) {
            highest = FixedPointMathLib.max(highest, all.stressMoves[i]);
        }
        return uint256(FixedPointMathLib.expWad(highest)) + 10;
    }
}

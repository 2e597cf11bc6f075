// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import { IMarginEngine, Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import {
    AccountParameters,
    Collateral,
    RiskParameters,
    Stress,
    Tier,
    Underlying
} from "../../contracts/interfaces/IMarkets.sol";
import { IVolatilityOracle } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { MarginEngine } from "../../contracts/MarginEngine.sol";
import { Markets } from "../../contracts/Markets.sol";
import { MockPriceOracle } from "../../contracts/mocks/MockPriceOracle.sol";
import { MockVolatilityOracle } from "../../contracts/mocks/MockVolatilityOracle.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { Test } from "./Test.sol";

/// A token as far as a listing looks at it.
contract ListedToken {
    uint8 public immutable decimals;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }
}

/// Engine and markets with the starting values, ETH at 2,000 and BTC at 40,000, volatilities 80 % and 60 %, flat surfaces.
abstract contract EngineFixture is Test {
    uint16 internal constant ETH = 1;
    uint16 internal constant BTC = 2;
    uint256 internal constant NOW = 1_750_000_000;
    /// 08:00 UTC, 9.7 days after NOW.
    uint40 internal constant EXPIRY = 1_750_838_400;
    uint256 internal constant ETH_PRICE = 2_000e18;
    uint256 internal constant BTC_PRICE = 40_000e18;

    AccessManager internal manager;
    Markets internal markets;
    MarginEngine internal engine;
    MockPriceOracle internal prices;
    MockVolatilityOracle internal volatilities;

    function setUp() public virtual {
        vm.warp(NOW);
        manager = AccessManager(deploy("AccessManager", abi.encode(address(this))));
        markets = Markets(deploy("Markets", abi.encode(address(manager), AccountParameters(100e18, 0.4e18))));
        prices = new MockPriceOracle();
        volatilities = new MockVolatilityOracle();
        engine = MarginEngine(
            deploy("MarginEngine", abi.encode(markets, prices, IVolatilityOracle(address(volatilities))))
        );
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

    function btcParameters() internal pure returns (RiskParameters memory parameters) {
        parameters.initial = Tier(2e18, 24 hours, 0.07e18, 0.25e18);
        parameters.maintenance = Tier(2.2e18, 4 hours, 0.03e18, 0.12e18);
        parameters.volatilityUp = 0.4e18;
        parameters.volatilityDown = 0.29e18;
        parameters.exponentShort = 0.3e18;
        parameters.exponentLong = 0.13e18;
        parameters.shortOptionMinimum = 0.03e18;
        parameters.stresses[0] = Stress(-0.5e18, 1, 0.15e18, 0.075e18);
        parameters.stresses[1] = Stress(0.45e18, 1, 0.15e18, 0.075e18);
    }

    function ethParameters() internal pure returns (RiskParameters memory parameters) {
        parameters = btcParameters();
        parameters.initial = Tier(2e18, 24 hours, 0.09e18, 0.3e18);
        parameters.maintenance = Tier(2.2e18, 4 hours, 0.035e18, 0.15e18);
        parameters.stresses[0] = Stress(-0.55e18, 1, 0.18e18, 0.09e18);
        parameters.stresses[1] = Stress(0.45e18, 1, 0.18e18, 0.09e18);
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
        return IMarginEngine(engine).evaluate(portfolios)[0];
    }
}

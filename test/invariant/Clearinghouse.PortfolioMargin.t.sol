// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import { Clearinghouse } from "../../contracts/Clearinghouse.sol";
import { InterestRates } from "../../contracts/interfaces/IInterest.sol";
import { AccountParameters, Collateral, RiskParameters, Underlying } from "../../contracts/interfaces/IMarkets.sol";
import { Feed } from "../../contracts/interfaces/IPriceOracle.sol";
import { ControllerParameters } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Markets } from "../../contracts/Markets.sol";
import { MockAggregator } from "../../contracts/mocks/MockAggregator.sol";
import { AggregatorProxy } from "../../contracts/mocks/AggregatorProxy.sol";
import { MockFundingSource } from "../../contracts/mocks/MockFundingSource.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { PriceOracle } from "../../contracts/PriceOracle.sol";
import { CASH, Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { VolatilityOracle } from "../../contracts/VolatilityOracle.sol";
import { StartingParameters } from "../helpers/StartingParameters.sol";
import { Test } from "../helpers/Test.sol";
import { ClearinghouseHandler, Scene, Weather } from "./ClearinghouseHandler.sol";
import { ClearinghouseInvariants } from "./ClearinghouseInvariants.sol";

/// ETH between 500 and 8,000 USD in rounds up to an hour and a half apart, walked now and then, and one outage in sixteen.
contract FeedWeather is Weather, Test {
    MockAggregator[2] private aggregators;
    VolatilityOracle private immutable volatilityOracle;
    PriceOracle private immutable priceOracle;
    int256 private price = 2000e8;
    mapping(uint256 round => uint256) private pushedAt;

    constructor(MockAggregator[2] memory aggregators_, VolatilityOracle volatilityOracle_, PriceOracle priceOracle_) {
        aggregators = aggregators_;
        volatilityOracle = volatilityOracle_;
        priceOracle = priceOracle_;
    }

    function expire(Instrument option, uint256 seed) external {
        uint40 expiry = option.expiry();
        if (vm.getBlockTimestamp() < expiry) {
            vm.warp(expiry - 31 minutes);
            push();
            vm.warp(expiry - (seed % 30 minutes));
            price = (price * int256(95 + (seed % 11))) / 100;
            push();
            vm.warp(expiry + 1 minutes);
            push();
        }
        (, bool isFinal) = priceOracle.settlementPrice(1, expiry);
        if (isFinal) return;
        // The last one before the window of the expiry, which may be long past.
        uint256 first = aggregators[0].latestRound();
        while (pushedAt[first] > expiry - 30 minutes) --first;
        priceOracle.proveSettlement(1, expiry, uint80((uint256(1) << 64) | first), 128);
    }

    function push() private {
        aggregators[0].push(price);
        aggregators[1].push(40_000e8);
        pushedAt[aggregators[0].latestRound()] = vm.getBlockTimestamp();
    }

    function change(uint256 seed) external {
        bool isOutage = (seed >> 64) % 16 == 0;
        vm.warp(vm.getBlockTimestamp() + (isOutage ? 1 days : (seed >> 32) % 5400));
        if (isOutage) return;
        // By −20 % to +25 %.
        price = (price * int256(80 + (seed % 46))) / 100;
        if (price < 500e8) price = 500e8;
        if (price > 8000e8) price = 8000e8;
        push();
        if ((seed >> 128) % 2 == 0) volatilityOracle.walk(1, 128);
    }
}

/// The test runner knows the contracts of this file only.
contract PortfolioMarginHandler is ClearinghouseHandler {
    constructor(Scene memory scene) ClearinghouseHandler(scene) {}
}

contract ClearinghousePortfolioMarginTest is ClearinghouseInvariants, StartingParameters {
    uint256 private constant NOW = 1_750_000_000;
    /// 08:00 UTC, about 100 days later.
    uint40 private constant EXPIRY = 1_758_614_400;

    AccessManager private manager;
    PriceOracle private priceOracle;
    VolatilityOracle private volatilityOracle;
    Markets private markets;

    function setUp() public {
        vm.warp(NOW);
        manager = AccessManager(deploy("AccessManager", abi.encode(address(this))));
        priceOracle = PriceOracle(deploy("PriceOracle", abi.encode(address(manager), address(0), 0)));
        volatilityOracle = VolatilityOracle(
            deploy("VolatilityOracle", abi.encode(address(manager), address(priceOracle)))
        );
        markets = Markets(deploy("Markets", abi.encode(address(manager), AccountParameters(100e18, 0.4e18))));
        MockAggregator[2] memory aggregators = [list(1, "ETH", 2000e8), list(2, "BTC", 40_000e8)];
        Scene memory scene;
        scene.tokens = [
            new TestToken("USD Coin", "USDC", 6),
            new TestToken("Wrapped Ether", "WETH", 18),
            new TestToken("Wrapped Bitcoin", "WBTC", 8)
        ];
        scene.assets = [CASH, toInstrument(1, Kind.Spot, 0, 0), toInstrument(2, Kind.Spot, 0, 0)];
        for (uint256 i = 1; i < 3; ++i) {
            TestToken token = scene.tokens[i];
            markets.listCollateral(scene.assets[i], Collateral(address(token), token.decimals(), 0.02e18, 1e30));
        }
        // Some outlive the others, so that there is something to trade after an expiry.
        scene.derivatives = new Instrument[](5);
        scene.derivatives[0] = toInstrument(1, Kind.Perpetual, 0, 0);
        scene.derivatives[1] = toInstrument(1, Kind.Call, EXPIRY, 2200e8);
        scene.derivatives[2] = toInstrument(1, Kind.Put, EXPIRY, 1800e8);
        scene.derivatives[3] = toInstrument(1, Kind.Call, EXPIRY + 91 days, 2200e8);
        scene.derivatives[4] = toInstrument(1, Kind.Put, EXPIRY + 182 days, 1800e8);
        scene.weather = new FeedWeather(aggregators, volatilityOracle, priceOracle);
        scene.clearinghouse = Clearinghouse(
            deployClearinghouse(address(manager), address(scene.tokens[0]), address(markets))
        );
        address table = deploy("KernelTable", "");
        scene.clearinghouse.setMarginEngine(
            deploy("MarginEngine", abi.encode(markets, priceOracle, volatilityOracle, scene.clearinghouse, table))
        );
        scene.clearinghouse.setInterestRates(InterestRates(300, 2_000, 30_000, 60, 15));
        scene.fundingSource = new MockFundingSource();
        scene.clearinghouse.setFundingSource(address(scene.fundingSource));
        ClearinghouseHandler handler_ = new PortfolioMarginHandler(scene);
        scene.clearinghouse.setLiquidator(address(handler_));
        target(handler_);
    }

    function list(uint16 id, string memory symbol, int256 price) private returns (MockAggregator aggregator) {
        aggregator = new MockAggregator(8, symbol);
        aggregator.push(price);
        AggregatorProxy proxy = new AggregatorProxy(address(aggregator));
        priceOracle.setFeed(id, Feed(address(proxy), 8, 1 hours, 4 hours, 1e8, 1e13));
        ControllerParameters memory controller = ControllerParameters(30 days, 72 hours, 0.55e18, 0.4e18, 0.02e18);
        volatilityOracle.list(id, controller, 0.7e18, 2e18);
        RiskParameters memory parameters = ethParameters();
        parameters.concentration = 0.03e18;
        Underlying memory listing = Underlying(bytes32(bytes(symbol)), 1e8, 400 days, 1e30, false);
        markets.listUnderlying(id, listing, parameters);
    }

    function invariant_booksBalance() public {
        requireBalancedBooks();
    }

    function test_handlerReachesEveryAction() public {
        requireEveryActionReached(1200);
    }
}

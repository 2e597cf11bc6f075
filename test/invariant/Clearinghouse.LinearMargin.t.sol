// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import { Clearinghouse } from "../../contracts/Clearinghouse.sol";
import { InterestRates } from "../../contracts/interfaces/IInterest.sol";
import { Collateral, Underlying } from "../../contracts/interfaces/IMarkets.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Line, MockMarginEngine } from "../../contracts/mocks/MockMarginEngine.sol";
import { MockFundingSource } from "../../contracts/mocks/MockFundingSource.sol";
import { MockMarkets } from "../../contracts/mocks/MockMarkets.sol";
import { MockSettlementPrices } from "../../contracts/mocks/MockSettlementPrices.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { CASH, Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Test } from "../helpers/Test.sol";
import { ClearinghouseHandler, Scene, Weather } from "./ClearinghouseHandler.sol";
import { ClearinghouseInvariants } from "./ClearinghouseInvariants.sol";

/// ETH between 500 and 8,000 USD at 20 % and 15 %, a call that is worth a tenth of it, BTC at 40,000, one feed in eight that
/// is not usable, and up to ten days in between.
contract LinearWeather is Weather, Test {
    MockMarginEngine private immutable engine;
    MockSettlementPrices private immutable prices = new MockSettlementPrices();
    Instrument[5] private instruments;
    uint256 private price = 2000e18;

    constructor(MockMarginEngine engine_, Instrument[5] memory instruments_) {
        engine = engine_;
        instruments = instruments_;
        engine.setPriceOracle(prices);
        set();
    }

    function change(uint256 seed) external {
        vm.warp(vm.getBlockTimestamp() + ((seed >> 32) % 10 days));
        // By −15 % to +17 %.
        price = (price * (85 + (seed % 33))) / 100;
        if (price < 500e18) price = 500e18;
        if (price > 8000e18) price = 8000e18;
        engine.setValidity((seed >> 64) % 8 == 0 ? Validity.Invalid : Validity.Fresh, 0);
        set();
    }

    function expire(Instrument option, uint256 seed) external {
        if (vm.getBlockTimestamp() < option.expiry()) vm.warp(option.expiry());
        prices.setSettlementPrice(1, option.expiry(), (price * (90e18 + (seed % 20e18))) / 100e18);
    }

    function set() private {
        prices.setPrice(1, price, Validity.Fresh);
        engine.setLine(instruments[0], Line(price, price / 5, (price * 3) / 20));
        engine.setLine(instruments[1], Line(price, price / 5, (price * 3) / 20));
        engine.setLine(instruments[2], Line(price / 10, price / 8, price / 10));
        engine.setLine(instruments[3], Line(40_000e18, 8_000e18, 4_000e18));
        engine.setLine(instruments[4], Line(price / 10, price / 8, price / 10));
    }
}

/// The test runner knows the contracts of this file only.
contract LinearMarginHandler is ClearinghouseHandler {
    constructor(Scene memory scene) ClearinghouseHandler(scene) {}
}

contract ClearinghouseLinearMarginTest is ClearinghouseInvariants {
    function setUp() public {
        // Before the options expire.
        vm.warp(1_750_000_000);
        AccessManager manager = AccessManager(deploy("AccessManager", abi.encode(address(this))));
        MockMarkets markets = new MockMarkets();
        MockMarginEngine engine = MockMarginEngine(deploy("MockMarginEngine"));
        engine.setFloor(100e18);
        Scene memory scene;
        scene.tokens = [
            new TestToken("USD Coin", "USDC", 6),
            new TestToken("Wrapped Ether", "WETH", 18),
            new TestToken("Wrapped Bitcoin", "WBTC", 8)
        ];
        scene.assets = [CASH, toInstrument(1, Kind.Spot, 0, 0), toInstrument(2, Kind.Spot, 0, 0)];
        scene.derivatives = new Instrument[](3);
        scene.derivatives[0] = toInstrument(1, Kind.Perpetual, 0, 0);
        scene.derivatives[1] = toInstrument(1, Kind.Call, 1_800_000_000, 2000e8);
        scene.derivatives[2] = toInstrument(1, Kind.Put, 1_900_000_000, 2000e8);
        for (uint256 i = 1; i < 3; ++i) {
            TestToken token = scene.tokens[i];
            markets.setCollateral(scene.assets[i], Collateral(address(token), token.decimals(), 0, 1e30));
        }
        markets.setUnderlying(1, Underlying("ETH", 1, 0, 1e30, false));
        scene.weather = new LinearWeather(
            engine,
            [scene.assets[1], scene.derivatives[0], scene.derivatives[1], scene.assets[2], scene.derivatives[2]]
        );
        scene.clearinghouse = Clearinghouse(
            deployClearinghouse(address(manager), address(scene.tokens[0]), address(markets))
        );
        scene.clearinghouse.setMarginEngine(address(engine));
        scene.clearinghouse.setInterestRates(InterestRates(300, 2_000, 30_000, 60, 15));
        scene.fundingSource = new MockFundingSource();
        scene.clearinghouse.setFundingSource(address(scene.fundingSource));
        ClearinghouseHandler handler_ = new LinearMarginHandler(scene);
        scene.clearinghouse.setLiquidator(address(handler_));
        target(handler_);
    }

    function invariant_booksBalance() public {
        requireBalancedBooks();
    }

    function test_handlerReachesEveryAction() public {
        requireEveryActionReached(3000);
    }
}

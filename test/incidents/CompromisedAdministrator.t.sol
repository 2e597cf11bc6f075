// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IClearinghouse } from "../../contracts/interfaces/IClearinghouse.sol";
import { IClearinghouseBooks } from "../../contracts/interfaces/IClearinghouseBooks.sol";
import { IMarginEngine, Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { AccountParameters, Collateral, IMarkets, RiskParameters } from "../../contracts/interfaces/IMarkets.sol";
import { Feed, IPriceOracle, Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { ParameterRamps } from "../../contracts/libraries/ParameterRamps.sol";
import { MockAggregator } from "../../contracts/mocks/MockAggregator.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { Account } from "../../contracts/types/Account.sol";
import { CASH, Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

/// Finds every account rich.
contract GenerousEngine {
    function evaluate(Portfolio[] calldata portfolios) external pure returns (Risk[] memory risks) {
        risks = new Risk[](portfolios.length);
        for (uint256 i = 0; i < risks.length; ++i) risks[i] = Risk(type(int128).max, 0, 0, 0, 0, Validity.Fresh, 0);
    }
}

/// Drift, April 2026, and whoever else lost the keys: with them a worthless token was listed as collateral, guards were taken away, and 285
/// million USD borrowed, all within minutes.
/// Here: whatever the keys can do that helps a thief is public for two or seven days before it is done, and beyond that has hard bounds.
/// What leaves in a day is bounded too, whatever else is broken.
contract CompromisedAdministratorIncidentTest is IncidentFixture {
    struct Action {
        address target;
        bytes data;
    }

    /// As in deploy/roles.ts.
    uint32 private constant MODULE_DELAY = 7 days;
    uint32 private constant FEED_DELAY = 7 days;
    uint32 private constant RISK_DELAY = 2 days;
    uint32 private constant ADMIN_DELAY = 7 days;
    uint64 private constant MODULE = 1;
    uint64 private constant FEED = 2;
    uint64 private constant RISK = 3;
    uint64 private constant GUARDIAN = 4;
    uint64 private constant ANNOUNCER = 5;
    uint64 private constant ADMIN = 0;

    uint256 private constant OWN_TOKENS = 20_000_000e18;
    /// At 0.038 USD: what he may borrow against them is his own.
    int256 private constant OWN_TOKENS_WORTH = 760_000e18;

    Instrument private immutable WORTHLESS = toInstrument(ETH, Kind.Spot, 0, 1);
    TestToken private worthless;
    Account private thief;
    Action[] private actions;

    function setUp() public override {
        super.setUp();
        thief = open("thief");
        worthless = new TestToken("Worthless", "NIL", 18);
        worthless.mint(thief.owner(), 1e7 * 1e18);
        thinToken.mint(thief.owner(), OWN_TOKENS);
        vm.prank(thief.owner());
        worthless.approve(address(clearinghouse), type(uint256).max);
        plan();
        clearinghouse.announceModules(address(0), address(0));
        handOver();
    }

    /// All keys for a day: he announces everything, does at once what he can, and does after a day what he may by then.
    function test_aDayWithAllKeysTakesNothing() public {
        for (uint256 i = 0; i < actions.length; ++i) begin(actions[i]);
        loot();
        pass(1 days);
        for (uint256 i = 0; i < actions.length; ++i) execute(actions[i]);
        loot();
        assertLe(walletOf(thief), OWN_TOKENS_WORTH, "a day with the keys was enough");
    }

    /// All keys and a fault in the margin engine, which finds every account rich: he borrows what there is, as fast as it may leave, and announces
    /// modules of his own, which lets everybody leave faster, but not on the first day.
    function test_aDayWithAllKeysAndABrokenEngineTakesATenth() public {
        Risk[] memory rich = new GenerousEngine().evaluate(new Portfolio[](1));
        bytes memory call = abi.encodeWithSelector(IMarginEngine.evaluate.selector);
        vm.mockCall(clearinghouse.marginEngine(), call, abi.encode(rich));
        uint256 funds = clearinghouse.recordedInTokens(CASH);
        bool[] memory isDone = new bool[](actions.length);
        for (uint256 hour = 0; hour <= 24; ++hour) {
            for (uint256 i = 0; i < actions.length; ++i) {
                // What is done is not done again: another announcement would begin another notice.
                if (!isDone[i]) isDone[i] = hour == 0 ? begin(actions[i]) : execute(actions[i]);
            }
            (uint256 available, , ) = IClearinghouseBooks(address(clearinghouse)).outflow(CASH);
            tryWithdraw(thief, available * 1e12);
            tryWithdraw(thief, funds * 1e12);
            if (hour < 24) pass(1 hours);
        }
        uint256 taken = usdc.balanceOf(thief.owner());
        assertLe(taken, funds / 10, "more than a tenth in a day");
        assertGt(taken, funds / 11, "fixture: he takes what he may");
    }

    /// After the notice his parameters hold, as loose as they may be: ever looser ones are tried.
    function test_noKeyLoosensMarginBeyondItsBounds() public {
        RiskParameters memory loose = ethParameters();
        delete loose.stresses;
        for (uint256 range = 0; range < 0.1e18; range += 0.005e18) {
            loose.initial.rangeMin = loose.initial.rangeMax = range;
            loose.maintenance.rangeMin = loose.maintenance.rangeMax = range;
            Action memory action = Action(address(markets), abi.encodeCall(IMarkets.setRiskParameters, (ETH, loose)));
            schedule(action);
            pass(2 days);
            if (execute(action)) break;
        }
        pass(ParameterRamps.RAMP_SECONDS);
        Account trader = open("trader");
        pay(trader, 30_000_000);
        buy(trader, ETH_PERPETUAL, 1000e18, 2000e18);
        withdrawAll(trader);
        int256 leverage = 2_000_000e18 / (equityOf(trader) / 1e18);
        assertGt(leverage, 50e18, "fixture: he did loosen it");
        assertLe(leverage, 101e18, "leverage without a bound");
    }

    /// What would let him borrow everything.
    function plan() private {
        MockAggregator fake = new MockAggregator(8, "THIN / USD");
        fake.push(900_000e8);
        Feed memory feed = Feed(address(fake), 8, 30 days, 60 days, 1, MAX_ANSWER);
        actions.push(Action(address(prices), abi.encodeCall(IPriceOracle.setFeed, (THIN, feed))));
        address generous = address(new GenerousEngine());
        actions.push(Action(address(clearinghouse), abi.encodeCall(IClearinghouse.setMarginEngine, (generous))));
        address own = thief.owner();
        actions.push(Action(address(clearinghouse), abi.encodeCall(IClearinghouse.announceModules, (generous, own))));
        Collateral memory collateral = Collateral(address(worthless), 18, 0, 1e30);
        actions.push(Action(address(markets), abi.encodeCall(IMarkets.listCollateral, (WORTHLESS, collateral))));
        bytes memory larger = abi.encodeCall(IMarkets.setCollateralParameters, (THIN_TOKEN, 0, 1e30));
        actions.push(Action(address(markets), larger));
        AccountParameters memory none = AccountParameters(1e18, 0.4e18);
        actions.push(Action(address(markets), abi.encodeCall(IMarkets.setAccountParameters, (none))));
        actions.push(Action(address(manager), abi.encodeCall(manager.grantRole, (MODULE, thief.owner(), uint32(0)))));
    }

    /// Everything that he may call himself rich by.
    function loot() private {
        tryDeposit(thief, THIN_TOKEN, OWN_TOKENS);
        tryDeposit(thief, WORTHLESS, 1e6 * 1e18);
        for (uint256 dollars = 900_000_000; dollars > 0; dollars /= 2) tryWithdraw(thief, dollars * 1e18);
    }

    /// Done at once where he may, else announced.
    function begin(Action memory action) private returns (bool isDone) {
        isDone = attempt(thief.owner(), action.target, action.data);
        if (!isDone) schedule(action);
    }

    function schedule(Action memory action) private returns (bool) {
        bytes memory data = abi.encodeCall(manager.schedule, (action.target, action.data, uint48(0)));
        return attempt(thief.owner(), address(manager), data);
    }

    function execute(Action memory action) private returns (bool) {
        return attempt(thief.owner(), address(manager), abi.encodeCall(manager.execute, (action.target, action.data)));
    }

    /// The thief holds every role, each with its delay; the deployer none.
    function handOver() private {
        give(address(clearinghouse), IClearinghouse.setMarginEngine.selector, MODULE);
        give(address(clearinghouse), IClearinghouse.setLiquidator.selector, MODULE);
        give(address(markets), IMarkets.setCover.selector, MODULE);
        give(address(clearinghouse), IClearinghouse.announceModules.selector, ANNOUNCER);
        give(address(prices), IPriceOracle.setFeed.selector, FEED);
        give(address(markets), IMarkets.listCollateral.selector, FEED);
        give(address(markets), IMarkets.setRiskParameters.selector, RISK);
        give(address(markets), IMarkets.setAccountParameters.selector, RISK);
        give(address(markets), IMarkets.setCollateralParameters.selector, RISK);
        give(address(markets), IMarkets.setOpenInterestCap.selector, RISK);
        give(address(markets), IMarkets.pauseOpening.selector, GUARDIAN);
        manager.grantRole(MODULE, thief.owner(), MODULE_DELAY);
        manager.grantRole(FEED, thief.owner(), FEED_DELAY);
        manager.grantRole(RISK, thief.owner(), RISK_DELAY);
        manager.grantRole(ANNOUNCER, thief.owner(), 0);
        manager.grantRole(GUARDIAN, thief.owner(), 0);
        manager.grantRole(ADMIN, thief.owner(), ADMIN_DELAY);
        manager.renounceRole(ADMIN, address(this));
    }

    function give(address target, bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(target, selectors, role);
    }
}

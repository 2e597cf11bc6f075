// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IMarginEngine, Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import {
    AccountParameters,
    Collateral,
    IMarkets,
    RiskParameters,
    Stress
} from "../../contracts/interfaces/IMarkets.sol";
import { ParameterRamps } from "../../contracts/libraries/ParameterRamps.sol";
import { Markets } from "../../contracts/Markets.sol";
import { Instrument } from "../../contracts/types/Instrument.sol";
import { AnyParameters } from "../helpers/AnyParameters.sol";
import { ListedToken } from "../helpers/EngineFixture.sol";

/// A change of parameters while accounts are open. Beside the engine whose parameters change stands one that nobody changes.
contract MarketsRampsTest is AnyParameters {
    uint256 private constant RAMP = ParameterRamps.RAMP_SECONDS;
    uint64 private constant HAIRCUT = 0.02e18;
    uint128 private constant CAP = 1e30;

    address private table;

    function setUp() public override {
        super.setUp();
        table = deploy("KernelTable", "");
        openInterest.setAverageOpenInterest(ETH, 50_000e18);
    }

    /// Whatever is changed into whatever, loosened and tightened at a time: no book requires more for maintenance before the ramp is over,
    /// none is worth less, and initial margin stays above maintenance; afterwards it is as if the parameters had always been those.
    /// hardhat-config: fuzz.runs = 64
    function testFuzz_noBookRequiresMoreForMaintenanceBeforeTheRampIsOver(uint256 seed) external {
        RiskParameters memory eth = anyRisk(derive(seed, 1));
        RiskParameters memory btc = anyRisk(derive(seed, 2));
        (Markets before, IMarginEngine unchanged) = newEngine(eth, btc, anyAccount(derive(seed, 3)), HAIRCUT);
        uint64 haircut = uint64(draw(seed, 4, 0, 0.5e18));
        AccountParameters memory account = anyAccount(derive(seed, 5));
        (Markets changing, IMarginEngine changed) = newEngine(eth, btc, before.accountParameters(), HAIRCUT);
        eth = anyChange(eth, derive(seed, 6));
        btc = anyChange(btc, derive(seed, 7));
        (, IMarginEngine another) = newEngine(eth, btc, account, haircut);
        Portfolio memory book = anyBook(seed);

        changing.setRiskParameters(ETH, eth);
        changing.setRiskParameters(BTC, btc);
        changing.setAccountParameters(account);
        changing.setCollateralParameters(spot(ETH), haircut, CAP);
        changing.setCollateralParameters(spot(BTC), haircut, CAP);
        requireNoMore(changed, unchanged, book);
        skip(draw(seed, 8, 0, RAMP - 1));
        requireNoMore(changed, unchanged, book);
        vm.warp(NOW + RAMP - 1);
        requireNoMore(changed, unchanged, book);
        // Collateral's ramp ends at a whole hour.
        vm.warp(NOW + RAMP + 1 hours);
        requireSame(changed, another, book);
        changing.applyRiskParameters(ETH);
        changing.applyRiskParameters(BTC);
        changing.applyAccountParameters();
        changing.applyCollateralParameters(spot(ETH));
        changing.applyCollateralParameters(spot(BTC));
        requireSame(changed, another, book);
    }

    /// One change after the other, before or after the ramp of the one before is over: none requires more at once.
    function testFuzz_noSequenceOfChangesRequiresMoreAtOnce(uint256 seed) external {
        RiskParameters memory eth = anyRisk(derive(seed, 1));
        (Markets changing, IMarginEngine changed) = newEngine(eth, btcParameters(), anyAccount(seed), HAIRCUT);
        Portfolio memory book = anyBook(seed);
        for (uint256 i = 2; i < 6; ++i) {
            Risk memory before = riskOf(changed, book);
            eth = anyChange(changing.riskParameters(ETH), derive(seed, i));
            changing.setRiskParameters(ETH, eth);
            changing.setAccountParameters(anyAccount(derive(seed, 10 + i)));
            Risk memory afterwards = riskOf(changed, book);
            assertLe(afterwards.maintenance, before.maintenance, "maintenance");
            assertGe(afterwards.initial, afterwards.maintenance, "INV-6");
            if (draw(seed, 20 + i, 0, 1) == 0) changing.applyRiskParameters(ETH);
            skip(draw(seed, 30 + i, 0, 10 days));
        }
    }

    function test_rangesWaitWhicheverWayTheyGo() external {
        RiskParameters memory parameters = ethParameters();
        parameters.initial.rangeMax = 0.4e18;
        parameters.maintenance.rangeMin = 0.03e18;
        parameters.volatilityDown = 0.2e18;
        requireWaits(parameters);
    }

    function test_aStressScenarioThatMovesOrIsAddedWaits() external {
        RiskParameters memory parameters = ethParameters();
        parameters.stresses[0].move = -0.5e18;
        requireWaits(parameters);
        parameters = ethParameters();
        parameters.stresses[2] = Stress(0.1e18, 0, 0.1e18, 0);
        requireWaits(parameters);
        parameters = ethParameters();
        delete parameters.stresses[1];
        requireWaits(parameters);
    }

    /// What nobody is liquidated by: opening needs more at once.
    function test_theInitialTiersStressWeightsHoldAtOnce() external {
        RiskParameters memory parameters = ethParameters();
        (parameters.stresses[0].initialWeight, parameters.stresses[1].initialWeight) = (0.6e18, 0.1e18);
        requireAtOnce(parameters);
    }

    function test_whatIsLooserForEveryBookHoldsAtOnce() external {
        RiskParameters memory parameters = ethParameters();
        parameters.shortOptionMinimum = 0.02e18;
        parameters.depth = 30_000;
        parameters.vegaDepth = 3_000_000;
        parameters.stresses[0].maintenanceWeight = 0.05e18;
        requireAtOnce(parameters);
    }

    /// A mixed change: the looser part at once, the stricter at the end.
    function test_aMixedChangeIsTakenApart() external {
        RiskParameters memory parameters = ethParameters();
        parameters.shortOptionMinimum = 0.02e18;
        parameters.concentration = 0.05e18;
        parameters.depth = 10_000;
        parameters.stresses[0].maintenanceWeight = 0.15e18;
        RiskParameters memory meanwhile = ethParameters();
        meanwhile.shortOptionMinimum = 0.02e18;
        markets.setRiskParameters(ETH, parameters);
        assertEq(abi.encode(markets.riskParameters(ETH)), abi.encode(meanwhile));
        requireEndsWith(parameters);
    }

    function test_settingAgainBeginsAnotherRamp() external {
        RiskParameters memory stricter = ethParameters();
        stricter.shortOptionMinimum = 0.1e18;
        markets.setRiskParameters(ETH, stricter);
        skip(RAMP - 1);
        stricter.shortOptionMinimum = 0.2e18;
        markets.setRiskParameters(ETH, stricter);
        skip(1);
        assertEq(markets.riskParameters(ETH).shortOptionMinimum, 0.03e18);
        skip(RAMP - 1);
        assertEq(markets.riskParameters(ETH).shortOptionMinimum, 0.2e18);
        // What was announced is taken back by announcing what is in force.
        markets.setRiskParameters(ETH, ethParameters());
        (, uint256 rampEndsAt) = markets.announcedRiskParameters(ETH);
        assertEq(rampEndsAt, 0);
        assertEq(abi.encode(markets.riskParameters(ETH)), abi.encode(ethParameters()));
    }

    function test_tellsWhatIsAnnouncedAndWhenItHolds() external {
        RiskParameters memory parameters = ethParameters();
        parameters.maintenance.z = 3e18;
        vm.expectEmit(address(markets));
        emit IMarkets.RiskParametersSet(ETH, parameters, NOW + RAMP);
        markets.setRiskParameters(ETH, parameters);
        (RiskParameters memory announced, uint256 rampEndsAt) = markets.announcedRiskParameters(ETH);
        assertEq(abi.encode(announced), abi.encode(parameters));
        assertEq(rampEndsAt, NOW + RAMP);
        vm.warp(NOW + RAMP);
        (announced, rampEndsAt) = markets.announcedRiskParameters(ETH);
        assertEq(abi.encode(announced), abi.encode(parameters));
        assertEq(rampEndsAt, 0);
    }

    function test_theFloorRisesAndCreditFallsAtTheEndOfTheRamp() external {
        vm.expectEmit(address(markets));
        emit IMarkets.AccountParametersSet(AccountParameters(200e18, 0.1e18), NOW + RAMP);
        markets.setAccountParameters(AccountParameters(200e18, 0.1e18));
        requireAccount(100e18, 0.4e18);
        (AccountParameters memory announced, uint256 rampEndsAt) = markets.announcedAccountParameters();
        assertEq(abi.encode(announced), abi.encode(AccountParameters(200e18, 0.1e18)));
        assertEq(rampEndsAt, NOW + RAMP);
        vm.warp(NOW + RAMP - 1);
        requireAccount(100e18, 0.4e18);
        vm.warp(NOW + RAMP);
        requireAccount(200e18, 0.1e18);
        markets.applyAccountParameters();
        requireAccount(200e18, 0.1e18);
        // The floor back at once, credit not.
        markets.setAccountParameters(AccountParameters(50e18, 0));
        requireAccount(50e18, 0.1e18);
        markets.applyAccountParameters();
        requireAccount(50e18, 0.1e18);
        skip(RAMP);
        requireAccount(50e18, 0);
    }

    function test_aHaircutRisesAtTheEndOfTheRampAndFallsAtOnce() external {
        // NOW is not a whole hour.
        uint256 endsAt = ((NOW + RAMP) / 1 hours + 1) * 1 hours;
        vm.expectEmit(address(markets));
        emit IMarkets.CollateralParametersSet(spot(ETH), 0.1e18, CAP, endsAt);
        markets.setCollateralParameters(spot(ETH), 0.1e18, CAP);
        assertEq(markets.haircut(spot(ETH)), HAIRCUT);
        (Collateral memory announced, uint256 rampEndsAt) = markets.announcedCollateral(spot(ETH));
        assertEq(announced.haircut, 0.1e18);
        assertEq(rampEndsAt, endsAt);
        vm.warp(endsAt - 1);
        markets.applyCollateralParameters(spot(ETH));
        assertEq(markets.haircut(spot(ETH)), HAIRCUT);
        vm.warp(endsAt);
        assertEq(markets.haircut(spot(ETH)), 0.1e18);
        assertEq(markets.collateral(spot(ETH)).haircut, 0.1e18);
        markets.setCollateralParameters(spot(ETH), 0.05e18, CAP);
        assertEq(markets.haircut(spot(ETH)), 0.05e18);
    }

    /// The other way round: more collateral is more risk to everybody else.
    function test_aCapFallsAtOnceAndRisesAtTheEndOfTheRamp() external {
        markets.setCollateralParameters(spot(ETH), HAIRCUT, 5e18);
        assertEq(markets.collateral(spot(ETH)).cap, 5e18);
        markets.setCollateralParameters(spot(ETH), HAIRCUT, 7e18);
        assertEq(markets.collateral(spot(ETH)).cap, 5e18);
        skip(RAMP + 1 hours);
        assertEq(markets.collateral(spot(ETH)).cap, 7e18);
        markets.applyCollateralParameters(spot(ETH));
        assertEq(markets.collateral(spot(ETH)).cap, 7e18);
    }

    function test_collateralKeepsItsBoundsAndItsToken() external {
        address token = markets.collateral(spot(ETH)).token;
        markets.setCollateralParameters(spot(ETH), 0.5e18, 0);
        assertEq(markets.collateral(spot(ETH)).token, token);
        assertEq(markets.collateral(spot(BTC)).decimals, 8);
        vm.expectPartialRevert(IMarkets.OutOfBounds.selector);
        markets.setCollateralParameters(spot(ETH), 0.5e18 + 1, 0);
        vm.expectPartialRevert(IMarkets.OutOfBounds.selector);
        markets.setCollateralParameters(spot(ETH), 0, CAP + 1);
        Instrument unlisted = perpetual(ETH);
        vm.expectRevert(abi.encodeWithSelector(IMarkets.CollateralNotListed.selector, unlisted));
        markets.setCollateralParameters(unlisted, 0, 0);
    }

    /// Anybody may, at any time, and nothing else happens.
    function test_applyingEarlyChangesNothing() external {
        RiskParameters memory parameters = ethParameters();
        parameters.shortOptionMinimum = 0.1e18;
        markets.setRiskParameters(ETH, parameters);
        vm.startPrank(makeAddr("anybody"));
        markets.applyRiskParameters(ETH);
        vm.stopPrank();
        assertEq(abi.encode(markets.riskParameters(ETH)), abi.encode(ethParameters()));
        requireEndsWith(parameters);
        vm.expectRevert(abi.encodeWithSelector(IMarkets.UnderlyingNotListed.selector, 9));
        markets.applyRiskParameters(9);
    }

    function requireWaits(RiskParameters memory parameters) private {
        markets.setRiskParameters(ETH, parameters);
        assertEq(abi.encode(markets.riskParameters(ETH)), abi.encode(ethParameters()));
        requireEndsWith(parameters);
        changeRisk(markets, ETH, ethParameters());
    }

    function requireAtOnce(RiskParameters memory parameters) private {
        vm.expectEmit(address(markets));
        emit IMarkets.RiskParametersSet(ETH, parameters, NOW);
        markets.setRiskParameters(ETH, parameters);
        assertEq(abi.encode(markets.riskParameters(ETH)), abi.encode(parameters));
    }

    function requireEndsWith(RiskParameters memory parameters) private {
        bytes memory before = abi.encode(markets.riskParameters(ETH));
        uint256 time = vm.getBlockTimestamp();
        vm.warp(time + RAMP - 1);
        assertEq(abi.encode(markets.riskParameters(ETH)), before);
        vm.warp(time + RAMP);
        assertEq(abi.encode(markets.riskParameters(ETH)), abi.encode(parameters));
    }

    function requireAccount(uint256 floor, uint256 credit) private view {
        AccountParameters memory inForce = markets.accountParameters();
        assertEq(uint256(inForce.floor), floor, "floor");
        assertEq(uint256(inForce.credit), credit, "credit");
    }

    function requireNoMore(IMarginEngine changed, IMarginEngine unchanged, Portfolio memory book) private view {
        Risk memory actual = riskOf(changed, book);
        Risk memory former = riskOf(unchanged, book);
        assertLe(actual.maintenance, former.maintenance, "maintenance");
        assertEq(actual.equity, former.equity, "equity");
        assertGe(actual.initial, actual.maintenance, "INV-6");
    }

    function requireSame(IMarginEngine changed, IMarginEngine another, Portfolio memory book) private view {
        assertEq(abi.encode(riskOf(changed, book)), abi.encode(riskOf(another, book)));
    }

    /// In any market, some options of which expire while the ramp runs, and several on one day.
    function anyBook(uint256 seed) private returns (Portfolio memory book) {
        anyMarket(seed);
        book = union(anyPortfolio(derive(seed, 50)), anyPortfolio(derive(seed, 51)));
        for (uint256 i = 0; i < LEGS; ++i) {
            book.positions[i] = anyLegExpiring(derive(seed, 60 + i), uint40(NOW + RAMP + 2 days));
        }
    }

    function skip(uint256 elapsed) private {
        vm.warp(vm.getBlockTimestamp() + elapsed);
    }

    function riskOf(IMarginEngine asked, Portfolio memory book) private view returns (Risk memory) {
        Portfolio[] memory portfolios = new Portfolio[](1);
        portfolios[0] = book;
        return asked.evaluate(portfolios)[0];
    }

    function newEngine(
        RiskParameters memory eth,
        RiskParameters memory btc,
        AccountParameters memory account,
        uint64 haircut
    ) private returns (Markets listed, IMarginEngine asked) {
        listed = Markets(deploy("Markets", abi.encode(address(manager), account)));
        listed.listUnderlying(ETH, listing("ETH"), eth);
        listed.listUnderlying(BTC, listing("BTC"), btc);
        listed.listCollateral(spot(ETH), Collateral(address(new ListedToken(18)), 18, haircut, CAP));
        listed.listCollateral(spot(BTC), Collateral(address(new ListedToken(8)), 8, haircut, CAP));
        asked = IMarginEngine(deploy("MarginEngine", abi.encode(listed, prices, volatilities, openInterest, table)));
    }
}

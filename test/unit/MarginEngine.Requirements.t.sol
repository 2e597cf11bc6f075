// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IMarginEngine, Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Scenarios } from "../../contracts/interfaces/IMarginScenarios.sol";
import { AccountParameters, RiskParameters } from "../../contracts/interfaces/IMarkets.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Instrument } from "../../contracts/types/Instrument.sol";
import { EngineFixture } from "../helpers/EngineFixture.sol";

/// Each part of a requirement, with numbers that can be checked by hand.
contract MarginEngineRequirementsTest is EngineFixture {
    function pair(Portfolio memory a, Portfolio memory b) private pure returns (Portfolio[] memory both) {
        both = new Portfolio[](2);
        both[0] = a;
        both[1] = b;
    }

    function test_AnEmptyAccountNeedsNothing() external view {
        Risk memory risk = evaluate(portfolio(0));
        assertEq(risk.equity, 0);
        assertEq(risk.initial, 0);
        assertEq(risk.maintenance, 0);
        assertEq(risk.stressLoss, 0);
        assertEq(uint256(risk.validSince), 0);
        assertTrue(risk.validity == Validity.Fresh);
    }

    function test_CashAloneIsEquity() external view {
        Risk memory risk = evaluate(portfolio(1_234e18));
        assertEq(risk.equity, 1_234e18);
        assertEq(risk.initial, 0);
    }

    function test_ADebtNeedsTheFloor() external view {
        Risk memory risk = evaluate(portfolio(-1));
        assertEq(risk.equity, -1);
        assertEq(risk.initial, 100e18);
        assertEq(risk.maintenance, 100e18);
        assertEq(risk.maintenanceBeforeFloor, 0);
    }

    function test_ADerivativeNeedsTheFloorAndSpotDoesNot() external view {
        assertEq(evaluate(with(portfolio(0), perpetual(ETH), 1e12)).maintenance, 100e18);
        assertLt(evaluate(with(portfolio(0), spot(ETH), 1e12)).maintenance, 1e18);
    }

    /// A loss of e^−x, x = 2.2·0.8·√(4 h/1 y) = 0.037609… and 2·0.8·√(1/365) = 0.083748… below the least range of 0.09.
    function test_APerpetualLosesTheScanRange() external {
        withoutStresses();
        Risk memory risk = evaluate(with(portfolio(10_000e18), perpetual(ETH), 10e18));
        // 20,000·(1 − e^−0.0376089) and 20,000·(1 − e^−0.09)
        assertApproxEqAbs(risk.maintenance, 738.209e18, 0.001e18);
        assertApproxEqAbs(risk.initial, 1_721.376e18, 0.001e18);
        assertEq(risk.equity, 30_000e18);
    }

    function test_AShortPerpetualLosesOnTheOtherSide() external {
        withoutStresses();
        Risk memory risk = evaluate(with(portfolio(50_000e18), perpetual(ETH), -10e18));
        // 20,000·(e^0.09 − 1)
        assertApproxEqAbs(risk.initial, 1_883.486e18, 0.001e18);
        assertEq(risk.equity, 30_000e18);
    }

    function test_AStressIsWeightedByTier() external view {
        Risk memory risk = evaluate(with(portfolio(0), perpetual(ETH), 10e18));
        // −55 % of 20,000 = 11,000, of which 18 % and 9 %: above the grid's 1,721 and 738.
        assertEq(risk.stressLoss, 11_000e18);
        assertEq(risk.initial, 1_980e18);
        assertEq(risk.maintenance, 990e18);
    }

    function test_CollateralPaysItsHaircutOnTop() external {
        withoutStresses();
        uint256 bare = evaluate(with(portfolio(0), perpetual(ETH), 10e18)).maintenanceBeforeFloor;
        uint256 held = evaluate(with(portfolio(0), spot(ETH), 10e18)).maintenanceBeforeFloor;
        assertEq(held, bare + 400e18);
    }

    function test_CollateralCoversAShortPerpetual() external view {
        Risk memory risk = evaluate(with(with(portfolio(0), spot(ETH), 10e18), perpetual(ETH), -10e18));
        assertEq(risk.equity, 0);
        assertEq(risk.stressLoss, 0);
        assertEq(risk.maintenance, 400e18);
        assertEq(risk.initial, 400e18);
    }

    /// 3 % of spot for each unit short, though the option is far beyond every node.
    function test_AFarShortOptionNeedsTheMinimum() external view {
        Risk memory risk = evaluate(with(portfolio(0), call(ETH, EXPIRY, 100_000), -10e18));
        assertApproxEqAbs(risk.maintenance, 600e18, 1e6);
    }

    function test_ALongOptionNeedsNoMoreThanItsValue() external view {
        Risk memory risk = evaluate(with(portfolio(0), call(ETH, EXPIRY, 2_100), 10e18));
        assertGt(risk.equity, 0);
        assertLe(int256(risk.initial), risk.equity);
    }

    /// 40 % of the difference between the sum of the two and the joint loss, which is nothing where they offset.
    function test_CreditsFourTenthsOfTheDiversification() external {
        withoutStresses();
        RiskParameters memory parameters = ethParameters();
        delete parameters.stresses;
        changeRisk(markets, BTC, parameters);
        volatilities.setMarginVolatility(BTC, 0.8e18, 0.8e18);
        uint256 long = evaluate(with(portfolio(0), perpetual(ETH), 100e18)).maintenance;
        uint256 short = evaluate(with(portfolio(0), perpetual(BTC), -5e18)).maintenance;
        Risk memory both = evaluate(with(with(portfolio(0), perpetual(ETH), 100e18), perpetual(BTC), -5e18));
        // Node prices are rounded down to a wei, 100 units of one and 5 of the other: the joint loss is 105 wei at most.
        assertApproxEqAbs(both.maintenance, ((long + short) * 6) / 10, (105 * 4) / 10 + 2);
    }

    function test_BothLegsTheSameWayAreNotDiversified() external {
        withoutStresses();
        uint256 eth = evaluate(with(portfolio(0), perpetual(ETH), 100e18)).maintenance;
        uint256 btc = evaluate(with(portfolio(0), perpetual(BTC), 5e18)).maintenance;
        Risk memory both = evaluate(with(with(portfolio(0), perpetual(ETH), 100e18), perpetual(BTC), 5e18));
        assertApproxEqAbs(both.maintenance, eth + btc, 2);
    }

    /// Long one and short the other: the joint stress nets to little, but each also comes alone.
    function test_AStressHitsEachUnderlyingAlone() external view {
        Risk memory both = evaluate(with(with(portfolio(0), perpetual(ETH), 100e18), perpetual(BTC), -5e18));
        // 100 ETH alone: 55 % of 200,000; 18 % of it.
        assertEq(both.stressLoss, 110_000e18);
        assertGe(both.initial, 19_800e18);
    }

    function test_AStressHitsAllUnderlyingsTogether() external view {
        Risk memory both = evaluate(with(with(portfolio(0), perpetual(ETH), 100e18), perpetual(BTC), 5e18));
        // 55 % of 200,000 and 50 % of 200,000; 18 % and 15 % of them.
        assertEq(both.stressLoss, 210_000e18);
        assertEq(both.initial, 34_800e18);
        assertEq(both.maintenance, 17_400e18);
    }

    /// Weights in other proportions, an underlying that gains and one that loses: maintenance is not above initial.
    function test_UnequalWeightsDoNotTurnTheTiersRound() external {
        RiskParameters memory parameters = ethParameters();
        parameters.stresses[0].maintenanceWeight = 0;
        parameters.stresses[0].initialWeight = 1e18;
        changeRisk(markets, ETH, parameters);
        parameters = btcParameters();
        parameters.stresses[0].initialWeight = 1e18;
        parameters.stresses[0].maintenanceWeight = 1e18;
        changeRisk(markets, BTC, parameters);
        Risk memory risk = evaluate(with(with(portfolio(0), perpetual(ETH), -100e18), perpetual(BTC), 5e18));
        assertGe(risk.initial, risk.maintenance);
    }

    /// The example of docs/margin.md: one ether held, one call written on it.
    function test_TheWorkedExampleOfTheDocs() external view {
        Risk memory risk = evaluate(with(with(portfolio(0), spot(ETH), 1e18), call(ETH, EXPIRY, 2_200), -1e18));
        assertApproxEqAbs(risk.equity, 1_962.9425e18, 0.0001e18, "equity");
        assertApproxEqAbs(risk.maintenance, 218.2969e18, 0.0001e18, "maintenance");
        assertApproxEqAbs(risk.initial, 291.3303e18, 0.0001e18, "initial");
        assertApproxEqAbs(risk.stressLoss, 1_062.9460e18, 0.0001e18, "stress");
    }

    function test_AnExpiredOptionCountsItsIntrinsicValue() external {
        Portfolio memory both = with(
            with(portfolio(0), call(ETH, EXPIRY, 1_900), 1e18),
            put(ETH, EXPIRY, 2_050),
            -2e18
        );
        vm.warp(EXPIRY);
        assertEq(worth(both), 100e18 - 100e18);
        requireWorth(both);
        vm.warp(EXPIRY + 30 days);
        prices.setPrice(ETH, 2_100e18);
        assertEq(worth(both), 200e18);
        requireWorth(both);
    }

    /// Equity is no more than the legs at mark, and less by at most twice the kernel's bound: its error, and what is taken off for it.
    function requireWorth(Portfolio memory book) private view {
        int256 equity = evaluate(book).equity;
        assertLe(equity, worth(book));
        assertGe(equity, worth(book) - int256(2 * kernelBound(book, ETH)));
    }

    function test_EquityIsRoundedDown() external {
        prices.setPrice(ETH, 1);
        assertEq(evaluate(with(portfolio(0), perpetual(ETH), 0.5e18)).equity, 0);
        assertEq(evaluate(with(portfolio(0), perpetual(ETH), -0.5e18)).equity, -1);
    }

    function test_PortfoliosDoNotTouchEachOther() external view {
        Portfolio memory a = with(with(portfolio(0), spot(ETH), 1e18), call(ETH, EXPIRY, 2_200), -1e18);
        Portfolio memory b = with(with(portfolio(5e18), put(ETH, EXPIRY, 1_800), -3e18), perpetual(BTC), 1e18);
        Risk[] memory risks = IMarginEngine(engine).evaluate(pair(a, b));
        assertEq(abi.encode(risks[0]), abi.encode(evaluate(a)));
        assertEq(abi.encode(risks[1]), abi.encode(evaluate(b)));
    }

    function test_ALateFeedWidensTheRange() external {
        withoutStresses();
        Portfolio memory supposed = with(portfolio(0), perpetual(ETH), 10e18);
        prices.setOverdue(ETH, 12 hours);
        Risk memory risk = evaluate(supposed);
        // x = 2.2·0.8·√(16 h/1 y) = 0.0752178…
        assertApproxEqAbs(risk.maintenance, 1_449.171e18, 0.001e18);
        assertTrue(risk.validity == Validity.Late);
    }

    function test_TheWorstFeedOfThePortfolioDecides() external {
        prices.setInvalid(BTC);
        prices.setOverdue(ETH, 1);
        assertTrue(evaluate(with(portfolio(0), perpetual(ETH), 1e18)).validity == Validity.Late);
        Portfolio memory both = with(with(portfolio(0), perpetual(ETH), 1e18), perpetual(BTC), 1e18);
        assertTrue(evaluate(both).validity == Validity.Invalid);
    }

    function test_ValidSinceIsTheLatestOfWhatIsUsed() external {
        prices.setGraceEnd(1_000);
        volatilities.setValidSince(ETH, 2_000);
        volatilities.setValidSince(BTC, 3_000);
        assertEq(uint256(evaluate(with(portfolio(0), perpetual(ETH), 1e18)).validSince), 2_000);
        prices.setGraceEnd(5_000);
        assertEq(uint256(evaluate(with(portfolio(0), perpetual(ETH), 1e18)).validSince), 5_000);
        prices.setGraceEnd(0);
        Portfolio memory both = with(with(portfolio(0), perpetual(ETH), 1e18), perpetual(BTC), 1e18);
        assertEq(uint256(evaluate(both).validSince), 3_000);
    }

    function test_APriceBeyondTheNumberRangeIsInvalid() external {
        prices.setPrice(ETH, 1e30 + 1);
        Risk memory risk = evaluate(with(portfolio(0), perpetual(ETH), 1e18));
        assertTrue(risk.validity == Validity.Invalid);
        assertEq(risk.equity, 1e30);
    }

    function test_EquityIsReckonedWithMarkPricesLessTheErrorBoundOfTheKernel() external view {
        Instrument option = put(ETH, EXPIRY, 2_300);
        requireWorth(with(portfolio(0), option, 1e18));
        requireWorth(with(with(portfolio(7e18), option, -3e18), perpetual(ETH), 2e18));
        (uint256 price, Validity validity) = engine.mark(option);
        // Ten units differ from ten marks by what is rounded, so the bound is not what makes the two agree.
        assertApproxEqAbs(evaluate(with(portfolio(0), option, 10e18)).equity, int256(10 * price), price / 1e7);
        assertTrue(validity == Validity.Fresh);
        (price, ) = engine.mark(perpetual(BTC));
        assertEq(price, BTC_PRICE);
    }

    /// Linear legs are not the kernel's.
    function test_EquityWithoutOptionsIsExact() external view {
        assertEq(evaluate(with(with(portfolio(-5), perpetual(ETH), 3e18), spot(BTC), 1e18)).equity, 46_000e18 - 5);
    }

    function test_ScenariosHoldTheWorstCellOfEachTier() external {
        withoutStresses();
        Portfolio memory supposed = with(with(portfolio(0), put(ETH, EXPIRY, 1_900), -10e18), perpetual(ETH), 5e18);
        Scenarios memory all_ = views.scenarios(supposed, ETH);
        (int256[] memory moves, int256[] memory profits) = (all_.moves, all_.profits);
        assertEq(moves.length, 13);
        assertEq(all_.columns, 3);
        assertEq(profits.length, 39);
        assertEq(moves[6], 0);
        assertEq(moves[0], -moves[12]);
        assertEq(profits[6 * 3 + 1], 0, "nothing moves");
        int256 inner = 0;
        int256 all = 0;
        for (uint256 i = 0; i < 39; ++i) {
            if (i != 0 && i % 3 == 0) assertGt(moves[i / 3], moves[i / 3 - 1]);
            if (profits[i] < all) all = profits[i];
            if (i >= 9 && i < 30 && profits[i] < inner) inner = profits[i];
        }
        Risk memory risk = evaluate(supposed);
        assertEq(risk.maintenance, uint256(-inner) + 600e18);
        assertEq(risk.initial, uint256(-all) + 600e18);
    }

    function test_ScenariosOfAnUnderlyingThatIsNotHeldAreAllZero() external view {
        Scenarios memory none = views.scenarios(with(portfolio(0), spot(ETH), 1e18), BTC);
        assertGt(none.moves[12], 0);
        assertEq(none.profits.length, 39);
        for (uint256 i = 0; i < 39; ++i) assertEq(none.profits[i], 0);
    }

    function test_ScenariosOfALateFeedAreWidened() external {
        Portfolio memory supposed = with(portfolio(0), perpetual(ETH), 1e18);
        Scenarios memory fresh = views.scenarios(supposed, ETH);
        prices.setOverdue(ETH, 1 days);
        Scenarios memory late = views.scenarios(supposed, ETH);
        assertEq(late.moves.length, 26);
        assertEq(late.moves[12], fresh.moves[12]);
        assertGt(late.moves[25], fresh.moves[12]);
        assertLt(late.profits[13 * 3], late.profits[0]);
    }

    function test_TheFloorIsAParameter() external {
        changeAccount(markets, AccountParameters(250e18, 0));
        assertEq(evaluate(portfolio(-1)).maintenance, 250e18);
    }
}

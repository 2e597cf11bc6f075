// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { IMarginScenarios, Scenarios, Witness } from "../../contracts/interfaces/IMarginScenarios.sol";
import { RiskParameters } from "../../contracts/interfaces/IMarkets.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { EngineFuzz } from "../helpers/EngineFuzz.sol";

/// One scenario, which proves a lower bound of a requirement.
contract MarginEngineWitnessTest is EngineFuzz {
    uint256 private constant NODES = 13;
    uint256 private constant VOLATILITIES = 3;

    function requireNoMoreThanEvaluated(Portfolio memory book, uint256 node, uint256 volatility) private view {
        Risk memory risk = evaluate(book);
        Witness memory proof = views.witness(book, node, volatility);
        (int256 equity, uint256 initial, uint256 maintenance) = (proof.equity, proof.initial, proof.maintenance);
        assertEq(uint8(proof.validity), uint8(risk.validity), "validity");
        uint256 error_ = 2 * (kernelBound(book, ETH) + kernelBound(book, BTC));
        assertGe(initial, maintenance, "tiers");
        // Both are rounded down leg by leg, evaluate's by the kernel's bound as well.
        assertGe(equity, risk.equity, "equity");
        assertLe(equity, risk.equity + int256(error_ + LEGS), "equity by the bound");
        // The kernel's loss may fall short of the plain one by its error; equity has been lowered by as much.
        assertLe(initial, risk.initial + error_, "initial");
        assertLe(maintenance, risk.maintenance + error_, "maintenance");
        assertGe(equity - int256(initial), risk.equity - int256(risk.initial), "surplus over initial");
        assertGe(equity - int256(maintenance), risk.equity - int256(risk.maintenance), "surplus over maintenance");
    }

    function testFuzz_AWitnessNeverSaysMoreThanAnEvaluation(uint256 market, uint256 seed, uint256 cell) external {
        anyMarket(market);
        cell %= NODES * VOLATILITIES;
        requireNoMoreThanEvaluated(anyPortfolio(seed), cell / VOLATILITIES, cell % VOLATILITIES);
    }

    /// Written options near the money, where the chosen cell is often the worst.
    /// hardhat-config: fuzz.runs = 64
    function testFuzz_NorOfAShortStraddleInAnyCell(uint256 price, uint256 strike, uint256 tenor) external {
        prices.setPrice(ETH, bound(price, 1_500e18, 2_500e18));
        (strike, tenor) = (bound(strike, 1_800, 2_200), bound(tenor, 1, 200 days));
        uint40 expiry = uint40(NOW + tenor);
        Portfolio memory book = with(portfolio(0), call(ETH, expiry, strike), -50e18);
        book = with(book, put(ETH, expiry, strike), -50e18);
        for (uint256 cell = 0; cell < NODES * VOLATILITIES; ++cell) {
            requireNoMoreThanEvaluated(book, cell / VOLATILITIES, cell % VOLATILITIES);
        }
    }

    function testFuzz_NorWithConcentrationOverdueOrStrikeNodes(uint256 seed, uint256 cell, uint40 overdue) external {
        RiskParameters memory parameters = ethParameters();
        parameters.concentration = 0.05e18;
        changeRisk(markets, ETH, parameters);
        openInterest.setAverageOpenInterest(ETH, 1e22);
        prices.setOverdue(ETH, overdue % 3 days);
        Portfolio memory book = Portfolio(0, new Position[](LEGS));
        for (uint256 i = 0; i < LEGS; ++i) {
            book.positions[i] = anyLegExpiring(derive(seed, i), uint40(NOW + draw(seed, 100, 1, 5 days)));
        }
        cell %= NODES * VOLATILITIES;
        requireNoMoreThanEvaluated(book, cell / VOLATILITIES, cell % VOLATILITIES);
    }

    function worstCell(Portfolio memory book, uint256 first, uint256 end) private view returns (uint256 worst) {
        int256[] memory profits = views.scenarios(book, ETH).profits;
        worst = first;
        for (uint256 i = first; i < end; ++i) if (profits[i] < profits[worst]) worst = i;
    }

    /// One expiry, no strike node, no stress: the requirement is the worst cell, and a witness of it says so.
    function testFuzz_AtTheWorstCellItIsTheRequirement(uint256 seed) external {
        withoutStresses();
        Portfolio memory book = with(portfolio(0), put(ETH, EXPIRY, 2_000), -100e18);
        for (uint256 i = 0; i < LEGS; ++i) {
            Position leg = anyLegOn(derive(seed, i), ETH, EXPIRY);
            book = with(book, leg.instrument(), leg.size());
        }
        Risk memory risk = evaluate(book);
        uint256 error_ = 2 * kernelBound(book, ETH);
        uint256 worst = worstCell(book, 0, NODES * VOLATILITIES);
        uint256 initial = views.witness(book, worst / VOLATILITIES, worst % VOLATILITIES).initial;
        assertApproxEqAbs(initial, risk.initial, error_);
        worst = worstCell(book, 3 * VOLATILITIES, 10 * VOLATILITIES);
        uint256 maintenance = views.witness(book, worst / VOLATILITIES, worst % VOLATILITIES).maintenance;
        assertApproxEqAbs(maintenance, risk.maintenance, error_);
    }

    function test_ACellsLossIsWhatScenariosSay() external view {
        Portfolio memory book = with(with(portfolio(0), put(ETH, EXPIRY, 1_900), -40e18), perpetual(ETH), 2e18);
        Scenarios memory all = views.scenarios(book, ETH);
        for (uint256 cell = 0; cell < NODES * VOLATILITIES; ++cell) {
            Witness memory proof = views.witness(book, cell / 3, cell % 3);
            uint256 loss = all.profits[cell] < 0 ? uint256(-all.profits[cell]) : 0;
            // Forty short units need 60 each.
            assertApproxEqAbs(proof.initial, loss + 2_400e18, 2 * kernelBound(book, ETH));
            bool isInner = cell / 3 >= 3 && cell / 3 <= 9;
            assertApproxEqAbs(proof.maintenance, (isInner ? loss : 0) + 2_400e18, 2 * kernelBound(book, ETH));
        }
    }

    function test_AWitnessCountsHaircutsMinimumAndFloor() external view {
        Witness memory proof = views.witness(with(portfolio(0), spot(ETH), 10e18), 6, 1);
        assertEq(proof.initial, 400e18);
        assertEq(proof.maintenance, 400e18);
        proof = views.witness(with(portfolio(0), perpetual(ETH), 1e15), 6, 1);
        assertEq(proof.initial, 100e18);
        assertEq(proof.maintenance, 100e18);
        proof = views.witness(portfolio(5e18), 0, 0);
        assertEq(proof.equity, 5e18);
        assertEq(proof.initial + proof.maintenance, 0);
    }

    function test_RefusesAScenarioThatIsNone() external {
        Portfolio memory book = with(portfolio(0), perpetual(ETH), 1e18);
        uint256[2][4] memory unknown = [
            [uint256(13), 0],
            [uint256(0), 3],
            [type(uint256).max, 1],
            [uint256(12), type(uint256).max]
        ];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IMarginScenarios.UnknownScenario.selector, unknown[i][0], unknown[i][1], NODES)
            );
            views.witness(book, unknown[i][0], unknown[i][1]);
        }
        views.witness(book, 12, 2);
    }

    /// About 64 %; both after a first call, so that neither pays for cold accounts. The kernel adds an option
    /// up in 91 cells and two stresses for little more than the plain formula takes for the mark and one cell.
    function test_AWitnessOfSixteenOptionsCostsLessThanTwoThirdsOfAnEvaluation() external view {
        Portfolio[] memory one = new Portfolio[](1);
        one[0] = Portfolio(1_000_000e18, new Position[](16));
        for (uint256 i = 0; i < 16; ++i) {
            uint40 expiry = EXPIRY + uint40((i % 4) * 7 days);
            Kind kind = i % 2 == 0 ? Kind.Call : Kind.Put;
            int128 size = i % 3 == 0 ? int128(-1e18) : int128(2e18);
            one[0].positions[i] = toPosition(toInstrument(ETH, kind, expiry, uint64((1_200 + 100 * i) * 1e8)), size);
        }
        engine.evaluate(one);
        views.witness(one[0], 0, 2);
        uint256 before = gasleft();
        engine.evaluate(one);
        uint256 evaluation = before - gasleft();
        before = gasleft();
        views.witness(one[0], 0, 2);
        uint256 witness = before - gasleft();
        assertLt(witness * 3, evaluation * 2);
    }
}

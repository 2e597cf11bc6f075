// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Cell, ScenarioView } from "../../contracts/interfaces/ILens.sol";
import { IMarginModel, Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { RiskParameters } from "../../contracts/interfaces/IMarkets.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { LensFixture } from "../helpers/LensFixture.sol";

contract LensScenariosTest is LensFixture {
    /// 08:00 UTC, 30 days after the other.
    uint40 private constant LATER = EXPIRY + 30 days;
    uint256 private constant PRICE_NODES = 13;

    /// Without stress scenarios and haircuts the worst cell and the short-option minimum are all there is.
    function setUp() public override {
        super.setUp();
        RiskParameters memory parameters = ethParameters();
        delete parameters.stresses;
        changeRisk(markets, ETH, parameters);
    }

    function test_PassesTheLossVectorThrough() external {
        Portfolio memory held = with(with(portfolio(1e18), call(ETH, EXPIRY, 2_200), -3e18), perpetual(BTC), 1e18);
        book.store(held);
        ScenarioView memory stored = lens.scenarios(account, ETH);
        assertEq(abi.encode(stored.vector), abi.encode(views.scenarios(held, ETH)));
        assertEq(abi.encode(stored), abi.encode(lens.scenariosOf(held, ETH)));
    }

    function test_NamesTheWitnessOfEachTier() external view {
        Portfolio memory held = with(with(portfolio(0), put(ETH, EXPIRY, 1_900), -10e18), perpetual(ETH), 5e18);
        ScenarioView memory view_ = lens.scenariosOf(held, ETH);
        assertEq(view_.initial.node, 0, "lowest");
        assertEq(view_.maintenance.node, 3, "lowest of the inner");
        assertEq(view_.initial.column, 2, "upper volatility");
        assertEq(view_.maintenance.column, 2, "upper volatility");
        Risk memory risk = evaluate(held);
        uint256 initial = views.witness(held, view_.initial.node, view_.initial.column).initial;
        uint256 maintenance = views.witness(held, view_.maintenance.node, view_.maintenance.column).maintenance;
        // Up to the error bound of the kernel, 3.3e-10 of spot and strike of ten units.
        assertApproxEqAbs(initial, risk.initial, 1e13);
        assertApproxEqAbs(maintenance, risk.maintenance, 1e13);
    }

    function test_LooksAtTheWidenedGridWhileThePriceIsOverdue() external {
        prices.setOverdue(ETH, 1 days);
        ScenarioView memory view_ = lens.scenariosOf(with(portfolio(0), perpetual(ETH), 1e18), ETH);
        assertEq(view_.initial.node, PRICE_NODES);
        assertEq(view_.maintenance.node, PRICE_NODES + 3);
    }

    function test_FindsATwist() external view {
        Portfolio memory held = with(portfolio(0), call(ETH, EXPIRY, 2_000), 16e18);
        held = with(held, call(ETH, LATER, 2_000), -10e18);
        ScenarioView memory view_ = lens.scenariosOf(held, ETH);
        assertGe(view_.maintenance.column, 3);
        assertCovers(held, view_);
    }

    function test_FindsAStrike() external {
        vm.warp(EXPIRY - 2 hours);
        Portfolio memory held = with(portfolio(0), call(ETH, EXPIRY, 1_980), -1e18);
        held = with(with(held, call(ETH, EXPIRY, 2_005), 2e18), call(ETH, EXPIRY, 2_030), -1e18);
        ScenarioView memory view_ = lens.scenariosOf(held, ETH);
        assertGe(view_.maintenance.node, PRICE_NODES);
        assertCovers(held, view_);
    }

    function testFuzz_TheWorstCellsAreWhatIsRequired(uint256 seed) external {
        if (seed % 3 == 0) prices.setOverdue(ETH, uint40(1 + (seed % 2 days)));
        if (seed % 5 == 0) vm.warp(EXPIRY - 6 hours);
        Portfolio memory held = portfolio(0);
        for (uint256 i = 0; i < 5; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            uint256 strike = 1_800 + ((word >> 8) % 400);
            uint40 expiry = word % 2 == 0 ? EXPIRY : LATER;
            Instrument option = word % 4 < 2 ? call(ETH, expiry, strike) : put(ETH, expiry, strike);
            held = with(held, option, int128(int256((word >> 32) % 20e18) - 10e18));
        }
        assertCovers(held, lens.scenariosOf(held, ETH));
    }

    function test_WhereNothingLosesNoCellIsNamed() external view {
        assertNone(lens.scenariosOf(portfolio(1e18), ETH));
        assertNone(lens.scenariosOf(with(portfolio(0), perpetual(BTC), 1e18), ETH));
    }

    function test_RefusesWhatTheEngineRefuses() external {
        Instrument unknown = toInstrument(ETH, Kind.Call, EXPIRY, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginModel.UnknownInstrument.selector, unknown));
        lens.scenariosOf(with(portfolio(0), unknown, 1e18), ETH);
    }

    function assertCovers(Portfolio memory held, ScenarioView memory view_) private view {
        uint256 short = 0;
        for (uint256 i = 0; i < held.positions.length; ++i) {
            int256 size = held.positions[i].size();
            if (size < 0) short += uint256(-size);
        }
        // 3 % of 2,000 USD.
        uint256 minimum = short * 60;
        Risk memory risk = evaluate(held);
        uint256 initial = uint256(-view_.initial.profit) + minimum;
        assertEq(risk.initial, initial > 100e18 ? initial : 100e18, "initial");
        assertEq(risk.maintenanceBeforeFloor, uint256(-view_.maintenance.profit) + minimum, "maintenance");
        assertNamed(view_, view_.initial);
        assertNamed(view_, view_.maintenance);
    }

    function assertNamed(ScenarioView memory view_, Cell memory cell) private pure {
        if (cell.profit == 0) return;
        assertEq(view_.vector.profits[cell.node * view_.vector.columns + cell.column], cell.profit, "cell");
    }

    function assertNone(ScenarioView memory view_) private pure {
        assertEq(view_.vector.moves.length, PRICE_NODES);
        assertEq(abi.encode(view_.initial), abi.encode(Cell(0, 0, 0)));
        assertEq(abi.encode(view_.maintenance), abi.encode(Cell(0, 0, 0)));
    }
}

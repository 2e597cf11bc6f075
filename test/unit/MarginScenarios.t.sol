// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { IMarginModel, Portfolio } from "../../contracts/interfaces/IMarginEngine.sol";
import { Scenarios } from "../../contracts/interfaces/IMarginScenarios.sol";
import { EngineFuzz } from "../helpers/EngineFuzz.sol";

/// In which order scenarios are told: each grid from the lowest price to the highest, then strikes.
contract MarginScenariosTest is EngineFuzz {
    uint256 private constant GRID = 13;

    /// Moves that ascend around the middle, symmetric to the wei.
    function requireGrid(int256[] memory moves, uint256 first) private pure {
        for (uint256 i = first; i < first + GRID; ++i) {
            // Where both ranges are the same, the outer nodes coincide.
            if (i > first) assertGe(moves[i], moves[i - 1], "ascending");
            if (i > first + 3 && i <= first + 9) assertGt(moves[i], moves[i - 1], "ascending strictly");
            assertEq(moves[i], -moves[2 * first + GRID - 1 - i], "symmetric");
        }
        assertEq(moves[first + 6], 0, "the middle");
    }

    function requireLong(Scenarios memory all, uint256 first, int256 units) private view {
        for (uint256 i = first; i < first + GRID; ++i) {
            int256 expected = units * (int256(priceAt(all.moves[i])) - int256(prices.price(ETH).value));
            for (uint256 j = 0; j < all.columns; ++j) {
                // Twelve factors, each rounded to 1e-18, of a price up to 13,500.
                assertApproxEqAbs(all.profits[i * all.columns + j], expected, uint256(units) * 4e5, "its own price");
            }
        }
    }

    function priceAt(int256 move) private view returns (uint256) {
        return (prices.price(ETH).value * uint256(FixedPointMathLib.expWad(move))) / 1e18;
    }

    function testFuzz_EachGridAscends(uint256 market, uint256 late) external {
        anyMarket(market);
        Portfolio memory book = with(portfolio(0), perpetual(ETH), 3e18);
        prices.setOverdue(ETH, 0);
        Scenarios memory inTime = views.scenarios(book, ETH);
        assertEq(inTime.moves.length, GRID);
        requireGrid(inTime.moves, 0);
        requireLong(inTime, 0, 3);
        prices.setOverdue(ETH, uint40(bound(late, 1, 30 days)));
        Scenarios memory all = views.scenarios(book, ETH);
        assertEq(all.moves.length, 2 * GRID);
        requireGrid(all.moves, 0);
        requireGrid(all.moves, GRID);
        requireLong(all, 0, 3);
        requireLong(all, GRID, 3);
        for (uint256 i = 0; i < GRID; ++i) {
            assertEq(all.moves[i], inTime.moves[i], "the grid first");
            bool isLower = i < 6;
            int256 narrow = isLower ? -all.moves[i] : all.moves[i];
            assertGe(isLower ? -all.moves[GRID + i] : all.moves[GRID + i], narrow, "widened");
        }
    }

    /// 26 places of two grids, and the strikes from the nearest to the farthest, of two equally near ones the lower first.
    function test_StrikesFollowTheGridsWhileThePriceIsOverdue() external {
        prices.setOverdue(ETH, 1 days);
        uint40 expiry = uint40(NOW + 1 hours);
        uint16[7] memory strikes = [1_900, 2_050, 1_960, 2_010, 2_100, 1_990, 1_850];
        Portfolio memory book = portfolio(0);
        for (uint256 i = 0; i < 7; ++i) book = with(book, call(ETH, expiry, strikes[i]), 1e18);
        Scenarios memory all = views.scenarios(book, ETH);
        assertEq(all.columns, 3);
        assertEq(all.moves.length, 2 * GRID + 6);
        assertEq(all.profits.length, (2 * GRID + 6) * 3);
        requireGrid(all.moves, 0);
        requireGrid(all.moves, GRID);
        uint16[6] memory nearest = [2_010, 1_990, 1_960, 2_050, 2_100, 1_900];
        for (uint256 i = 0; i < 6; ++i) {
            // ln(K/2,000), with two logarithms' roundings.
            int256 move =
                FixedPointMathLib.lnWad(int256(uint256(nearest[i])) * 1e18) - FixedPointMathLib.lnWad(2_000e18);
            assertApproxEqAbs(all.moves[2 * GRID + i], move, 2, "nearest first");
        }
    }

    function test_StrikesFollowTheGrid() external view {
        Portfolio memory book = with(portfolio(0), call(ETH, uint40(NOW + 1 hours), 2_010), 1e18);
        Scenarios memory all = views.scenarios(book, ETH);
        assertEq(all.moves.length, GRID + 1);
        requireGrid(all.moves, 0);
        assertApproxEqAbs(all.moves[GRID], FixedPointMathLib.lnWad(1.005e18), 2);
    }

    /// By hand: ln 0.45 of a fall by 55 %, ln 1.45 of a rise by 45 %.
    function test_StressesAreToldInTheOrderOfTheParameters() external view {
        Scenarios memory all = views.scenarios(with(portfolio(0), perpetual(ETH), 3e18), ETH);
        assertEq(all.stressMoves.length, 2);
        assertApproxEqAbs(all.stressMoves[0], -0.798507696217771610e18, 2);
        assertApproxEqAbs(all.stressMoves[1], 0.371563556432483033e18, 2);
        assertEq(all.stressProfits.length, 2);
        assertEq(all.stressProfits[0], -3_300e18);
        assertEq(all.stressProfits[1], 2_700e18);
    }

    function deployWith(address table) external returns (address) {
        return deploy("MarginScenarios", abi.encode(markets, prices, volatilities, table));
    }

    function requireRefused(address table) private {
        try this.deployWith(table) {
            assertTrue(false, "deployed");
        } catch (bytes memory reason) {
            assertEq(reason, abi.encodeWithSelector(IMarginModel.InvalidKernelTable.selector, table));
        }
    }

    /// Like the engine.
    function test_RefusesAWrongKernelTable() external {
        address[3] memory wrong = [address(0), address(markets), makeAddr("nobody")];
        for (uint256 i = 0; i < 3; ++i) requireRefused(wrong[i]);
        address table = deploy("KernelTable", "");
        this.deployWith(table);
        bytes memory code = table.code;
        code[8_000] ^= 0x01;
        vm.etch(table, code);
        requireRefused(table);
    }
}

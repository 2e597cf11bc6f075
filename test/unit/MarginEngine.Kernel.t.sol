// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { IMarginModel, Portfolio } from "../../contracts/interfaces/IMarginEngine.sol";
import { Scenarios } from "../../contracts/interfaces/IMarginScenarios.sol";
import { Surface } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { EngineFuzz } from "../helpers/EngineFuzz.sol";

/// The engine's scenarios are revaluations by the plain formula: `mark` at the scenario's price with the scenario's volatility. Flat smiles, because
/// in a scenario volatility sticks to the strike.
contract MarginEngineKernelTest is EngineFuzz {
    uint40 private constant NEAR = EXPIRY;
    uint40 private constant MIDDLE = EXPIRY + 28 days;
    uint40 private constant FAR = EXPIRY + 91 days;

    /// A flat surface, quoted for a fifth of a year, because 64 bits do not hold the variance of a year at the highest volatilities.
    function setFlat(uint256 volatility) private {
        Surface memory flat;
        flat.tenorSeconds[0] = 73 days;
        flat.totalVariance[0] = uint64((volatility * volatility) / 5e18);
        volatilities.setSurface(ETH, flat);
    }

    /// Volatility node of an expiry in a column.
    function nodeOf(uint40 expiry, uint256 column) private pure returns (uint256) {
        if (column < 3) return column;
        if (column < 5)
            return
                expiry != NEAR
                    ? 1
                    : column == 3
                        ? 0
                        : 2;
        return
            expiry != FAR
                ? 1
                : column == 5
                    ? 0
                    : 2;
    }

    /// What a portfolio without cash is worth at a price, each expiry at the volatility of a column.
    function valueAt(Portfolio memory book, uint256 price, uint256 column) private returns (int256) {
        int256 squared = 0;
        for (uint256 i = 0; i < book.positions.length; ++i) {
            Instrument instrument = book.positions[i].instrument();
            uint256 value = price;
            if (instrument.isOption()) {
                uint256 node = nodeOf(instrument.expiry(), column);
                value = markAt(instrument, price, volatilityFactor(ETH, instrument.expiry(), node));
            }
            squared += book.positions[i].size() * int256(value);
        }
        return floorWad(squared);
    }

    function priceAt(int256 move) private view returns (uint256) {
        return (prices.price(ETH).value * uint256(FixedPointMathLib.expWad(move))) / 1e18;
    }

    /// Beside the kernel's error now and then, a price node is off by a few 1e-18 of itself.
    function toleranceOf(Portfolio memory book) private view returns (uint256) {
        uint256 units = 0;
        for (uint256 i = 0; i < book.positions.length; ++i) units += FixedPointMathLib.abs(book.positions[i].size());
        return 2 * kernelBound(book, ETH) + (units * prices.price(ETH).value) / 1e34 + 1e6;
    }

    function requireNode(Portfolio memory book, Scenarios memory all, uint256 node, uint256 column) private {
        int256 expected = valueAt(book, priceAt(all.moves[node]), column) - valueAt(book, priceAt(0), 1);
        assertApproxEqAbs(all.profits[node * all.columns + column], expected, toleranceOf(book), "cell");
    }

    function requireStresses(Portfolio memory book, Scenarios memory all) private {
        for (uint256 i = 0; i < all.stressMoves.length; ++i) {
            int256 expected = valueAt(book, priceAt(all.stressMoves[i]), 2) - valueAt(book, priceAt(0), 1);
            assertApproxEqAbs(all.stressProfits[i], expected, toleranceOf(book), "stress");
        }
    }

    function requireRevalued(Portfolio memory book) private {
        Scenarios memory all = views.scenarios(book, ETH);
        for (uint256 node = 0; node < all.moves.length; ++node) {
            for (uint256 column = 0; column < all.columns; ++column) requireNode(book, all, node, column);
        }
        requireStresses(book, all);
    }

    function anyFlatMarket(uint256 seed, uint256 lowest, uint256 highest) private {
        prices.setPrice(ETH, draw(seed, 0, 100e18, 10_000e18));
        volatilities.setMarginVolatility(ETH, draw(seed, 1, 0.2e18, 4e18), draw(seed, 2, 0.2e18, 4e18));
        setFlat(draw(seed, 3, lowest, highest));
        volatilities.setRate(ETH, int64(int256(draw(seed, 4, 0, 1)) * (int256(draw(seed, 5, 0, 1e18)) - 0.5e18)));
        prices.setOverdue(ETH, uint40(draw(seed, 6, 0, 1) * draw(seed, 7, 1, 3 days)));
    }

    function anyBook(uint256 seed) private view returns (Portfolio memory book) {
        uint40[3] memory expiries = [NEAR, MIDDLE, FAR];
        book = with(with(portfolio(0), call(ETH, NEAR, 2_000), 1e18), put(ETH, FAR, 2_100), -2e18);
        for (uint256 i = 0; i < LEGS; ++i) {
            Position leg = anyLegOn(derive(seed, i), ETH, expiries[draw(seed, i + 10, 0, 2)]);
            book = with(book, leg.instrument(), leg.size());
        }
    }

    /// A few cells of each book, all of its stresses.
    function requireSampled(Portfolio memory book, uint256 seed) private {
        Scenarios memory all = views.scenarios(book, ETH);
        assertEq(all.columns, 7);
        for (uint256 i = 0; i < 14; ++i) {
            requireNode(book, all, draw(seed, i + 50, 0, all.moves.length - 1), i % 7);
        }
        requireStresses(book, all);
    }

    /// hardhat-config: fuzz.runs = 64
    function testFuzz_ScenariosAreRevaluations(uint256 market, uint256 seed) external {
        anyFlatMarket(market, 0.3e18, 1.5e18);
        requireSampled(anyBook(seed), seed);
    }

    /// Volatilities to 280 %, e^0.34 times that at the upper node: total volatilities beyond 2 are outside the kernel's domain.
    /// hardhat-config: fuzz.runs = 64
    function testFuzz_AlsoAtVolatilitiesOutsideTheKernelsDomain(uint256 market, uint256 seed) external {
        anyFlatMarket(market, 1.5e18, 2.8e18);
        Portfolio memory book = anyBook(seed);
        requireSampled(with(book, call(ETH, FAR, 2_000), 3e18), seed);
    }

    function test_EveryCellOfABookInsideTheDomain() external {
        Portfolio memory book = with(with(portfolio(0), call(ETH, NEAR, 2_100), -7e18), perpetual(ETH), 3e18);
        requireRevalued(with(with(book, put(ETH, MIDDLE, 1_900), 4e18), call(ETH, FAR, 2_500), 9e18));
    }

    /// Strikes from 16 spots, 32,000: near, between and far, beside legs inside the domain.
    function test_EveryCellWithStrikesOutsideTheDomain() external {
        Portfolio memory book = with(with(portfolio(0), put(ETH, NEAR, 40_000), -7e18), call(ETH, NEAR, 2_000), 3e18);
        book = with(with(book, put(ETH, MIDDLE, 32_001), 4e18), put(ETH, MIDDLE, 32_000), -2e18);
        requireRevalued(with(with(book, call(ETH, FAR, 90_000), 9e18), put(ETH, FAR, 50_000), 3e18));
    }

    /// 350 % on all expiries: those that are near stay inside, those that are far are outside.
    function test_EveryCellWithVolatilitiesOutsideTheDomain() external {
        setFlat(3.5e18);
        Portfolio memory book = with(with(portfolio(0), call(ETH, NEAR, 2_000), 3e18), put(ETH, MIDDLE, 1_900), 4e18);
        requireRevalued(with(book, call(ETH, FAR, 2_500), -9e18));
    }

    /// 2^42 USD are 4.4e12, and one unit is 4,000 of gross notional: the second leg of each expiry is outside.
    function test_EveryCellWithAGrossNotionalOutsideTheDomain() external {
        Portfolio memory book = with(with(portfolio(0), call(ETH, NEAR, 2_000), 3e26), put(ETH, NEAR, 1_900), -9e26);
        book = with(with(book, call(ETH, MIDDLE, 2_000), 3e26), put(ETH, MIDDLE, 2_200), 9e26);
        requireRevalued(with(with(book, call(ETH, FAR, 2_000), -3e26), put(ETH, FAR, 2_200), 9e26));
    }

    /// Strikes beyond 16 spots in any of nearest, between and farthest, beside legs inside the domain in all three. A call from outside, so
    /// that its memory is given back.
    function requireStrikesOutside(uint256 subset) external {
        uint40[3] memory expiries = [NEAR, MIDDLE, FAR];
        int128[3] memory sizes = [int128(5e18), -4e18, 3e18];
        Portfolio memory book = with(portfolio(0), perpetual(ETH), -2e18);
        for (uint256 i = 0; i < 3; ++i) {
            book = with(book, call(ETH, expiries[i], 2_000 + 100 * i), -sizes[i]);
            if ((subset >> i) & 1 == 0) continue;
            book = with(book, put(ETH, expiries[i], 33_000 + 1_000 * i), sizes[i]);
            book = with(book, call(ETH, expiries[i], 40_000), -3e18);
        }
        assertEq(views.scenarios(book, ETH).columns, 7);
        requireRevalued(book);
    }

    function test_EveryCellWithStrikesOutsideTheDomainInEachPlace() external {
        for (uint256 subset = 1; subset < 8; ++subset) this.requireStrikesOutside(subset);
    }

    /// Total volatilities of 220 % at the mark in any of nearest, between and farthest, of 20 % in the others: their lower nodes are inside, but
    /// a leg is outside as a whole.
    function requireVolatilitiesOutside(uint256 subset) external {
        Surface memory surface;
        surface.tenorSeconds = [uint32(NEAR - NOW), uint32(MIDDLE - NOW), uint32(FAR - NOW), uint32(400 days)];
        for (uint256 i = 0; i < 4; ++i) surface.totalVariance[i] = (subset >> i) & 1 == 1 ? 4.84e18 : 0.04e18;
        volatilities.setSurface(ETH, surface);
        Portfolio memory book = with(with(portfolio(0), call(ETH, NEAR, 2_000), 3e18), put(ETH, NEAR, 1_900), -5e18);
        book = with(with(book, call(ETH, MIDDLE, 2_100), -4e18), put(ETH, MIDDLE, 2_050), 2e18);
        book = with(with(book, call(ETH, FAR, 2_000), 7e18), put(ETH, FAR, 2_300), -1e18);
        assertEq(views.scenarios(book, ETH).columns, 7);
        requireRevalued(book);
    }

    function test_EveryCellWithVolatilitiesOutsideTheDomainInEachPlace() external {
        for (uint256 subset = 1; subset < 8; ++subset) this.requireVolatilitiesOutside(subset);
    }

    /// The farthest expiry alone is outside, then the nearest alone.
    function test_ATwistOfAnExpiryOutsideTheDomain() external {
        requireRevalued(with(with(portfolio(0), call(ETH, NEAR, 2_000), 3e18), put(ETH, FAR, 40_000), -2e18));
        requireRevalued(with(with(portfolio(0), put(ETH, NEAR, 40_000), -2e18), call(ETH, FAR, 2_000), 3e18));
    }

    /// Strikes nodes and the widened grid are revaluations too.
    function test_EveryCellOfAShortDatedBookWhileThePriceIsOverdue() external {
        prices.setOverdue(ETH, 1 days);
        vm.warp(NEAR - 1 days);
        Portfolio memory book = with(with(portfolio(0), call(ETH, NEAR, 2_012), 7e18), call(ETH, NEAR, 2_050), -9e18);
        book = with(with(book, put(ETH, NEAR, 1_930), 2e18), put(ETH, FAR, 1_900), -4e18);
        assertEq(views.scenarios(book, ETH).moves.length, 28);
        requireRevalued(book);
    }

    function test_ALegOfTheLargestSizeIsValued() external view {
        Portfolio memory book = Portfolio(0, new Position[](1));
        book.positions[0] = toPosition(toInstrument(ETH, Kind.Call, NEAR, 2_000e8), type(int128).max);
        int256 expected = floorWad(int256(type(int128).max) * int256(markOf(call(ETH, NEAR, 2_000))));
        assertApproxEqAbs(evaluate(book).equity, expected, 1e7);
    }

    function deployWith(address table) external returns (address) {
        return deploy("MarginEngine", abi.encode(markets, prices, volatilities, openInterest, table));
    }

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

    function requireRefused(address table) private {
        try this.deployWith(table) {
            assertTrue(false, "deployed");
        } catch (bytes memory reason) {
            assertEq(reason, abi.encodeWithSelector(IMarginModel.InvalidKernelTable.selector, table));
        }
    }
}

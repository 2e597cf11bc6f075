// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Scenarios } from "../../contracts/interfaces/IMarginScenarios.sol";
import { Instrument } from "../../contracts/types/Instrument.sol";
import { EngineFixture } from "../helpers/EngineFixture.sol";

/// Strikes of short-dated options held long are price nodes. Ranges: maintenance 0.0376, initial 0.09; grid at 2,025.2, 2,050.8, 2,076.6
/// and 2,113.3, 2,150.5, 2,188.3 above the spot.
contract MarginEngineStrikeNodesTest is EngineFixture {
    uint256 private constant GRID = 13;
    uint40 private constant SOON = uint40(NOW + 30 minutes);
    /// σ²T = 0.64·492,750 s = 0.01: the first tenor that is not short-dated.
    uint40 private constant NOT_SHORT_DATED = uint40(NOW + 492_750);
    int128 private constant UNITS = 20e18;
    /// 3 % of 2,000 for each of the 20 units short.
    uint256 private constant SHORT_MINIMUM = 1_200e18;

    function setUp() public override {
        super.setUp();
        withoutStresses();
    }

    /// What a butterfly loses with the spot at `strike`, by mark: the worst of the three volatilities.
    function lossAt(Portfolio memory book, uint256 strike) private returns (uint256 loss) {
        int256 before = worth(book);
        for (uint256 node = 0; node < 3; ++node) {
            int256 later = 0;
            for (uint256 i = 0; i < book.positions.length; ++i) {
                Instrument option = book.positions[i].instrument();
                uint256 value = markAt(option, strike * 1e18, volatilityFactor(ETH, option.expiry(), node));
                later += floorWad(book.positions[i].size() * int256(value));
            }
            loss = FixedPointMathLib.max(loss, FixedPointMathLib.zeroFloorSub(uint256(before - later + 1e30), 1e30));
        }
    }

    function worstOf(Scenarios memory all, uint256 first, uint256 end) private pure returns (uint256) {
        int256 lowest = 0;
        for (uint256 i = first * all.columns; i < end * all.columns; ++i) {
            if (all.profits[i] < lowest) lowest = all.profits[i];
        }
        return uint256(-lowest);
    }

    function nodesOf(Portfolio memory book) private view returns (uint256) {
        return views.scenarios(book, ETH).moves.length;
    }

    function long(uint40 expiry, uint256 strike) private pure returns (Portfolio memory) {
        return with(portfolio(0), call(ETH, expiry, strike), 1e18);
    }

    function test_AButterflyPinnedBetweenTwoNodesNeedsWhatItCanLose() external {
        Portfolio memory book = shortButterfly(SOON, 2_012, 12, UNITS);
        uint256 loss = lossAt(book, 2_012);
        assertGt(loss, 40e18);
        Risk memory risk = evaluate(book);
        uint256 tolerance = 2 * kernelBound(book, ETH);
        assertApproxEqAbs(risk.maintenanceBeforeFloor, SHORT_MINIMUM + loss, tolerance);
        assertApproxEqAbs(risk.initial, SHORT_MINIMUM + loss, tolerance);
        assertLt(worstOf(views.scenarios(book, ETH), 0, GRID) * 2, loss, "the grid alone sees less than half");
    }

    function test_OnlyStrikesHeldLongAreNodes() external view {
        Scenarios memory all = views.scenarios(shortButterfly(SOON, 2_012, 12, UNITS), ETH);
        assertEq(all.moves.length, GRID + 1);
        // ln(2,012/2,000)
        assertApproxEqAbs(all.moves[GRID], 0.005982071677547465e18, 1e3);
        assertEq(nodesOf(shortButterfly(SOON, 2_012, 12, -UNITS)), GRID + 2, "a long one's wings");
        assertEq(nodesOf(with(portfolio(0), put(ETH, SOON, 2_012), -1e18)), GRID);
        assertEq(nodesOf(with(portfolio(0), put(ETH, SOON, 2_012), 0)), GRID, "nor held nor written");
        assertEq(nodesOf(with(portfolio(0), perpetual(ETH), 1e18)), GRID);
    }

    function test_OnlyStrikesOfShortDatedOptionsAreNodes() external view {
        assertEq(nodesOf(long(NOT_SHORT_DATED - 1, 2_012)), GRID + 1);
        assertEq(nodesOf(long(NOT_SHORT_DATED, 2_012)), GRID);
    }

    function test_AnExpiredOptionsStrikeIsANode() external view {
        assertEq(nodesOf(long(uint40(NOW - 1 hours), 2_012)), GRID + 1);
    }

    /// 2,000·e^±0.09 is 1,827.86 and 2,188.35.
    function test_OnlyStrikesInsideTheInitialRangeAreNodes() external view {
        assertEq(nodesOf(long(SOON, 2_188)), GRID + 1);
        assertEq(nodesOf(long(SOON, 2_189)), GRID);
        assertEq(nodesOf(long(SOON, 1_828)), GRID + 1);
        assertEq(nodesOf(long(SOON, 1_827)), GRID);
    }

    /// With a rate it is the discounted strike that the spot is compared with, as the option bends there.
    function test_TheNodeIsTheDiscountedStrike() external {
        volatilities.setRate(ETH, -0.5e18);
        uint40 expiry = uint40(NOW + 4 days);
        int256 move = views.scenarios(long(expiry, 2_000), ETH).moves[GRID];
        // 0.5·4/365
        assertApproxEqAbs(move, 0.00547945205479452e18, 1e3);
    }

    function test_AtMostSixNearestFirstWhateverTheOrder() external view {
        uint16[9] memory strikes = [1_950, 2_120, 2_010, 1_990, 2_150, 1_900, 2_060, 2_030, 1_970];
        uint16[6] memory nearest = [2_010, 1_990, 2_030, 1_970, 1_950, 2_060];
        Portfolio memory forwards = portfolio(0);
        Portfolio memory backwards = portfolio(0);
        for (uint256 i = 0; i < 9; ++i) {
            forwards = with(forwards, call(ETH, SOON, strikes[i]), 1e18);
            backwards = with(backwards, put(ETH, SOON, strikes[8 - i]), 1e18);
        }
        int256[] memory moves = views.scenarios(forwards, ETH).moves;
        assertEq(moves.length, GRID + 6);
        for (uint256 i = 0; i < 6; ++i) {
            int256 expected = FixedPointMathLib.lnWad(int256((uint256(nearest[i]) * 1e18) / 2_000));
            assertApproxEqAbs(moves[GRID + i], expected, 1e3);
        }
        assertEq(abi.encode(views.scenarios(backwards, ETH).moves), abi.encode(moves));
    }

    function test_AStrikeHeldTwiceIsOneNode() external view {
        Portfolio memory book = with(long(SOON, 2_012), put(ETH, SOON, 2_012), 1e18);
        assertEq(nodesOf(with(book, call(ETH, SOON + 1 hours, 2_012), 1e18)), GRID + 1);
    }

    /// A node that enters does so where the outermost node of the grid already is. Between the two spots, 2e-6 USD apart, every leg's price in
    /// every cell moves by e^0.09 < 1.1 times that at most, and the value now by that.
    function test_AStrikeEntersAtTheEdgeOfTheRangeWithoutAJump() external {
        Portfolio memory book = shortButterfly(SOON, 2_188, 12, UNITS);
        uint256 edge = uint256((2_188e18 * FixedPointMathLib.expWad(-0.09e18)) / 1e18);
        prices.setPrice(ETH, edge - 1e12);
        assertEq(nodesOf(book), GRID);
        uint256 outside = evaluate(book).initial;
        prices.setPrice(ETH, edge + 1e12);
        assertEq(nodesOf(book), GRID + 1);
        uint256 inside = evaluate(book).initial;
        uint256 moved = (2 * uint128(UNITS) * 2e12 * 21) / 10 / 1e18;
        // The minimum for 20 short units is 3 % of spot.
        assertApproxEqAbs(inside, outside, moved + (uint128(UNITS) * 2e12) / 1e18 + 2 * kernelBound(book, ETH));
        assertGt(inside, 50e18 + (uint128(UNITS) * edge * 3) / 100 / 1e18, "there is something to lose at the edge");
    }

    /// 2,131 lies 0.0634 above the spot, between two outer nodes of the grid.
    function test_AStrikeBeyondTheMaintenanceRangeCountsForInitialAlone() external {
        Portfolio memory book = shortButterfly(SOON, 2_131, 15, UNITS);
        Risk memory risk = evaluate(book);
        uint256 tolerance = 2 * kernelBound(book, ETH);
        uint256 loss = lossAt(book, 2_131);
        assertApproxEqAbs(risk.initial, SHORT_MINIMUM + loss, tolerance);
        uint256 inner = worstOf(views.scenarios(book, ETH), 3, 10);
        assertLt(inner * 3, loss);
        assertEq(risk.maintenanceBeforeFloor, SHORT_MINIMUM + inner);
    }

    /// x = 2.2·0.8·√(16 h/1 y) = 0.0752 for maintenance, 0.0684·… for initial: 0.0894 below its least of 0.09 in twelve hours.
    function test_WhileThePriceIsOverdueAStrikeInsideTheWidenedRangeCounts() external {
        Portfolio memory book = shortButterfly(SOON, 2_131, 15, UNITS);
        Portfolio memory farther = shortButterfly(SOON, 2_240, 15, UNITS);
        assertEq(nodesOf(farther), GRID);
        prices.setOverdue(ETH, 12 hours);
        assertEq(nodesOf(book), 2 * GRID + 1);
        uint256 loss = lossAt(book, 2_131);
        assertApproxEqAbs(evaluate(book).maintenanceBeforeFloor, SHORT_MINIMUM + loss, 2 * kernelBound(book, ETH));
        // 2·0.8·√(48 h/1 y) = 0.1184; ln(2,240/2,000) = 0.1133
        prices.setOverdue(ETH, 24 hours);
        assertEq(nodesOf(farther), 2 * GRID + 1);
        loss = lossAt(farther, 2_240);
        assertGt(loss, 50e18);
        assertApproxEqAbs(evaluate(farther).initial, SHORT_MINIMUM + loss, 2 * kernelBound(farther, ETH));
    }
}

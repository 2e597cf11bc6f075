// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Scenarios } from "../../contracts/interfaces/IMarginScenarios.sol";
import { AccountParameters } from "../../contracts/interfaces/IMarkets.sol";
import { Position } from "../../contracts/types/Position.sol";
import { EngineFuzz } from "../helpers/EngineFuzz.sol";

/// L = Lsep − credit·(Lsep − Ljoint): what several underlyings need together. No stress scenarios, and the same ranges for both: 3.76 % and 9 %.
contract MarginEngineJointTest is EngineFuzz {
    uint256 private constant CREDIT = 0.4e18;
    /// Profits are rounded to a wei, and so is what lies between two of them.
    uint256 private constant ROUNDING = 16;
    uint256 private constant GRID = 13;
    /// Nodes below those of the maintenance range, and as many above.
    uint256 private constant OUTER = 3;
    uint256 private constant MARK = 1;
    /// The other's share of a step is rounded to 1e-18 of profits below 1e9 USD.
    uint256 private constant SHARE_ROUNDING = 1e10;

    function setUp() public override {
        super.setUp();
        withoutStresses();
        changeRisk(markets, BTC, markets.riskParameters(ETH));
        volatilities.setMarginVolatility(BTC, 0.8e18, 0.8e18);
    }

    function setCredit(uint256 credit) private {
        changeAccount(markets, AccountParameters(100e18, uint64(credit)));
    }

    function perpetuals(int128 eth, int128 btc) private pure returns (Portfolio memory) {
        return with(with(portfolio(0), perpetual(ETH), eth), perpetual(BTC), btc);
    }

    /// A second expiry opens the columns of a twist; with nothing in it they are the marks, and what is joint stays so.
    function test_AWeiOfALaterExpiryDoesNotTakeTheCreditAway() external view {
        Portfolio memory book = with(portfolio(0), call(ETH, EXPIRY + 28 days, 2_000), 200e18);
        book = with(book, perpetual(BTC), -5e18);
        Risk memory before = evaluate(book);
        Risk memory risk = evaluate(with(book, call(ETH, EXPIRY + 91 days, 2_000), 1));
        assertApproxEqAbs(risk.initial, before.initial, 2 * kernelBound(book, ETH));
        assertApproxEqAbs(risk.maintenance, before.maintenance, 2 * kernelBound(book, ETH));
    }

    /// At a price in a share t of a step s the chord of e^x lies t(1 − t)·s²/2·e^x above it, at most s²/8 below the spot. So what is short the
    /// other underlying gains that much less at a strike there, and the credit's share of it is all that a strike of no size adds. At one above
    /// the spot what is long gains more.
    function requireChordError(uint256 strike) private view returns (uint256 added) {
        // The same 200,000 USD of both: at each place of the grids one gains what the other loses. At the strike it is the first that loses.
        Portfolio memory book = strike <= 2_000 ? perpetuals(100e18, -5e18) : perpetuals(-100e18, 5e18);
        added = evaluate(with(book, call(ETH, uint40(NOW + 1 hours), strike), 1)).initial - evaluate(book).initial;
        int256 step = views.scenarios(book, ETH).moves[1] - views.scenarios(book, ETH).moves[0];
        uint256 chord = uint256(step * step) / 8e18;
        assertLe(added, (((200_000 * chord) * CREDIT) / 1e18) + ROUNDING, "a chord's error");
    }

    /// From ln 1,829/2,000 = −0.0893780 to −0.09 there are 0.000622 of a step of 0.017464: 0.000622·0.016842/2·0.9142·200,000 = 0.9577 USD, of which 40 %.
    function test_AWeiOfAShortDatedStrikeDoesNotTakeTheCreditAway() external view {
        assertApproxEqAbs(requireChordError(1_829), 0.3831e18, 0.003e18);
    }

    function testFuzz_NoStrikeOfNoSizeTakesTheCreditAway(uint256 strike) external view {
        requireChordError(bound(strike, 1_828, 2_188));
    }

    function profitAt(Scenarios memory all, uint256 place, uint256 column) private pure returns (int256) {
        return all.profits[place * all.columns + column];
    }

    /// The least that a twist adds to the profit at mark volatilities.
    function twistAt(Scenarios memory all, uint256 node) private pure returns (int256 least) {
        for (uint256 column = 3; column < all.columns; ++column) {
            least = FixedPointMathLib.min(least, profitAt(all, node, column) - profitAt(all, node, MARK));
        }
    }

    /// Both underlyings at the same node of their grids, both volatilities shifted alike, or one of them twisted.
    function lowestAtNodes(Scenarios[2] memory all, uint256 first) private pure returns (int256 lowest) {
        for (uint256 node = first; node < GRID - first; ++node) {
            for (uint256 column = 0; column < 3; ++column) {
                int256 profit = profitAt(all[0], node, column) + profitAt(all[1], node, column);
                if (column == MARK) profit += FixedPointMathLib.min(twistAt(all[0], node), twistAt(all[1], node));
                lowest = FixedPointMathLib.min(lowest, profit);
            }
        }
    }

    /// One underlying at a strike, the other in the same proportion between the nodes on both sides.
    function lowestAtStrikes(
        Scenarios memory own,
        Scenarios memory other,
        uint256 first
    ) private pure returns (int256 lowest) {
        for (uint256 place = GRID; place < own.moves.length; ++place) {
            uint256 above = 1;
            while (own.moves[above] < own.moves[place]) ++above;
            if (above <= first || above >= GRID - first) continue;
            int256 way = own.moves[place] - own.moves[above - 1];
            int256 step = own.moves[above] - own.moves[above - 1];
            for (uint256 column = 0; column < 3; ++column) {
                int256 below = profitAt(other, above - 1, column);
                int256 between = below + ((profitAt(other, above, column) - below) * way) / step;
                lowest = FixedPointMathLib.min(lowest, profitAt(own, place, column) + between);
            }
        }
    }

    function lowestAlone(Scenarios memory all, uint256 first) private pure returns (int256 lowest) {
        for (uint256 place = 0; place < all.moves.length; ++place) {
            if (all.moves[place] < all.moves[first] || all.moves[place] > all.moves[GRID - 1 - first]) continue;
            for (uint256 column = 0; column < all.columns; ++column) {
                lowest = FixedPointMathLib.min(lowest, profitAt(all, place, column));
            }
        }
    }

    /// credit·(Lsep − Ljoint), from the scenarios of each underlying. @param first Node of the range that counts, from the lowest.
    function creditOf(Scenarios[2] memory all, uint256 first) private pure returns (uint256) {
        int256 lowest = FixedPointMathLib.min(
            lowestAtNodes(all, first),
            FixedPointMathLib.min(lowestAtStrikes(all[0], all[1], first), lowestAtStrikes(all[1], all[0], first))
        );
        int256 saved = lowest - lowestAlone(all[0], first) - lowestAlone(all[1], first);
        return (uint256(FixedPointMathLib.max(saved, 0)) * CREDIT) / 1e18;
    }

    function requireCredited(Portfolio memory book) private {
        Scenarios[2] memory all = [views.scenarios(book, ETH), views.scenarios(book, BTC)];
        Risk memory joint = evaluate(book);
        setCredit(0);
        Risk memory separate = evaluate(book);
        assertApproxEqAbs(joint.initial, separate.initial - creditOf(all, 0), SHARE_ROUNDING, "initial");
        uint256 expected = separate.maintenanceBeforeFloor - creditOf(all, OUTER);
        assertApproxEqAbs(joint.maintenanceBeforeFloor, expected, SHARE_ROUNDING, "maintenance");
    }

    function testFuzz_TheCreditIsForWhatCancelsAtTheSamePlaces(uint256 market, uint256 seed) external {
        Portfolio memory book = anyJointBook(market, seed);
        prices.setOverdue(ETH, 0);
        prices.setOverdue(BTC, 0);
        // Beyond any floor.
        requireCredited(with(book, perpetual(ETH), 1_000e18));
    }

    /// A butterfly loses most at its strike, 2,012, and a year's straddle when volatility rises: together, and with what is short the other
    /// underlying, nowhere more than there.
    function test_AtAStrikeTheUpperVolatilityCounts() external {
        uint40 farthest = EXPIRY + 364 days;
        Portfolio memory book = shortButterfly(uint40(NOW + 1 minutes), 2_012, 12, 20e18);
        book = with(with(book, call(ETH, farthest, 2_000), -0.1e18), put(ETH, farthest, 2_000), -0.1e18);
        book = with(book, perpetual(BTC), -0.002e18);
        Scenarios[2] memory all = [views.scenarios(book, ETH), views.scenarios(book, BTC)];
        assertLt(profitAt(all[0], GRID, 2), profitAt(all[0], GRID, MARK), "the straddle");
        assertLt(lowestAtStrikes(all[0], all[1], 0), lowestAtNodes(all, 0), "the butterfly");
        requireCredited(book);
    }

    /// Who is late counts at each place the worse of his two grids, so a second late price changes nothing about the first.
    function test_ASecondOverduePriceDoesNotLowerARequirement() external {
        Portfolio memory book = with(portfolio(0), call(ETH, EXPIRY, 2_400), 2_000e18);
        requireNoLowerLate(with(book, perpetual(BTC), -5e18), 12 hours, 12 hours);
    }

    function testFuzz_ASecondOverduePriceNeverLowersARequirement(uint256 market, uint256 seed, uint256 late) external {
        anyMarket(market);
        requireNoLowerLate(anyPortfolio(seed), draw(late, 0, 1, 3 days), draw(late, 1, 1, 3 days));
    }

    function requireNoLowerLate(Portfolio memory book, uint256 btcLate, uint256 ethLate) private {
        prices.setOverdue(BTC, uint40(btcLate));
        prices.setOverdue(ETH, 0);
        Risk memory before = evaluate(book);
        prices.setOverdue(ETH, uint40(ethLate));
        Risk memory risk = evaluate(book);
        // Of the kernel: which options it takes for a forward or for nothing depends on the farthest price.
        uint256 tolerance = 2 * (kernelBound(book, ETH) + kernelBound(book, BTC));
        assertGe(risk.initial + tolerance, before.initial, "initial");
        assertGe(risk.maintenanceBeforeFloor + tolerance, before.maintenanceBeforeFloor, "maintenance");
    }

    /// Short-dated legs, whose strikes are nodes, and others, in twists; prices in time and late.
    function anyJointBook(uint256 market, uint256 seed) private returns (Portfolio memory book) {
        anyMarket(market);
        book = Portfolio(0, new Position[](2 * LEGS));
        for (uint256 i = 0; i < 2 * LEGS; ++i) {
            uint256 longest = draw(market, 2_000, 0, 1) == 0 ? 6 days : 300 days;
            uint40 expiry = uint40(vm.getBlockTimestamp() + draw(seed, i + 100, 0, longest));
            uint16 underlying = i < LEGS ? ETH : BTC;
            book.positions[i] = anyLegOn(derive(seed, i), underlying, expiry);
            if (draw(seed, i + 200, 0, 1) == 0 || !book.positions[i].instrument().isOption()) continue;
            // Near the money, where strikes are nodes.
            uint256 strike = (prices.price(underlying).value * draw(seed, i + 300, 0.8e18, 1.2e18)) / 1e36;
            book.positions[i] = with(portfolio(0), call(underlying, expiry, strike), book.positions[i].size())
                .positions[0];
        }
    }

    /// Ljoint ≤ Lsep, to the wei: otherwise the difference would have no number and an evaluation would revert.
    function testFuzz_TheJointLossIsNoMoreThanTheSeparate(uint256 market, uint256 seed) external {
        Portfolio memory book = anyJointBook(market, seed);
        Risk memory joint = evaluate(book);
        setCredit(0);
        Risk memory separate = evaluate(book);
        assertLe(joint.initial, separate.initial, "initial");
        assertLe(joint.maintenanceBeforeFloor, separate.maintenanceBeforeFloor, "maintenance");
        assertEq(joint.equity, separate.equity, "equity");
        assertEq(joint.stressLoss, separate.stressLoss, "stress");
    }

    function partOn(Portfolio memory book, uint16 underlying) private pure returns (Portfolio memory part) {
        part = portfolio(0);
        for (uint256 i = 0; i < book.positions.length; ++i) {
            Position leg = book.positions[i];
            if (leg.instrument().underlying() == underlying) part = with(part, leg.instrument(), leg.size());
        }
    }

    /// INV-7 across underlyings: the parts meet the same nodes, twists and strikes as the whole. Without a credit it is their sum.
    function testFuzz_TwoUnderlyingsNeedNoMoreThanEachAlone(uint256 market, uint256 seed) external {
        Portfolio memory book = anyJointBook(market, seed);
        Risk memory eth = evaluate(partOn(book, ETH));
        Risk memory btc = evaluate(partOn(book, BTC));
        Risk memory both = evaluate(book);
        assertEq(both.equity, eth.equity + btc.equity, "equity");
        assertLe(both.initial, eth.initial + btc.initial, "initial");
        assertLe(both.maintenance, eth.maintenance + btc.maintenance, "maintenance");
        uint256 parts = eth.maintenanceBeforeFloor + btc.maintenanceBeforeFloor;
        assertLe(both.maintenanceBeforeFloor, parts, "before floor");
        assertLe(both.stressLoss, eth.stressLoss + btc.stressLoss, "stress");
        setCredit(0);
        assertEq(evaluate(book).maintenanceBeforeFloor, parts, "a sum");
    }

    /// Legs at the nearest and at the farthest expiry of both underlyings, and between.
    function twistedBook(uint256 seed, uint40[3] memory expiries) private view returns (Portfolio memory book) {
        book = portfolio(0);
        for (uint16 underlying = ETH; underlying <= BTC; ++underlying) {
            uint256 strike = prices.price(underlying).value / 1e18;
            for (uint256 i = 0; i < 3; ++i) {
                uint256 salt = uint256(underlying) * 10 + i;
                Position leg = anyLegOn(derive(seed, salt), underlying, expiries[i]);
                book = with(book, leg.instrument(), leg.size());
                book = with(
                    book,
                    call(underlying, expiries[i], strike),
                    int128(int256(draw(seed, salt, 0, 2e20)) - 1e20)
                );
            }
        }
    }

    /// INV-7 of portfolios on both underlyings that meet the same twists: no strike is a node from 60 days on. Of each underlying the value now
    /// and the value in a cell are rounded once in the whole and once in each part.
    function testFuzz_PortfoliosOfTheSameTwistsNeedNoMoreTogether(uint256 market, uint256 a, uint256 b) external {
        anyMarket(market);
        uint40 near = uint40(vm.getBlockTimestamp() + 60 days);
        Portfolio memory first = twistedBook(a, [near, near + 30 days, near + 200 days]);
        Portfolio memory second = twistedBook(b, [near, near + 90 days, near + 200 days]);
        Risk memory riskA = evaluate(first);
        Risk memory riskB = evaluate(second);
        Risk memory both = evaluate(union(first, second));
        assertLe(both.initial, riskA.initial + riskB.initial + ROUNDING, "initial");
        uint256 parts = riskA.maintenanceBeforeFloor + riskB.maintenanceBeforeFloor;
        assertLe(both.maintenanceBeforeFloor, parts + ROUNDING, "maintenance");
        assertLe(both.stressLoss, riskA.stressLoss + riskB.stressLoss + ROUNDING, "stress");
    }

    /// 40 % of what one gains where the other loses, by hand: both underlyings move by 9 %, and 200,000 USD of each cancel.
    function test_WhatCancelsIsCreditedByFourTenths() external view {
        uint256 down = 200_000e18 - (200_000 * uint256(FixedPointMathLib.expWad(-0.09e18)));
        uint256 up = (200_000 * uint256(FixedPointMathLib.expWad(0.09e18))) - 200_000e18;
        uint256 separate = down + up;
        assertApproxEqAbs(evaluate(perpetuals(100e18, -5e18)).initial, (separate * 6) / 10, 1e7);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Scenarios } from "../../contracts/interfaces/IMarginScenarios.sol";
import { Instrument } from "../../contracts/types/Instrument.sol";
import { EngineFixture } from "../helpers/EngineFixture.sol";

/// What strikes held long beyond the six nodes need: per expiry S·min(s/4, s²/(20·√θ))·min(long, 2·short).
contract MarginEnginePinChargeTest is EngineFixture {
    uint256 private constant GRID = 13;
    /// √θ = 0.8·√(4 min/1 y) = 0.00221: less than a fifth of every spacing, so a kink's s/4 counts.
    uint40 private constant SOON = uint40(NOW + 4 minutes);
    /// √θ = 0.8·√(5 d/1 y) = 0.0936.
    uint40 private constant LATER = uint40(NOW + 5 days);
    /// Far from the other strikes, and inside the initial range.
    uint256 private constant WRITTEN = 1_900;

    function setUp() public override {
        super.setUp();
        withoutStresses();
    }

    /// One unit long at each of `count` strikes from 2,005 upwards, and `short` units written at 1,900.
    function ladder(uint40 expiry, uint256 count, int128 short) private pure returns (Portfolio memory book) {
        book = with(portfolio(0), put(ETH, expiry, WRITTEN), -short);
        for (uint256 i = 0; i < count; ++i) book = with(book, call(ETH, expiry, 2_005 + 5 * i), 1e18);
    }

    /// Requirements beyond the scan loss and the short-option minimum.
    function chargesOf(
        Portfolio memory book,
        uint256 short
    ) private view returns (uint256 initial, uint256 maintenance) {
        Scenarios memory all = views.scenarios(book, ETH);
        int256 inner = 0;
        int256 every = 0;
        for (uint256 i = 0; i < all.profits.length; ++i) {
            int256 profit = all.profits[i];
            bool isInner = FixedPointMathLib.abs(all.moves[i / all.columns]) <= uint256(all.moves[9]);
            if (profit < every) every = profit;
            if (isInner && profit < inner) inner = profit;
        }
        Risk memory risk = evaluate(book);
        uint256 minimum = (short * 60e18) / 1e18;
        initial = risk.initial - uint256(-every) - minimum;
        maintenance = risk.maintenanceBeforeFloor - uint256(-inner) - minimum;
    }

    /// The moves of the grid tell the spacings: node 7 is at xₘ/3, node 10 at (xᵢ − xₘ)/3 beyond node 9.
    function spacings() private view returns (uint256 inner, uint256 wider) {
        int256[] memory moves = views.scenarios(portfolio(0), ETH).moves;
        inner = uint256(moves[7]);
        wider = FixedPointMathLib.max(inner, uint256(moves[10] - moves[9]));
    }

    function requireCharge(Portfolio memory book, uint256 short, uint256 units, uint256 volatility) private view {
        (uint256 inner, uint256 wider) = spacings();
        (uint256 initial, uint256 maintenance) = chargesOf(book, short);
        assertApproxEqAbs(maintenance, chargeOf(inner, units, volatility), 1e6, "maintenance");
        assertApproxEqAbs(initial, chargeOf(wider, units, volatility), 1e6, "initial");
    }

    function chargeOf(uint256 spacing, uint256 units, uint256 volatility) private pure returns (uint256) {
        uint256 hidden = FixedPointMathLib.min(spacing / 4, (spacing * spacing) / (20 * volatility));
        return (2_000 * hidden * units) / 1e18;
    }

    function test_SixStrikesAreNodesAndPayNothing() external view {
        (uint256 initial, uint256 maintenance) = chargesOf(ladder(SOON, 6, 1e18), 1e18);
        assertEq(initial, 0);
        assertEq(maintenance, 0);
    }

    function test_EachFurtherStrikePaysAQuarterOfTheSpacing() external view {
        requireCharge(ladder(SOON, 7, 3e18), 3e18, 1e18, 0.00221e18);
        requireCharge(ladder(SOON, 9, 3e18), 3e18, 3e18, 0.00221e18);
    }

    function test_TheChargeIsBoundedByTwiceWhatIsShort() external view {
        requireCharge(ladder(SOON, 12, 1e18), 1e18, 2e18, 0.00221e18);
        // Nothing short: initial is the floor, which every derivative needs.
        (, uint256 maintenance) = chargesOf(ladder(SOON, 12, 0), 0);
        assertEq(maintenance, 0);
    }

    /// 0.8·√(5 d/1 y) = 0.09363292…: s²/(20·√θ) is less than s/4.
    function test_ASmootherBookPaysLess() external view {
        uint256 volatility = FixedPointMathLib.sqrt((uint256(0.64e18) * 5 days * 1e18) / 365 days);
        requireCharge(ladder(LATER, 9, 3e18), 3e18, 3e18, volatility);
    }

    /// What is long for one expiry and what is short for another do not pay for each other.
    function test_ExpiriesAreChargedOneByOne() external view {
        Portfolio memory book = with(ladder(SOON, 9, 0), put(ETH, LATER, WRITTEN), -3e18);
        (uint256 initial, uint256 maintenance) = chargesOf(book, 3e18);
        assertEq(initial, 0);
        assertEq(maintenance, 0);
    }

    /// Neither a strike held long outside the initial range nor one that is written there.
    function test_StrikesOutsideTheRangeAreNotCharged() external view {
        Portfolio memory book = with(ladder(SOON, 7, 3e18), call(ETH, SOON, 2_300), 5e18);
        requireCharge(book, 3e18, 1e18, 0.00221e18);
        book = with(ladder(SOON, 7, 0), put(ETH, SOON, 1_700), -3e18);
        requireCharge(book, 3e18, 0, 0.00221e18);
    }

    function test_ALongDatedExpiryIsNotCharged() external view {
        Instrument far = call(ETH, EXPIRY, 2_100);
        Portfolio memory book = with(ladder(SOON, 7, 3e18), far, 5e18);
        requireCharge(book, 3e18, 1e18, 0.00221e18);
    }

    /// What the charge is for: it makes up for what the nodes do not see of a butterfly whose strike is the seventh.
    function testFuzz_NodesAndChargeCoverAButterflyAtASeventhStrike(uint256 strike) external {
        strike = bound(strike, 2_060, 2_170);
        Portfolio memory book = shortButterfly(SOON, strike, 12, 20e18);
        for (uint256 i = 0; i < 6; ++i) book = with(book, put(ETH, SOON, 1_999 - i), 0.001e18);
        int256 before = worth(book);
        uint256 required = evaluate(book).initial;
        uint256 tolerance = 2 * kernelBound(book, ETH);
        prices.setPrice(ETH, strike * 1e18);
        // Twenty units short need 1,200.
        assertGe(required + tolerance, 1_200e18 + uint256(before - worth(book)));
    }
}

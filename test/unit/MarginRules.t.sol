// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { MarginRules } from "../../contracts/libraries/MarginRules.sol";
import { SignedMulDiv } from "../../contracts/libraries/SignedMulDiv.sol";
import { Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { Test } from "../helpers/Test.sol";

contract MarginRulesTest is Test {
    using MarginRules for Risk;
    using MarginRules for Portfolio;

    int256 private constant LARGE = type(int256).max;

    function test_marginIsMetAtTheLine() public pure {
        assertTrue(risk(100, 100).meetsInitial());
        assertFalse(risk(99, 100).meetsInitial());
        assertTrue(risk(100, 100).meetsMaintenance());
        assertFalse(risk(99, 100).meetsMaintenance());
        assertFalse(risk(-1, 0).meetsInitial());
    }

    function test_whatIsInvalidIsNotUsable() public pure {
        Risk memory it = risk(1, 1);
        assertTrue(it.isUsable());
        it.validity = Validity.Late;
        assertTrue(it.isUsable());
        it.validity = Validity.Invalid;
        assertFalse(it.isUsable());
    }

    function test_equityFallsAtMostInStepWithTheRequirement() public pure {
        assertTrue(risk(50, 100).improves(risk(25, 50)));
        assertFalse(risk(50, 100).improves(risk(24, 50)));
        assertTrue(risk(50, 100).improves(risk(0, 0)));
        assertFalse(risk(50, 100).improves(risk(-1, 0)));
    }

    function test_theRequirementNeverRises() public pure {
        assertFalse(risk(50, 100).improves(risk(1000, 101)));
        assertTrue(risk(50, 100).improves(risk(50, 100)));
    }

    function test_aDeficitNeverGrows() public pure {
        assertTrue(risk(-50, 100).improves(risk(-50, 10)));
        assertFalse(risk(-50, 100).improves(risk(-51, 10)));
        assertFalse(risk(0, 100).improves(risk(-1, 0)));
    }

    function test_withoutRequirementEquityNeverFalls() public pure {
        assertTrue(risk(50, 0).improves(risk(50, 0)));
        assertFalse(risk(50, 0).improves(risk(49, 0)));
    }

    function test_paysForTheFallOfTheRequirementRoundedDown() public pure {
        assertEq(risk(0, 100).compensationDown(risk(0, 50), 0.21e18), 10);
        assertEq(risk(0, 100).compensationDown(risk(0, 50), -0.21e18), -11);
        assertEq(risk(0, 100).compensationDown(risk(0, 100), 1e18), 0);
    }

    function test_receivesForARiseOfTheRequirementRoundedDown() public pure {
        assertEq(risk(0, 50).compensationDown(risk(0, 100), 0.21e18), -11);
        assertEq(risk(0, 50).compensationDown(risk(0, 100), -0.21e18), 10);
    }

    function test_otherEquityLeavesTheRestAndTheOriginal() public pure {
        Risk memory it = Risk(1, 6, 5, 4, 3, Validity.Late, 2);
        assertEq(abi.encode(it.withEquity(-3)), abi.encode(Risk(-2, 6, 5, 4, 3, Validity.Late, 2)));
        assertEq(it.equity, 1);
    }

    /// The sister account: equity 50 of 100 required pays 95 for an empty book.
    function test_debtIsNotTradedForAnEmptyBook() public pure {
        assertFalse(risk(50, 100).improves(risk(-45, 0)));
    }

    function test_surplusIsKept() public pure {
        assertTrue(risk(500, 100).keepsSurplus(risk(400, 0)));
        assertFalse(risk(500, 100).keepsSurplus(risk(399, 0)));
        assertTrue(risk(-50, 100).keepsSurplus(risk(-150, 0)));
    }

    function test_healthIsKept() public pure {
        assertTrue(risk(50, 100).keepsHealth(risk(25, 50)));
        assertFalse(risk(50, 100).keepsHealth(risk(24, 50)));
        assertTrue(risk(50, 100).keepsHealth(risk(75, 150)));
        assertFalse(risk(50, 100).keepsHealth(risk(74, 150)));
        assertTrue(risk(50, 100).keepsHealth(risk(0, 0)));
        assertFalse(risk(50, 100).keepsHealth(risk(-1, 0)));
        assertFalse(risk(-50, 100).keepsHealth(risk(-50, 99)));
        assertTrue(risk(-50, 100).keepsHealth(risk(-49, 99)));
        assertFalse(risk(-50, 0).keepsHealth(risk(-51, 0)));
        assertFalse(risk(-50, 0).keepsHealth(risk(10, 1)));
    }

    function testFuzz_agreesWithPlainArithmetic(int128 e, uint128 r, int128 e2, uint128 r2) public pure {
        int256 left = int256(e2) * int256(uint256(r));
        int256 right = int256(e) * int256(uint256(r2));
        assertEq(SignedMulDiv.isProductAtLeast(e2, r, e, r2), left >= right);
        bool expected = r2 <= r && (e <= 0 || r == 0 ? e2 >= e : left >= right);
        assertEq(risk(e, r).improves(risk(e2, r2)), expected);
    }

    function test_productsBeyond256BitsAreExact() public pure {
        assertTrue(SignedMulDiv.isProductAtLeast(LARGE, type(uint256).max, LARGE, type(uint256).max));
        assertFalse(SignedMulDiv.isProductAtLeast(LARGE - 1, type(uint256).max, LARGE, type(uint256).max));
        assertFalse(SignedMulDiv.isProductAtLeast(LARGE, type(uint256).max - 1, LARGE, type(uint256).max));
        assertTrue(SignedMulDiv.isProductAtLeast(-LARGE, type(uint256).max - 1, -LARGE, type(uint256).max));
        assertFalse(SignedMulDiv.isProductAtLeast(-LARGE, type(uint256).max, -LARGE, type(uint256).max - 1));
        assertTrue(SignedMulDiv.isProductAtLeast(-1, 0, 0, 5));
        assertTrue(SignedMulDiv.isProductAtLeast(0, 5, -1, 0));
        assertFalse(SignedMulDiv.isProductAtLeast(-1, 1, 0, 5));
    }

    function testFuzz_roundsDown(int128 amount, uint128 numerator, uint128 denominator) public pure {
        vm.assume(denominator != 0);
        int256 product = int256(amount) * int256(uint256(numerator));
        int256 quotient = product / int256(uint256(denominator));
        if (quotient * int256(uint256(denominator)) > product) --quotient;
        assertEq(SignedMulDiv.mulDivDown(amount, numerator, denominator), quotient);
    }

    function test_liabilitiesAreDebtAndDerivatives() public pure {
        Portfolio memory portfolio;
        assertFalse(portfolio.hasLiabilities());
        portfolio.cash = -1;
        assertTrue(portfolio.hasLiabilities());
        portfolio.cash = 1;
        portfolio.positions = new Position[](2);
        portfolio.positions[0] = toPosition(toInstrument(1, Kind.Spot, 0, 0), 1);
        portfolio.positions[1] = toPosition(toInstrument(1, Kind.Spot, 0, 1), 1);
        assertFalse(portfolio.hasLiabilities());
        portfolio.positions[1] = toPosition(toInstrument(1, Kind.Perpetual, 0, 0), 1);
        assertTrue(portfolio.hasLiabilities());
    }

    function risk(int256 equity, uint256 requirement) private pure returns (Risk memory it) {
        (it.equity, it.initial, it.maintenance) = (equity, requirement, requirement);
    }
}

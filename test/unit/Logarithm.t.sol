// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Logarithm } from "../../contracts/libraries/Logarithm.sol";
import { Test } from "../helpers/Test.sol";

contract LogarithmTest is Test {
    /// Each is less than a wei from the exact one, Solady's below it.
    uint256 private constant BOUND = 2;

    function requireLogarithm(uint256 x) private pure {
        assertApproxEqAbs(Logarithm.lnWad(x), FixedPointMathLib.lnWad(int256(x)), BOUND);
    }

    function testFuzz_IsSoladys(uint256 x, uint8 shift) external pure {
        x >>= uint256(shift) + 1;
        if (x != 0) requireLogarithm(x);
    }

    /// Where mantissas begin and end.
    function test_AtPowersOfTwoAndBesideThem() external pure {
        for (uint256 i = 1; i < 254; ++i) {
            for (uint256 x = (1 << i) - 1; x <= (1 << i) + 1; ++x) requireLogarithm(x);
        }
    }

    function test_SmallNumbersAndOne() external pure {
        for (uint256 x = 1; x < 1_000; ++x) requireLogarithm(x);
        requireLogarithm(1e18);
        assertApproxEqAbs(Logarithm.lnWad(2e18), int256(0.693147180559945309e18), BOUND);
    }

    /// All mantissas, in small steps.
    function test_OverAnOctave() external pure {
        for (uint256 x = 1e18; x < 2e18; x += 0.001234567890123e18) requireLogarithm(x);
    }
}

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

    /// @param floored Of 400 bits, rounded down: what is less than a wei away is that or the next.
    function requireWithinAWei(uint256 x, int256 floored) private pure {
        int256 beyond = Logarithm.lnWad(x) - floored;
        assertTrue(beyond == 0 || beyond == 1, "a wei or more away");
    }

    function test_IsLessThanAWeiFromTheExactOne() external pure {
        requireWithinAWei(1, -41446531673892822313);
        requireWithinAWei(2, -40753384493332877003);
        requireWithinAWei(1e18 - 1, -2);
        requireWithinAWei(1e18 + 1, 0);
        requireWithinAWei(3e18, 1098612288668109691);
        requireWithinAWei(2_010e18, 7605890001053121435);
        requireWithinAWei(1.448e18, 370183293963524623);
        requireWithinAWei(2 ** 127, 46583160257220231983);
        requireWithinAWei(2 ** 200 + 12_345, 97182904438096239571);
        requireWithinAWei(2 ** 255 + 99, 135305999368893231589);
        requireWithinAWei(type(uint256).max, 135999146549453176898);
        assertEq(Logarithm.lnWad(1e18), 0);
    }

    function testFuzz_Rises(uint256 x, uint8 shift) external pure {
        x >>= shift;
        if (x != 0 && x != type(uint256).max) assertTrue(Logarithm.lnWad(x) <= Logarithm.lnWad(x + 1));
    }

    /// Where mantissas begin and end.
    function test_AtPowersOfTwoAndBesideThem() external pure {
        for (uint256 i = 1; i < 254; ++i) {
            for (uint256 x = (1 << i) - 1; x <= (1 << i) + 1; ++x) {
                requireLogarithm(x);
                assertTrue(Logarithm.lnWad(x) <= Logarithm.lnWad(x + 1), "falls");
            }
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

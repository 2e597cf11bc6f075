// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Sensitivities } from "../../contracts/interfaces/ILens.sol";
import { Greeks } from "../../contracts/libraries/Greeks.sol";
import { OptionLeg, Tenor } from "../../contracts/libraries/OptionLegs.sol";
import { MARK_VOLATILITY } from "../../contracts/libraries/ScenarioGrid.sol";
import { Test } from "../helpers/Test.sol";

contract GreeksTest is Test {
    uint256 private constant NOW = 1_800_000_000;

    function setUp() external {
        vm.warp(NOW);
    }

    function testFuzz_DeltaAndVegaAreThoseOfTheUnit(
        bool isCall,
        int256 logMoneyness,
        uint256 volatility,
        uint256 remaining
    ) external view {
        requireSame(
            legOf(isCall, bound(logMoneyness, -3e18, 3e18), bound(volatility, 1, 4e18)),
            NOW + bound(remaining, 0, 730 days)
        );
    }

    function test_DeltaAndVegaAreThoseOfTheUnitWhereNoVolatilityOrNoTimeIsLeft() external view {
        for (int256 side = -1; side < 2; ++side) {
            requireSame(legOf(true, side * 0.1e18, 0), NOW + 1 days);
            requireSame(legOf(false, side * 0.1e18, 0), NOW + 1 days);
            requireSame(legOf(true, side * 0.1e18, 0.1e18), NOW);
            requireSame(legOf(false, side * 0.1e18, 0.1e18), NOW - 1 days);
        }
    }

    function requireSame(OptionLeg memory leg, uint256 expiry) private view {
        Tenor memory tenor;
        tenor.expiry = expiry;
        uint256 spot = 2000e18;
        Sensitivities memory all = Greeks.ofUnit(leg, tenor, spot);
        (int256 delta, int256 vega) = Greeks.deltaAndVega(leg, tenor, spot);
        assertEq(delta, all.delta);
        assertEq(vega, all.vega);
    }

    /// At 2,000 USD, with a strike that is in or out of the money as the logarithm says.
    function legOf(bool isCall, int256 logMoneyness, uint256 volatility) private pure returns (OptionLeg memory leg) {
        leg.isCall = isCall;
        leg.logMoneyness = logMoneyness;
        leg.strike = logMoneyness > 0 ? 1900e18 : 2100e18;
        leg.totalVolatilities[MARK_VOLATILITY] = volatility;
    }
}

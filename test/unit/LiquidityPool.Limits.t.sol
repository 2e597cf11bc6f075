// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { ILiquidityPool } from "../../contracts/interfaces/ILiquidityPool.sol";
import { IPoolQuoter, PoolParameters } from "../../contracts/interfaces/IPoolQuoter.sol";
import { Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { PoolFixture } from "../helpers/PoolFixture.sol";

contract LiquidityPoolLimitsTest is PoolFixture {
    uint256 private constant DELTA_LIMIT = 100e18;
    uint256 private constant VEGA_LIMIT = 50_000e18;

    function setUp() public override {
        super.setUp();
        setLimits(DELTA_LIMIT, VEGA_LIMIT);
    }

    function setLimits(uint256 delta, uint256 vega) private {
        PoolParameters memory set = poolParameters();
        (set.deltaLimit, set.vegaLimit) = (uint128(delta), uint128(vega));
        quoter.setParameters(ETH, set);
    }

    function test_netDeltaStaysInItsLimitEitherWay() public {
        take(ETH_PERPETUAL, int256(DELTA_LIMIT));
        vm.expectRevert(
            abi.encodeWithSelector(IPoolQuoter.DeltaLimitExceeded.selector, -int256(DELTA_LIMIT) - 1, DELTA_LIMIT)
        );
        take(ETH_PERPETUAL, 1);
        take(ETH_PERPETUAL, -2 * int256(DELTA_LIMIT));
        vm.expectPartialRevert(IPoolQuoter.DeltaLimitExceeded.selector);
        take(ETH_PERPETUAL, -1);
    }

    function test_optionsCountByTheirDelta() public {
        // At the money, of about one half.
        take(atmCall, 150e18);
        vm.expectPartialRevert(IPoolQuoter.DeltaLimitExceeded.selector);
        take(atmCall, 60e18);
        take(ETH_PERPETUAL, -50e18);
        take(atmCall, 60e18);
    }

    function test_netVegaStaysInItsLimit() public {
        take(atmCall, 100e18);
        take(atmPut, 100e18);
        vm.expectPartialRevert(IPoolQuoter.VegaLimitExceeded.selector);
        take(atmPut, 100e18);
        take(atmPut, -50e18);
    }

    function test_beyondALimitWhatReducesIsStillTraded() public {
        take(ETH_PERPETUAL, 90e18);
        setLimits(DELTA_LIMIT / 2, VEGA_LIMIT);
        vm.expectPartialRevert(IPoolQuoter.DeltaLimitExceeded.selector);
        take(ETH_PERPETUAL, 1e18);
        take(ETH_PERPETUAL, -10e18);
        assertEq(pool.exposure(ETH).delta, -80e18);
    }

    function test_aBucketHasSoManyLegsAtMost() public {
        uint256 most = quoter.MAX_BUCKET_LEGS();
        for (uint256 i = 0; i < most; ++i) take(optionOf(Kind.Put, 1000 + 10 * i), 0.01e18);
        vm.expectRevert(abi.encodeWithSelector(IPoolQuoter.TooManyLegs.selector, most));
        take(optionOf(Kind.Put, 3000), 0.01e18);
        take(optionOf(Kind.Put, 1000), 0.01e18);
    }

    function test_thePoolHasSoManyBucketsAtMost() public {
        for (uint40 i = 0; i < 12; ++i) take(toInstrument(ETH, Kind.Put, EXPIRY + i * 1 days, 1500e8), 0.1e18);
        vm.expectRevert(abi.encodeWithSelector(ILiquidityPool.TooManyBuckets.selector, 12));
        take(ETH_PERPETUAL, 0.1e18);
    }

    function test_partOfTheTreasuryStaysFree() public {
        setLimits(1e6 * WAD, 1e12 * WAD);
        pay(trader, 1_000_000_000);
        vm.expectPartialRevert(ILiquidityPool.InsufficientFreeCash.selector);
        take(ETH_PERPETUAL, 20_000e18);
        take(ETH_PERPETUAL, 10_000e18);
        assertGe(clearinghouse.cash(pool.treasury()), int256(pool.committed() / 4));
    }

    function test_parametersHaveHardBounds() public {
        PoolParameters memory set = poolParameters();
        set.deviation = 0;
        refuse(set, "deviation");
        set.deviation = 0.06e18;
        refuse(set, "deviation");
        set = poolParameters();
        set.deviationPerHour = 0.06e18;
        refuse(set, "deviationPerHour");
        set = poolParameters();
        set.volatilitySpread = 0;
        refuse(set, "volatilitySpread");
        set = poolParameters();
        set.volatilitySpreadPerHour = 0.3e18;
        refuse(set, "volatilitySpreadPerHour");
        set = poolParameters();
        set.standInSpread = 0.01e18;
        refuse(set, "standInSpread");
        set = poolParameters();
        set.deltaSkew = 0.2e18;
        refuse(set, "deltaSkew");
        set = poolParameters();
        set.vegaSkew = 0.6e18;
        refuse(set, "vegaSkew");
        set = poolParameters();
        set.marginRate = 0.2e18;
        refuse(set, "marginRate");
        set = poolParameters();
        set.deltaLimit = 0;
        refuse(set, "deltaLimit");
        set = poolParameters();
        set.vegaLimit = type(uint128).max;
        refuse(set, "vegaLimit");
    }

    function refuse(PoolParameters memory set, bytes32 parameter) private {
        // What is out of bounds comes after the selector.
        try quoter.setParameters(ETH, set) {
            fail(parameter);
        } catch (bytes memory reason) {
            bytes32 name;
            assembly ("memory-safe") {
                name := mload(add(reason, 0x24))
            }
            assertEq(bytes32(bytes4(reason)), bytes32(IPoolQuoter.OutOfBounds.selector));
            assertEq(name, parameter);
        }
    }

    function fail(bytes32 parameter) private pure {
        assertTrue(false, string.concat("accepted ", string(abi.encodePacked(parameter))));
    }

    function test_onlyTheRiskRoleSetsParameters() public {
        vm.prank(lender);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, lender));
        quoter.setParameters(ETH, poolParameters());
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {
    AccountParameters,
    Collateral,
    IMarkets,
    RiskParameters,
    Stress,
    Tier,
    Underlying
} from "../../contracts/interfaces/IMarkets.sol";
import { Markets } from "../../contracts/Markets.sol";
import { Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { EngineFixture, ListedToken } from "../helpers/EngineFixture.sol";

/// Whoever calls, no parameter leaves its hard bounds; the caller here holds every role.
contract MarketsBoundsTest is EngineFixture {
    function refuses(RiskParameters memory parameters) private {
        vm.expectPartialRevert(IMarkets.OutOfBounds.selector);
        markets.setRiskParameters(ETH, parameters);
    }

    function test_SaysWhichParameterAndWhichBounds() external {
        RiskParameters memory parameters = ethParameters();
        parameters.volatilityUp = 2e18;
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarkets.OutOfBounds.selector,
                bytes32("volatilityUp"),
                int256(2e18),
                int256(0.05e18),
                int256(1.5e18)
            )
        );
        markets.setRiskParameters(ETH, parameters);
    }

    function test_RefusesTiersOutOfBounds() external {
        Tier[7] memory bad = [
            Tier(0.4e18, 4 hours, 0.035e18, 0.15e18),
            Tier(11e18, 4 hours, 0.035e18, 0.15e18),
            Tier(2.2e18, 59 minutes, 0.035e18, 0.15e18),
            Tier(2.2e18, 15 days, 0.035e18, 0.15e18),
            Tier(2.2e18, 4 hours, 0.009e18, 0.15e18),
            Tier(2.2e18, 4 hours, 0.035e18, 0.03e18),
            Tier(2.2e18, 4 hours, 0.035e18, 1.01e18)
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            RiskParameters memory parameters = ethParameters();
            parameters.maintenance = bad[i];
            refuses(parameters);
        }
    }

    function test_TheInitialTierContainsTheMaintenanceTier() external {
        Tier[3] memory bad = [
            Tier(2e18, 24 hours, 0.034e18, 0.3e18),
            Tier(2e18, 24 hours, 0.09e18, 0.14e18),
            // 0.8·√24 = 3.92 is below 2.2·√4 = 4.4.
            Tier(0.8e18, 24 hours, 0.09e18, 0.3e18)
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            RiskParameters memory parameters = ethParameters();
            parameters.initial = bad[i];
            refuses(parameters);
        }
    }

    function test_RefusesVolatilityNodesOutOfBounds() external {
        RiskParameters memory parameters = ethParameters();
        parameters.volatilityDown = 0.04e18;
        refuses(parameters);
        parameters = ethParameters();
        parameters.exponentShort = 0.51e18;
        refuses(parameters);
        parameters = ethParameters();
        parameters.exponentLong = 0.51e18;
        refuses(parameters);
    }

    function test_RefusesAShortOptionMinimumOutOfBounds() external {
        RiskParameters memory parameters = ethParameters();
        parameters.shortOptionMinimum = 0;
        refuses(parameters);
        parameters.shortOptionMinimum = 0.21e18;
        refuses(parameters);
    }

    function assertBounds(bytes32 name, uint64 min, uint64 max) private {
        uint64[2] memory inside = [min, max];
        for (uint256 i = 0; i < inside.length; ++i) markets.setRiskParameters(ETH, withParameter(name, inside[i]));
        if (min != 0) assertOutOfBounds(name, min - 1, min, max);
        assertOutOfBounds(name, max + 1, min, max);
    }

    function assertOutOfBounds(bytes32 name, uint64 value, uint64 min, uint64 max) private {
        RiskParameters memory parameters = withParameter(name, value);
        vm.expectRevert(
            abi.encodeWithSelector(IMarkets.OutOfBounds.selector, name, uint256(value), uint256(min), uint256(max))
        );
        markets.setRiskParameters(ETH, parameters);
    }

    function withParameter(bytes32 name, uint64 value) private pure returns (RiskParameters memory parameters) {
        parameters = ethParameters();
        if (name == "concentration") parameters.concentration = value;
        if (name == "depth") parameters.depth = value;
        if (name == "vegaDepth") parameters.vegaDepth = value;
    }

    function test_TheConcentrationChargeHasHardBounds() external {
        assertBounds("concentration", 0, 0.25e18);
        assertBounds("depth", 1, 1e12);
        assertBounds("vegaDepth", 1, 1e15);
    }

    function test_RefusesAStressAfterAnUnusedOne() external {
        RiskParameters memory parameters = ethParameters();
        parameters.stresses[3] = parameters.stresses[1];
        vm.expectRevert(abi.encodeWithSelector(IMarkets.StressAfterUnused.selector, 3));
        markets.setRiskParameters(ETH, parameters);
        vm.expectRevert(abi.encodeWithSelector(IMarkets.StressAfterUnused.selector, 3));
        markets.listUnderlying(3, listing("C"), parameters);
        delete parameters.stresses[0];
        vm.expectRevert(abi.encodeWithSelector(IMarkets.StressAfterUnused.selector, 1));
        markets.setRiskParameters(ETH, parameters);
        delete parameters.stresses[1];
        delete parameters.stresses[3];
        // None at all is in order.
        changeRisk(markets, ETH, parameters);
        assertEq(abi.encode(markets.riskParameters(ETH)), abi.encode(parameters));
    }

    function test_RefusesStressesOutOfBounds() external {
        Stress[6] memory bad = [
            Stress(-0.96e18, 0, 0.1e18, 0.1e18),
            Stress(3.1e18, 0, 0.1e18, 0.1e18),
            Stress(0.1e18, 2, 0.1e18, 0.1e18),
            Stress(0.1e18, -2, 0.1e18, 0.1e18),
            Stress(0.1e18, 0, 1.01e18, 0.1e18),
            Stress(0.1e18, 0, 0.1e18, 0.11e18)
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            RiskParameters memory parameters = ethParameters();
            parameters.stresses[3] = bad[i];
            refuses(parameters);
        }
    }

    function test_RefusesAccountParametersOutOfBounds() external {
        AccountParameters[3] memory bad = [
            AccountParameters(0.99e18, 0),
            AccountParameters(10_001e18, 0),
            AccountParameters(100e18, 0.41e18)
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectPartialRevert(IMarkets.OutOfBounds.selector);
            markets.setAccountParameters(bad[i]);
            vm.expectPartialRevert(IMarkets.OutOfBounds.selector);
            Markets(deploy("Markets", abi.encode(address(manager), bad[i])));
        }
    }

    function test_RefusesListingsOutOfBounds() external {
        Underlying[4] memory bad = [
            Underlying("C", 0, 400 days, 1e30, false),
            Underlying("C", 1e8, 23 hours, 1e30, false),
            Underlying("C", 1e8, 731 days, 1e30, false),
            Underlying("C", 1e8, 400 days, 1e30 + 1, false)
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectPartialRevert(IMarkets.OutOfBounds.selector);
            markets.listUnderlying(3, bad[i], ethParameters());
        }
        vm.expectPartialRevert(IMarkets.OutOfBounds.selector);
        markets.listUnderlying(0, listing("C"), ethParameters());
        vm.expectPartialRevert(IMarkets.OutOfBounds.selector);
        markets.setOpenInterestCap(ETH, 1e30 + 1);
    }

    function test_RefusesCollateralOutOfBounds() external {
        address token = address(new ListedToken(19));
        vm.expectPartialRevert(IMarkets.OutOfBounds.selector);
        markets.listCollateral(toInstrument(ETH, Kind.Spot, 0, 1), Collateral(token, 19, 0, 1));
        token = address(new ListedToken(18));
        vm.expectPartialRevert(IMarkets.OutOfBounds.selector);
        markets.listCollateral(toInstrument(ETH, Kind.Spot, 0, 1), Collateral(token, 18, 0.51e18, 1));
        vm.expectPartialRevert(IMarkets.OutOfBounds.selector);
        markets.listCollateral(toInstrument(ETH, Kind.Spot, 0, 1), Collateral(token, 18, 0, 1e30 + 1));
    }
}

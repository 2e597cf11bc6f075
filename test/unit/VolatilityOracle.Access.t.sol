// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {
    ControllerParameters,
    IVolatilityOracle,
    MarginVolatility
} from "../../contracts/interfaces/IVolatilityOracle.sol";
import { IPriceOracle } from "../../contracts/interfaces/IPriceOracle.sol";
import { VolatilityOracle } from "../../contracts/VolatilityOracle.sol";
import { OracleTest } from "../helpers/OracleTest.sol";

contract VolatilityOracleAccessTest is OracleTest {
    function assertOutOfBounds(
        ControllerParameters memory p,
        bytes32 name,
        uint256 value,
        uint256 min,
        uint256 max
    ) private {
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.OutOfBounds.selector, name, value, min, max));
        oracle.setController(ETH, p);
    }

    function assertBounds(bytes32 name, uint256 min, uint256 max) private {
        uint256[2] memory inside = [min, max];
        uint256[2] memory outside = [min - 1, max + 1];
        for (uint256 i = 0; i < 2; ++i) {
            oracle.setController(ETH, withParameter(name, inside[i]));
            assertOutOfBounds(withParameter(name, outside[i]), name, outside[i], min, max);
        }
    }

    function withParameter(bytes32 name, uint256 value) private pure returns (ControllerParameters memory p) {
        p = parameters();
        if (name == "realisedHalfLifeSeconds") p.realisedHalfLifeSeconds = uint32(value);
        if (name == "initialHalfLifeSeconds") p.initialHalfLifeSeconds = uint32(value);
        if (name == "floor") p.floor = uint64(value);
        if (name == "stressedWeight") p.stressedWeight = uint64(value);
        if (name == "maintenanceRisePerHour") p.maintenanceRisePerHour = uint64(value);
    }

    function test_everyControllerParameterHasHardBounds() public {
        assertBounds("realisedHalfLifeSeconds", 7 days, 90 days);
        assertBounds("initialHalfLifeSeconds", 6 hours, 30 days);
        assertBounds("floor", 0.1e18, 2e18);
        assertBounds("stressedWeight", 0.25e18, 1e18);
        assertBounds("maintenanceRisePerHour", 0.005e18, 0.1e18);
    }

    function test_listAnnouncesAndHappensOnce() public {
        VolatilityOracle fresh = VolatilityOracle(
            deploy("VolatilityOracle", abi.encode(address(manager), address(prices)))
        );
        vm.expectEmit(address(fresh));
        emit IVolatilityOracle.UnderlyingListed(ETH, parameters(), STRESSED);
        fresh.list(ETH, parameters(), REALISED, STRESSED);
        (uint80 round, uint40 time, uint256 price) = fresh.cursor(ETH);
        assertEq(round, (1 << 64) + 1);
        assertEq(time, START);
        assertEq(price, 2000e18);
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.AlreadyListed.selector, ETH));
        fresh.list(ETH, parameters(), REALISED, STRESSED);
    }

    function test_listRefusesSeedsOutOfBoundsAndFeedsWithoutAPrice() public {
        VolatilityOracle fresh = VolatilityOracle(
            deploy("VolatilityOracle", abi.encode(address(manager), address(prices)))
        );
        bytes4 outOfBounds = IVolatilityOracle.OutOfBounds.selector;
        vm.expectRevert(abi.encodeWithSelector(outOfBounds, bytes32("realised"), 4.1e18, 0.05e18, 4e18));
        fresh.list(ETH, parameters(), 4.1e18, 4.1e18);
        vm.expectRevert(abi.encodeWithSelector(outOfBounds, bytes32("stressed"), 0.5e18, 0.6e18, 4e18));
        fresh.list(ETH, parameters(), 0.6e18, 0.5e18);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NoFeed.selector, uint16(2)));
        fresh.list(2, parameters(), REALISED, STRESSED);
        aggregator.push(0);
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.NoUsableRound.selector, ETH));
        fresh.list(ETH, parameters(), REALISED, STRESSED);
    }

    function test_setControllerWalksFirstAndAnnouncesTheEndOfItsRamp() public {
        pushAfter(1 hours, 1900e8);
        ControllerParameters memory p = parameters();
        p.floor = 2e18;
        MarginVolatility memory before = oracle.marginVolatility(ETH);
        vm.expectEmit(address(oracle));
        emit IVolatilityOracle.ControllerSet(ETH, p, uint40(vm.getBlockTimestamp() + oracle.RAMP_SECONDS()));
        oracle.setController(ETH, p);
        (uint80 round, , ) = oracle.cursor(ETH);
        assertEq(uint64(round), 2, "walked");
        assertEq(abi.encode(oracle.marginVolatility(ETH)), abi.encode(before));
    }

    function test_setSignersReplacesThemAll() public {
        address[] memory signers = new address[](2);
        (signers[0], signers[1]) = (address(1), address(2));
        vm.expectEmit(address(oracle));
        emit IVolatilityOracle.SignersSet(signers, 2);
        oracle.setSigners(signers, 2);
        signers[1] = address(3);
        oracle.setSigners(signers, 1);
        assertTrue(oracle.isSigner(address(1)));
        assertFalse(oracle.isSigner(address(2)));
        assertTrue(oracle.isSigner(address(3)));
        assertEq(oracle.threshold(), 1);
    }

    function test_setSignersRefusesWhatIsNotASortedSetOrCannotAgree() public {
        bytes4 outOfBounds = IVolatilityOracle.OutOfBounds.selector;
        address[] memory signers = new address[](2);
        (signers[0], signers[1]) = (address(2), address(2));
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.SignersNotSorted.selector, address(2), address(2)));
        oracle.setSigners(signers, 1);
        (signers[0], signers[1]) = (address(0), address(2));
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.SignersNotSorted.selector, address(0), address(0)));
        oracle.setSigners(signers, 1);
        vm.expectRevert(abi.encodeWithSelector(outOfBounds, bytes32("threshold"), 3, 1, 2));
        oracle.setSigners(signers, 3);
        vm.expectRevert(abi.encodeWithSelector(outOfBounds, bytes32("threshold"), 0, 1, 2));
        oracle.setSigners(signers, 0);
        vm.expectRevert(abi.encodeWithSelector(outOfBounds, bytes32("signers"), 17, 1, 16));
        oracle.setSigners(new address[](17), 1);
    }

    function test_governanceIsRestricted() public {
        address stranger = makeAddr("stranger");
        bytes memory expected = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(expected);
        oracle.list(2, parameters(), REALISED, STRESSED);
        vm.expectRevert(expected);
        oracle.setController(ETH, parameters());
        vm.expectRevert(expected);
        oracle.lowerStressed(ETH, STRESSED);
        vm.expectRevert(expected);
        oracle.setSigners(new address[](1), 1);
        pushAfter(1, ETH_PRICE);
        assertEq(oracle.walk(ETH, 1), 1, "walking is anybody's");
    }
}

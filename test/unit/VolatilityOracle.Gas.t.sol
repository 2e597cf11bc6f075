// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Price } from "../../contracts/interfaces/IPriceOracle.sol";
import { IVolatilityOracle, SurfaceReport } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { OracleTest } from "../helpers/OracleTest.sol";

/// What the engine pays for the volatilities of an underlying whose price it has just read: everything of the volatility oracle
/// cold, a fresh surface, a round not yet walked, which is the dearest ordinary case.
contract VolatilityOracleGasTest is OracleTest {
    uint256 private constant KEY = 1;
    uint256 private constant SNAPSHOT_LIMIT = 40_000;
    Price private newest;

    function setUp() public override {
        super.setUp();
        address[] memory signers = new address[](1);
        signers[0] = vm.addr(KEY);
        oracle.setSigners(signers, 1);
        SurfaceReport[] memory reports = new SurfaceReport[](1);
        reports[0] = flatReport(0.9e18);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = sign(oracle, reports[0], KEY);
        oracle.report(reports, signatures);
        pushAfter(30 minutes, 1990e8);
        skip(10 minutes);
        newest = prices.price(ETH);
    }

    /// Of the calls alone, not of their decoding by a test that is compiled without the optimiser.
    function spent(bytes[] memory inputs) private view returns (uint256 gas) {
        address oracle_ = address(oracle);
        prices.price(ETH);
        bool ok = true;
        uint256 before = gasleft();
        for (uint256 i = 0; i < inputs.length; ++i) {
            (bool answered, ) = oracle_.staticcall(inputs[i]);
            ok = ok && answered;
        }
        gas = before - gasleft();
        assertTrue(ok, "reverted");
    }

    function test_oneSnapshot() public {
        bytes[] memory inputs = new bytes[](1);
        inputs[0] = abi.encodeCall(IVolatilityOracle.snapshot, (ETH, newest.value, newest.updatedAt));
        uint256 gas = spent(inputs);
        vm.snapshotValue("VolatilityOracle", "snapshot", gas);
        assertLt(gas, SNAPSHOT_LIMIT);
    }

    function test_theThreeSingleViewsCostMore() public {
        bytes[] memory inputs = new bytes[](3);
        inputs[0] = abi.encodeCall(IVolatilityOracle.surface, (ETH));
        inputs[1] = abi.encodeCall(IVolatilityOracle.marginVolatility, (ETH));
        inputs[2] = abi.encodeCall(IVolatilityOracle.validSince, (ETH));
        uint256 gas = spent(inputs);
        vm.snapshotValue("VolatilityOracle", "threeViews", gas);
        assertGt(gas, SNAPSHOT_LIMIT);
    }
}

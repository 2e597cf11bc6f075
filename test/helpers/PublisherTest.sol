// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Surface, SurfaceReport } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { VolatilityOracle } from "../../contracts/VolatilityOracle.sol";
import { OracleTest } from "./OracleTest.sol";

/// Both oracles with three publishers, of whom two must agree.
abstract contract PublisherTest is OracleTest {
    uint256 internal constant SIGNERS = 3;
    uint256 internal constant THRESHOLD = 2;
    uint256[SIGNERS] internal keys;
    address[] internal signers;

    function setUp() public virtual override {
        super.setUp();
        // Keys in the order of their addresses.
        uint256 found;
        address last = address(0);
        for (uint256 key = 1; found < SIGNERS; ++key) {
            address signer = vm.addr(key);
            if (signer <= last) continue;
            last = signer;
            keys[found++] = key;
            signers.push(signer);
        }
        oracle.setSigners(signers, THRESHOLD);
    }

    function three(SurfaceReport memory report) internal pure returns (SurfaceReport[] memory reports) {
        reports = new SurfaceReport[](SIGNERS);
        for (uint256 i = 0; i < SIGNERS; ++i) reports[i] = abi.decode(abi.encode(report), (SurfaceReport));
    }

    function signAll(
        VolatilityOracle for_,
        SurfaceReport[] memory reports
    ) internal view returns (bytes[] memory signatures) {
        signatures = new bytes[](reports.length);
        for (uint256 i = 0; i < reports.length; ++i) signatures[i] = sign(for_, reports[i], keys[i]);
    }

    function send(SurfaceReport[] memory reports) internal {
        oracle.report(reports, signAll(oracle, reports));
    }

    function assertRefused(SurfaceReport[] memory reports, bytes memory expected) internal {
        bytes[] memory signatures = signAll(oracle, reports);
        vm.expectRevert(expected);
        oracle.report(reports, signatures);
    }

    function volatilityAt(Surface memory surface, uint256 tenor) internal pure returns (uint256) {
        uint256 perYear = (uint256(surface.totalVariance[tenor]) * 365 days) / surface.tenorSeconds[tenor];
        return FixedPointMathLib.sqrt(perYear * 1e18);
    }
}

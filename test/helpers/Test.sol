// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Vm } from "./Vm.sol";

/// Base of the Solidity tests: the cheatcodes, and assertions whose message holds both values.
abstract contract Test {
    /// Where the test runner answers cheatcodes: the last 20 bytes of keccak256("hevm cheat code").
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error AssertionFailed(string message);

    function assertTrue(bool condition, string memory message) internal pure {
        require(condition, AssertionFailed(message));
    }

    function assertTrue(bool condition) internal pure {
        assertTrue(condition, "expected true");
    }

    function assertFalse(bool condition, string memory message) internal pure {
        assertTrue(!condition, message);
    }

    function assertFalse(bool condition) internal pure {
        assertTrue(!condition, "expected false");
    }

    function assertEq(uint256 actual, uint256 expected, string memory message) internal pure {
        if (actual != expected) fail(vm.toString(actual), " != ", vm.toString(expected), message);
    }

    function assertEq(uint256 actual, uint256 expected) internal pure {
        assertEq(actual, expected, "");
    }

    function assertEq(int256 actual, int256 expected, string memory message) internal pure {
        if (actual != expected) fail(vm.toString(actual), " != ", vm.toString(expected), message);
    }

    function assertEq(int256 actual, int256 expected) internal pure {
        assertEq(actual, expected, "");
    }

    function assertEq(address actual, address expected, string memory message) internal pure {
        if (actual != expected) fail(vm.toString(actual), " != ", vm.toString(expected), message);
    }

    function assertEq(address actual, address expected) internal pure {
        assertEq(actual, expected, "");
    }

    function assertEq(bytes32 actual, bytes32 expected, string memory message) internal pure {
        if (actual != expected) fail(vm.toString(actual), " != ", vm.toString(expected), message);
    }

    function assertEq(bytes32 actual, bytes32 expected) internal pure {
        assertEq(actual, expected, "");
    }

    function assertEq(bool actual, bool expected, string memory message) internal pure {
        if (actual != expected) fail(actual ? "true" : "false", " != ", expected ? "true" : "false", message);
    }

    function assertEq(bool actual, bool expected) internal pure {
        assertEq(actual, expected, "");
    }

    function assertEq(bytes memory actual, bytes memory expected) internal pure {
        if (keccak256(actual) != keccak256(expected)) fail(vm.toString(actual), " != ", vm.toString(expected), "");
    }

    function assertEq(string memory actual, string memory expected) internal pure {
        if (keccak256(bytes(actual)) != keccak256(bytes(expected))) fail(actual, " != ", expected, "");
    }

    function assertNotEq(uint256 actual, uint256 other, string memory message) internal pure {
        if (actual == other) fail(vm.toString(actual), " == ", vm.toString(other), message);
    }

    function assertNotEq(uint256 actual, uint256 other) internal pure {
        assertNotEq(actual, other, "");
    }

    function assertNotEq(bytes32 actual, bytes32 other) internal pure {
        if (actual == other) fail(vm.toString(actual), " == ", vm.toString(other), "");
    }

    function assertNotEq(address actual, address other) internal pure {
        if (actual == other) fail(vm.toString(actual), " == ", vm.toString(other), "");
    }

    function assertLt(uint256 actual, uint256 limit, string memory message) internal pure {
        if (actual >= limit) fail(vm.toString(actual), " >= ", vm.toString(limit), message);
    }

    function assertLt(uint256 actual, uint256 limit) internal pure {
        assertLt(actual, limit, "");
    }

    function assertLt(int256 actual, int256 limit, string memory message) internal pure {
        if (actual >= limit) fail(vm.toString(actual), " >= ", vm.toString(limit), message);
    }

    function assertLt(int256 actual, int256 limit) internal pure {
        assertLt(actual, limit, "");
    }

    function assertLe(uint256 actual, uint256 limit, string memory message) internal pure {
        if (actual > limit) fail(vm.toString(actual), " > ", vm.toString(limit), message);
    }

    function assertLe(uint256 actual, uint256 limit) internal pure {
        assertLe(actual, limit, "");
    }

    function assertLe(int256 actual, int256 limit, string memory message) internal pure {
        if (actual > limit) fail(vm.toString(actual), " > ", vm.toString(limit), message);
    }

    function assertLe(int256 actual, int256 limit) internal pure {
        assertLe(actual, limit, "");
    }

    function assertGt(uint256 actual, uint256 limit, string memory message) internal pure {
        if (actual <= limit) fail(vm.toString(actual), " <= ", vm.toString(limit), message);
    }

    function assertGt(uint256 actual, uint256 limit) internal pure {
        assertGt(actual, limit, "");
    }

    function assertGt(int256 actual, int256 limit, string memory message) internal pure {
        if (actual <= limit) fail(vm.toString(actual), " <= ", vm.toString(limit), message);
    }

    function assertGt(int256 actual, int256 limit) internal pure {
        assertGt(actual, limit, "");
    }

    function assertGe(uint256 actual, uint256 limit, string memory message) internal pure {
        if (actual < limit) fail(vm.toString(actual), " < ", vm.toString(limit), message);
    }

    function assertGe(uint256 actual, uint256 limit) internal pure {
        assertGe(actual, limit, "");
    }

    function assertGe(int256 actual, int256 limit, string memory message) internal pure {
        if (actual < limit) fail(vm.toString(actual), " < ", vm.toString(limit), message);
    }

    function assertGe(int256 actual, int256 limit) internal pure {
        assertGe(actual, limit, "");
    }

    /// Fails when the two differ by more than `tolerance`, in their own unit.
    function assertApproxEqAbs(
        uint256 actual,
        uint256 expected,
        uint256 tolerance,
        string memory message
    ) internal pure {
        if (distance(actual, expected) <= tolerance) return;
        fail(
            vm.toString(actual),
            string.concat(" is not within ", vm.toString(tolerance), " of "),
            vm.toString(expected),
            message
        );
    }

    function assertApproxEqAbs(uint256 actual, uint256 expected, uint256 tolerance) internal pure {
        assertApproxEqAbs(actual, expected, tolerance, "");
    }

    function assertApproxEqAbs(int256 actual, int256 expected, uint256 tolerance, string memory message) internal pure {
        if (distance(actual, expected) <= tolerance) return;
        fail(
            vm.toString(actual),
            string.concat(" is not within ", vm.toString(tolerance), " of "),
            vm.toString(expected),
            message
        );
    }

    function assertApproxEqAbs(int256 actual, int256 expected, uint256 tolerance) internal pure {
        assertApproxEqAbs(actual, expected, tolerance, "");
    }

    /// Fails when the two differ by more than `toleranceWad` (1e18 = 100 %) of the magnitude of `expected`, rounded down.
    function assertApproxEqRel(
        int256 actual,
        int256 expected,
        uint256 toleranceWad,
        string memory message
    ) internal pure {
        assertApproxEqAbs(actual, expected, (distance(expected, 0) * toleranceWad) / 1e18, message);
    }

    function assertApproxEqRel(int256 actual, int256 expected, uint256 toleranceWad) internal pure {
        assertApproxEqRel(actual, expected, toleranceWad, "");
    }

    function assertApproxEqRel(
        uint256 actual,
        uint256 expected,
        uint256 toleranceWad,
        string memory message
    ) internal pure {
        assertApproxEqAbs(actual, expected, (expected * toleranceWad) / 1e18, message);
    }

    function assertApproxEqRel(uint256 actual, uint256 expected, uint256 toleranceWad) internal pure {
        assertApproxEqRel(actual, expected, toleranceWad, "");
    }

    /// Maps any `value` into [min, max]. Values already inside stay, and the extremes that a fuzzer favours map to the extremes.
    function bound(uint256 value, uint256 min, uint256 max) internal pure returns (uint256) {
        require(min <= max, AssertionFailed("bound: min > max"));
        if (value >= min && value <= max) return value;
        uint256 span = max - min;
        uint256 fromTop = type(uint256).max - value;
        return fromTop <= span ? max - fromTop : min + (value % (span + 1));
    }

    function bound(int256 value, int256 min, int256 max) internal pure returns (int256) {
        require(min <= max, AssertionFailed("bound: min > max"));
        return fromOrdered(bound(toOrdered(value), toOrdered(min), toOrdered(max)));
    }

    /// Deploys a compiled contract by its name. Unlike `new`, it leaves the contract's code out of the test's, which then
    /// compiles in a second; in turn, the contracts must have been built before a single test file is run.
    /// @param arguments The ABI-encoded arguments of the constructor.
    function deploy(string memory name, bytes memory arguments) internal returns (address deployed) {
        bytes memory code = bytes.concat(vm.getCode(name), arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
            if iszero(deployed) {
                let reason := mload(0x40)
                returndatacopy(reason, 0, returndatasize())
                revert(reason, returndatasize())
            }
        }
    }

    /// The clearinghouse with its pieces.
    function deployClearinghouse(address manager, address usdc, address markets) internal returns (address) {
        address force = deploy("ClearinghouseForce", abi.encode(usdc));
        address books = deploy("ClearinghouseBooks", abi.encode(usdc));
        return deploy("Clearinghouse", abi.encode(manager, usdc, markets, force, books));
    }

    function deploy(string memory name) internal returns (address) {
        return deploy(name, "");
    }

    /// An address with a name in traces, the same on every run.
    function makeAddr(string memory name) internal returns (address account) {
        (account, ) = makeAddrAndKey(name);
    }

    function makeAddrAndKey(string memory name) internal returns (address account, uint256 privateKey) {
        privateKey = uint256(keccak256(bytes(name)));
        account = vm.addr(privateKey);
        vm.label(account, name);
    }

    function fail(
        string memory actual,
        string memory relation,
        string memory expected,
        string memory message
    ) private pure {
        string memory suffix = bytes(message).length == 0 ? "" : string.concat(": ", message);
        revert AssertionFailed(string.concat(actual, relation, expected, suffix));
    }

    function distance(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : b - a;
    }

    function distance(int256 a, int256 b) private pure returns (uint256) {
        return distance(toOrdered(a), toOrdered(b));
    }

    /// Shifts the signed range onto the unsigned one, keeping order and distance.
    function toOrdered(int256 value) private pure returns (uint256) {
        return uint256(value) ^ (1 << 255);
    }

    function fromOrdered(uint256 value) private pure returns (int256) {
        return int256(value ^ (1 << 255));
    }
}

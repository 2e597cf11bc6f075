// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Test } from "./Test.sol";

/// Base of the invariant tests: tells the test runner which contracts, functions and senders its random calls use.
/// Without a target, every contract that `setUp` deployed is called.
abstract contract InvariantTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    address[] private contracts;
    address[] private senders;
    FuzzSelector[] private selectors;

    function targetContracts() external view returns (address[] memory) {
        return contracts;
    }

    function targetSenders() external view returns (address[] memory) {
        return senders;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory) {
        return selectors;
    }

    function targetContract(address target) internal {
        contracts.push(target);
    }

    function targetSender(address sender) internal {
        senders.push(sender);
    }

    function targetSelector(address target, bytes4[] memory functions) internal {
        selectors.push(FuzzSelector(target, functions));
    }
}

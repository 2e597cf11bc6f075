// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Address } from "@openzeppelin/contracts/utils/Address.sol";

/// @title Many calls in one, for simulations that ask the same questions a hundred thousand times.
contract BatchCaller {
    /// @notice Calls one target after the other, for whoever asks. Reverts as the first that does.
    function batch(address[] calldata targets, bytes[] calldata inputs) external returns (bytes[] memory outputs) {
        outputs = new bytes[](targets.length);
        for (uint256 i = 0; i < targets.length; ++i) outputs[i] = Address.functionCall(targets[i], inputs[i]);
    }
}

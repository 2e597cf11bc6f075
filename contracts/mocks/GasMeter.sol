// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { LibCall } from "solady/src/utils/LibCall.sol";

/// @title What a read costs a contract that makes it.
contract GasMeter {
    error ReadFailed(address target);

    /// @notice Makes the same read so many times in one transaction.
    /// @return gasUsed What the last of them took: between two readings of the gas left, the call itself with its access to
    /// `target` included. With one repetition everything but this contract is cold, `target` too; with two everything is warm.
    function measure(
        address target,
        bytes calldata input,
        uint256 repetitions
    ) external view returns (uint256 gasUsed) {
        bytes memory data = input;
        for (uint256 i = 0; i < repetitions; ++i) {
            uint256 before = gasleft();
            // Nothing of the answer is copied, so that its length does not count.
            (bool ok, , ) = LibCall.tryStaticCall(target, before, 0, data);
            gasUsed = before - gasleft();
            require(ok, ReadFailed(target));
        }
    }
}

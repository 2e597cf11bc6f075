// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../types/Account.sol";
import { Risk } from "./IMarginEngine.sol";

/// @title What the clearinghouse asks its liquidator in the middle of a seizure.
interface ILiquidationTerms {
    /// @notice What a taker of legs is paid now per USD of maintenance requirement removed, WAD, signed, rounded down.
    /// Reverts where the legs of such an account are not offered.
    /// @param before Of the account with its legs, as the clearinghouse has just evaluated it.
    /// @dev The clearinghouse is locked meanwhile, so the answer cannot rest on reads of stored accounts.
    function compensationRate(Account account, Risk calldata before) external view returns (int256 rate);
}

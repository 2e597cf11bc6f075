// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../types/Account.sol";
import { AuctionState } from "./ILiquidator.sol";
import { Portfolio, Risk } from "./IMarginEngine.sol";

/// @notice One account as a keeper or a wallet wants to see it.
struct AccountView {
    Account account;
    int256 cash;
    Portfolio portfolio;
    Risk risk;
    AuctionState auction;
    uint40 marginCalledAt;
}

/// @title Read-only: what the deployed contracts say of accounts, in batches. The core never calls it.
interface ILens {
    error TooManyAccounts(uint256 given, uint256 limit);

    /// @notice Risk alone, for many accounts; callers chunk to at most a thousand.
    function risks(Account[] calldata accounts) external view returns (Risk[] memory);

    /// @notice Everything about each account.
    function accounts(Account[] calldata ids) external view returns (AccountView[] memory);

    /// @notice Risk of an account as it is and as it would be with these positions and this cash instead.
    function compare(
        Account account,
        Portfolio calldata hypothetical
    ) external view returns (Risk memory stored, Risk memory supposed);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { Account } from "../types/Account.sol";

/// @title ERC-4626 over USDC that stands behind the clearinghouse: it takes over bankrupt accounts and earns the liquidation fees.
/// @notice Its money lies in clearinghouse accounts of its own: account 0 is its treasury, each absorbed account another.
/// While the clearinghouse is locked, every entry and view reverts `Locked`. While a feed that it depends on is invalid,
/// nothing enters or leaves.
interface IBackstopVault is IERC4626 {
    event Absorbed(Account indexed account, Account indexed into, uint256 funding);
    /// @notice An absorbed account without positions left the list. @param cash What it brought to the treasury.
    event Released(Account indexed account, int256 cash);

    error Locked();
    error FeedInvalid();
    error NotLiquidator(address caller);
    /// @notice All absorbed accounts that are allowed at once are in use.
    error TooManyAbsorbed(uint256 limit);

    /// @notice Names the sub-account into which the next bankrupt account goes and says how much of the treasury may go
    /// along to meet its initial margin. Liquidator only.
    /// @param equity Of the bankrupt account with what the reserve adds, USD WAD. @param initial Its requirement, USD WAD.
    function prepareAbsorption(
        Account account,
        int256 equity,
        uint256 initial
    ) external returns (Account into, uint256 funding);

    /// @notice Brings the cash of absorbed accounts without positions back to the treasury and forgets them. Anyone.
    function releaseEmpty() external;

    /// @notice Where the free cash lies and the fees arrive.
    function treasury() external view returns (Account);
    /// @notice Accounts taken over and not yet empty.
    function absorbed() external view returns (Account[] memory);
}

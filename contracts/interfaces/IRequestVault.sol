// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IERC165 } from "@openzeppelin/contracts/interfaces/IERC165.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { Account } from "../types/Account.sol";
import { IERC7540Operator, IERC7540Redeem } from "./IERC7540.sol";

/// @title ERC-4626 over USDC whose money lies in accounts of the clearinghouse, and which pays by request (ERC-7540).
/// @notice While the clearinghouse is locked, whatever reads or moves money reverts `Locked`. One request a controller and kind.
interface IRequestVault is IERC4626, IERC7540Operator, IERC7540Redeem, IERC165 {
    /// @notice A call of the clearinghouse is under way: it takes no nested call, and no account is read, until that is over.
    error Locked();
    /// @notice A feed that the vault's value depends on is older than its heartbeat, or invalid.
    error FeedNotFresh();
    /// @notice ERC-7540: what a claim brings is not known before.
    error NoPreview();
    /// @notice Neither the controller nor his operator. Shares of another may be requested for their owner.
    error NotController(address controller, address caller);
    /// @notice One request of each kind a controller: it is to be paid out, claimed or cancelled before the next.
    /// @param amount Of the request that exists, in its own units.
    error RequestExists(address controller, uint256 amount);
    /// @notice Of this controller no request of the kind waits, so there is nothing to cancel.
    error NoRequest(address controller);

    /// @notice Returns the escrowed shares of the controller. Controller or operator.
    function cancelRedeem(address receiver, address controller) external returns (uint256 shares);

    /// @notice Where the free cash lies.
    function treasury() external view returns (Account);
    /// @notice ERC-7575: the share is the vault itself.
    function share() external view returns (address);
}

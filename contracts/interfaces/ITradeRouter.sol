// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../types/Account.sol";
import { Deposit } from "./IClearinghouse.sol";
import { Approvals } from "./IClearinghouseBooks.sol";
import { PoolOrder } from "./ILiquidityPool.sol";
import { Execution, SignedOrder } from "./IOrderSettlement.sol";

/// @notice ERC-2612: the caller lets the router take tokens. All zero where the allowance is there already.
/// @param value Token units. @param deadline Unix seconds.
struct Permit {
    uint256 value;
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @notice What goes before the trade; each part may be left out.
/// @param deposit From the caller's wallet into an account of the caller; none where the amount is 0.
/// @param permit For the token of the deposit. @param approvals Signed by the caller; none where the list is empty.
/// @param approvalSignature Of `approvals`.
struct Preparation {
    Deposit deposit;
    Permit permit;
    Approvals approvals;
    bytes approvalSignature;
}

/// @title A liquidity pool, as the router needs it: it asks whether its caller may trade the account.
interface ITradedPool {
    function trade(PoolOrder calldata order) external;
}

/// @title Permit, deposit, approvals and a trade in one transaction, for wallets that cannot make several calls at once.
/// @notice Without privilege, and holds nothing between two calls. It takes tokens of its caller only, into accounts of its caller only,
/// and trades for its caller only, however many have approved it. A permit or approvals that somebody else has brought first do no
/// harm: what they were to allow is allowed.
interface ITradeRouter {
    /// @notice The account belongs to somebody else than the caller.
    error NotOwner(Account account, address caller);
    /// @notice The caller's allowance to the router is too small, and the permit did not change that.
    error AllowanceTooSmall(address owner, uint256 allowance, uint256 amountInTokens);

    /// @notice Prepares, and no more.
    function prepare(Preparation calldata preparation) external;

    /// @notice Prepares, then fills two orders (`IOrderSettlement.fill`). An order of the caller's account may name the router as its
    /// signer, with an empty signature, where the router has MAY_TRADE on the account: the caller then need not sign it.
    function fill(
        Preparation calldata preparation,
        SignedOrder calldata maker,
        SignedOrder calldata taker,
        Execution calldata execution
    ) external;

    /// @notice Prepares, then trades with a pool, which asks for MAY_TRADE of the router on the caller's account.
    /// @param pool Trusted by the caller with nothing but this trade.
    function tradeWithPool(Preparation calldata preparation, ITradedPool pool, PoolOrder calldata order) external;
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Batch, Deposit, IClearinghouse } from "./interfaces/IClearinghouse.sol";
import { IClearinghouseBooks } from "./interfaces/IClearinghouseBooks.sol";
import { IMarkets } from "./interfaces/IMarkets.sol";
import { Execution, IOrderSettlement, SignedOrder } from "./interfaces/IOrderSettlement.sol";
import { PoolOrder } from "./interfaces/ILiquidityPool.sol";
import { ITradedPool, ITradeRouter, Preparation } from "./interfaces/ITradeRouter.sol";
import { Account } from "./types/Account.sol";
import { CASH, Instrument } from "./types/Instrument.sol";

/// @title See `ITradeRouter`, which is the specification.
contract TradeRouter is ITradeRouter {
    using SafeERC20 for IERC20;

    IClearinghouse public immutable clearinghouse;
    IOrderSettlement public immutable orderSettlement;

    constructor(IClearinghouse clearinghouse_, IOrderSettlement orderSettlement_) {
        clearinghouse = clearinghouse_;
        orderSettlement = orderSettlement_;
    }

    /// @inheritdoc ITradeRouter
    function prepare(Preparation calldata preparation) public {
        approve(preparation);
        if (preparation.deposit.amountInTokens != 0) deposit(preparation);
    }

    /// @inheritdoc ITradeRouter
    function fill(
        Preparation calldata preparation,
        SignedOrder calldata maker,
        SignedOrder calldata taker,
        Execution calldata execution
    ) external {
        // The settlement takes the word of its caller, which is the router, for orders that name it.
        if (maker.signer == address(this)) requireOwner(maker.order.account);
        if (taker.signer == address(this)) requireOwner(taker.order.account);
        prepare(preparation);
        orderSettlement.fill(maker, taker, execution);
    }

    /// @inheritdoc ITradeRouter
    function tradeWithPool(Preparation calldata preparation, ITradedPool pool, PoolOrder calldata order) external {
        requireOwner(order.account);
        prepare(preparation);
        pool.trade(order);
    }

    function approve(Preparation calldata preparation) private {
        if (preparation.approvals.approvals.length == 0) return;
        IClearinghouseBooks signed = IClearinghouseBooks(address(clearinghouse));
        // Brought by somebody else already: then they stand, unless the owner has approved otherwise since.
        if (signed.approvalNonce(msg.sender) > preparation.approvals.nonce) return;
        signed.approveBySignature(preparation.approvals, preparation.approvalSignature);
    }

    function deposit(Preparation calldata preparation) private {
        Deposit calldata item = preparation.deposit;
        requireOwner(item.account);
        IERC20 token = tokenOf(item.asset);
        permit(token, preparation);
        uint256 allowance = token.allowance(msg.sender, address(this));
        require(allowance >= item.amountInTokens, AllowanceTooSmall(msg.sender, allowance, item.amountInTokens));
        token.safeTransferFrom(msg.sender, address(this), item.amountInTokens);
        // Exactly what the next call takes. A token that charged on the way is not listed, and would fail there.
        token.forceApprove(address(clearinghouse), item.amountInTokens);
        Batch memory actions;
        actions.deposits = new Deposit[](1);
        actions.deposits[0] = item;
        clearinghouse.batch(actions);
    }

    /// @dev Whatever comes of it: the allowance decides.
    function permit(IERC20 token, Preparation calldata preparation) private {
        if (preparation.permit.deadline == 0) return;
        try
            IERC20Permit(address(token)).permit(
                msg.sender,
                address(this),
                preparation.permit.value,
                preparation.permit.deadline,
                preparation.permit.v,
                preparation.permit.r,
                preparation.permit.s
            )
        {} catch {}
    }

    function tokenOf(Instrument asset) private view returns (IERC20) {
        if (asset == CASH) return IERC20(clearinghouse.usdc());
        return IERC20(IMarkets(clearinghouse.markets()).collateral(asset).token);
    }

    function requireOwner(Account account) private view {
        require(msg.sender == account.owner(), NotOwner(account, msg.sender));
    }
}

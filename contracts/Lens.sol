// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccountView, ILens } from "./interfaces/ILens.sol";
import { IClearinghouse } from "./interfaces/IClearinghouse.sol";
import { ILiquidator } from "./interfaces/ILiquidator.sol";
import { IMarginEngine, Portfolio, Risk } from "./interfaces/IMarginEngine.sol";
import { Account } from "./types/Account.sol";

/// @title See `ILens`, which is the specification.
/// @dev Asks the clearinghouse for its modules at every call, so that it outlives their exchange.
contract Lens is ILens {
    uint256 public constant MAX_ACCOUNTS = 1000;

    IClearinghouse public immutable clearinghouse;

    constructor(IClearinghouse clearinghouse_) {
        clearinghouse = clearinghouse_;
    }

    /// @inheritdoc ILens
    function risks(Account[] calldata ids) external view returns (Risk[] memory) {
        return engine().evaluate(portfolios(ids));
    }

    /// @inheritdoc ILens
    function accounts(Account[] calldata ids) external view returns (AccountView[] memory views) {
        Portfolio[] memory held = portfolios(ids);
        Risk[] memory evaluated = engine().evaluate(held);
        ILiquidator liquidator = ILiquidator(clearinghouse.liquidator());
        views = new AccountView[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            views[i] = AccountView({
                account: ids[i],
                cash: clearinghouse.cash(ids[i]),
                portfolio: held[i],
                risk: evaluated[i],
                auction: liquidator.auctionState(ids[i]),
                marginCalledAt: liquidator.marginCalledAt(ids[i])
            });
        }
    }

    /// @inheritdoc ILens
    function compare(
        Account account,
        Portfolio calldata hypothetical
    ) external view returns (Risk memory stored, Risk memory supposed) {
        Portfolio[] memory both = new Portfolio[](2);
        both[0] = clearinghouse.portfolio(account);
        both[1] = hypothetical;
        Risk[] memory evaluated = engine().evaluate(both);
        return (evaluated[0], evaluated[1]);
    }

    function portfolios(Account[] calldata ids) private view returns (Portfolio[] memory held) {
        require(ids.length <= MAX_ACCOUNTS, TooManyAccounts(ids.length, MAX_ACCOUNTS));
        held = new Portfolio[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) held[i] = clearinghouse.portfolio(ids[i]);
    }

    function engine() private view returns (IMarginEngine) {
        return IMarginEngine(clearinghouse.marginEngine());
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IERC165 } from "@openzeppelin/contracts/interfaces/IERC165.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { ERC4626, IERC4626 } from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Batch, Deposit as CashDeposit, IClearinghouse, Withdrawal } from "./interfaces/IClearinghouse.sol";
import { IClearinghouseBooks } from "./interfaces/IClearinghouseBooks.sol";
import { IERC7540Operator, IERC7540Redeem } from "./interfaces/IERC7540.sol";
import { IRequestVault } from "./interfaces/IRequestVault.sol";
import { CashTransfers } from "./libraries/CashTransfers.sol";
import { Account, toAccount } from "./types/Account.sol";
import { CASH } from "./types/Instrument.sol";

/// @title What the backstop and the liquidity pool have in common: money in the clearinghouse, and who may act for whom.
abstract contract RequestVault is ERC4626, IRequestVault {
    using SafeCast for int256;

    /// @dev USD are WAD in the clearinghouse.
    uint256 private constant WAD_DECIMALS = 18;
    /// @dev Against the first depositor's inflation attack: with 10^6 virtual shares a donation costs the attacker a
    /// million times what he can take from a victim.
    uint8 private constant DECIMALS_OFFSET = 6;
    uint256 internal constant VIRTUAL_SHARES = 10 ** DECIMALS_OFFSET;
    /// @dev ERC-7540: all requests of a controller are one.
    uint256 internal constant REQUEST_ID = 0;
    bytes4 private constant ERC7575_INTERFACE = 0x2f0a18c5;

    IClearinghouse public immutable clearinghouse;
    uint256 internal immutable wadPerToken;

    /// @inheritdoc IERC7540Operator
    mapping(address controller => mapping(address operator => bool)) public isOperator;

    constructor(IClearinghouse clearinghouse_) ERC4626(IERC20(clearinghouse_.usdc())) {
        clearinghouse = clearinghouse_;
        wadPerToken = 10 ** (WAD_DECIMALS - IERC20Metadata(clearinghouse_.usdc()).decimals());
        // The clearinghouse takes only what this contract deposits.
        SafeERC20.forceApprove(IERC20(asset()), address(clearinghouse_), type(uint256).max);
    }

    /// @inheritdoc IERC7540Operator
    function setOperator(address operator, bool approved) external returns (bool) {
        isOperator[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    /// @inheritdoc IRequestVault
    function treasury() public view returns (Account) {
        return toAccount(address(this), 0);
    }

    /// @inheritdoc IERC4626
    /// @dev Always reverts, as ERC-7540 demands.
    function previewWithdraw(uint256) public pure override(ERC4626, IERC4626) returns (uint256) {
        revert NoPreview();
    }

    /// @inheritdoc IERC4626
    /// @dev Always reverts, as ERC-7540 demands.
    function previewRedeem(uint256) public pure override(ERC4626, IERC4626) returns (uint256) {
        revert NoPreview();
    }

    /// @inheritdoc IRequestVault
    function share() external view returns (address) {
        return address(this);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public pure virtual returns (bool) {
        return
            interfaceId == type(IERC165).interfaceId ||
            interfaceId == type(IERC7540Operator).interfaceId ||
            interfaceId == type(IERC7540Redeem).interfaceId ||
            interfaceId == ERC7575_INTERFACE;
    }

    /// @param size USD WAD.
    function _move(Account from, Account to, uint256 size) internal {
        Batch memory actions;
        actions.transfers = CashTransfers.single(from, to, size);
        clearinghouse.batch(actions);
    }

    /// @dev What this contract holds, into the treasury.
    function _payIn(uint256 assets) internal {
        Batch memory actions;
        actions.deposits = new CashDeposit[](1);
        actions.deposits[0] = CashDeposit({ account: treasury(), asset: CASH, amountInTokens: assets });
        clearinghouse.batch(actions);
    }

    /// @dev Out of the treasury.
    function _payOut(address to, uint256 assets) internal {
        Batch memory actions;
        actions.withdrawals = new Withdrawal[](1);
        actions.withdrawals[0] = Withdrawal({ account: treasury(), asset: CASH, amountInTokens: assets, to: to });
        clearinghouse.batch(actions);
    }

    function _decimalsOffset() internal pure override returns (uint8) {
        return DECIMALS_OFFSET;
    }

    /// @dev USD WAD. Never negative: the treasury holds no positions, and cash cannot be withdrawn below zero without.
    function _treasuryCash() internal view returns (uint256) {
        return clearinghouse.cash(treasury()).toUint256();
    }

    /// @dev Token units that may leave the clearinghouse now, whoever's they are.
    function _outflow() internal view returns (uint256 available) {
        (available, , ) = IClearinghouseBooks(address(clearinghouse)).outflow(CASH);
    }

    /// @param amount USD WAD. @return Token units; 0 of what is owed.
    function _inTokensDown(int256 amount) internal view returns (uint256) {
        return amount > 0 ? uint256(amount) / wadPerToken : 0;
    }

    function _requireUnlocked() internal view {
        require(!clearinghouse.isLocked(), Locked());
    }

    function _requireActsFor(address controller) internal view {
        require(_mayActFor(controller), NotController(controller, msg.sender));
    }

    function _mayActFor(address controller) internal view returns (bool) {
        return msg.sender == controller || isOperator[controller][msg.sender];
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC4626, IERC4626 } from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { IBackstopVault } from "./interfaces/IBackstopVault.sol";
import {
    Batch,
    Deposit as CashDeposit,
    IClearinghouse,
    Transfer as CashTransfer,
    Withdrawal
} from "./interfaces/IClearinghouse.sol";
import { IMarginEngine, Portfolio, Risk } from "./interfaces/IMarginEngine.sol";
import { Validity } from "./interfaces/IPriceOracle.sol";
import { Account, toAccount } from "./types/Account.sol";
import { CASH } from "./types/Instrument.sol";

/// @title ERC-4626 over USDC that stands behind the clearinghouse: it takes over bankrupt accounts and earns the liquidation fees.
contract BackstopVault is ERC4626, IBackstopVault {
    using SafeCast for int256;
    using SafeCast for uint256;

    /// @dev Valuing the vault evaluates every absorbed account. Even the largest allowed cost about 1 M gas each.
    uint256 public constant MAX_ABSORBED = 16;
    /// @dev USD are WAD in the clearinghouse.
    uint256 private constant WAD_DECIMALS = 18;

    IClearinghouse public immutable clearinghouse;
    uint256 private immutable wadPerToken;

    Account[] private absorbedAccounts;
    uint96 private lastSubId;

    /// @dev Nothing enters or leaves at a price that may be wrong.
    modifier onValidFeeds() {
        (, bool isValid) = _valuation();
        require(isValid, FeedInvalid());
        _;
    }

    constructor(
        IClearinghouse clearinghouse_
    ) ERC20("Plimsoll Backstop", "plBACK") ERC4626(IERC20(clearinghouse_.usdc())) {
        clearinghouse = clearinghouse_;
        wadPerToken = 10 ** (WAD_DECIMALS - IERC20Metadata(clearinghouse_.usdc()).decimals());
        // Nothing stays here between two calls, and the clearinghouse takes only what this contract deposits.
        SafeERC20.forceApprove(IERC20(asset()), address(clearinghouse_), type(uint256).max);
    }

    /// @inheritdoc IERC4626
    function deposit(
        uint256 assets,
        address receiver
    ) public override(ERC4626, IERC4626) onValidFeeds returns (uint256) {
        return super.deposit(assets, receiver);
    }

    /// @inheritdoc IERC4626
    function mint(uint256 shares, address receiver) public override(ERC4626, IERC4626) onValidFeeds returns (uint256) {
        return super.mint(shares, receiver);
    }

    /// @inheritdoc IERC4626
    function withdraw(
        uint256 assets,
        address receiver,
        address owner
    ) public override(ERC4626, IERC4626) onValidFeeds returns (uint256) {
        return super.withdraw(assets, receiver, owner);
    }

    /// @inheritdoc IERC4626
    function redeem(
        uint256 shares,
        address receiver,
        address owner
    ) public override(ERC4626, IERC4626) onValidFeeds returns (uint256) {
        return super.redeem(shares, receiver, owner);
    }

    /// @inheritdoc IBackstopVault
    function prepareAbsorption(
        Account account,
        int256 equity,
        uint256 initial
    ) external returns (Account into, uint256 funding) {
        require(msg.sender == clearinghouse.liquidator(), NotLiquidator(msg.sender));
        releaseEmpty();
        require(absorbedAccounts.length < MAX_ABSORBED, TooManyAbsorbed(MAX_ABSORBED));
        into = toAccount(address(this), ++lastSubId);
        absorbedAccounts.push(into);
        int256 missing = initial.toInt256() - equity;
        if (missing > 0) funding = Math.min(missing.toUint256(), _treasuryCash());
        emit Absorbed(account, into, funding);
    }

    /// @inheritdoc IBackstopVault
    function releaseEmpty() public {
        require(!clearinghouse.isLocked(), Locked());
        uint256 index = absorbedAccounts.length;
        while (index > 0) {
            Account account = absorbedAccounts[--index];
            if (clearinghouse.positions(account).length != 0) continue;
            int256 cash = clearinghouse.cash(account);
            // A debt that the treasury cannot pay yet stays on the list, where it counts against the shares.
            if (cash < 0 && (-cash).toUint256() > _treasuryCash()) continue;
            absorbedAccounts[index] = absorbedAccounts[absorbedAccounts.length - 1];
            absorbedAccounts.pop();
            emit Released(account, cash);
            if (cash > 0) _move(account, treasury(), cash.toUint256());
            if (cash < 0) _move(treasury(), account, (-cash).toUint256());
        }
    }

    /// @inheritdoc IBackstopVault
    function treasury() public view returns (Account) {
        return toAccount(address(this), 0);
    }

    /// @inheritdoc IBackstopVault
    function absorbed() external view returns (Account[] memory) {
        require(!clearinghouse.isLocked(), Locked());
        return absorbedAccounts;
    }

    /// @inheritdoc IERC4626
    /// @dev Equity of all accounts of the vault, rounded down to token units; nothing where they owe more than they own.
    function totalAssets() public view override(ERC4626, IERC4626) returns (uint256) {
        (int256 equity, ) = _valuation();
        return equity > 0 ? uint256(equity) / wadPerToken : 0;
    }

    /// @inheritdoc IERC4626
    /// @dev None while feeds are invalid, nor while the vault owes more than it owns: the deposit would pay for that.
    function maxDeposit(address) public view override(ERC4626, IERC4626) returns (uint256) {
        (int256 equity, bool isValid) = _valuation();
        return isValid && equity >= 0 ? type(uint256).max : 0;
    }

    /// @inheritdoc IERC4626
    function maxMint(address receiver) public view override(ERC4626, IERC4626) returns (uint256) {
        return maxDeposit(receiver);
    }

    /// @inheritdoc IERC4626
    /// @dev What the treasury can pay; the rest is tied up in absorbed accounts. `maxWithdraw` is the value of these shares.
    function maxRedeem(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
        (, bool isValid) = _valuation();
        if (!isValid) return 0;
        uint256 payable_ = Math.min(_treasuryCash() / wadPerToken, clearinghouse.recordedInTokens(CASH));
        return Math.min(balanceOf(owner), _convertToShares(payable_, Math.Rounding.Floor));
    }

    function _move(Account from, Account to, uint256 size) private {
        Batch memory actions;
        actions.transfers = new CashTransfer[](1);
        actions.transfers[0] = CashTransfer({ from: from, to: to, asset: CASH, size: size.toUint128() });
        clearinghouse.batch(actions);
    }

    /// @dev Straight on into custody, before the shares are minted.
    function _transferIn(address from, uint256 assets) internal override {
        super._transferIn(from, assets);
        Batch memory actions;
        actions.deposits = new CashDeposit[](1);
        actions.deposits[0] = CashDeposit({ account: treasury(), asset: CASH, amountInTokens: assets });
        clearinghouse.batch(actions);
    }

    function _transferOut(address to, uint256 assets) internal override {
        Batch memory actions;
        actions.withdrawals = new Withdrawal[](1);
        actions.withdrawals[0] = Withdrawal({ account: treasury(), asset: CASH, amountInTokens: assets, to: to });
        clearinghouse.batch(actions);
    }

    /// @dev Against the first depositor's inflation attack: with 10^6 virtual shares a donation costs the attacker a
    /// million times what he can take from a victim.
    function _decimalsOffset() internal pure override returns (uint8) {
        return 6;
    }

    /// @dev USD WAD. Never negative: the treasury holds no positions and cash cannot be withdrawn below zero without.
    function _treasuryCash() private view returns (uint256) {
        return clearinghouse.cash(treasury()).toUint256();
    }

    /// @return equity USD WAD of all accounts. @return isValid Whether every feed that they depend on may be used.
    function _valuation() private view returns (int256 equity, bool isValid) {
        require(!clearinghouse.isLocked(), Locked());
        equity = clearinghouse.cash(treasury());
        isValid = true;
        uint256 count = absorbedAccounts.length;
        if (count == 0) return (equity, isValid);

        Portfolio[] memory portfolios = new Portfolio[](count);
        for (uint256 i = 0; i < count; i++) portfolios[i] = clearinghouse.portfolio(absorbedAccounts[i]);
        Risk[] memory risks = IMarginEngine(clearinghouse.marginEngine()).evaluate(portfolios);
        for (uint256 i = 0; i < count; i++) {
            equity += risks[i].equity;
            if (risks[i].validity == Validity.Invalid) isValid = false;
        }
    }
}

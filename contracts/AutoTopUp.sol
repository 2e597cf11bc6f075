// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Authorisation, IAutoTopUp } from "./interfaces/IAutoTopUp.sol";
import { Batch, Deposit, IClearinghouse } from "./interfaces/IClearinghouse.sol";
import { ILiquidator } from "./interfaces/ILiquidator.sol";
import { Risk } from "./interfaces/IMarginEngine.sol";
import { MarginRules } from "./libraries/MarginRules.sol";
import { Account } from "./types/Account.sol";
import { CASH } from "./types/Instrument.sol";

/// @title See `IAutoTopUp`, which is the specification.
/// @dev Asks the clearinghouse for its liquidator at every call, so that it outlives its exchange.
contract AutoTopUp is IAutoTopUp, ReentrancyGuardTransient {
    using MarginRules for Risk;
    using SafeCast for int256;
    using SafeERC20 for IERC20;

    /// @dev What a top-up comes to, in token units. @param neededInTokens Deposit that reaches initial margin.
    struct Amounts {
        uint256 depositInTokens;
        uint256 feeInTokens;
        uint256 neededInTokens;
    }

    uint256 private constant WAD = 1e18;
    uint8 private constant WAD_DECIMALS = 18;
    /// @notice The most that an owner may offer for one top-up, USD WAD: 1.1 M gas, which 16 options take, at 30 gwei and 3,000 USD.
    uint256 public constant MAX_FEE = 100e18;
    /// @notice Of what is pulled, at most, for the keeper. So fees never take more of a budget, and whoever makes an account lose to earn them
    /// makes it lose fifty times as much.
    uint256 public constant MAX_FEE_SHARE = 0.02e18;

    IClearinghouse public immutable clearinghouse;
    IERC20 public immutable usdc;
    /// @dev WAD units in one unit of USDC.
    uint256 private immutable scale;

    mapping(Account account => Authorisation) private authorisations;
    /// @dev Time of the margin call that was answered last, under the authorisation that stands.
    mapping(Account account => uint40) private answeredCallAt;

    constructor(IClearinghouse clearinghouse_) {
        clearinghouse = clearinghouse_;
        usdc = IERC20(clearinghouse_.usdc());
        scale = 10 ** (WAD_DECIMALS - IERC20Metadata(address(usdc)).decimals());
        // Nothing stays here between two calls, and the clearinghouse takes only what this contract deposits.
        usdc.forceApprove(address(clearinghouse_), type(uint256).max);
    }

    /// @inheritdoc IAutoTopUp
    function authorise(Account account, Authorisation calldata authorisation_) external {
        requireOwner(account);
        require(authorisation_.target >= WAD, TargetTooLow(authorisation_.target, WAD));
        uint256 limitInTokens = MAX_FEE / scale;
        require(
            authorisation_.maxFeeInTokens <= limitInTokens,
            FeeTooHigh(authorisation_.maxFeeInTokens, limitInTokens)
        );
        authorisations[account] = authorisation_;
        delete answeredCallAt[account];
        emit Authorised(account, authorisation_);
    }

    /// @inheritdoc IAutoTopUp
    function revoke(Account account) external {
        requireOwner(account);
        delete authorisations[account];
        emit Revoked(account);
    }

    /// @inheritdoc IAutoTopUp
    function topUp(Account account) external nonReentrant returns (uint256 depositInTokens, uint256 feeInTokens) {
        Authorisation memory terms = requireAuthorised(account);
        ILiquidator liquidator = ILiquidator(clearinghouse.liquidator());
        answeredCallAt[account] = requireCalled(account, liquidator);
        Amounts memory amounts = amountsOf(terms, requireBelowInitial(account));
        (depositInTokens, feeInTokens) = (amounts.depositInTokens, amounts.feeInTokens);
        bool isCured = depositInTokens >= amounts.neededInTokens;
        require(isCured || terms.mayFallShort, WouldNotCure(account, depositInTokens, amounts.neededInTokens));
        // Never more than the budget, which is a uint128.
        authorisations[account].budgetInTokens = terms.budgetInTokens - uint128(depositInTokens + feeInTokens);

        pull(account.owner(), depositInTokens + feeInTokens);
        deposit(account, depositInTokens);
        if (isCured) clear(account, liquidator);
        usdc.safeTransfer(msg.sender, feeInTokens);
        emit ToppedUp(account, msg.sender, depositInTokens, feeInTokens, isCured);
    }

    /// @inheritdoc IAutoTopUp
    function authorisation(Account account) external view returns (Authorisation memory) {
        return authorisations[account];
    }

    /// @dev Says which of the two is missing: a token's own error names neither the budget's owner nor this contract.
    function pull(address owner, uint256 amountInTokens) private {
        uint256 allowance = usdc.allowance(owner, address(this));
        require(allowance >= amountInTokens, AllowanceTooSmall(owner, allowance, amountInTokens));
        uint256 balance = usdc.balanceOf(owner);
        require(balance >= amountInTokens, BalanceTooSmall(owner, balance, amountInTokens));
        usdc.safeTransferFrom(owner, address(this), amountInTokens);
    }

    function deposit(Account account, uint256 amountInTokens) private {
        Batch memory actions;
        actions.deposits = new Deposit[](1);
        actions.deposits[0] = Deposit(account, CASH, amountInTokens);
        clearinghouse.batch(actions);
    }

    /// @dev The liquidator refuses what is not back at initial margin. An auction left standing would meet the next fall with an old compensation.
    function clear(Account account, ILiquidator liquidator) private {
        liquidator.clearMarginCall(account);
        if (liquidator.auctionState(account).auction.startedAt != 0) liquidator.endAuction(account);
    }

    function requireAuthorised(Account account) private view returns (Authorisation memory terms) {
        terms = authorisations[account];
        require(terms.budgetInTokens != 0, NotAuthorised(account));
        require(block.timestamp <= terms.expiry, AuthorisationExpired(account, terms.expiry));
    }

    /// @dev A call of the same second could have been provoked, raised and answered in one transaction.
    function requireCalled(Account account, ILiquidator liquidator) private view returns (uint40 calledAt) {
        calledAt = liquidator.marginCalledAt(account);
        require(calledAt != 0, NoMarginCall(account));
        require(calledAt < block.timestamp, CalledJustNow(account, calledAt));
        require(calledAt != answeredCallAt[account], AlreadyToppedUp(account, calledAt));
    }

    function requireBelowInitial(Account account) private view returns (Risk memory risk) {
        risk = clearinghouse.risk(account);
        require(risk.isUsable(), FeedInvalid(account));
        require(!risk.meetsInitial(), AboveInitialMargin(account, risk.equity, risk.initial));
        require(risk.equity >= 0, NegativeEquity(account, risk.equity));
    }

    /// @dev Where budget and limit bind, everything that they allow is pulled, and the fee comes out of it; the deposit then stays below what
    /// the target needs, because the fee of more is not less.
    function amountsOf(Authorisation memory terms, Risk memory risk) private view returns (Amounts memory amounts) {
        uint256 equity = risk.equity.toUint256();
        uint256 target = Math.mulDiv(risk.initial, terms.target, WAD, Math.Rounding.Ceil);
        amounts.neededInTokens = Math.ceilDiv(risk.initial - equity, scale);
        amounts.depositInTokens = Math.ceilDiv(target - equity, scale);
        amounts.feeInTokens = feeOf(terms, amounts.depositInTokens);
        uint256 available = Math.min(terms.budgetInTokens, terms.limitInTokens);
        if (amounts.depositInTokens + amounts.feeInTokens > available) {
            amounts.feeInTokens = feeOf(terms, available);
            amounts.depositInTokens = available - amounts.feeInTokens;
        }
    }

    function feeOf(Authorisation memory terms, uint256 amountInTokens) private pure returns (uint256) {
        return Math.min(terms.maxFeeInTokens, Math.mulDiv(amountInTokens, MAX_FEE_SHARE, WAD));
    }

    function requireOwner(Account account) private view {
        require(msg.sender == account.owner(), NotOwner(account, msg.sender));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IERC165 } from "@openzeppelin/contracts/interfaces/IERC165.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC4626, IERC4626 } from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { IClearinghouse, MAY_TRADE } from "./interfaces/IClearinghouse.sol";
import { IClearinghouseBooks } from "./interfaces/IClearinghouseBooks.sol";
import { IERC7540Deposit, IERC7540Redeem } from "./interfaces/IERC7540.sol";
import { IFundingSource } from "./interfaces/IFundingSource.sol";
import { ILiquidityPool, PoolOrder } from "./interfaces/ILiquidityPool.sol";
import {
    BucketTerms,
    Exposure,
    IPoolQuoter,
    PoolTerms,
    Proposal,
    Quote,
    Valuation
} from "./interfaces/IPoolQuoter.sol";
import { IRequestVault } from "./interfaces/IRequestVault.sol";
import { InventoryState, PoolInventory } from "./libraries/PoolInventory.sol";
import { PoolRequests, Request, RequestQueue } from "./libraries/PoolRequests.sol";
import { PoolTrades } from "./libraries/PoolTrades.sol";
import { PoolValuation } from "./libraries/PoolValuation.sol";
import { RequestVault } from "./RequestVault.sol";
import { Account } from "./types/Account.sol";
import { Instrument } from "./types/Instrument.sol";

/// @title See `ILiquidityPool`, which is the specification.
contract LiquidityPool is RequestVault, ILiquidityPool, ReentrancyGuardTransient {
    using PoolInventory for InventoryState;
    using PoolRequests for RequestQueue;
    using PoolTrades for PoolTerms;
    using PoolValuation for Valuation;
    using SafeCast for int256;
    using SafeCast for uint256;

    /// @notice Eight-hour periods in a year: longs pay shorts the premium once in each, as on the large venues.
    uint256 public constant FUNDING_PERIODS = 1095;
    /// @notice Funding is clamped to this either way, a year, WAD.
    int256 public constant MAX_FUNDING_RATE = 1e18;
    /// @inheritdoc ILiquidityPool
    IPoolQuoter public immutable quoter;

    InventoryState private inventory;
    RequestQueue private entries;
    RequestQueue private exits;

    constructor(
        IClearinghouse clearinghouse_,
        IPoolQuoter quoter_
    ) ERC20("Plimsoll Liquidity", "plPOOL") RequestVault(clearinghouse_) {
        quoter = quoter_;
    }

    /// @inheritdoc ILiquidityPool
    function trade(PoolOrder calldata order) external nonReentrant returns (Quote memory) {
        require(block.timestamp <= order.deadline, Expired(order.deadline));
        require(
            clearinghouse.isAuthorised(order.account, msg.sender, MAY_TRADE),
            NotAuthorised(order.account, msg.sender)
        );
        uint16 underlying = order.instrument.underlying();
        // At the rate that the inventory so far makes.
        _accrue(underlying);
        (Account account, PoolTerms memory terms) = _termsOf(order.instrument, order.size);
        uint256 price = terms.quote.price;
        bool isInLimit = order.size > 0 ? price <= order.limitPrice : price >= order.limitPrice;
        require(isInLimit, PriceBeyondLimit(price, order.limitPrice));
        inventory.add(account, terms.change, terms.commitment);
        uint256 needed = terms.cashNeeded(order, account, clearinghouse);
        uint256 cash = needed == 0 ? 0 : _treasuryCash();
        uint256 moved = Math.min(needed, cash);
        clearinghouse.batch(terms.batchOf(order, account, needed, moved));
        // What is committed is needed.
        if (terms.commitment != 0) {
            uint256 reserve = PoolTrades.reserveUp(inventory.committed);
            require(cash - moved >= reserve, InsufficientFreeCash(cash - moved, reserve));
        }
        emit Traded(order.account, order.instrument, order.size, terms.quote, inventory.exposures[underlying]);
        return terms.quote;
    }

    /// @inheritdoc ILiquidityPool
    function refresh(uint16 underlying, uint40 expiry) external nonReentrant {
        Account account = bucket(underlying, expiry);
        require(inventory.buckets[account].place != 0, UnknownBucket(account));
        _accrue(underlying);
        BucketTerms memory terms = quoter.bucketTerms(account);
        if (terms.isEmpty) return _collect(account);
        inventory.set(account, terms.exposure, terms.target);
        int256 moved = PoolTrades.toMove(terms.missing, clearinghouse.cash(account), _treasuryCash());
        _moveCash(account, moved);
        emit BucketRefreshed(account, terms.exposure, terms.target, moved);
    }

    /// @inheritdoc ILiquidityPool
    function execute(uint256 most) external nonReentrant returns (uint256 deposits, uint256 redemptions) {
        Valuation memory value = _freshValuation();
        uint256 supply = totalSupply() + VIRTUAL_SHARES;
        if (value.equity >= 0)
            deposits = _executeDeposits(most, value.roundAt, value.entryPriceUp(supply, wadPerToken));
        redemptions = _executeRedemptions(most, value.roundAt, value.exitPriceDown(supply, wadPerToken));
    }

    /// @inheritdoc IERC7540Deposit
    function requestDeposit(
        uint256 assets,
        address controller,
        address owner
    ) external nonReentrant returns (uint256 requestId) {
        _requireActsFor(owner);
        // Else anybody could occupy the one request of another with a speck.
        if (controller != owner) _requireActsFor(controller);
        Valuation memory value = _freshValuation();
        require(value.equity >= 0, Insolvent(value.equity));
        uint256 price = value.entryPriceUp(totalSupply() + VIRTUAL_SHARES, wadPerToken);
        entries.append(controller, assets, price);
        SafeERC20.safeTransferFrom(IERC20(asset()), owner, address(this), assets);
        emit DepositRequest(controller, owner, REQUEST_ID, msg.sender, assets);
        return REQUEST_ID;
    }

    /// @inheritdoc IERC7540Redeem
    function requestRedeem(
        uint256 shares,
        address controller,
        address owner
    ) external nonReentrant returns (uint256 requestId) {
        if (controller != owner) _requireActsFor(controller);
        if (!_mayActFor(owner)) _spendAllowance(owner, msg.sender, shares);
        uint256 price = _freshValuation().exitPriceDown(totalSupply() + VIRTUAL_SHARES, wadPerToken);
        require(price != 0, NothingLeft());
        exits.append(controller, shares, price);
        _transfer(owner, address(this), shares);
        emit RedeemRequest(controller, owner, REQUEST_ID, msg.sender, shares);
        return REQUEST_ID;
    }

    /// @inheritdoc ILiquidityPool
    function cancelDeposit(address receiver, address controller) external nonReentrant returns (uint256 assets) {
        _requireActsFor(controller);
        assets = entries.cancel(controller);
        SafeERC20.safeTransfer(IERC20(asset()), receiver, assets);
        emit DepositRequestCancelled(controller, receiver, assets);
    }

    /// @inheritdoc IRequestVault
    function cancelRedeem(address receiver, address controller) external nonReentrant returns (uint256 shares) {
        _requireActsFor(controller);
        shares = exits.cancel(controller);
        _transfer(address(this), receiver, shares);
        emit RedeemRequestCancelled(controller, receiver, shares);
    }

    /// @inheritdoc IERC4626
    function deposit(uint256 assets, address receiver) public override(ERC4626, IERC4626) returns (uint256) {
        return deposit(assets, receiver, msg.sender);
    }

    /// @inheritdoc IERC4626
    function mint(uint256 shares, address receiver) public override(ERC4626, IERC4626) returns (uint256) {
        return mint(shares, receiver, msg.sender);
    }

    /// @inheritdoc IERC7540Deposit
    function deposit(
        uint256 assets,
        address receiver,
        address controller
    ) public nonReentrant returns (uint256 shares) {
        _requireActsFor(controller);
        uint256 limit = maxDeposit(controller);
        require(assets <= limit, ERC4626ExceededMaxDeposit(receiver, assets, limit));
        shares = entries.claimAssets(controller, assets, Math.Rounding.Floor);
        _giveShares(receiver, controller, assets, shares);
    }

    /// @inheritdoc IERC7540Deposit
    function mint(uint256 shares, address receiver, address controller) public nonReentrant returns (uint256 assets) {
        _requireActsFor(controller);
        uint256 limit = maxMint(controller);
        require(shares <= limit, ERC4626ExceededMaxMint(receiver, shares, limit));
        assets = entries.claimShares(controller, shares, Math.Rounding.Ceil);
        _giveShares(receiver, controller, assets, shares);
    }

    /// @inheritdoc IERC4626
    function withdraw(
        uint256 assets,
        address receiver,
        address controller
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256 shares) {
        _requireActsFor(controller);
        uint256 limit = maxWithdraw(controller);
        require(assets <= limit, ERC4626ExceededMaxWithdraw(controller, assets, limit));
        shares = exits.claimAssets(controller, assets, Math.Rounding.Ceil);
        _giveAssets(receiver, controller, assets, shares);
    }

    /// @inheritdoc IERC4626
    function redeem(
        uint256 shares,
        address receiver,
        address controller
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256 assets) {
        _requireActsFor(controller);
        uint256 limit = maxRedeem(controller);
        require(shares <= limit, ERC4626ExceededMaxRedeem(controller, shares, limit));
        assets = exits.claimShares(controller, shares, Math.Rounding.Floor);
        _giveAssets(receiver, controller, assets, shares);
    }

    /// @inheritdoc ILiquidityPool
    function quote(Instrument instrument, int128 size) external view returns (Quote memory) {
        _requireUnlocked();
        (, PoolTerms memory terms) = _termsOf(instrument, size);
        return terms.quote;
    }

    /// @inheritdoc IFundingSource
    /// @dev The premium of the mid of the pool's quotes over the index, which is its skew: an inventory of perpetuals and options together that is
    /// hedged has none. From storage alone, so that it may be asked in the middle of a call of the clearinghouse.
    function fundingRate(uint16 underlying) external view returns (int256 ratePerYear) {
        ratePerYear = quoter.premium(underlying, inventory.exposures[underlying].delta) * int256(FUNDING_PERIODS);
        ratePerYear = SignedMath.max(-MAX_FUNDING_RATE, SignedMath.min(ratePerYear, MAX_FUNDING_RATE));
    }

    /// @inheritdoc ILiquidityPool
    function exposure(uint16 underlying) external view returns (Exposure memory) {
        _requireUnlocked();
        return inventory.exposures[underlying];
    }

    /// @inheritdoc ILiquidityPool
    function buckets() external view returns (Account[] memory) {
        _requireUnlocked();
        return inventory.list;
    }

    /// @inheritdoc ILiquidityPool
    function committed() external view returns (uint256) {
        _requireUnlocked();
        return inventory.committed;
    }

    /// @inheritdoc ILiquidityPool
    function bucket(uint16 underlying, uint40 expiry) public view returns (Account) {
        return PoolInventory.accountOf(address(this), underlying, expiry);
    }

    /// @inheritdoc ILiquidityPool
    function freeAssets() public view returns (uint256) {
        uint256 free = Math.saturatingSub(_treasuryCash(), PoolTrades.reserveUp(inventory.committed));
        // Never more than is in custody.
        return Math.min(free / wadPerToken, _outflow());
    }

    /// @inheritdoc IERC7540Deposit
    function pendingDepositRequest(uint256 requestId, address controller) external view returns (uint256) {
        return requestId == REQUEST_ID ? entries.pendingOf(controller) : 0;
    }

    /// @inheritdoc IERC7540Deposit
    function claimableDepositRequest(uint256 requestId, address controller) external view returns (uint256) {
        return requestId == REQUEST_ID ? maxDeposit(controller) : 0;
    }

    /// @inheritdoc IERC7540Redeem
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        return requestId == REQUEST_ID ? exits.pendingOf(controller) : 0;
    }

    /// @inheritdoc IERC7540Redeem
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        return requestId == REQUEST_ID ? maxRedeem(controller) : 0;
    }

    /// @inheritdoc IERC4626
    /// @dev Equity of treasury and buckets at mark, rounded down to token units; nothing where they owe more than they own. What waits to enter, or was
    /// executed and is to be claimed, is not in it.
    function totalAssets() public view override(ERC4626, IERC4626) returns (uint256) {
        return _inTokensDown(_valuation().equity);
    }

    /// @inheritdoc IERC4626
    /// @dev ERC-7540: what the controller may claim.
    function maxDeposit(address controller) public view override(ERC4626, IERC4626) returns (uint256) {
        return entries.claims[controller].assets;
    }

    /// @inheritdoc IERC4626
    function maxMint(address controller) public view override(ERC4626, IERC4626) returns (uint256) {
        return entries.claims[controller].shares;
    }

    /// @inheritdoc IERC4626
    function maxWithdraw(address controller) public view override(ERC4626, IERC4626) returns (uint256) {
        return exits.claims[controller].assets;
    }

    /// @inheritdoc IERC4626
    function maxRedeem(address controller) public view override(ERC4626, IERC4626) returns (uint256) {
        return exits.claims[controller].shares;
    }

    /// @inheritdoc IERC4626
    /// @dev Always reverts, as ERC-7540 demands.
    function previewDeposit(uint256) public pure override(ERC4626, IERC4626) returns (uint256) {
        revert NoPreview();
    }

    /// @inheritdoc IERC4626
    /// @dev Always reverts, as ERC-7540 demands.
    function previewMint(uint256) public pure override(ERC4626, IERC4626) returns (uint256) {
        revert NoPreview();
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public pure override(IERC165, RequestVault) returns (bool) {
        return interfaceId == type(IERC7540Deposit).interfaceId || super.supportsInterface(interfaceId);
    }

    function _executeDeposits(uint256 most, uint256 roundAt, uint256 price) private returns (uint256 count) {
        (uint256 assets, uint256 shares) = (0, 0);
        while (most > 0) {
            uint256 number;
            Request memory request;
            (number, request, most) = entries.next(most);
            if (number == 0 || request.requestedAt >= roundAt) break;
            uint256 bought = Math.mulDiv(request.amount, PoolRequests.PRICE_SCALE, Math.max(price, request.price));
            entries.fulfil(number, request.amount, request.amount, bought);
            emit DepositExecuted(request.controller, request.amount, bought);
            (assets, shares) = (assets + request.amount, shares + bought);
            (count, most) = (count + 1, most - 1);
        }
        if (assets == 0) return count;
        _mint(address(this), shares);
        _payIn(assets);
    }

    /// @dev The first request that cannot be paid whole is paid in part, and those behind it wait.
    function _executeRedemptions(uint256 most, uint256 roundAt, uint256 price) private returns (uint256 count) {
        (uint256 assets, uint256 shares, uint256 left) = (0, 0, freeAssets());
        while (most > 0) {
            uint256 number;
            Request memory request;
            (number, request, most) = exits.next(most);
            if (number == 0 || request.requestedAt >= roundAt) break;
            (uint256 sold, uint256 paid) = PoolRequests.payable_(request, price, left);
            if (sold == 0) break;
            exits.fulfil(number, sold, paid, sold);
            emit RedeemExecuted(request.controller, paid, sold);
            (assets, shares, left) = (assets + paid, shares + sold, left - paid);
            (count, most) = (count + 1, most - 1);
            if (sold < request.amount) break;
        }
        if (shares != 0) _burn(address(this), shares);
        if (assets == 0) return count;
        _payOut(address(this), assets);
    }

    /// @dev A debt is paid as far as the treasury goes; the account stays in the list until it is paid whole.
    function _collect(Account account) private {
        int256 cash = clearinghouse.cash(account);
        int256 paid = SignedMath.max(cash, -_treasuryCash().toInt256());
        _moveCash(account, -paid);
        if (paid == cash) inventory.remove(account);
        else inventory.set(account, Exposure(0, 0), 0);
        emit BucketCollected(account, paid);
    }

    /// @dev Does nothing where no funding accrues: the clearinghouse may have no source, or the source no rate.
    function _accrue(uint16 underlying) private {
        // solhint-disable-next-line no-empty-blocks
        try IClearinghouseBooks(address(clearinghouse)).accrueFunding(underlying) {} catch {}
    }

    function _giveShares(address receiver, address controller, uint256 assets, uint256 shares) private {
        _transfer(address(this), receiver, shares);
        emit Deposit(controller, receiver, assets, shares);
    }

    function _giveAssets(address receiver, address controller, uint256 assets, uint256 shares) private {
        SafeERC20.safeTransfer(IERC20(asset()), receiver, assets);
        emit Withdraw(msg.sender, receiver, controller, assets, shares);
    }

    /// @param size USD WAD into the bucket; negative: back to the treasury.
    function _moveCash(Account account, int256 size) private {
        if (size == 0) return;
        (Account from, Account to) = size > 0 ? (treasury(), account) : (account, treasury());
        _move(from, to, SignedMath.abs(size));
    }

    /// @dev What `trade` and `quote` have in common.
    function _termsOf(
        Instrument instrument,
        int128 size
    ) private view returns (Account account, PoolTerms memory terms) {
        uint16 underlying = instrument.underlying();
        account = bucket(underlying, instrument.expiry());
        terms = quoter.terms(
            Proposal({
                bucket: account,
                instrument: instrument,
                size: size,
                total: inventory.exposures[underlying],
                held: inventory.buckets[account].exposure
            })
        );
    }

    function _freshValuation() private view returns (Valuation memory value) {
        value = _valuation();
        require(value.isFresh, FeedNotFresh());
    }

    function _valuation() private view returns (Valuation memory) {
        _requireUnlocked();
        Account[] memory accounts = inventory.list;
        Exposure[] memory exposures = new Exposure[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            exposures[i] = inventory.exposures[PoolInventory.underlyingOf(accounts[i])];
        }
        return quoter.valuation(_treasuryCash().toInt256(), accounts, exposures);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Address } from "@openzeppelin/contracts/utils/Address.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { ClearinghouseState, Operator } from "./ClearinghouseState.sol";
import {
    Approval,
    Batch,
    Deposit,
    Fill,
    IClearinghouse,
    MAY_MOVE,
    MAY_TRADE,
    MAY_WITHDRAW,
    Transfer,
    Withdrawal
} from "./interfaces/IClearinghouse.sol";
import { IClearinghouseBooks } from "./interfaces/IClearinghouseBooks.sol";
import { IClearinghouseForce } from "./interfaces/IClearinghouseForce.sol";
import { InterestRates } from "./interfaces/IInterest.sol";
import { Portfolio, Risk } from "./interfaces/IMarginEngine.sol";
import { Collateral, IMarkets } from "./interfaces/IMarkets.sol";
import { IOpenInterest } from "./interfaces/IOpenInterest.sol";
import { CashIndex, CashIndexState } from "./libraries/CashIndex.sol";
import { Ledger, LedgerState, Side } from "./libraries/Ledger.sol";
import { LossSharing } from "./libraries/LossSharing.sol";
import { MarginRules } from "./libraries/MarginRules.sol";
import { OpenInterest, OpenInterestState } from "./libraries/OpenInterest.sol";
import { TouchedAccount, TouchedAccounts, TouchedSet } from "./libraries/TouchedAccounts.sol";
import { Account, RESERVE } from "./types/Account.sol";
import { CASH, Instrument, Kind } from "./types/Instrument.sol";
import { Position } from "./types/Position.sol";

/// @param scale WAD units in one token unit. @param cap Most that may be in custody, WAD units.
struct Token {
    IERC20 erc20;
    uint256 scale;
    uint256 cap;
}

/// @title See `IClearinghouse`.
contract Clearinghouse is IClearinghouse, ClearinghouseState, AccessManaged {
    using Address for address;
    using CashIndex for CashIndexState;
    using Ledger for LedgerState;
    using LossSharing for LedgerState;
    using MarginRules for Risk;
    using MarginRules for Portfolio;
    using OpenInterest for OpenInterestState;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;
    using TouchedAccounts for TouchedSet;

    /// @inheritdoc IClearinghouse
    address public immutable usdc;
    /// @inheritdoc IClearinghouse
    address public immutable markets;
    /// @inheritdoc IClearinghouse
    address public immutable force;
    /// @inheritdoc IClearinghouse
    address public immutable books;

    modifier whenUnlocked() {
        requireUnlocked();
        _;
    }

    /// @param force_ A `ClearinghouseForce`, and @param books_ a `ClearinghouseBooks`, of the same USDC: this contract's own code, in pieces
    /// because one may not have so much, and as constructors may not carry so much either.
    constructor(
        address accessManager,
        address usdc_,
        address markets_,
        address force_,
        address books_
    ) ClearinghouseState(usdc_) AccessManaged(accessManager) {
        usdc = usdc_;
        markets = markets_;
        force = force_;
        books = books_;
        ledger.cashIndex.open();
    }

    /// @dev `IClearinghouseForce` and `IClearinghouseBooks`; whatever else is called reverts there.
    fallback(bytes calldata data) external whenUnlocked returns (bytes memory) {
        return pieceOf(msg.sig).functionDelegateCall(data);
    }

    /// @inheritdoc IClearinghouse
    function batch(Batch calldata actions) external lock {
        TouchedSet memory touched = TouchedAccounts.create();
        for (uint256 i = 0; i < actions.approvals.length; ++i) approve(actions.approvals[i]);
        noteReducing(actions.reducing, touched);
        for (uint256 i = 0; i < actions.deposits.length; ++i) deposit(actions.deposits[i], touched);
        for (uint256 i = 0; i < actions.transfers.length; ++i) transfer(actions.transfers[i], touched);
        for (uint256 i = 0; i < actions.fills.length; ++i) fill(actions.fills[i], touched);
        for (uint256 i = 0; i < actions.withdrawals.length; ++i) withdraw(actions.withdrawals[i], touched);
        requireMargin(touched);
        for (uint256 i = 0; i < actions.withdrawals.length; ++i) {
            Withdrawal calldata withdrawal = actions.withdrawals[i];
            tokenOf(withdrawal.asset).erc20.safeTransfer(withdrawal.to, withdrawal.amountInTokens);
        }
    }

    /// @inheritdoc IClearinghouse
    function fundReserve(uint256 amountInTokens) external lock {
        // What no account owns is the reserve's.
        emit ReserveFunded(msg.sender, pull(CASH, amountInTokens));
    }

    /// @inheritdoc IClearinghouse
    function announceModules(address engine, address liquidator_) external lock restricted {
        ask(IClearinghouseBooks.beginNotice.selector, uint160(engine), uint160(liquidator_));
    }

    /// @inheritdoc IClearinghouse
    function setMarginEngine(address engine) external lock restricted {
        ask(IClearinghouseBooks.useNotice.selector, uint160(engine), 0);
        marginEngine = engine;
        emit MarginEngineSet(engine);
    }

    /// @inheritdoc IClearinghouse
    function setLiquidator(address liquidator_) external lock restricted {
        ask(IClearinghouseBooks.useNotice.selector, 0, uint160(liquidator_));
        liquidator = liquidator_;
        emit LiquidatorSet(liquidator_);
    }

    /// @inheritdoc IClearinghouse
    function setInterestRates(InterestRates calldata) external whenUnlocked restricted {
        books.functionDelegateCall(msg.data);
    }

    /// @inheritdoc IClearinghouse
    function setFundingSource(address source) external whenUnlocked restricted {
        fundingSource = source;
        emit FundingSourceSet(source);
    }

    /// @inheritdoc IClearinghouse
    function cash(Account account) external view whenUnlocked returns (int256) {
        return ledger.settledCash(account);
    }

    /// @inheritdoc IClearinghouse
    function positions(Account account) external view whenUnlocked returns (Position[] memory) {
        return ledger.settledPortfolio(account).positions;
    }

    /// @inheritdoc IClearinghouse
    function position(Account account, Instrument instrument) external view whenUnlocked returns (int256 size) {
        return ledger.settledPosition(account, instrument);
    }

    /// @inheritdoc IClearinghouse
    function entryValue(Account account, Instrument perpetual) external view whenUnlocked returns (int256) {
        return ledger.settledEntryValue(account, perpetual);
    }

    /// @inheritdoc IClearinghouse
    function portfolio(Account account) external view whenUnlocked returns (Portfolio memory) {
        return ledger.settledPortfolio(account);
    }

    /// @inheritdoc IClearinghouse
    function risk(Account account) external view whenUnlocked returns (Risk memory) {
        return evaluateOne(ledger.settledPortfolio(account));
    }

    /// @inheritdoc IClearinghouse
    function isAuthorised(Account account, address caller, uint8 permission) external view whenUnlocked returns (bool) {
        return mayAct(account, caller, permission);
    }

    /// @inheritdoc IClearinghouse
    function recordedInTokens(Instrument asset) external view whenUnlocked returns (uint256) {
        return ledger.recordedInTokens[asset];
    }

    /// @inheritdoc IClearinghouse
    function reserve() external view whenUnlocked returns (uint256) {
        return ledger.reserve(cashInCustody());
    }

    /// @inheritdoc IClearinghouse
    function openInterest(uint16 underlying) external view whenUnlocked returns (uint256) {
        return ledger.openInterest[underlying].units;
    }

    /// @inheritdoc IClearinghouse
    function openInterestOf(Instrument derivative) external view whenUnlocked returns (uint256) {
        return ledger.longs[derivative];
    }

    /// @inheritdoc IOpenInterest
    function averageOpenInterest(uint16 underlying) external view returns (uint256 units) {
        return ledger.openInterest[underlying].averageAt(block.timestamp);
    }

    /// @inheritdoc IClearinghouse
    function isLocked() external view returns (bool) {
        return locked;
    }

    function approve(Approval calldata approval) private {
        require(msg.sender == approval.account.owner(), NotOwner(approval.account, msg.sender));
        setOperator(approval);
    }

    /// @dev Before anything else happens: what a reduction is measured against.
    function noteReducing(Account[] calldata accounts, TouchedSet memory touched) private {
        if (accounts.length == 0) return;
        for (uint256 i = 0; i < accounts.length; ++i) {
            TouchedAccount memory entry = touch(touched, accounts[i])[0];
            entry.isReducing = true;
            entry.isEvaluated = true;
            entry.portfolio = ledger.portfolio(accounts[i]);
        }
        Risk[] memory risks = evaluate(touched.portfolios());
        for (uint256 i = 0; i < touched.count; ++i) {
            TouchedAccount memory entry = touched.lists[i][0];
            entry.before = risks[i];
            entry.isEvaluated = false;
        }
    }

    function deposit(Deposit calldata action, TouchedSet memory touched) private {
        touch(touched, action.account);
        uint256 size = pull(action.asset, action.amountInTokens);
        if (action.asset == CASH) {
            ledger.addCash(action.account, size.toInt256());
        } else {
            require(
                ledger.sizeOf(action.account, action.asset) != 0 || mayAct(action.account, msg.sender, MAY_MOVE),
                ForeignAccount(action.account, action.asset)
            );
            ledger.trade(action.account, action.asset, size.toInt256(), 0);
        }
        emit Deposited(action.account, action.asset, size, msg.sender);
    }

    function transfer(Transfer calldata action, TouchedSet memory touched) private {
        if (action.to == RESERVE) return payReserve(action, touched);
        require(!(action.from == action.to), SelfTrade(action.from));
        bool isForeign = action.from.owner() != action.to.owner();
        requireMay(action.from, MAY_MOVE);
        TouchedAccount memory source = touch(touched, action.from)[0];
        source.isCharged = true;
        source.isDrained = true;
        TouchedAccount memory target = touch(touched, action.to)[0];
        if (action.asset == CASH) {
            // An operator that could pay strangers could pay itself, and would not have to withdraw to the owner.
            require(!isForeign || msg.sender == action.from.owner(), NotOwner(action.from, msg.sender));
            moveCash(action.from, action.to, action.size);
        } else {
            require(!isForeign, ForeignAccount(action.to, action.asset));
            requireMay(action.to, MAY_MOVE);
            target.isCharged = target.isCharged || action.asset.kind() != Kind.Spot;
            int256 size = uint256(action.size).toInt256();
            bool isShort = ledger.sizeOf(action.from, action.asset) < 0;
            move(action.from, action.to, action.asset, isShort ? -size : size);
        }
    }

    /// @dev Whoever may trade may lose as much in a fill, and to himself: to let him pay the reserve gives him nothing. Margin is checked as
    /// after a fill.
    function payReserve(Transfer calldata action, TouchedSet memory touched) private {
        require(action.asset == CASH, ForeignAccount(action.to, action.asset));
        require(action.size != 0, ZeroSize());
        requireMay(action.from, MAY_TRADE);
        touch(touched, action.from)[0].isCharged = true;
        // What no account owns is the reserve's.
        ledger.addCash(action.from, -uint256(action.size).toInt256());
        emit FeePaid(action.from, action.size);
    }

    function fill(Fill calldata action, TouchedSet memory touched) private {
        require(action.size != 0, ZeroSize());
        require(!(action.buyer == action.seller), SelfTrade(action.buyer));
        uint16 underlying = action.instrument.underlying();
        uint256 openInterestBefore = ledger.openInterest[underlying].units;
        int256 size = uint256(action.size).toInt256();
        // One number for both sides; its rounding is less than the smallest unit of cash, and the buyer's.
        int256 value = ((action.price * action.size) / WAD).toInt256();
        Side memory buyer = takeSide(touch(touched, action.buyer)[0], action.instrument, size, -value);
        Side memory seller = takeSide(touch(touched, action.seller)[0], action.instrument, -size, value);
        ledger.record(action.instrument, buyer.longs + seller.longs, buyer.entryValue + seller.entryValue);
        bool isOpening = !Ledger.isReduction(buyer.held, size) || !Ledger.isReduction(seller.held, -size);
        if (isOpening) {
            uint256 cap = IMarkets(markets).requireTradable(action.instrument);
            uint256 openInterestAfter = ledger.openInterest[underlying].units;
            bool isWithinCap = openInterestAfter <= openInterestBefore || openInterestAfter <= cap;
            require(isWithinCap, OpenInterestCapExceeded(underlying, openInterestAfter, cap));
        }
        emit Filled(action.buyer, action.seller, action.instrument, action.size, action.price);
    }

    function takeSide(
        TouchedAccount memory entry,
        Instrument instrument,
        int256 delta,
        int256 value
    ) private returns (Side memory side) {
        requireMay(entry.account, MAY_TRADE);
        entry.isCharged = true;
        side = ledger.trade(entry.account, instrument, delta, value);
        require(
            !entry.isReducing || Ledger.isReduction(side.held, delta),
            InsufficientPosition(entry.account, instrument, side.held, delta)
        );
    }

    function withdraw(Withdrawal calldata action, TouchedSet memory touched) private {
        require(action.amountInTokens != 0, ZeroSize());
        requireMay(action.account, MAY_WITHDRAW);
        address owner = action.account.owner();
        require(msg.sender == owner || action.to == owner, RecipientNotOwner(action.to, owner));
        TouchedAccount memory entry = touch(touched, action.account)[0];
        entry.isCharged = true;
        entry.isDrained = true;
        uint256 recorded = ledger.recordedInTokens[action.asset];
        require(
            action.amountInTokens <= recorded,
            InsufficientLiquidity(action.asset, recorded, action.amountInTokens)
        );
        if (notice.isSealed)
            ask(IClearinghouseBooks.countOutflow.selector, Instrument.unwrap(action.asset), action.amountInTokens);
        ledger.recordedInTokens[action.asset] = recorded - action.amountInTokens;
        uint256 size = action.amountInTokens * tokenOf(action.asset).scale;
        if (action.asset == CASH) ledger.addCash(action.account, -size.toInt256());
        else ledger.trade(action.account, action.asset, -size.toInt256(), 0);
        emit Withdrawn(action.account, action.asset, size, action.to);
    }

    /// @dev One evaluation for all touched accounts that need one: those that gave something or took on a position and that
    /// others depend on, and those whose list of legs has grown. These need only stay within the limits of structure and,
    /// where others depend on them, on valid feeds: a speck of a token with a dead feed must not put off a liquidation.
    function requireMargin(TouchedSet memory touched) private view {
        bool needed = false;
        for (uint256 i = 0; i < touched.count; ++i) {
            TouchedAccount memory entry = touched.lists[i][0];
            entry.portfolio = ledger.portfolio(entry.account);
            entry.isCharged = entry.isCharged && entry.portfolio.hasLiabilities();
            entry.isEvaluated = entry.isCharged || entry.portfolio.positions.length > entry.legsBefore;
            needed = needed || entry.isEvaluated;
        }
        if (!needed) return;
        Risk[] memory risks = evaluate(touched.portfolios());
        uint256 next = 0;
        for (uint256 i = 0; i < touched.count; ++i) {
            TouchedAccount memory entry = touched.lists[i][0];
            if (entry.isEvaluated) requireMarginOf(entry, risks[next++]);
        }
    }

    function requireMarginOf(TouchedAccount memory entry, Risk memory current) private pure {
        if (!entry.isCharged) {
            require(current.isUsable() || !entry.portfolio.hasLiabilities(), FeedInvalid(entry.account));
        } else if (entry.isReducing) {
            requireReduced(entry, current);
        } else {
            requireInitial(entry.account, current);
        }
    }

    function requireReduced(TouchedAccount memory entry, Risk memory current) private pure {
        bool isReduced = entry.before.improves(current);
        if (current.isUsable()) {
            isReduced = isReduced || current.meetsInitial();
        } else {
            require(!entry.isDrained, FeedInvalid(entry.account));
            isReduced = isReduced && entry.before.keepsSurplus(current);
        }
        require(
            isReduced,
            NotReducing(entry.account, entry.before.equity, entry.before.initial, current.equity, current.initial)
        );
    }

    /// @dev Credits what arrives. @return size WAD.
    function pull(Instrument asset, uint256 amountInTokens) private returns (uint256 size) {
        Token memory token = tokenOf(asset);
        uint256 balanceBefore = token.erc20.balanceOf(address(this));
        token.erc20.safeTransferFrom(msg.sender, address(this), amountInTokens);
        uint256 arrivedInTokens = token.erc20.balanceOf(address(this)) - balanceBefore;
        require(arrivedInTokens != 0, ZeroSize());
        if (outflows[asset].usedInTokens != 0)
            ask(IClearinghouseBooks.countInflow.selector, Instrument.unwrap(asset), arrivedInTokens);
        uint256 recorded = ledger.recordedInTokens[asset] + arrivedInTokens;
        ledger.recordedInTokens[asset] = recorded;
        require(recorded * token.scale <= token.cap, CollateralCapExceeded(asset, recorded * token.scale, token.cap));
        return arrivedInTokens * token.scale;
    }

    function pieceOf(bytes4 selector) private view returns (address) {
        bool isForce =
            selector == IClearinghouseForce.seize.selector ||
                selector == IClearinghouseForce.takeOver.selector ||
                selector == IClearinghouseForce.deleverage.selector;
        return isForce ? force : books;
    }

    /// @dev Asks `books` what it answers to nobody else, inside a call, two words each: one place, for bytes are dear here.
    function ask(bytes4 selector, uint256 first, uint256 second) private {
        books.functionDelegateCall(abi.encodeWithSelector(selector, first, second));
    }

    /// @return list As of `TouchedAccounts.touch`.
    function touch(TouchedSet memory touched, Account account) private returns (TouchedAccount[] memory list) {
        bool isNew;
        (list, isNew) = touched.touch(account);
        if (!isNew) return list;
        // Seldom, so its code is in another piece.
        if (!ledger.isUpToDate(account)) ask(IClearinghouseBooks.settleTouched.selector, Account.unwrap(account), 0);
        list[0].legsBefore = ledger.legCount(account);
    }

    function tokenOf(Instrument asset) private view returns (Token memory) {
        if (asset == CASH) return Token(IERC20(usdc), usdcScale, type(uint256).max);
        Collateral memory collateral = IMarkets(markets).collateral(asset);
        return Token(IERC20(collateral.token), 10 ** (WAD_DECIMALS - collateral.decimals), collateral.cap);
    }

    function requireMay(Account account, uint8 permission) private view {
        require(mayAct(account, msg.sender, permission), NotAuthorised(account, msg.sender, permission));
    }

    function mayAct(Account account, address caller, uint8 permission) private view returns (bool) {
        if (caller == account.owner()) return true;
        Operator memory operator = operators[account][caller];
        return permission != 0 && operator.permissions & permission == permission && block.timestamp <= operator.expiry;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {
    Approval,
    Batch,
    Deposit,
    Fill,
    IClearinghouse,
    MAY_MOVE,
    MAY_TRADE,
    MAY_WITHDRAW,
    Seizure,
    SeizureOutcome,
    TakeOver,
    Transfer,
    Withdrawal
} from "./interfaces/IClearinghouse.sol";
import { ILiquidationTerms } from "./interfaces/ILiquidationTerms.sol";
import { IMarginEngine, Portfolio, Risk } from "./interfaces/IMarginEngine.sol";
import { Collateral, IMarkets } from "./interfaces/IMarkets.sol";
import { IOpenInterest } from "./interfaces/IOpenInterest.sol";
import { Ledger, LedgerState } from "./libraries/Ledger.sol";
import { MarginRules } from "./libraries/MarginRules.sol";
import { OpenInterest, OpenInterestState } from "./libraries/OpenInterest.sol";
import { TouchedAccount, TouchedAccounts, TouchedSet } from "./libraries/TouchedAccounts.sol";
import { Account } from "./types/Account.sol";
import { CASH, Instrument, Kind } from "./types/Instrument.sol";
import { Position } from "./types/Position.sol";

/// @param permissions Bits of MAY_*. @param expiry Unix seconds, inclusive.
struct Operator {
    uint8 permissions;
    uint40 expiry;
}

/// @param scale WAD units in one token unit. @param cap Most that may be in custody, WAD units.
struct Token {
    IERC20 erc20;
    uint256 scale;
    uint256 cap;
}

/// @title See `IClearinghouse`.
contract Clearinghouse is IClearinghouse, AccessManaged {
    using Ledger for LedgerState;
    using MarginRules for Risk;
    using MarginRules for Portfolio;
    using OpenInterest for OpenInterestState;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;
    using TouchedAccounts for TouchedSet;

    uint256 private constant WAD = 1e18;
    uint8 private constant WAD_DECIMALS = 18;
    /// @dev What one evaluation sees of a seizure, see `SeizureOutcome`: `from` before, the legs alone, both sides after the
    /// move and before anything is paid.
    uint256 private constant BEFORE = 0;
    uint256 private constant LEGS = 1;
    uint256 private constant REMAINING = 2;
    uint256 private constant TAKER = 3;
    uint256 private constant SEIZURE_PORTFOLIOS = 4;

    /// @inheritdoc IClearinghouse
    address public immutable usdc;
    /// @inheritdoc IClearinghouse
    address public immutable markets;
    uint256 private immutable usdcScale;

    /// @inheritdoc IClearinghouse
    address public marginEngine;
    /// @inheritdoc IClearinghouse
    address public liquidator;

    LedgerState private ledger;
    mapping(Account => mapping(address operator => Operator)) private operators;
    bool private transient locked;

    modifier lock() {
        requireUnlocked();
        locked = true;
        _;
        locked = false;
    }

    modifier whenUnlocked() {
        requireUnlocked();
        _;
    }

    modifier onlyLiquidator() {
        require(msg.sender == liquidator, NotLiquidator(msg.sender));
        _;
    }

    constructor(address accessManager, address usdc_, address markets_) AccessManaged(accessManager) {
        usdc = usdc_;
        markets = markets_;
        usdcScale = 10 ** (WAD_DECIMALS - IERC20Metadata(usdc_).decimals());
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
        uint256 size = pull(CASH, amountInTokens);
        ledger.reserve += size;
        emit ReserveFunded(msg.sender, size);
    }

    /// @inheritdoc IClearinghouse
    function seize(Seizure calldata seizure) external lock onlyLiquidator returns (SeizureOutcome memory outcome) {
        Account from = seizure.from;
        Account to = seizure.to;
        require(!(from == to), SelfTrade(from));
        require(seizure.legs.length != 0, ZeroSize());

        Portfolio[] memory portfolios = new Portfolio[](SEIZURE_PORTFOLIOS);
        portfolios[BEFORE] = ledger.portfolio(from);
        portfolios[LEGS].positions = seizure.legs;
        for (uint256 i = 0; i < seizure.legs.length; ++i) {
            portfolios[LEGS].cash += move(from, to, seizure.legs[i].instrument(), seizure.legs[i].size());
        }
        portfolios[REMAINING] = ledger.portfolio(from);
        portfolios[TAKER] = ledger.portfolio(to);
        Risk[] memory risks = evaluate(portfolios);
        // The liquidator refuses first, and says why; what it lets through is checked here all the same.
        outcome.rate = ILiquidationTerms(msg.sender).compensationRate(from, risks[BEFORE]);
        requireLiquidatable(from, risks[BEFORE]);
        int256 value = risks[LEGS].equity;
        outcome.payment = settle(portfolios, risks, outcome.rate);
        int256 fee = outcome.payment > 0 ? ((uint256(outcome.payment) * seizure.feeShare) / WAD).toInt256() : int256(0);
        risks[TAKER].equity -= fee;
        (outcome.before, outcome.legs, outcome.remaining) = (risks[BEFORE], risks[LEGS], risks[REMAINING]);
        require(
            outcome.before.keepsHealth(outcome.remaining),
            HealthLowered(
                outcome.before.equity,
                outcome.before.maintenance,
                outcome.remaining.equity,
                outcome.remaining.maintenance
            )
        );
        requireInitial(to, risks[TAKER]);
        ledger.addCash(from, value - outcome.payment);
        ledger.addCash(to, outcome.payment - fee - value);
        ledger.addCash(seizure.feeTo, fee);
        emit Seized(from, to, seizure.feeTo, value, outcome.payment, uint256(fee));
    }

    /// @inheritdoc IClearinghouse
    function takeOver(TakeOver calldata order) external lock onlyLiquidator returns (Risk memory before) {
        require(!(order.from == order.to), SelfTrade(order.from));
        require(!(order.from == order.funder), SelfTrade(order.from));
        require(order.funder.owner() == order.to.owner(), ForeignAccount(order.funder, CASH));
        require(ledger.legCount(order.to) == 0, AccountNotEmpty(order.to));

        Portfolio memory whole = ledger.portfolio(order.from);
        int256 cashBefore = ledger.cash(order.from);
        ledger.moveAll(order.from, order.to);
        drawReserve(order.to, order.fromReserve);
        fund(order);
        Portfolio memory funder = ledger.portfolio(order.funder);
        bool isFunderLiable = funder.hasLiabilities();
        Portfolio[] memory portfolios = new Portfolio[](isFunderLiable ? 2 : 1);
        portfolios[0] = whole;
        if (isFunderLiable) portfolios[1] = funder;
        Risk[] memory risks = evaluate(portfolios);
        before = risks[0];
        requireLiquidatable(order.from, before);
        // The same positions with other cash.
        requireInitial(order.to, withCash(whole, before, ledger.cash(order.to) - cashBefore));
        if (isFunderLiable) requireInitial(order.funder, risks[1]);
        emit TakenOver(order.from, order.to, before.equity, order.fromReserve);
    }

    /// @inheritdoc IClearinghouse
    function setMarginEngine(address engine) external whenUnlocked restricted {
        marginEngine = engine;
        emit MarginEngineSet(engine);
    }

    /// @inheritdoc IClearinghouse
    function setLiquidator(address liquidator_) external whenUnlocked restricted {
        liquidator = liquidator_;
        emit LiquidatorSet(liquidator_);
    }

    /// @inheritdoc IClearinghouse
    function cash(Account account) external view whenUnlocked returns (int256) {
        return ledger.cash(account);
    }

    /// @inheritdoc IClearinghouse
    function positions(Account account) external view whenUnlocked returns (Position[] memory) {
        return ledger.positions(account);
    }

    /// @inheritdoc IClearinghouse
    function position(Account account, Instrument instrument) external view whenUnlocked returns (int256 size) {
        return ledger.sizeOf(account, instrument);
    }

    /// @inheritdoc IClearinghouse
    function entryValue(Account account, Instrument perpetual) external view whenUnlocked returns (int256) {
        return ledger.entryValue(account, perpetual);
    }

    /// @inheritdoc IClearinghouse
    function portfolio(Account account) external view whenUnlocked returns (Portfolio memory) {
        return ledger.portfolio(account);
    }

    /// @inheritdoc IClearinghouse
    function risk(Account account) external view whenUnlocked returns (Risk memory) {
        return evaluateOne(ledger.portfolio(account));
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
        return ledger.reserve;
    }

    /// @inheritdoc IClearinghouse
    function openInterest(uint16 underlying) external view whenUnlocked returns (uint256) {
        return ledger.openInterest[underlying].units;
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
        operators[approval.account][approval.operator] = Operator(approval.permissions, approval.expiry);
        emit OperatorSet(approval.account, approval.operator, approval.permissions, approval.expiry);
    }

    /// @dev Before anything else happens: what a reduction is measured against.
    function noteReducing(Account[] calldata accounts, TouchedSet memory touched) private view {
        if (accounts.length == 0) return;
        for (uint256 i = 0; i < accounts.length; ++i) {
            TouchedAccount memory entry = touch(touched, accounts[i]);
            entry.isReducing = true;
            entry.isEvaluated = true;
            entry.portfolio = ledger.portfolio(accounts[i]);
        }
        Risk[] memory risks = evaluate(touched.portfolios());
        for (uint256 i = 0; i < touched.count; ++i) {
            touched.entries[i].before = risks[i];
            touched.entries[i].isEvaluated = false;
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
        require(!(action.from == action.to), SelfTrade(action.from));
        bool isForeign = action.from.owner() != action.to.owner();
        requireMay(action.from, MAY_MOVE);
        TouchedAccount memory source = touch(touched, action.from);
        source.isCharged = true;
        source.isDrained = true;
        TouchedAccount memory target = touch(touched, action.to);
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

    function fill(Fill calldata action, TouchedSet memory touched) private {
        require(action.size != 0, ZeroSize());
        require(!(action.buyer == action.seller), SelfTrade(action.buyer));
        uint16 underlying = action.instrument.underlying();
        uint256 openInterestBefore = ledger.openInterest[underlying].units;
        int256 size = uint256(action.size).toInt256();
        // One number for both sides; its rounding is less than the smallest unit of cash, and the buyer's.
        int256 value = ((action.price * action.size) / WAD).toInt256();
        bool isOpening = takeSide(touch(touched, action.buyer), action.instrument, size, -value);
        isOpening = takeSide(touch(touched, action.seller), action.instrument, -size, value) || isOpening;
        if (isOpening) IMarkets(markets).requireTradable(action.instrument);
        uint256 openInterestAfter = ledger.openInterest[underlying].units;
        if (openInterestAfter > openInterestBefore) {
            uint256 cap = IMarkets(markets).underlying(underlying).openInterestCap;
            require(openInterestAfter <= cap, OpenInterestCapExceeded(underlying, openInterestAfter, cap));
        }
        emit Filled(action.buyer, action.seller, action.instrument, action.size, action.price);
    }

    /// @return isOpening Whether the side does more than to take its position towards zero.
    function takeSide(
        TouchedAccount memory side,
        Instrument instrument,
        int256 delta,
        int256 value
    ) private returns (bool isOpening) {
        requireMay(side.account, MAY_TRADE);
        side.isCharged = true;
        int256 held = ledger.trade(side.account, instrument, delta, value);
        isOpening = !Ledger.isReduction(held, delta);
        require(!isOpening || !side.isReducing, InsufficientPosition(side.account, instrument, held, delta));
    }

    function withdraw(Withdrawal calldata action, TouchedSet memory touched) private {
        require(action.amountInTokens != 0, ZeroSize());
        requireMay(action.account, MAY_WITHDRAW);
        address owner = action.account.owner();
        require(msg.sender == owner || action.to == owner, RecipientNotOwner(action.to, owner));
        TouchedAccount memory entry = touch(touched, action.account);
        entry.isCharged = true;
        entry.isDrained = true;
        uint256 recorded = ledger.recordedInTokens[action.asset];
        require(
            action.amountInTokens <= recorded,
            InsufficientLiquidity(action.asset, recorded, action.amountInTokens)
        );
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
            TouchedAccount memory entry = touched.entries[i];
            entry.portfolio = ledger.portfolio(entry.account);
            entry.isCharged = entry.isCharged && entry.portfolio.hasLiabilities();
            entry.isEvaluated = entry.isCharged || entry.portfolio.positions.length > entry.legsBefore;
            needed = needed || entry.isEvaluated;
        }
        if (!needed) return;
        Risk[] memory risks = evaluate(touched.portfolios());
        uint256 next = 0;
        for (uint256 i = 0; i < touched.count; ++i) {
            TouchedAccount memory entry = touched.entries[i];
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

    function requireInitial(Account account, Risk memory current) private pure {
        require(current.isUsable(), FeedInvalid(account));
        require(current.meetsInitial(), BelowInitialMargin(account, current.equity, current.initial));
    }

    function requireLiquidatable(Account account, Risk memory current) private pure {
        require(current.isUsable(), FeedInvalid(account));
        require(!current.meetsMaintenance(), NotLiquidatable(account, current.equity, current.maintenance));
    }

    /// @dev Makes both sides pay, in what was evaluated: for the legs at mark, so that neither side gains by the move
    /// itself, and for the requirement removed. Where paying turns cash into debt, the payer's requirement is the one with
    /// that debt. @return payment Rate × the fall of the requirement, rounded for `from`.
    function settle(
        Portfolio[] memory portfolios,
        Risk[] memory risks,
        int256 rate
    ) private view returns (int256 payment) {
        int256 value = risks[LEGS].equity;
        Risk memory remaining = withCash(portfolios[REMAINING], risks[REMAINING], value);
        Risk memory taker = withCash(portfolios[TAKER], risks[TAKER], -value);
        payment = risks[BEFORE].compensationDown(remaining, rate);
        if (payment > 0) {
            remaining = withCash(portfolios[REMAINING], remaining, -payment);
            int256 excess = payment - risks[BEFORE].compensationDown(remaining, rate);
            payment -= excess;
            remaining.equity += excess;
            taker.equity += payment;
        } else {
            remaining.equity -= payment;
            taker = withCash(portfolios[TAKER], taker, payment);
        }
        (risks[REMAINING], risks[TAKER]) = (remaining, taker);
    }

    /// @dev Adds cash to `changed`, of which `known` is the risk. @return The risk with it: to the engine only becoming liable,
    /// or ceasing to be, changes more than the equity.
    function withCash(Portfolio memory changed, Risk memory known, int256 amount) private view returns (Risk memory) {
        bool wasLiable = changed.hasLiabilities();
        changed.cash += amount;
        return changed.hasLiabilities() == wasLiable ? known.withEquity(amount) : evaluateOne(changed);
    }

    function drawReserve(Account to, uint256 size) private {
        uint256 available = ledger.reserve;
        require(size <= available, InsufficientReserve(available, size));
        ledger.reserve = available - size;
        ledger.addCash(to, size.toInt256());
    }

    /// @dev A funder gives what it has: nobody but its owner makes it borrow.
    function fund(TakeOver calldata order) private {
        if (order.funding == 0) return;
        int256 available = ledger.cash(order.funder);
        require(available >= order.funding.toInt256(), InsufficientCash(order.funder, available, order.funding));
        moveCash(order.funder, order.to, order.funding);
    }

    function moveCash(Account from, Account to, uint256 size) private {
        require(size != 0, ZeroSize());
        ledger.addCash(from, -size.toInt256());
        ledger.addCash(to, size.toInt256());
        emit Transferred(from, to, CASH, size.toInt256(), 0);
    }

    function move(Account from, Account to, Instrument instrument, int256 size) private returns (int256 entryMoved) {
        entryMoved = ledger.move(from, to, instrument, size);
        emit Transferred(from, to, instrument, size, entryMoved);
    }

    /// @dev Credits what arrives. @return size WAD.
    function pull(Instrument asset, uint256 amountInTokens) private returns (uint256 size) {
        Token memory token = tokenOf(asset);
        uint256 balanceBefore = token.erc20.balanceOf(address(this));
        token.erc20.safeTransferFrom(msg.sender, address(this), amountInTokens);
        uint256 arrivedInTokens = token.erc20.balanceOf(address(this)) - balanceBefore;
        require(arrivedInTokens != 0, ZeroSize());
        uint256 recorded = ledger.recordedInTokens[asset] + arrivedInTokens;
        ledger.recordedInTokens[asset] = recorded;
        require(recorded * token.scale <= token.cap, CollateralCapExceeded(asset, recorded * token.scale, token.cap));
        return arrivedInTokens * token.scale;
    }

    function touch(TouchedSet memory touched, Account account) private view returns (TouchedAccount memory entry) {
        bool isNew;
        (entry, isNew) = touched.touch(account);
        if (isNew) entry.legsBefore = ledger.legCount(account);
    }

    function tokenOf(Instrument asset) private view returns (Token memory) {
        if (asset == CASH) return Token(IERC20(usdc), usdcScale, type(uint256).max);
        Collateral memory collateral = IMarkets(markets).collateral(asset);
        return Token(IERC20(collateral.token), 10 ** (WAD_DECIMALS - collateral.decimals), collateral.cap);
    }

    function evaluateOne(Portfolio memory single) private view returns (Risk memory) {
        Portfolio[] memory portfolios = new Portfolio[](1);
        portfolios[0] = single;
        return evaluate(portfolios)[0];
    }

    function evaluate(Portfolio[] memory portfolios) private view returns (Risk[] memory) {
        return IMarginEngine(marginEngine).evaluate(portfolios);
    }

    function requireMay(Account account, uint8 permission) private view {
        require(mayAct(account, msg.sender, permission), NotAuthorised(account, msg.sender, permission));
    }

    function mayAct(Account account, address caller, uint8 permission) private view returns (bool) {
        if (caller == account.owner()) return true;
        Operator memory operator = operators[account][caller];
        return permission != 0 && operator.permissions & permission == permission && block.timestamp <= operator.expiry;
    }

    function requireUnlocked() private view {
        require(!locked, Locked());
    }
}

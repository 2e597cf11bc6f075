// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC4626, IERC4626 } from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { Absorption, IBackstopVault, Unwinding } from "./interfaces/IBackstopVault.sol";
import { Batch, Fill, IClearinghouse, MAY_TRADE } from "./interfaces/IClearinghouse.sol";
import { IERC7540Redeem } from "./interfaces/IERC7540.sol";
import { IMarginEngine, Portfolio, Risk } from "./interfaces/IMarginEngine.sol";
import { IMarkets } from "./interfaces/IMarkets.sol";
import { IOpenInterestCover } from "./interfaces/IOpenInterestCover.sol";
import { Validity } from "./interfaces/IPriceOracle.sol";
import { IRequestVault } from "./interfaces/IRequestVault.sol";
import { BackstopBudgets, BudgetState } from "./libraries/BackstopBudgets.sol";
import { BackstopUnwinding } from "./libraries/BackstopUnwinding.sol";
import { CashTransfers } from "./libraries/CashTransfers.sol";
import { MarginRules } from "./libraries/MarginRules.sol";
import { SignedWad } from "./libraries/SignedWad.sol";
import { RequestVault } from "./RequestVault.sol";
import { Account, toAccount } from "./types/Account.sol";
import { Instrument, Kind, toInstrument } from "./types/Instrument.sol";
import { Position, toPosition } from "./types/Position.sol";

/// @param claimableAt Unix seconds when the cooldown ends and the claim window begins.
struct Redemption {
    uint128 shares;
    uint40 claimableAt;
}

/// @param equity USD WAD of all accounts of the vault at mark. @param entry What counts for who enters, and @param exit for
/// who leaves: never the better side for him. @param isFresh Whether every feed that they depend on is.
struct Valuation {
    int256 equity;
    int256 entry;
    int256 exit;
    bool isFresh;
}

/// @title See `IBackstopVault`, which is the specification.
contract BackstopVault is RequestVault, IBackstopVault {
    using BackstopBudgets for BudgetState;
    using BackstopBudgets for uint64;
    using BackstopBudgets for Position[];
    using BackstopUnwinding for Position[];
    using BackstopUnwinding for Risk;
    using MarginRules for Risk;
    using SafeCast for int256;
    using SafeCast for uint256;
    using SignedWad for int256;

    /// @dev Valuing the vault evaluates every absorbed account. Even the largest allowed cost about 1 M gas each.
    uint256 public constant MAX_ABSORBED = 16;
    /// @notice An auction lasts three hours to its end: two until bankruptcy, one until the payment has risen. Forty times as long, so that who
    /// asks to leave when a crash begins is there when its accounts are absorbed.
    uint256 public constant COOLDOWN_SECONDS = 5 days;
    /// @notice A day to come and claim. With the cooldown and a day to notice it makes the seven days after which a module may be exchanged: whoever
    /// does not trust the next liquidator is out before it comes. Short, because who always has a request under way may leave at once on one day of six.
    uint256 public constant CLAIM_SECONDS = 1 days;
    /// @notice How many times what the vault may still put behind an underlying may be open in it. With half of the vault for each of two
    /// underlyings it is 5 % of what is opened in both; docs/replays.md has what crashes needed.
    uint256 public constant COVER_MULTIPLE = 20;
    int256 private constant WAD = 1e18;
    /// @dev What one evaluation sees of an unwinding: the account before, the legs alone, and a unit of each leg.
    uint256 private constant BEFORE = 0;
    uint256 private constant LEGS = 1;
    uint256 private constant UNITS = 2;

    Account[] private absorbedAccounts;
    uint96 private lastSubId;
    mapping(Account => Absorption) private absorptions;
    BudgetState private budgets;
    mapping(address controller => Redemption) private requests;

    modifier onlyLiquidator() {
        require(msg.sender == clearinghouse.liquidator(), NotLiquidator(msg.sender));
        _;
    }

    constructor(IClearinghouse clearinghouse_) ERC20("Plimsoll Backstop", "plBACK") RequestVault(clearinghouse_) {}

    /// @inheritdoc IERC4626
    function deposit(uint256 assets, address receiver) public override(ERC4626, IERC4626) returns (uint256 shares) {
        Valuation memory value = _freshValuation();
        require(value.equity >= 0, ERC4626ExceededMaxDeposit(receiver, assets, 0));
        shares = _entrySharesDown(assets, value);
        _deposit(msg.sender, receiver, assets, shares);
    }

    /// @inheritdoc IERC4626
    function mint(uint256 shares, address receiver) public override(ERC4626, IERC4626) returns (uint256 assets) {
        Valuation memory value = _freshValuation();
        require(value.equity >= 0, ERC4626ExceededMaxMint(receiver, shares, 0));
        assets = _entryAssetsUp(shares, value);
        _deposit(msg.sender, receiver, assets, shares);
    }

    /// @inheritdoc IERC7540Redeem
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId) {
        require(shares != 0, ZeroShares());
        // Else anybody could occupy the one request of another with a speck.
        if (controller != owner) _requireActsFor(controller);
        uint256 escrowed = requests[controller].shares;
        require(escrowed == 0, RequestExists(controller, escrowed));
        if (!_mayActFor(owner)) _spendAllowance(owner, msg.sender, shares);
        _transfer(owner, address(this), shares);
        requests[controller] = Redemption({
            shares: shares.toUint128(),
            claimableAt: uint40(block.timestamp + COOLDOWN_SECONDS)
        });
        emit RedeemRequest(controller, owner, REQUEST_ID, msg.sender, shares);
        return REQUEST_ID;
    }

    /// @inheritdoc IRequestVault
    function cancelRedeem(address receiver, address controller) external returns (uint256 shares) {
        _requireActsFor(controller);
        shares = requests[controller].shares;
        require(shares != 0, NoRequest(controller));
        delete requests[controller];
        _transfer(address(this), receiver, shares);
        emit RedeemRequestCancelled(controller, receiver, REQUEST_ID, msg.sender, shares);
    }

    /// @inheritdoc IERC4626
    function withdraw(
        uint256 assets,
        address receiver,
        address controller
    ) public override(ERC4626, IERC4626) returns (uint256 shares) {
        Valuation memory value = _freshValuation();
        uint256 limit = _exitAssetsDown(_claimableShares(controller, value), value);
        require(assets <= limit, ERC4626ExceededMaxWithdraw(controller, assets, limit));
        shares = _exitSharesUp(assets, value);
        _claim(receiver, controller, assets, shares);
    }

    /// @inheritdoc IERC4626
    function redeem(
        uint256 shares,
        address receiver,
        address controller
    ) public override(ERC4626, IERC4626) returns (uint256 assets) {
        Valuation memory value = _freshValuation();
        uint256 limit = _claimableShares(controller, value);
        require(shares <= limit, ERC4626ExceededMaxRedeem(controller, shares, limit));
        assets = _exitAssetsDown(shares, value);
        _claim(receiver, controller, assets, shares);
    }

    /// @inheritdoc IBackstopVault
    function prepareAbsorption(
        Account account,
        int256 equity,
        uint256 initial
    ) external onlyLiquidator returns (Account into, uint256 funding) {
        int256 missing = initial.toInt256() - equity;
        funding = missing > 0 ? missing.toUint256() : 0;
        uint64 underlyings = _underlyingsOf(account);
        uint256 left = budgets.leftForMarginDown(underlyings, _treasuryCash());
        if (absorbedAccounts.length == MAX_ABSORBED || funding > left) {
            releaseEmpty();
            left = budgets.leftForMarginDown(underlyings, _treasuryCash());
        }
        require(absorbedAccounts.length < MAX_ABSORBED, TooManyAbsorbed(MAX_ABSORBED));
        require(funding <= left, BudgetExceeded(funding, left));
        into = toAccount(address(this), ++lastSubId);
        absorbedAccounts.push(into);
        absorptions[into] = Absorption({
            since: uint40(block.timestamp),
            underlyings: underlyings,
            committed: funding.toUint128()
        });
        budgets.commit(underlyings, funding);
        emit Absorbed(account, into, funding);
    }

    /// @inheritdoc IBackstopVault
    function coverDeficit(Account account, uint256 deficit) external onlyLiquidator returns (uint256 funding) {
        uint64 underlyings = _underlyingsOf(account);
        funding = Math.min(deficit, budgets.leftDown(underlyings, _treasuryCash()));
        if (funding == 0) return 0;
        budgets.lose(underlyings, funding);
        emit DeficitCovered(account, funding);
        _move(treasury(), account, funding);
    }

    /// @inheritdoc IBackstopVault
    function releaseEmpty() public {
        _requireUnlocked();
        uint256 index = absorbedAccounts.length;
        while (index > 0) {
            Account account = absorbedAccounts[--index];
            if (!_isReleasable(account)) continue;
            Absorption memory absorption_ = absorptions[account];
            int256 cash = clearinghouse.cash(account);
            absorbedAccounts[index] = absorbedAccounts[absorbedAccounts.length - 1];
            absorbedAccounts.pop();
            delete absorptions[account];
            uint256 returned = cash > 0 ? cash.toUint256() : 0;
            budgets.release(absorption_.underlyings, absorption_.committed, returned);
            if (cash < 0) budgets.lose(absorption_.underlyings, (-cash).toUint256());
            emit Released(account, cash);
            if (cash > 0) _move(account, treasury(), returned);
            if (cash < 0) _move(treasury(), account, (-cash).toUint256());
        }
    }

    /// @inheritdoc IBackstopVault
    function unwind(Unwinding calldata order) external returns (uint256 payment) {
        require(block.timestamp <= order.deadline, Expired(order.deadline));
        uint256 since = absorptions[order.account].since;
        require(since != 0, NotAbsorbed(order.account));
        require(clearinghouse.isAuthorised(order.taker, msg.sender, MAY_TRADE), NotAuthorised(order.taker, msg.sender));
        Portfolio memory whole = clearinghouse.portfolio(order.account);
        Position[] memory remaining = whole.positions.without(order.legs, order.account);
        Risk[] memory risks = _evaluateLegs(whole, order.legs);
        Risk memory before = risks[BEFORE];
        require(before.validity == Validity.Fresh, FeedNotFresh());
        require(before.meetsMaintenance(), BelowMaintenance(order.account, before.equity, before.maintenance));
        require(order.legs.length != 0, TooSmall(0, before.maintenance));
        Batch memory actions;
        int256 value;
        (actions.fills, value) = _fillsAtMark(order, risks);
        uint256 rate = BackstopUnwinding.rateDown(
            Math.saturatingSub(block.timestamp, Math.max(since, before.validSince))
        );
        uint256 removed;
        (payment, removed) = _paymentDown(Portfolio(whole.cash + value, remaining), risks, rate);
        require(payment >= order.minPayment, PaymentTooLow(payment, order.minPayment));
        if (payment != 0) actions.transfers = CashTransfers.single(order.account, order.taker, payment);
        if (!before.meetsInitial()) {
            actions.reducing = new Account[](1);
            actions.reducing[0] = order.account;
        }
        clearinghouse.batch(actions);
        emit Unwound(order.account, order.taker, rate, removed, payment);
    }

    /// @inheritdoc IBackstopVault
    function absorbed() external view returns (Account[] memory) {
        _requireUnlocked();
        return absorbedAccounts;
    }

    /// @inheritdoc IBackstopVault
    function absorption(Account account) external view returns (Absorption memory) {
        return absorptions[account];
    }

    /// @inheritdoc IBackstopVault
    function capacity(Account account) external view returns (uint256) {
        return _hasSlot() ? budgets.leftForMarginDown(_underlyingsOf(account), _treasuryCash()) : 0;
    }

    /// @inheritdoc IOpenInterestCover
    function coveredOpenInterest(uint16 underlying) external view returns (uint256 units) {
        Instrument perpetual = toInstrument(underlying, Kind.Perpetual, 0, 0);
        (uint256 price, Validity validity) = IMarginEngine(clearinghouse.marginEngine()).mark(perpetual);
        require(validity == Validity.Fresh, FeedNotFresh());
        return Math.mulDiv(budgets.leftDown(underlying, _treasuryCash()) * COVER_MULTIPLE, uint256(WAD), price);
    }

    /// @inheritdoc IBackstopVault
    function budget(uint16 underlying) external view returns (uint256 committed, uint256 lost, uint256 limit) {
        return budgets.usage(underlying, _treasuryCash());
    }

    /// @inheritdoc IERC7540Redeem
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares) {
        Redemption memory request = requests[controller];
        if (requestId == REQUEST_ID && block.timestamp < request.claimableAt) shares = request.shares;
    }

    /// @inheritdoc IERC7540Redeem
    function claimableRedeemRequest(uint256 requestId, address controller) public view returns (uint256 shares) {
        Redemption memory request = requests[controller];
        bool isOpen = block.timestamp >= request.claimableAt && block.timestamp < request.claimableAt + CLAIM_SECONDS;
        if (requestId == REQUEST_ID && isOpen) shares = request.shares;
    }

    /// @inheritdoc IERC4626
    /// @dev Equity of all accounts of the vault at mark, rounded down to token units; nothing where they owe more than they own.
    function totalAssets() public view override(ERC4626, IERC4626) returns (uint256) {
        return _inTokensDown(_valuation().equity);
    }

    /// @inheritdoc IERC4626
    /// @dev None while a feed is not fresh, nor while the vault owes more than it owns: the deposit would pay for that.
    function maxDeposit(address) public view override(ERC4626, IERC4626) returns (uint256) {
        Valuation memory value = _valuation();
        return value.isFresh && value.equity >= 0 ? type(uint256).max : 0;
    }

    /// @inheritdoc IERC4626
    function maxMint(address receiver) public view override(ERC4626, IERC4626) returns (uint256) {
        return maxDeposit(receiver);
    }

    /// @inheritdoc IERC4626
    /// @dev What the treasury can pay of what may be claimed, and what may leave custody now; the rest of it is tied up in absorbed accounts.
    function maxRedeem(address controller) public view override(ERC4626, IERC4626) returns (uint256) {
        Valuation memory value = _valuation();
        return value.isFresh ? _claimableShares(controller, value) : 0;
    }

    /// @inheritdoc IERC4626
    /// @dev The value of the shares that `maxRedeem` tells.
    function maxWithdraw(address controller) public view override(ERC4626, IERC4626) returns (uint256) {
        Valuation memory value = _valuation();
        return value.isFresh ? _exitAssetsDown(_claimableShares(controller, value), value) : 0;
    }

    /// @inheritdoc IERC4626
    function previewDeposit(uint256 assets) public view override(ERC4626, IERC4626) returns (uint256) {
        return _entrySharesDown(assets, _valuation());
    }

    /// @inheritdoc IERC4626
    function previewMint(uint256 shares) public view override(ERC4626, IERC4626) returns (uint256) {
        return _entryAssetsUp(shares, _valuation());
    }

    /// @dev Burns what is escrowed, and pays out of the treasury.
    function _claim(address receiver, address controller, uint256 assets, uint256 shares) private {
        _requireActsFor(controller);
        Redemption storage request = requests[controller];
        request.shares -= shares.toUint128();
        _burn(address(this), shares);
        _transferOut(receiver, assets);
        emit Withdraw(msg.sender, receiver, controller, assets, shares);
    }

    /// @dev Straight on into custody, before the shares are minted.
    function _transferIn(address from, uint256 assets) internal override {
        super._transferIn(from, assets);
        _payIn(assets);
    }

    function _transferOut(address to, uint256 assets) internal override {
        _payOut(to, assets);
    }

    /// @dev Of an absorbed account those that it came with, for what it has lost since may be on any of them.
    function _underlyingsOf(Account account) private view returns (uint64 set) {
        Absorption memory absorption_ = absorptions[account];
        if (absorption_.since != 0) return absorption_.underlyings;
        Position[] memory positions = clearinghouse.positions(account);
        int256 cash = clearinghouse.cash(account);
        set = positions.underlyingsOf();
        // One alone counts, whatever it requires.
        if (cash >= 0 && set != 0 && set <= type(uint16).max) return set;
        uint256 required;
        (set, required) = set.counting(_evaluate(_booksOf(account, set.split(positions))));
        if (!BackstopBudgets.isPart(cash.belowZero(), required)) return set;
        uint16[] memory listed = IMarkets(clearinghouse.markets()).underlyings();
        for (uint256 i = 0; i < listed.length; ++i) set = set.with(listed[i]);
    }

    function _booksOf(Account account, Portfolio[] memory books) private view returns (Portfolio[] memory) {
        for (uint256 i = 0; i < books.length; ++i) {
            if (books[i].positions.length != 1) continue;
            Instrument instrument = books[i].positions[0].instrument();
            if (instrument.kind() == Kind.Perpetual) books[i].cash = clearinghouse.entryValue(account, instrument);
        }
        return books;
    }

    function _hasSlot() private view returns (bool) {
        if (absorbedAccounts.length < MAX_ABSORBED) return true;
        for (uint256 i = 0; i < MAX_ABSORBED; ++i) if (_isReleasable(absorbedAccounts[i])) return true;
        return false;
    }

    /// @dev A debt that treasury or budget cannot pay stays on the list, where it counts against the shares.
    function _isReleasable(Account account) private view returns (bool) {
        if (clearinghouse.positions(account).length != 0) return false;
        int256 cash = clearinghouse.cash(account);
        if (cash >= 0) return true;
        return (-cash).toUint256() <= budgets.leftDown(absorptions[account].underlyings, _treasuryCash());
    }

    /// @dev One evaluation: the account, its legs alone, and what one unit of each is worth.
    function _evaluateLegs(Portfolio memory whole, Position[] calldata legs) private view returns (Risk[] memory) {
        Portfolio[] memory portfolios = new Portfolio[](UNITS + legs.length);
        portfolios[BEFORE] = whole;
        portfolios[LEGS].positions = legs;
        for (uint256 i = 0; i < legs.length; ++i) {
            Position[] memory unit = new Position[](1);
            unit[0] = toPosition(legs[i].instrument(), int128(WAD));
            portfolios[UNITS + i].positions = unit;
        }
        return _evaluate(portfolios);
    }

    /// @dev @return value What the account gets for the legs, USD WAD, to the unit as the clearinghouse will reckon it.
    function _fillsAtMark(
        Unwinding calldata order,
        Risk[] memory risks
    ) private pure returns (Fill[] memory fills, int256 value) {
        uint256 count = order.legs.length;
        fills = new Fill[](count);
        for (uint256 i = 0; i < count; ++i) {
            Position leg = order.legs[i];
            bool isLong = leg.size() > 0;
            uint256 size = SignedMath.abs(leg.size());
            // The engine's error bound may bring a worthless option below zero.
            uint256 price = SignedMath.max(risks[UNITS + i].equity, 0).toUint256();
            fills[i] = Fill({
                buyer: isLong ? order.taker : order.account,
                seller: isLong ? order.account : order.taker,
                instrument: leg.instrument(),
                size: size.toUint128(),
                price: price
            });
            int256 paid = ((price * size) / uint256(WAD)).toInt256();
            value += isLong ? paid : -paid;
        }
    }

    /// @dev What remains is judged with the most that could be paid gone, so that a debt that paying brings about is in its requirement.
    /// @param remaining With the cash for the legs. @return payment Rate × @return removed the fall of the requirement.
    function _paymentDown(
        Portfolio memory remaining,
        Risk[] memory risks,
        uint256 rate
    ) private view returns (uint256 payment, uint256 removed) {
        Risk memory before = risks[BEFORE];
        int256 most = Math.mulDiv(before.maintenance, rate, uint256(WAD)).toInt256();
        remaining.cash -= most;
        Portfolio[] memory portfolios = new Portfolio[](1);
        portfolios[0] = remaining;
        Risk memory risk = _evaluate(portfolios)[0];
        removed = before.removedBy(risk);
        payment = Math.mulDiv(removed, rate, uint256(WAD));
        before.requireHelpful(risks[LEGS], risk.withEquity(most - payment.toInt256()));
    }

    /// @dev The price of one share for who enters is rounded up, so the shares down.
    function _entrySharesDown(uint256 assets, Valuation memory value) private view returns (uint256) {
        return Math.mulDiv(assets, totalSupply() + VIRTUAL_SHARES, _inTokensUp(value.entry) + 1);
    }

    function _entryAssetsUp(uint256 shares, Valuation memory value) private view returns (uint256) {
        uint256 supply = totalSupply() + VIRTUAL_SHARES;
        return Math.mulDiv(shares, _inTokensUp(value.entry) + 1, supply, Math.Rounding.Ceil);
    }

    function _exitAssetsDown(uint256 shares, Valuation memory value) private view returns (uint256) {
        return Math.mulDiv(shares, _inTokensDown(value.exit) + 1, totalSupply() + VIRTUAL_SHARES);
    }

    function _exitSharesUp(uint256 assets, Valuation memory value) private view returns (uint256) {
        uint256 supply = totalSupply() + VIRTUAL_SHARES;
        return Math.mulDiv(assets, supply, _inTokensDown(value.exit) + 1, Math.Rounding.Ceil);
    }

    /// @dev What the controller may claim and the treasury can pay.
    function _claimableShares(address controller, Valuation memory value) private view returns (uint256) {
        uint256 payable_ = Math.min(_treasuryCash() / wadPerToken, _outflow());
        uint256 supply = totalSupply() + VIRTUAL_SHARES;
        uint256 paidShares = Math.mulDiv(payable_, supply, _inTokensDown(value.exit) + 1);
        return Math.min(claimableRedeemRequest(REQUEST_ID, controller), paidShares);
    }

    function _inTokensUp(int256 amount) private view returns (uint256) {
        return amount > 0 ? Math.ceilDiv(uint256(amount), wadPerToken) : 0;
    }

    function _freshValuation() private view returns (Valuation memory value) {
        value = _valuation();
        require(value.isFresh, FeedNotFresh());
    }

    function _valuation() private view returns (Valuation memory value) {
        _requireUnlocked();
        int256 cash = clearinghouse.cash(treasury());
        value = Valuation({ equity: cash, entry: cash, exit: cash, isFresh: true });
        uint256 count = absorbedAccounts.length;
        if (count == 0) return value;

        Portfolio[] memory portfolios = new Portfolio[](count);
        for (uint256 i = 0; i < count; ++i) portfolios[i] = clearinghouse.portfolio(absorbedAccounts[i]);
        Risk[] memory risks = _evaluate(portfolios);
        for (uint256 i = 0; i < count; ++i) {
            Risk memory risk = risks[i];
            value.equity += risk.equity;
            value.entry += SignedMath.max(risk.equity, 0);
            value.exit += risk.equity - BackstopUnwinding.costUp(risk.maintenance).toInt256();
            if (risk.validity != Validity.Fresh) value.isFresh = false;
        }
    }

    function _evaluate(Portfolio[] memory portfolios) private view returns (Risk[] memory) {
        return IMarginEngine(clearinghouse.marginEngine()).evaluate(portfolios);
    }
}

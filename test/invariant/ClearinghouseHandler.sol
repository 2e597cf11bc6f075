// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { Clearinghouse } from "../../contracts/Clearinghouse.sol";
import { Approval, Batch, Deposit, Fill, Transfer, Withdrawal } from "../../contracts/interfaces/IClearinghouse.sol";
import { IClearinghouseBooks } from "../../contracts/interfaces/IClearinghouseBooks.sol";
import {
    Deleveraging,
    IClearinghouseForce,
    Reward,
    Seizure,
    SeizureOutcome,
    TakeOver
} from "../../contracts/interfaces/IClearinghouseForce.sol";
import { ILiquidationTerms } from "../../contracts/interfaces/ILiquidationTerms.sol";
import { IMarginEngine, Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { MockFundingSource } from "../../contracts/mocks/MockFundingSource.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH, Instrument, Kind } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { Test } from "../helpers/Test.sol";

/// What moves prices and time.
interface Weather {
    function change(uint256 seed) external;
    /// Goes to the expiry, if it is not there yet, and has its settlement price proven.
    function expire(Instrument option, uint256 seed) external;
}

/// What can be held. The first two assets are cash and a token with 18 decimals, the third one with 8.
struct Scene {
    Clearinghouse clearinghouse;
    Weather weather;
    MockFundingSource fundingSource;
    Instrument[3] assets;
    TestToken[3] tokens;
    Instrument[] derivatives;
}

/// Random calls by four owners with two accounts each or a few more, all operated by the handler, which is also the liquidator. It checks
/// with arithmetic of its own what each call that succeeds has done, and counts them.
contract ClearinghouseHandler is ILiquidationTerms, Test {
    uint256 private constant WAD = 1e18;
    uint256 private constant OWNERS = 4;
    uint96 private constant ACCOUNTS_EACH = 2;
    uint256 private constant MAX_ACCOUNTS = 14;
    uint128 private constant MAX_SIZE = 40e18;
    uint256 private constant MAX_CASH_IN_TOKENS = 20_000e6;
    uint256 private constant MAX_TOKENS = 10;

    Clearinghouse public immutable clearinghouse;
    IClearinghouseForce private immutable force;
    IClearinghouseBooks private immutable books;
    Weather private immutable weather;
    MockFundingSource private immutable fundingSource;
    Instrument[3] private assets;
    TestToken[3] private tokens;
    Instrument[] private derivatives;
    Account[] private accounts;
    Account private feeTo;
    int256 private compensation;

    /// What went in less what came out, token units.
    mapping(Instrument asset => uint256) public inCustody;
    /// What the reserve was funded with less what it paid, USD WAD. Interest and rounding come on top.
    int256 public reservePaid;
    /// What has not been touched since somebody was deleveraged.
    mapping(Account => bool) private unsettled;

    /// Calls that succeeded.
    mapping(bytes32 action => uint256) public successes;

    constructor(Scene memory scene) {
        clearinghouse = scene.clearinghouse;
        force = IClearinghouseForce(address(clearinghouse));
        books = IClearinghouseBooks(address(clearinghouse));
        weather = scene.weather;
        fundingSource = scene.fundingSource;
        assets = scene.assets;
        tokens = scene.tokens;
        derivatives = scene.derivatives;
        feeTo = toAccount(makeAddr("treasury"), 0);
        accounts.push(feeTo);
        for (uint256 i = 0; i < tokens.length; ++i) tokens[i].approve(address(clearinghouse), type(uint256).max);
        for (uint256 i = 0; i < OWNERS; ++i) {
            for (uint96 j = 0; j < ACCOUNTS_EACH; ++j) {
                _open(vm.addr(i + 1), j);
                _deposit(accounts[accounts.length - 1], 0, 20_000e6);
            }
        }
    }

    function deposit(uint256 who, uint256 what, uint256 amountInTokens) external {
        what = what % assets.length;
        amountInTokens = bound(amountInTokens, 1, what == 0 ? MAX_CASH_IN_TOKENS : MAX_TOKENS * _one(what));
        if (_deposit(_account(who), what, amountInTokens)) ++successes["deposit"];
    }

    function withdraw(uint256 who, uint256 what, uint256 amountInTokens, bool isReducing) external {
        what = what % assets.length;
        Account account = _account(who);
        amountInTokens = bound(amountInTokens, 1, what == 0 ? MAX_CASH_IN_TOKENS : MAX_TOKENS * _one(what));
        Batch memory actions;
        actions.withdrawals = new Withdrawal[](1);
        actions.withdrawals[0] = Withdrawal(account, assets[what], amountInTokens, account.owner());
        if (_batch(actions, address(this), account, account, isReducing, 1)) {
            inCustody[assets[what]] -= amountInTokens;
            ++successes["withdraw"];
        }
    }

    function transfer(uint256 from, uint256 to, uint256 leg, uint256 size, bool isReducing) external {
        Account source = _account(from);
        Account target = _account(to);
        Instrument moved = _legOrCash(source, leg);
        Batch memory actions;
        actions.transfers = new Transfer[](1);
        actions.transfers[0] = Transfer(source, target, moved, uint128(bound(size, 1, MAX_SIZE * 1000)));
        if (!(moved == CASH)) {
            uint256 held = SignedMath.abs(clearinghouse.position(source, moved));
            actions.transfers[0].size = uint128(size % 2 == 0 ? held : bound(size, 1, held));
        }
        bool bringsRisk = moved.kind() != Kind.Spot;
        if (_batch(actions, source.owner(), source, target, isReducing, bringsRisk ? 2 : 1)) ++successes["transfer"];
    }

    function trade(uint256 who, uint256 with, uint256 what, uint256 size, uint256 price) external {
        Instrument instrument = what % 4 == 3 ? assets[1 + (size % 2)] : derivatives[what % derivatives.length];
        size = bound(size, 1, MAX_SIZE);
        if (_fill(_account(who), _account(with), instrument, size, price, false)) ++successes["trade"];
    }

    /// Of somebody short and somebody long, no more than they hold.
    function reduce(uint256 who, uint256 with, uint256 what, uint256 size, uint256 price) external {
        Instrument instrument = derivatives[what % derivatives.length];
        Account buyer = _holder(who, instrument, -1);
        Account seller = _holder(with, instrument, 1);
        int256 short = clearinghouse.position(buyer, instrument);
        int256 long = clearinghouse.position(seller, instrument);
        if (short >= 0 || long <= 0) return;
        // Every other time one of them closes.
        uint256 most = uint256(-short < long ? -short : long);
        size = size % 2 == 0 ? most : bound(size, 1, most);
        if (_fill(buyer, seller, instrument, size, price, true)) ++successes["reduce"];
    }

    function seize(uint256 who, uint256 by, uint256 leg, uint256 share, int256 rate) external {
        Account from = _belowMaintenance(who, 0);
        Position[] memory held = clearinghouse.positions(from);
        if (held.length == 0) return;
        Position[] memory legs = new Position[](1);
        legs[0] = held[leg % held.length];
        int256 size = (legs[0].size() * int256(bound(share, 1, 100))) / 100;
        legs[0] = toPosition(legs[0].instrument(), int128(size));
        Risk memory before = _riskOf(from);
        // Up to one and a half times E / R, from which on a payment lowers health.
        if (before.equity <= 0 || before.equity >= int256(before.maintenance)) return;
        compensation = (before.equity * bound(rate, -5, 150) * int256(WAD)) / (100 * int256(before.maintenance));
        Account to = _strong(by);
        bytes32[] memory hashes = _hashes();
        try force.seize(Seizure(from, to, legs, feeTo, 0.1e18, Reward(feeTo, 0))) returns (
            SeizureOutcome memory outcome
        ) {
            ++successes["seize"];
            Risk memory remaining = _riskOf(from);
            assertLt(before.equity, int256(before.maintenance), "seized above maintenance");
            assertGe(
                remaining.equity * int256(before.maintenance),
                before.equity * int256(remaining.maintenance),
                "INV-4"
            );
            assertEq(outcome.remaining.equity, remaining.equity, "reported equity");
            assertGe(outcome.remaining.maintenance, remaining.maintenance, "reported requirement");
            _requireInitial(to);
            _requireUntouched(hashes, from, to, feeTo);
            (unsettled[from], unsettled[to], unsettled[feeTo]) = (false, false, false);
        } catch {}
    }

    function takeOver(uint256 who, uint256 by, uint256 funding, uint256 fromReserve) external {
        Account from = _belowMaintenance(who, type(int256).min);
        Account funder = _account(by);
        Account to = _emptyOf(funder);
        int256 available = clearinghouse.cash(funder);
        funding = available > 0 ? bound(funding, uint256(available) / 2, uint256(available) + 1) : 0;
        uint256 reserve = clearinghouse.reserve();
        fromReserve = bound(fromReserve, 0, reserve + reserve / 8);
        Risk memory before = _riskOf(from);
        bytes32[] memory hashes = _hashes();
        try force.takeOver(TakeOver(from, to, funder, funding, fromReserve, new Reward[](0))) {
            ++successes["takeOver"];
            reservePaid -= int256(fromReserve);
            assertLt(before.equity, int256(before.maintenance), "taken above maintenance");
            assertEq(clearinghouse.positions(from).length, 0, "positions left behind");
            assertEq(clearinghouse.cash(from), 0, "cash left behind");
            _requireInitial(to);
            if (_hasLiabilities(funder)) _requireInitial(funder);
            _requireUntouched(hashes, from, to, funder);
            (unsettled[from], unsettled[to], unsettled[funder]) = (false, false, false);
        } catch {}
    }

    function deleverage(uint256 who, uint256 fromReserve, uint256 limit, uint256 pay) external {
        Account from = _belowMaintenance(who, type(int256).min);
        Risk memory before = _riskOf(from);
        // Most are left to be seized and taken over.
        if (limit % 3 != 0) return;
        bool isTearUp = _hasDerivatives(from);
        bool[] memory isFlat = new bool[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            isFlat[i] = isTearUp ? !_hasDerivatives(accounts[i]) : clearinghouse.cash(accounts[i]) <= 0;
        }
        Reward[] memory rewards = new Reward[](1);
        rewards[0] = Reward(feeTo, bound(pay, 0, 100e18));
        fromReserve = bound(fromReserve, 0, clearinghouse.reserve());
        bytes32[] memory hashes = _hashes();
        try force.deleverage(Deleveraging(from, fromReserve, rewards, bound(limit, 1, 3))) returns (uint256 charged) {
            ++successes[isTearUp ? bytes32("deleverage") : bytes32("shareDebt")];
            reservePaid -= int256(fromReserve);
            assertLt(before.equity, int256(before.maintenance), "deleveraged above maintenance");
            // The engine's equity is rounded down, the deficit at mark is no more than that.
            uint256 deficit = before.equity < 0 ? uint256(-before.equity) : 0;
            assertLe(charged, (deficit * 101) / 100, "more than the deficit and a hundredth");
            for (uint256 i = 0; i < accounts.length; ++i) {
                Account account = accounts[i];
                if (account == from || account == feeTo) continue;
                if (isFlat[i] && !unsettled[account]) assertEq(_hashOf(account), hashes[i], "flat, and charged");
            }
            for (uint256 i = 0; isTearUp && i < accounts.length; ++i) unsettled[accounts[i]] = true;
            (unsettled[from], unsettled[feeTo]) = (false, false);
        } catch {}
    }

    function settle(uint256 who, uint256 limit) external {
        Account account = accounts[who % accounts.length];
        bytes32 shown = keccak256(abi.encode(clearinghouse.cash(account), clearinghouse.portfolio(account).cash));
        books.settle(account, bound(limit, 1, 4));
        assertEq(
            keccak256(abi.encode(clearinghouse.cash(account), clearinghouse.portfolio(account).cash)),
            shown,
            "settling changed what was shown"
        );
        ++successes["settle"];
    }

    /// One series, one time in sixteen, so that options are traded meanwhile; its holders are settled by whatever comes next.
    function expire(uint256 what, uint256 seed) external {
        Instrument option = derivatives[1 + (what % (derivatives.length - 1))];
        (, bool isSettled) = books.settlementOf(option);
        if (isSettled || seed % 16 != 0) return;
        _fill(_account(seed >> 8), _strong(seed >> 16), option, WAD, 0, false);
        weather.expire(option, seed >> 8);
        Instrument[] memory series = new Instrument[](1);
        series[0] = option;
        bool isHeld = clearinghouse.openInterestOf(option) != 0;
        books.settleExpired(series, new Account[](0));
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (unsettled[accounts[i]]) continue;
            if (isHeld) assertEq(clearinghouse.position(accounts[i], option), 0, "shown after its series was settled");
        }
        if (isHeld) ++successes["expire"];
    }

    /// The views of an account do not change when its expired positions become cash.
    function settleExpired(uint256 who) external {
        Account account = accounts[who % accounts.length];
        bytes32 shown = _shownOf(account);
        bytes32[] memory hashes = _hashes();
        Account[] memory list = new Account[](1);
        list[0] = account;
        books.settleExpired(new Instrument[](0), list);
        if (!unsettled[account]) assertEq(_shownOf(account), shown, "settling changed what was shown");
        _requireUntouched(hashes, account, account, account);
        unsettled[account] = false;
        ++successes["settleExpired"];
    }

    function accrueFunding(uint256 elapsed, int256 rate) external {
        vm.warp(vm.getBlockTimestamp() + bound(elapsed, 0, 20 minutes));
        fundingSource.setRate(1, bound(rate, -2e18, 2e18));
        (int256 before, , ) = books.funding(1);
        books.accrueFunding(1);
        (int256 index, , ) = books.funding(1);
        if (index != before) ++successes["accrueFunding"];
    }

    /// Not a random call: the books are balanced to the wei when everybody has taken his share.
    function settleAll() external {
        for (uint256 i = 0; i < accounts.length; ++i) books.settle(accounts[i], 1000);
    }

    /// As the liquidator, asked by the clearinghouse.
    function compensationRate(Account, Risk calldata) external view returns (int256) {
        return compensation;
    }

    function fundReserve(uint256 amountInTokens) external {
        amountInTokens = bound(amountInTokens, 1, 10_000e6);
        tokens[0].mint(address(this), amountInTokens);
        clearinghouse.fundReserve(amountInTokens);
        inCustody[CASH] += amountInTokens;
        reservePaid += int256(amountInTokens * 1e12);
        ++successes["fundReserve"];
    }

    function change(uint256 seed) external {
        weather.change(seed);
        ++successes["change"];
    }

    function allAccounts() external view returns (Account[] memory) {
        return accounts;
    }

    function allDerivatives() external view returns (Instrument[] memory) {
        return derivatives;
    }

    function asset(uint256 i) external view returns (Instrument, TestToken) {
        return (assets[i], tokens[i]);
    }

    function _fill(
        Account buyer,
        Account seller,
        Instrument instrument,
        uint256 size,
        uint256 price,
        bool isReducing
    ) private returns (bool isDone) {
        (uint256 mark, ) = _engine().mark(instrument);
        Batch memory actions;
        actions.fills = new Fill[](1);
        price = bound(price, (mark * 8) / 10, (mark * 12) / 10);
        actions.fills[0] = Fill(buyer, seller, instrument, uint128(size), price);
        return _batch(actions, address(this), buyer, seller, isReducing, 2);
    }

    /// @param charged How many of the two give something or take on a position.
    function _batch(
        Batch memory actions,
        address caller,
        Account first,
        Account second,
        bool isReducing,
        uint256 charged
    ) private returns (bool isDone) {
        if (isReducing) {
            actions.reducing = new Account[](2);
            (actions.reducing[0], actions.reducing[1]) = (first, second);
        }
        Risk memory firstBefore = _riskOf(first);
        Risk memory secondBefore = _riskOf(second);
        bytes32[] memory hashes = _hashes();
        vm.prank(caller);
        try clearinghouse.batch(actions) {
            isDone = true;
        } catch {
            return false;
        }
        _requireMargin(first, firstBefore, isReducing);
        if (charged == 2) _requireMargin(second, secondBefore, isReducing);
        _requireUntouched(hashes, first, second, second);
        (unsettled[first], unsettled[second]) = (false, false);
    }

    /// INV-3, said again: initial margin on a usable feed, or for a reducing account R' ≤ R and E' ≥ min(E, E·R'/R).
    function _requireMargin(Account account, Risk memory before, bool isReducing) private view {
        if (!_hasLiabilities(account)) return;
        Risk memory risk = _riskOf(account);
        if (risk.validity != Validity.Invalid && risk.equity >= int256(risk.initial)) return;
        assertTrue(isReducing, "INV-3: below initial margin");
        assertLe(risk.initial, before.initial, "INV-3: requirement risen");
        if (before.equity <= 0) assertGe(risk.equity, before.equity, "INV-3: deficit grown");
        else {
            assertGe(
                risk.equity * int256(before.initial),
                before.equity * int256(risk.initial),
                "INV-3: equity fallen faster than the requirement"
            );
        }
        if (risk.validity == Validity.Invalid) {
            assertGe(
                risk.equity - int256(risk.initial),
                before.equity - int256(before.initial),
                "INV-3: surplus fallen"
            );
        }
    }

    function _requireInitial(Account account) private view {
        Risk memory risk = _riskOf(account);
        assertTrue(risk.validity != Validity.Invalid, "INV-3: invalid feed");
        assertGe(risk.equity, int256(risk.initial), "INV-3: taker below initial margin");
    }

    /// INV-10: nobody else's account has changed.
    function _requireUntouched(bytes32[] memory before, Account first, Account second, Account third) private view {
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (accounts[i] == first || accounts[i] == second || accounts[i] == third) continue;
            assertEq(_hashOf(accounts[i]), before[i], "INV-10: a stranger's account changed");
        }
    }

    function _hashes() private view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](accounts.length);
        for (uint256 i = 0; i < hashes.length; ++i) hashes[i] = _hashOf(accounts[i]);
    }

    /// Of an account with a share to take the last digit depends on who takes his before.
    /// Whatever the order of its legs: the last takes the place of one that goes.
    function _shownOf(Account account) private view returns (bytes32) {
        Portfolio memory shown = clearinghouse.portfolio(account);
        uint256 legs = 0;
        for (uint256 i = 0; i < shown.positions.length; ++i) legs ^= uint256(keccak256(abi.encode(shown.positions[i])));
        return keccak256(abi.encode(clearinghouse.cash(account), shown.cash, legs));
    }

    function _hashOf(Account account) private view returns (bytes32) {
        if (unsettled[account]) return bytes32(0);
        return keccak256(abi.encode(clearinghouse.cash(account), clearinghouse.portfolio(account)));
    }

    function _riskOf(Account account) private view returns (Risk memory risk) {
        Portfolio[] memory portfolios = new Portfolio[](1);
        portfolios[0] = clearinghouse.portfolio(account);
        risk = _engine().evaluate(portfolios)[0];
        assertGe(risk.initial, risk.maintenance, "INV-6");
    }

    function _hasLiabilities(Account account) private view returns (bool) {
        return clearinghouse.cash(account) < 0 || _hasDerivatives(account);
    }

    function _hasDerivatives(Account account) private view returns (bool) {
        Position[] memory held = clearinghouse.positions(account);
        for (uint256 i = 0; i < held.length; ++i) if (held[i].instrument().kind() != Kind.Spot) return true;
        return false;
    }

    /// Refused is only a new token where others depend on the account, for its feed may be dead.
    function _deposit(Account account, uint256 what, uint256 amountInTokens) private returns (bool isDone) {
        tokens[what].mint(address(this), amountInTokens);
        Batch memory actions;
        actions.deposits = new Deposit[](1);
        actions.deposits[0] = Deposit(account, assets[what], amountInTokens);
        try clearinghouse.batch(actions) {
            inCustody[assets[what]] += amountInTokens;
            return true;
        } catch {
            assertTrue(what != 0 && _hasLiabilities(account), "deposit refused");
            assertEq(clearinghouse.position(account, assets[what]), 0, "deposit of a token that is held refused");
        }
    }

    function _engine() private view returns (IMarginEngine) {
        return IMarginEngine(clearinghouse.marginEngine());
    }

    function _one(uint256 what) private view returns (uint256) {
        return 10 ** tokens[what].decimals();
    }

    /// All but the treasury, which nobody operates.
    function _account(uint256 seed) private view returns (Account) {
        return accounts[1 + (seed % (accounts.length - 1))];
    }

    function _legOrCash(Account account, uint256 seed) private view returns (Instrument) {
        Position[] memory held = clearinghouse.positions(account);
        uint256 i = seed % (held.length + 1);
        return i == held.length ? CASH : held[i].instrument();
    }

    /// The next account with a position of this sign, or any.
    function _holder(uint256 seed, Instrument instrument, int256 sign) private view returns (Account) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            Account account = _account(_addUp(seed, i));
            if (clearinghouse.position(account, instrument) * sign > 0) return account;
        }
        return _account(seed);
    }

    /// The next account below maintenance with at least this equity, or any.
    function _belowMaintenance(uint256 seed, int256 minEquity) private view returns (Account) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            Account account = _account(_addUp(seed, i));
            if (!_hasLiabilities(account)) continue;
            Risk memory risk = _riskOf(account);
            if (risk.equity < int256(risk.maintenance) && risk.equity >= minEquity) return account;
        }
        return _account(seed);
    }

    /// The next account with much more than initial margin, or any.
    function _strong(uint256 seed) private view returns (Account) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            Account account = _account(_addUp(seed, i));
            Risk memory risk = _riskOf(account);
            if (risk.equity > int256(2 * risk.initial) + 5_000e18) return account;
        }
        return _account(seed);
    }

    /// Of the same owner: one without positions, or a new one.
    function _emptyOf(Account funder) private returns (Account) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            Account candidate = accounts[i];
            if (candidate.owner() == funder.owner() && clearinghouse.positions(candidate).length == 0) return candidate;
        }
        if (accounts.length < MAX_ACCOUNTS) _open(funder.owner(), uint96(accounts.length));
        return accounts[accounts.length - 1];
    }

    function _open(address owner, uint96 subId) private {
        Account account = toAccount(owner, subId);
        accounts.push(account);
        Batch memory actions;
        actions.approvals = new Approval[](1);
        actions.approvals[0] = Approval(account, address(this), 7, type(uint40).max);
        vm.prank(owner);
        clearinghouse.batch(actions);
    }

    function _addUp(uint256 seed, uint256 i) private pure returns (uint256) {
        return (seed % type(uint128).max) + i;
    }
}

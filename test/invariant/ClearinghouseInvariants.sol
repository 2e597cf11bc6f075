// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Clearinghouse } from "../../contracts/Clearinghouse.sol";
import { IClearinghouseBooks } from "../../contracts/interfaces/IClearinghouseBooks.sol";
import { CashTotals } from "../../contracts/interfaces/IInterest.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { Account } from "../../contracts/types/Account.sol";
import { CASH, Instrument } from "../../contracts/types/Instrument.sol";
import { Position } from "../../contracts/types/Position.sol";
import { InvariantTest } from "../helpers/InvariantTest.sol";
import { ClearinghouseHandler } from "./ClearinghouseHandler.sol";

/// What holds of the books after every call. INV-3, 4, 6 and 10 are checked by the handler, call by call.
abstract contract ClearinghouseInvariants is InvariantTest {
    /// Trades, seizures and changes of the market come more often than the rest.
    bytes private constant ACTIONS = hex"000102030303030303030304040505050506060606060708080808090a0b0c0d";

    uint256 private constant USDC_TO_WAD = 1e12;

    ClearinghouseHandler internal handler;

    function target(ClearinghouseHandler handler_) internal {
        handler = handler_;
        bytes4[] memory actions = new bytes4[](15);
        actions[0] = handler.deposit.selector;
        actions[1] = handler.withdraw.selector;
        actions[2] = handler.transfer.selector;
        actions[3] = handler.trade.selector;
        actions[4] = handler.seize.selector;
        actions[5] = handler.takeOver.selector;
        actions[6] = handler.fundReserve.selector;
        actions[7] = handler.change.selector;
        actions[8] = handler.reduce.selector;
        // Twice as likely: without positions there is nothing to seize.
        actions[9] = handler.trade.selector;
        actions[10] = handler.deleverage.selector;
        actions[11] = handler.settle.selector;
        actions[12] = handler.expire.selector;
        actions[13] = handler.settleExpired.selector;
        actions[14] = handler.accrueFunding.selector;
        targetContract(address(handler));
        targetSelector(address(handler), actions);
    }

    /// As they are once everybody has taken his share of what is to be shared.
    function requireBalancedBooks() internal {
        uint256 unsettled = vm.snapshotState();
        handler.settleAll();
        requireCashConserved();
        requireTokensConserved();
        requireNetZero();
        requireWellFormedLists();
        (, uint256 openTearUps) = IClearinghouseBooks(address(handler.clearinghouse())).losses();
        assertEq(openTearUps, 0, "a tear-up that nobody can settle");
        (uint256 openSeries, int256 received) = IClearinghouseBooks(address(handler.clearinghouse())).settling();
        assertEq(openSeries, 0, "a series that nobody can settle");
        assertEq(received, 0, "left of settled series");
        vm.revertToState(unsettled);
    }

    /// INV-1 for cash: stored cash adds up to its totals, to the unit; recorded = Σ cash + Σ entry values + reserve + what rounding left of
    /// funding, but for less than a unit of each; and the reserve has what it was given at least.
    function requireCashConserved() private view {
        Clearinghouse clearinghouse = handler.clearinghouse();
        requireTotals();
        Account[] memory accounts = handler.allAccounts();
        (, , int256 total) = IClearinghouseBooks(address(clearinghouse)).funding(1);
        assertGe(total, 0, "rounding of funding was paid out");
        total += int256(clearinghouse.reserve());
        for (uint256 i = 0; i < accounts.length; ++i) {
            total += clearinghouse.cash(accounts[i]);
            Position[] memory held = clearinghouse.positions(accounts[i]);
            for (uint256 j = 0; j < held.length; ++j) {
                total += clearinghouse.entryValue(accounts[i], held[j].instrument());
            }
        }
        int256 recorded = int256(clearinghouse.recordedInTokens(CASH) * USDC_TO_WAD);
        assertLe(total, recorded, "INV-1: cash created");
        assertGe(total, recorded - int256(accounts.length) - 1, "INV-1: cash lost");
        assertGe(int256(clearinghouse.reserve()), handler.reservePaid() - 1, "INV-1: paid by the reserve");
    }

    function requireTotals() private view {
        IClearinghouseBooks books = IClearinghouseBooks(address(handler.clearinghouse()));
        Account[] memory accounts = handler.allAccounts();
        (int256 supply, int256 debts) = (0, 0);
        for (uint256 i = 0; i < accounts.length; ++i) {
            int256 scaled = books.scaledCash(accounts[i]);
            if (scaled > 0) supply += scaled;
            else debts -= scaled;
        }
        CashTotals memory totals = books.cashTotals();
        assertEq(int256(totals.scaledSupply), supply, "INV-1: total supply");
        assertEq(int256(totals.scaledDebts), debts, "INV-1: total debts");
    }

    /// INV-1 for tokens: recorded = Σ spot positions, exactly; what is recorded came in, and is in custody.
    function requireTokensConserved() private view {
        Clearinghouse clearinghouse = handler.clearinghouse();
        for (uint256 i = 0; i < 3; ++i) {
            (Instrument asset, TestToken token) = handler.asset(i);
            uint256 recorded = clearinghouse.recordedInTokens(asset);
            assertEq(recorded, handler.inCustody(asset), "INV-1: recorded");
            assertEq(recorded, token.balanceOf(address(clearinghouse)), "INV-1: in custody");
            if (i == 0) continue;
            (int256 total, ) = sumOf(asset);
            assertEq(int256(recorded * 10 ** (18 - token.decimals())), total, "INV-1: positions");
        }
    }

    /// INV-2: every derivative nets to zero, and open interest is what is long.
    function requireNetZero() private view {
        Instrument[] memory derivatives = handler.allDerivatives();
        uint256 openInterest = 0;
        for (uint256 i = 0; i < derivatives.length; ++i) {
            (int256 total, uint256 long) = sumOf(derivatives[i]);
            assertEq(total, 0, "INV-2");
            assertEq(handler.clearinghouse().openInterestOf(derivatives[i]), long, "open interest of one");
            openInterest += long;
        }
        // All of one underlying.
        assertEq(handler.clearinghouse().openInterest(derivatives[0].underlying()), openInterest, "open interest");
    }

    /// Lists hold each instrument once and nothing empty; there is no entry value without its perpetual.
    function requireWellFormedLists() private view {
        Clearinghouse clearinghouse = handler.clearinghouse();
        Account[] memory accounts = handler.allAccounts();
        Instrument[] memory derivatives = handler.allDerivatives();
        for (uint256 i = 0; i < accounts.length; ++i) {
            Position[] memory held = clearinghouse.positions(accounts[i]);
            for (uint256 j = 0; j < held.length; ++j) {
                assertTrue(held[j].size() != 0, "an empty leg");
                for (uint256 k = 0; k < j; ++k) {
                    assertTrue(held[j].instrument() != held[k].instrument(), "a leg listed twice");
                }
            }
            for (uint256 j = 0; j < derivatives.length; ++j) {
                if (clearinghouse.position(accounts[i], derivatives[j]) != 0) continue;
                assertEq(clearinghouse.entryValue(accounts[i], derivatives[j]), 0, "an orphaned entry value");
            }
        }
    }

    /// The random calls are worth something only if every kind of them succeeds.
    function requireEveryActionReached(uint256 steps) internal {
        for (uint256 i = 0; i < steps; ++i) step(uint256(keccak256(abi.encode(i))));
        string[14] memory names = [
            "deposit",
            "withdraw",
            "transfer",
            "trade",
            "reduce",
            "seize",
            "takeOver",
            "deleverage",
            "settle",
            "fundReserve",
            "expire",
            "settleExpired",
            "accrueFunding",
            "change"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            assertGt(handler.successes(bytes32(bytes(names[i]))), 0, names[i]);
        }
        CashTotals memory totals = IClearinghouseBooks(address(handler.clearinghouse())).cashTotals();
        assertGt(totals.borrowIndex, 1.001e18, "interest");
        requireBalancedBooks();
    }

    function step(uint256 seed) private {
        uint256 a = uint256(keccak256(abi.encode(seed, 1)));
        uint256 b = uint256(keccak256(abi.encode(seed, 2)));
        uint256 c = uint256(keccak256(abi.encode(seed, 3)));
        uint256 d = uint256(keccak256(abi.encode(seed, 4)));
        uint256 e = uint256(keccak256(abi.encode(seed, 5)));
        uint8 action = uint8(ACTIONS[seed % ACTIONS.length]);
        if (action == 9) handler.deleverage(a, b, c, d);
        else if (action == 10) handler.settle(a, b);
        else if (action == 8) handler.change(a);
        else if (action == 11) handler.expire(a, b);
        else if (action == 12) handler.accrueFunding(a, int256(b));
        else if (action == 13) handler.settleExpired(a);
        else take(action, a, b, c, d, e);
    }

    function take(uint8 action, uint256 a, uint256 b, uint256 c, uint256 d, uint256 e) private {
        if (action == 0) handler.deposit(a, b, c);
        else if (action == 1) handler.withdraw(a, b, c, d % 2 == 0);
        else if (action == 2) handler.transfer(a, b, c, d, e % 2 == 0);
        else if (action == 3) handler.trade(a, b, c, d, e);
        else if (action == 4) handler.reduce(a, b, c, d, e);
        else if (action == 5) handler.seize(a, b, c, d, int256(e >> 1));
        else if (action == 6) handler.takeOver(a, b, c, d);
        else handler.fundReserve(a);
    }

    function sumOf(Instrument instrument) private view returns (int256 total, uint256 long) {
        Clearinghouse clearinghouse = handler.clearinghouse();
        Account[] memory accounts = handler.allAccounts();
        for (uint256 i = 0; i < accounts.length; ++i) {
            int256 size = clearinghouse.position(accounts[i], instrument);
            total += size;
            if (size > 0) long += uint256(size);
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IClearinghouseBooks } from "../../contracts/interfaces/IClearinghouseBooks.sol";
import { CashTotals } from "../../contracts/interfaces/IInterest.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { Instrument } from "../../contracts/types/Instrument.sol";
import { InvariantTest } from "../helpers/InvariantTest.sol";
import { BalancedBooks, Books } from "./BalancedBooks.sol";
import { ClearinghouseHandler } from "./ClearinghouseHandler.sol";

/// What holds of the books after every call. INV-3, 4, 6 and 10 are checked by the handler, call by call.
abstract contract ClearinghouseInvariants is InvariantTest, BalancedBooks {
    /// Trades, seizures and changes of the market come more often than the rest.
    bytes private constant ACTIONS = hex"000102030303030303030304040505050506060606060708080808090a0b0c0d";

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
        Books memory all = Books(handler.clearinghouse(), handler.allAccounts(), handler.allDerivatives());
        requireCashConserved(all);
        // The reserve has what it was given at least.
        assertGe(int256(all.clearinghouse.reserve()), handler.reservePaid() - 1, "INV-1: paid by the reserve");
        requireTokensConserved(all);
        requireNetZero(all);
        requireWellFormedLists(all);
        requireNothingToShare(all);
        vm.revertToState(unsettled);
    }

    /// INV-1 for tokens: recorded = Σ spot positions, exactly; what is recorded came in, and is in custody.
    function requireTokensConserved(Books memory all) private view {
        for (uint256 i = 0; i < 3; ++i) {
            (Instrument asset, TestToken token) = handler.asset(i);
            uint256 recorded = all.clearinghouse.recordedInTokens(asset);
            assertEq(recorded, handler.inCustody(asset), "INV-1: recorded");
            assertEq(recorded, token.balanceOf(address(all.clearinghouse)), "INV-1: in custody");
            if (i == 0) continue;
            (int256 total, ) = sumOf(all, asset);
            assertEq(int256(recorded * 10 ** (18 - token.decimals())), total, "INV-1: positions");
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
}

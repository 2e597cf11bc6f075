// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { InvariantTest } from "../helpers/InvariantTest.sol";
import { BalancedBooks, Books } from "./BalancedBooks.sol";
import { VenueHandler } from "./VenueHandler.sol";

/// The test runner knows the contracts of this file only.
contract WholeVenueHandler is VenueHandler {}

contract VenueTest is InvariantTest, BalancedBooks {
    /// The waterfall goes to its end after every so many checks.
    uint256 private constant STRIDE = 8;

    VenueHandler private handler;
    uint256 private checks;

    function setUp() public {
        handler = new WholeVenueHandler();
        bytes4[] memory actions = new bytes4[](22);
        actions[0] = handler.deposit.selector;
        actions[1] = handler.withdraw.selector;
        // Twice as likely, like the fills: without positions there is nothing to lose.
        actions[2] = handler.trade.selector;
        actions[3] = handler.trade.selector;
        actions[4] = handler.fill.selector;
        actions[5] = handler.fill.selector;
        actions[6] = handler.payFee.selector;
        actions[7] = handler.fundReserve.selector;
        actions[8] = handler.move.selector;
        actions[9] = handler.move.selector;
        actions[10] = handler.liquidate.selector;
        actions[11] = handler.takeOver.selector;
        actions[12] = handler.absorb.selector;
        actions[13] = handler.requestDeposit.selector;
        actions[14] = handler.requestRedeem.selector;
        actions[15] = handler.execute.selector;
        actions[16] = handler.refresh.selector;
        actions[17] = handler.stakeMore.selector;
        actions[18] = handler.unstake.selector;
        actions[19] = handler.accrueFunding.selector;
        actions[20] = handler.expire.selector;
        actions[21] = handler.settle.selector;
        targetContract(address(handler));
        targetSelector(address(handler), actions);
    }

    function invariant_venueIsWhole() public {
        requireWhole(++checks % STRIDE == 0);
    }

    function requireWhole(bool toTheEnd) private {
        uint256 state = vm.snapshotState();
        // INV-5: nobody's loss is left unpaid by those who are to bear it.
        assertGe(handler.borne() + 10e18, handler.badDebt(), "INV-5");
        if (toTheEnd) assertTrue(handler.endAll(), "INV-11");
        handler.settleAll();
        Books memory all = handler.allBooks();
        requireCashConserved(all);
        requireNetZero(all);
        requireWellFormedLists(all);
        requireNothingToShare(all);
        requireCustody(all);
        vm.revertToState(state);
    }

    /// INV-1: what is recorded is in custody; tokens are somebody's to the unit; the pool has what its depositors may claim.
    function requireCustody(Books memory all) private view {
        (uint256[2] memory inBooks, uint256[2] memory inCustody) = handler.recorded();
        for (uint256 i = 0; i < 2; ++i) assertEq(inBooks[i], inCustody[i], "INV-1: in custody");
        (int256 total, ) = sumOf(all, toInstrument(1, Kind.Spot, 0, 0));
        assertEq(int256(inBooks[1]), total, "INV-1: positions");
        (uint256 owed, uint256 held) = handler.owedByPool();
        assertGe(held, owed, "the pool owes more than it holds");
    }

    /// The random calls are worth something only if every kind of them succeeds.
    function test_everyActionIsReached() public {
        for (uint256 i = 0; i < 3000; ++i) step(uint256(keccak256(abi.encode(i))));
        string[22] memory names = [
            "deposit",
            "depositToken",
            "withdraw",
            "trade",
            "fill",
            "payFee",
            "fundReserve",
            "move",
            "liquidate",
            "takeOver",
            "absorb",
            "share",
            "requestDeposit",
            "requestRedeem",
            "execute",
            "claim",
            "refresh",
            "stake",
            "unstake",
            "accrueFunding",
            "expire",
            "settle"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            assertGt(handler.successes(bytes32(bytes(names[i]))), 0, names[i]);
        }
        assertGt(handler.badDebt(), 1_000_000e18, "bad debt");
        requireWhole(true);
    }

    function step(uint256 seed) private {
        (uint256 a, uint256 b, uint256 c, uint256 d) = (draw(seed, 1), draw(seed, 2), draw(seed, 3), draw(seed, 4));
        uint256 action = seed % 24;
        if (action < 4) handler.trade(a, b, c, d % 2 == 0);
        else if (action < 7) handler.fill(a, b, c, d, draw(seed, 5));
        else if (action < 10) handler.move(a, b);
        else if (action == 10) handler.absorb(a, b);
        else if (action == 11) handler.liquidate(a, b, c);
        else if (action == 12) handler.takeOver(a, b);
        else if (action == 13) handler.deposit(a, b, c % 2 == 0);
        else if (action == 14) handler.withdraw(a, b);
        else stepOfOthers(action, a, b);
    }

    function stepOfOthers(uint256 action, uint256 a, uint256 b) private {
        if (action == 15) handler.requestDeposit(a, b);
        else if (action == 16) handler.requestRedeem(a, b);
        else if (action == 17) handler.execute(a);
        else if (action == 18) handler.refresh(a);
        else if (action == 19) handler.stakeMore(a, b);
        else if (action == 20) handler.unstake(a, b);
        else if (action == 21) handler.accrueFunding(a);
        else if (action == 22) handler.expire(a);
        else stepOfFew(a, b);
    }

    function stepOfFew(uint256 a, uint256 b) private {
        handler.settle(a, b);
        handler.payFee(a, b);
        handler.fundReserve(b);
    }

    function draw(uint256 seed, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, i)));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Instrument } from "../../contracts/types/Instrument.sol";
import { EngineFixture } from "../helpers/EngineFixture.sol";

/// The clearinghouse relies on it: of a portfolio with other cash it knows the risk without another evaluation, unless the
/// portfolio begins or ceases to be liable.
contract MarginEngineCashTest is EngineFixture {
    function testFuzz_beyondADerivativeCashChangesEquityByItsAmountAndNothingElse(
        uint256 kind,
        int128 size,
        int128 cash,
        int128 added
    ) public view {
        Instrument[3] memory derivatives = [
            perpetual(ETH),
            call(ETH, EXPIRY, 2100),
            put(BTC, EXPIRY + 28 days, 36_000)
        ];
        size = int128(bound(size, -1e24, 1e24));
        if (size == 0) return;
        Portfolio memory book = with(with(portfolio(cash), spot(ETH), 3e18), derivatives[kind % 3], size);
        requireShifted(evaluate(book), book, added);
    }

    function testFuzz_ofTokensAloneLikewiseWhileCashKeepsItsSign(int128 cash, int128 later) public view {
        if ((cash < 0) != (later < 0)) return;
        Portfolio memory book = with(with(portfolio(cash), spot(ETH), 3e18), spot(BTC), 0.2e18);
        requireShifted(evaluate(book), book, int256(later) - cash);
    }

    /// What makes the evaluation necessary there.
    function test_aDebtBringsTheFloor() public view {
        Portfolio memory book = with(portfolio(0), spot(ETH), 0.01e18);
        assertEq(
            evaluate(book).maintenanceBeforeFloor,
            evaluate(with(portfolio(-1), spot(ETH), 0.01e18)).maintenanceBeforeFloor
        );
        assertLt(evaluate(book).maintenance, 100e18);
        assertEq(evaluate(with(portfolio(-1), spot(ETH), 0.01e18)).maintenance, 100e18);
    }

    function requireShifted(Risk memory expected, Portfolio memory book, int256 added) private view {
        book.cash += added;
        expected.equity += added;
        assertEq(abi.encode(evaluate(book)), abi.encode(expected));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {
    Batch,
    Fill,
    IClearinghouse,
    MAY_MOVE,
    MAY_TRADE,
    Transfer
} from "../../contracts/interfaces/IClearinghouse.sol";
import { Account, RESERVE } from "../../contracts/types/Account.sol";
import { CASH, Instrument } from "../../contracts/types/Instrument.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

/// Cash that is transferred to the reserve. The test may trade every account, and nothing else.
contract ClearinghouseFeesTest is ClearinghouseTest {
    function setUp() public override {
        super.setUp();
        deposit(alices, CASH, 5000 * USDC);
        deposit(bobs, CASH, 5000 * USDC);
    }

    function test_whoMayTradePaysAFeeToTheReserve() public {
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.FeePaid(alices, 3e18);
        pay(alices, CASH, 3e18);
        assertEq(cash(alices), 4997e18);
        assertEq(clearinghouse.reserve(), 3e18);
        assertEq(clearinghouse.recordedInTokens(CASH), 10_000 * USDC);
    }

    function test_mayMoveIsNotEnough() public {
        approve(alices, address(this), MAY_MOVE);
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.NotAuthorised.selector, alices, address(this), MAY_TRADE)
        );
        pay(alices, CASH, 1);
    }

    function test_theReserveTakesCashOnly() public {
        deposit(alices, WETH, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.ForeignAccount.selector, RESERVE, WETH));
        pay(alices, WETH, 1);
        vm.expectRevert(IClearinghouse.ZeroSize.selector);
        pay(alices, CASH, 0);
    }

    function test_aFeeLeavesInitialMargin() public {
        fill(alices, bobs, PERPETUAL, 10 * UNIT, 2000 * USD);
        pay(alices, CASH, 1000e18);
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.BelowInitialMargin.selector, alices, int256(4000e18 - 1), 4000e18)
        );
        pay(alices, CASH, 1);
    }

    function test_nobodyBorrowsForAFeeWithoutCollateral() public {
        vm.expectPartialRevert(IClearinghouse.BelowInitialMargin.selector);
        pay(alices, CASH, 5000e18 + 1);
        pay(alices, CASH, 5000e18);
    }

    function test_aReducingAccountPaysWhatItsReductionLeaves() public {
        fill(alices, bobs, PERPETUAL, 10 * UNIT, 2000 * USD);
        // Equity 2,000 and initial margin 3,400.
        setEthPrice(1700 * USD);
        // A tenth of the requirement goes, so a tenth of the equity may.
        vm.expectPartialRevert(IClearinghouse.NotReducing.selector);
        reduce(200e18 + 1);
        reduce(200e18);
        assertEq(clearinghouse.reserve(), 200e18);
        assertEq(position(alices, PERPETUAL), 9e18);
    }

    function pay(Account from, Instrument asset, uint128 size) private {
        Batch memory actions;
        actions.transfers = one(Transfer(from, RESERVE, asset, size));
        clearinghouse.batch(actions);
    }

    function reduce(uint128 fee) private {
        Batch memory actions;
        actions.reducing = one(alices);
        actions.transfers = one(Transfer(alices, RESERVE, CASH, fee));
        actions.fills = one(Fill(bobs, alices, PERPETUAL, UNIT, 1700 * USD));
        clearinghouse.batch(actions);
    }
}

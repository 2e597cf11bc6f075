// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {
    Batch,
    Deposit,
    Fill,
    IClearinghouse,
    MAY_TRADE,
    Transfer,
    Withdrawal
} from "../../contracts/interfaces/IClearinghouse.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

/// Alice: 2,500 USD and 10 perpetuals long from 2,000 USD. At 1,875 her equity is 1,250, a third of the initial 3,750.
contract ClearinghouseReducingTest is ClearinghouseTest {
    uint256 private constant MARK = 1875 * 1e18;

    function setUp() public override {
        super.setUp();
        deposit(alices, CASH, 4000 * USDC);
        deposit(bobs, CASH, 1e6 * USDC);
        fill(alices, bobs, PERPETUAL, 10 * UNIT, 2000 * USD);
        approve(alices, bob, MAY_TRADE);
        // From 4,000 USD of equity to 1,250.
        fillAtLoss();
        setEthPrice(MARK);
    }

    /// Loses 1,500 USD in an option that ends worth nothing.
    function fillAtLoss() private {
        setEthPrice(2300 * USD);
        fill(alices, bobs, CALL, UNIT, 1500 * USD);
        fill(bobs, alices, CALL, UNIT, 0);
    }

    function test_startsBelowInitialMargin() public view {
        assertEq(clearinghouse.portfolio(alices).cash + 18_750e18, 1250e18);
    }

    function test_sellsAtTheMark() public {
        sell(UNIT, MARK);
        assertEq(position(alices, PERPETUAL), 9 ether);
    }

    function test_sellsWhereEquityFallsInStepWithTheRequirement() public {
        // One of ten for 1,750: equity 1,250 − 125 = 1,125, nine tenths.
        sell(UNIT, 1750 * USD);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearinghouse.NotReducing.selector,
                alices,
                int256(1125e18),
                3375e18,
                int256(1000e18 - 1),
                3000e18
            )
        );
        sell(UNIT, 1750 * USD - 1);
    }

    function test_needsTheAccountToBeNamed() public {
        Batch memory actions;
        actions.fills = one(Fill(bobs, alices, PERPETUAL, UNIT, MARK));
        vm.prank(bob);
        vm.expectPartialRevert(IClearinghouse.BelowInitialMargin.selector);
        clearinghouse.batch(actions);
    }

    function test_goesTowardsZeroAndNeverBeyond() public {
        Batch memory actions = selling(10 * UNIT + 1, MARK);
        actions.reducing = one(alices);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearinghouse.InsufficientPosition.selector,
                alices,
                PERPETUAL,
                int256(10 ether),
                -int256(10 ether + 1)
            )
        );
        vm.prank(bob);
        clearinghouse.batch(actions);
        actions.fills[0] = Fill(alices, bobs, PERPETUAL, 1, MARK);
        vm.prank(bob);
        vm.expectPartialRevert(IClearinghouse.InsufficientPosition.selector);
        clearinghouse.batch(actions);
        sell(10 * UNIT, MARK);
        assertEq(cash(alices), 1250e18);
    }

    function test_opensNothingElse() public {
        Batch memory actions = selling(UNIT, MARK);
        actions.fills[0] = Fill(bobs, alices, CALL, 1, 100 * USD);
        vm.prank(bob);
        vm.expectPartialRevert(IClearinghouse.InsufficientPosition.selector);
        clearinghouse.batch(actions);
    }

    function test_listedTwiceIsListedOnce() public {
        Batch memory actions = selling(UNIT, 1750 * USD);
        actions.reducing = two(alices, alices);
        vm.prank(bob);
        clearinghouse.batch(actions);
        assertEq(position(alices, PERPETUAL), 9 ether);
        actions.fills[0].price = 1750 * USD - 1;
        vm.prank(bob);
        vm.expectPartialRevert(IClearinghouse.NotReducing.selector);
        clearinghouse.batch(actions);
    }

    function test_paysNothingToASisterAccount() public {
        Batch memory actions;
        actions.reducing = one(alices);
        actions.transfers = one(Transfer(alices, alicesOther, CASH, 1));
        vm.prank(alice);
        vm.expectPartialRevert(IClearinghouse.NotReducing.selector);
        clearinghouse.batch(actions);
    }

    function test_withdrawsWhileAboveInitialMargin() public {
        deposit(alices, CASH, 4000 * USDC);
        Batch memory actions;
        actions.reducing = one(alices);
        actions.withdrawals = one(Withdrawal(alices, CASH, 1500 * USDC, alice));
        vm.prank(alice);
        clearinghouse.batch(actions);
        actions.withdrawals[0].amountInTokens = 1;
        vm.prank(alice);
        vm.expectPartialRevert(IClearinghouse.NotReducing.selector);
        clearinghouse.batch(actions);
    }

    function test_onAnInvalidFeedCostsNoMoreThanTheRequirementRemoved() public {
        deposit(alices, CASH, 100_000 * USDC);
        engine.setValidity(Validity.Invalid, 0);
        vm.expectPartialRevert(IClearinghouse.NotReducing.selector);
        sell(UNIT, MARK - 375 * USD - 1);
        sell(UNIT, MARK - 375 * USD);
        assertEq(position(alices, PERPETUAL), 9 ether);
    }

    function test_onAnInvalidFeedKeepsEquityInStepBelowInitialMargin() public {
        engine.setValidity(Validity.Invalid, 0);
        sell(UNIT, 1750 * USD);
        vm.expectPartialRevert(IClearinghouse.NotReducing.selector);
        sell(UNIT, 1750 * USD - 1);
    }

    function test_onAnInvalidFeedTakesNothingOut() public {
        deposit(alices, CASH, 100_000 * USDC);
        engine.setValidity(Validity.Invalid, 0);
        Batch memory actions = selling(UNIT, MARK);
        actions.withdrawals = one(Withdrawal(alices, CASH, 1, alice));
        approve(alices, bob, 7);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.FeedInvalid.selector, alices));
        clearinghouse.batch(actions);
    }

    function test_aDepositInTheSameCallPaysForALoss() public {
        Batch memory actions = selling(UNIT, 1650 * USD);
        actions.deposits = one(Deposit(alices, CASH, 100 * USDC));
        vm.prank(bob);
        clearinghouse.batch(actions);
        assertEq(position(alices, PERPETUAL), 9 ether);
    }

    function sell(uint128 size, uint256 price) private {
        vm.prank(bob);
        clearinghouse.batch(selling(size, price));
    }

    /// The buyer is short, and reduces as well.
    function selling(uint128 size, uint256 price) private view returns (Batch memory actions) {
        actions.reducing = two(alices, bobs);
        actions.fills = one(Fill(bobs, alices, PERPETUAL, size, price));
    }
}

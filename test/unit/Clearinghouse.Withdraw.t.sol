// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, IClearinghouse, Withdrawal } from "../../contracts/interfaces/IClearinghouse.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

contract ClearinghouseWithdrawTest is ClearinghouseTest {
    function testFuzz_returnsEveryUnit(uint256 amountInTokens) public {
        amountInTokens = bound(amountInTokens, 1, 1e9 * USDC);
        deposit(alices, CASH, amountInTokens);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.Withdrawn(alices, CASH, amountInTokens * 1e12, alice);
        withdraw(alices, CASH, amountInTokens);
        assertEq(usdc.balanceOf(alice), 1e9 * USDC);
        assertEq(clearinghouse.recordedInTokens(CASH), 0);
        assertEq(cash(alices), 0);
    }

    function test_returnsATokenAndForgetsTheLeg() public {
        deposit(alices, WETH, 1 ether);
        deposit(alices, WBTC, 1e8);
        withdraw(alices, WETH, 1 ether);
        assertEq(clearinghouse.positions(alices).length, 1);
        assertEq(position(alices, WBTC), 1 ether);
        assertEq(weth.balanceOf(alice), 1e5 ether);
    }

    function test_needsNoMarginWithoutLiabilitiesWhateverTheFeedsSay() public {
        deposit(alices, WETH, 2 ether);
        deposit(alices, CASH, USDC);
        engine.setValidity(Validity.Invalid, 0);
        withdraw(alices, WETH, 1 ether);
        withdraw(alices, CASH, USDC);
        withdraw(alices, WETH, 1 ether);
        assertEq(clearinghouse.positions(alices).length, 0);
    }

    function test_sendsTheOwnersTokensToWhomHeNames() public {
        deposit(alices, CASH, 7 * USDC);
        withdrawAs(alice, alices, CASH, 7 * USDC, carol);
        assertEq(usdc.balanceOf(carol), 1e9 * USDC + 7 * USDC);
    }

    function test_refusesMoreOfATokenThanIsHeld() public {
        deposit(alices, WETH, 1 ether);
        deposit(bobs, WETH, 1 ether);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearinghouse.InsufficientPosition.selector,
                alices,
                WETH,
                int256(1 ether),
                -int256(1 ether + 1)
            )
        );
        withdraw(alices, WETH, 1 ether + 1);
    }

    function test_refusesNothing() public {
        vm.expectRevert(IClearinghouse.ZeroSize.selector);
        withdraw(alices, CASH, 0);
    }

    function test_lendsCashAgainstCollateralUpToInitialMargin() public {
        deposit(alices, WETH, 1 ether);
        deposit(bobs, CASH, 5000 * USDC);
        withdraw(alices, CASH, 1600 * USDC);
        assertEq(cash(alices), -int256(1600 * USD));
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearinghouse.BelowInitialMargin.selector,
                alices,
                int256(400 * USD - 1e12),
                400 * USD
            )
        );
        withdraw(alices, CASH, 1);
    }

    function test_lendsNoMoreThanIsThere() public {
        deposit(alices, WETH, 1 ether);
        deposit(bobs, CASH, 10 * USDC);
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.InsufficientLiquidity.selector, CASH, 10 * USDC, 11 * USDC)
        );
        withdraw(alices, CASH, 11 * USDC);
    }

    function test_lendsNothingOnAnInvalidFeed() public {
        deposit(alices, WETH, 1 ether);
        deposit(bobs, CASH, 10 * USDC);
        engine.setValidity(Validity.Invalid, 0);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.FeedInvalid.selector, alices));
        withdraw(alices, CASH, 1 * USDC);
        engine.setValidity(Validity.Late, 0);
        withdraw(alices, CASH, 1 * USDC);
    }

    function test_countsTwoWithdrawalsOfOneCallTogether() public {
        deposit(alices, WETH, 1 ether);
        deposit(bobs, CASH, 5000 * USDC);
        Batch memory actions;
        actions.withdrawals = new Withdrawal[](2);
        actions.withdrawals[0] = Withdrawal(alices, CASH, 1000 * USDC, alice);
        actions.withdrawals[1] = Withdrawal(alices, CASH, 1000 * USDC, alice);
        vm.prank(alice);
        vm.expectPartialRevert(IClearinghouse.BelowInitialMargin.selector);
        clearinghouse.batch(actions);
    }

    function test_neverPaysOutWhatWasDonated() public {
        usdc.mint(address(clearinghouse), 100 * USDC);
        deposit(alices, WETH, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.InsufficientLiquidity.selector, CASH, 0, 1));
        withdraw(alices, CASH, 1);
    }
}

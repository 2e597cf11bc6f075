// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { ERC4626 } from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import { Liquidation } from "../../contracts/interfaces/ILiquidator.sol";
import { IBackstopVault } from "../../contracts/interfaces/IBackstopVault.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { LiquidationFixture } from "../helpers/LiquidationFixture.sol";

contract BackstopVaultAbsorptionTest is LiquidationFixture {
    Account internal into = toAccount(address(vault), 1);

    function absorbDeficit(int256 deficit) internal {
        into = toAccount(address(vault), 1);
        openAuction(-deficit);
        liquidator.absorb(debtor);
    }

    function test_lossIsSharedByShares() public {
        uint256 large = fundBackstop(lender, 30_000);
        uint256 small = fundBackstop(carol, 10_000);
        absorbDeficit(400);
        assertApproxEqAbs(vault.convertToAssets(large), 29_700 * USDC, 1);
        assertApproxEqAbs(vault.convertToAssets(small), 9900 * USDC, 1);
    }

    function test_laterDepositorDoesNotPayForAnEarlierLoss() public {
        fundBackstop(lender, 30_000);
        absorbDeficit(3000);
        uint256 shares = fundBackstop(carol, 1000);
        assertApproxEqAbs(vault.convertToAssets(shares), 1000 * USDC, 1);
    }

    function test_onlyTheTreasuryIsPaidOut() public {
        uint256 shares = fundBackstop(lender, 10_000);
        absorbDeficit(400);
        // 2,900 went along: 400 of loss, 2,500 of initial margin.
        assertEq(clearinghouse.cash(vault.treasury()), 7100e18);
        assertEq(vault.totalAssets(), 9600 * USDC);
        uint256 redeemable = vault.maxRedeem(lender);
        assertLt(redeemable, shares, "part is tied up");
        assertApproxEqAbs(vault.maxWithdraw(lender), 7100 * USDC, 1);

        vm.startPrank(lender);
        vm.expectRevert(abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxRedeem.selector, lender, shares, redeemable));
        vault.redeem(shares, lender, lender);
        uint256 paid = vault.redeem(redeemable, lender, lender);
        vm.stopPrank();
        assertApproxEqAbs(paid, 7100 * USDC, 1);
        assertConserved();
    }

    function test_valueFollowsTheAbsorbedPositions() public {
        fundBackstop(lender, 10_000);
        absorbDeficit(400);
        (uint256 mark, ) = engine.mark(perpetual);
        engine.setMark(perpetual, mark + 10e18);
        assertEq(vault.totalAssets(), 9700 * USDC);
        engine.setMark(perpetual, mark - 960e18 - 1);
        assertEq(vault.totalAssets(), 0, "never below nothing");
    }

    /// Σ equity below zero: who deposits now would only fill the hole.
    function test_noDepositsIntoADeficit() public {
        fundBackstop(lender, 10_000);
        absorbDeficit(400);
        (uint256 mark, ) = engine.mark(perpetual);
        engine.setMark(perpetual, mark - 961e18);
        assertEq(vault.maxDeposit(carol), 0);
        assertEq(vault.maxMint(carol), 0);
        usdc.mint(carol, USDC);
        vm.startPrank(carol);
        usdc.approve(address(vault), USDC);
        vm.expectPartialRevert(ERC4626.ERC4626ExceededMaxDeposit.selector);
        vault.deposit(USDC, carol);
        vm.stopPrank();
    }

    function test_invalidFeedOfAnAbsorbedAccountClosesTheVault() public {
        uint256 shares = fundBackstop(lender, 10_000);
        absorbDeficit(400);
        engine.setValidity(Validity.Invalid, 0);
        assertEq(vault.maxDeposit(lender), 0);
        assertEq(vault.maxMint(lender), 0);
        assertEq(vault.maxWithdraw(lender), 0);
        assertEq(vault.maxRedeem(lender), 0);
        vm.startPrank(lender);
        vm.expectRevert(IBackstopVault.FeedInvalid.selector);
        vault.deposit(1, lender);
        vm.expectRevert(IBackstopVault.FeedInvalid.selector);
        vault.mint(1, lender);
        vm.expectRevert(IBackstopVault.FeedInvalid.selector);
        vault.withdraw(1, lender, lender);
        vm.expectRevert(IBackstopVault.FeedInvalid.selector);
        vault.redeem(shares, lender, lender);
        vm.stopPrank();
    }

    function test_deadFeedDoesNotConcernAVaultWithoutPositions() public {
        uint256 shares = fundBackstop(lender, 10_000);
        engine.setValidity(Validity.Invalid, 0);
        vm.prank(lender);
        assertEq(vault.redeem(shares, lender, lender), 10_000 * USDC);
    }

    function test_absorbedAccountIsLiquidatedLikeAnyOtherAndReleased() public {
        fundBackstop(lender, 10_000);
        absorbDeficit(400);
        // 10 perpetuals, equity 2,500, requirement 2,000; the mark falls by 241: equity 90, and a higher floor takes the
        // account whole.
        (uint256 mark, ) = engine.mark(perpetual);
        engine.setMark(perpetual, mark - 241e18);
        engine.setFloor(2001e18);
        liquidator.startAuction(into);
        skip(30); // c = 0.021, below 90 / 2,001
        Liquidation memory order = liquidation(leg(perpetual, 10e18));
        order.account = into;
        vm.prank(bob);
        int256 payment = liquidator.liquidate(order);
        assertEq(payment, 42.021e18);
        assertEq(vault.absorbed().length, 1, "listed until released");
        uint256 assets = vault.totalAssets();

        vm.expectEmit(address(vault));
        emit IBackstopVault.Released(into, 47.979e18);
        vm.prank(carol);
        vault.releaseEmpty();
        assertEq(vault.absorbed().length, 0);
        assertEq(clearinghouse.cash(into), 0);
        assertEq(vault.totalAssets(), assets, "value only moved");
        assertConserved();
    }

    function test_releaseKeepsAccountsWithPositions() public {
        fundBackstop(lender, 10_000);
        absorbDeficit(400);
        vault.releaseEmpty();
        assertEq(vault.absorbed().length, 1);
        assertTrue(vault.absorbed()[0] == into);
    }

    function test_numberOfAbsorbedAccountsIsBounded() public {
        fundBackstop(lender, 1_000_000);
        uint256 limit = vault.MAX_ABSORBED();
        vm.startPrank(address(liquidator));
        for (uint256 i = 0; i < limit; i++) {
            (Account account, ) = vault.prepareAbsorption(debtor, 0, 0);
            clearinghouse.isAuthorised(account, address(vault), 1);
        }
        // They are empty, so all of them are released for the next.
        vault.prepareAbsorption(debtor, 0, 0);
        vm.stopPrank();
        assertEq(vault.absorbed().length, 1);
    }

    function test_fullVaultRefuses() public {
        fundBackstop(lender, 10_000_000);
        uint256 limit = vault.MAX_ABSORBED();
        for (uint256 i = 0; i <= limit; i++) {
            debtor = toAccount(alice, uint96(100 + i));
            engine.setMark(perpetual, SPOT);
            openAuction(-100);
            if (i == limit) vm.expectRevert(abi.encodeWithSelector(IBackstopVault.TooManyAbsorbed.selector, limit));
            liquidator.absorb(debtor);
        }
        assertEq(vault.absorbed().length, limit);
    }

    function test_fundingIsLimitedByTheTreasury() public {
        fundBackstop(lender, 1000);
        vm.prank(address(liquidator));
        (Account account, uint256 funding) = vault.prepareAbsorption(debtor, -300e18, 2500e18);
        assertEq(funding, 1000e18);
        assertTrue(account == toAccount(address(vault), 1));
        vm.prank(address(liquidator));
        (, funding) = vault.prepareAbsorption(debtor, 3000e18, 2500e18);
        assertEq(funding, 0, "nothing is missing");
    }
}

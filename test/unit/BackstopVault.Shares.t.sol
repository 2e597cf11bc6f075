// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { BackstopFixture } from "../helpers/BackstopFixture.sol";

contract BackstopVaultSharesTest is BackstopFixture {
    function test_depositGoesStraightIntoCustody() public {
        uint256 shares = fundBackstop(lender, 1000);
        assertEq(shares, 1000 * USDC * 1e6, "a million shares a unit");
        assertEq(usdc.balanceOf(address(vault)), 0, "nothing stays in the vault");
        assertEq(clearinghouse.cash(vault.treasury()), 1000e18);
        assertEq(vault.totalAssets(), 1000 * USDC);
        assertEq(vault.decimals(), 12);
        assertEq(vault.asset(), address(usdc));
        assertConserved();
    }

    function test_mintTakesWhatItPreviews() public {
        fundBackstop(carol, 333);
        fund(vault.treasury(), 100);
        usdc.mint(lender, 1000 * USDC);
        vm.startPrank(lender);
        usdc.approve(address(vault), type(uint256).max);
        uint256 expected = vault.previewMint(1e12);
        assertEq(vault.mint(1e12, lender), expected);
        vm.stopPrank();
        assertEq(usdc.balanceOf(lender), 1000 * USDC - expected);
        assertEq(vault.balanceOf(lender), 1e12);
    }

    function test_whoMintsForAnotherPaysAndTheOtherHasTheShares() public {
        usdc.mint(lender, 1000 * USDC);
        vm.startPrank(lender);
        usdc.approve(address(vault), type(uint256).max);
        uint256 paid = vault.mint(1e12, carol);
        vm.stopPrank();
        assertEq(usdc.balanceOf(lender), 1000 * USDC - paid, "the caller pays");
        assertEq(vault.balanceOf(carol), 1e12, "the receiver has the shares");
        assertEq(vault.balanceOf(lender), 0);
    }

    function testFuzz_roundTripNeverGains(uint256 other, uint256 gift, uint256 assets) public {
        other = bound(other, 1, 1e6);
        gift = bound(gift, 0, 1e6);
        assets = bound(assets, 1, 1e12);
        fundBackstop(carol, other);
        if (gift > 0) fund(vault.treasury(), gift);
        usdc.mint(lender, assets);
        vm.startPrank(lender);
        usdc.approve(address(vault), assets);
        uint256 shares = vault.deposit(assets, lender);
        vm.stopPrank();
        if (shares == 0) return;
        request(lender, shares);
        skip(COOLDOWN);
        uint256 back = vault.maxWithdraw(lender);
        assertLe(back, assets, "gained");
        if (back == 0) return;
        vm.prank(lender);
        assertEq(vault.redeem(shares, lender, lender), back, "told");
        assertConserved();
    }

    /// The first depositor mints one unit's worth, donates to the treasury, and hopes that the victim's shares round to
    /// nothing.
    function testFuzz_inflationAttackLosesMoney(uint256 donation) public {
        donation = bound(donation, 1, 1_000_000);
        usdc.mint(carol, 1);
        vm.startPrank(carol);
        usdc.approve(address(vault), 1);
        uint256 attackShares = vault.deposit(1, carol);
        vm.stopPrank();
        fund(vault.treasury(), donation);

        uint256 victimShares = fundBackstop(lender, 1000);
        uint256 victimOwns = vault.convertToAssets(victimShares);
        uint256 attackerOwns = vault.convertToAssets(attackShares);
        assertGe(victimOwns, (1000 * USDC * 999) / 1000, "the victim lost more than a thousandth");
        assertLe(attackerOwns, 1 + donation * USDC, "the attacker gained");
        // Half of the donation is with the virtual shares.
        assertLe(attackerOwns, 2 + (donation * USDC * 2) / 3, "the donation was not lost");
    }

    function test_donationsAndFeesBelongToTheShares() public {
        uint256 shares = fundBackstop(lender, 1000);
        fund(vault.treasury(), 500);
        assertEq(vault.totalAssets(), 1500 * USDC);
        assertApproxEqAbs(vault.convertToAssets(shares), 1500 * USDC, 2);
    }

    function test_tokensSentToTheVaultItselfAreNoAssets() public {
        fundBackstop(lender, 1000);
        usdc.mint(address(vault), 500 * USDC);
        assertEq(vault.totalAssets(), 1000 * USDC);
    }

    /// A fee of the next second may be bought into; what it costs is to stand for all that happens in five days.
    function test_depositBeforeAFeeStaysForTheCooldown() public {
        fundBackstop(carol, 1000);
        uint256 shares = fundBackstop(lender, 1000);
        fund(vault.treasury(), 100);
        assertApproxEqAbs(vault.convertToAssets(shares), 1050 * USDC, 1);
        request(lender, shares);
        skip(COOLDOWN - 1);
        assertEq(vault.maxWithdraw(lender), 0);
    }
}

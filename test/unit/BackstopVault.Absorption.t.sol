// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { ERC4626 } from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import { Liquidation } from "../../contracts/interfaces/ILiquidator.sol";
import { Absorption, IBackstopVault } from "../../contracts/interfaces/IBackstopVault.sol";
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

    function test_valueFollowsTheAbsorbedPositions() public {
        fundBackstop(lender, 11_600);
        absorbDeficit(400);
        (uint256 mark, ) = engine.mark(perpetual);
        engine.setMark(perpetual, mark + 10e18);
        assertEq(vault.totalAssets(), 11_300 * USDC);
        engine.setMark(perpetual, mark - 1120e18 - 1);
        assertEq(vault.totalAssets(), 0, "never below nothing");
    }

    /// Σ equity below zero: who deposits now would only fill the hole.
    function test_noDepositsIntoADeficit() public {
        fundBackstop(lender, 11_600);
        absorbDeficit(400);
        (uint256 mark, ) = engine.mark(perpetual);
        engine.setMark(perpetual, mark - 1121e18);
        assertEq(vault.maxDeposit(carol), 0);
        assertEq(vault.maxMint(carol), 0);
        usdc.mint(carol, USDC);
        vm.startPrank(carol);
        usdc.approve(address(vault), USDC);
        vm.expectPartialRevert(ERC4626.ERC4626ExceededMaxDeposit.selector);
        vault.deposit(USDC, carol);
        vm.stopPrank();
    }

    function test_absorbedAccountIsLiquidatedLikeAnyOtherAndReleased() public {
        fundBackstop(lender, 11_600);
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
        fundBackstop(lender, 11_600);
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
            vault.prepareAbsorption(debtor, 0, 0);
        }
        // They are empty, so all of them are released for the next.
        vault.prepareAbsorption(debtor, 0, 0);
        vm.stopPrank();
        assertEq(vault.absorbed().length, 1);
    }

    /// A deficit needs no slot: the one too many is closed against the other side, who are charged nothing.
    function test_fullVaultStillPaysBeforeTheOtherSide() public {
        fundBackstop(lender, 10_000_000);
        uint256 limit = vault.MAX_ABSORBED();
        uint256 treasuryBefore;
        int256 makersBefore;
        for (uint256 i = 0; i <= limit; i++) {
            debtor = toAccount(alice, uint96(100 + i));
            engine.setMark(perpetual, SPOT);
            openAuction(-100);
            treasuryBefore = uint256(cashOf(vault.treasury()));
            makersBefore = riskOf(maker).equity;
            liquidator.absorb(debtor);
        }
        assertEq(vault.absorbed().length, limit);
        assertEq(clearinghouse.positions(debtor).length, 0, "closed");
        assertEq(clearinghouse.cash(debtor), 0);
        assertEq(treasuryBefore - uint256(cashOf(vault.treasury())), 100e18, "the backstop's treasury pays");
        assertEq(riskOf(maker).equity, makersBefore, "the other side does not");
    }

    function test_fundingIsWhatIsMissing() public {
        fundBackstop(lender, 11_600);
        into = toAccount(address(vault), 1);
        vm.startPrank(address(liquidator));
        vm.expectEmit(address(vault));
        emit IBackstopVault.Absorbed(debtor, into, 2800e18);
        (Account account, uint256 funding) = vault.prepareAbsorption(debtor, -300e18, 2500e18);
        assertEq(funding, 2800e18);
        assertTrue(account == into);
        (, funding) = vault.prepareAbsorption(debtor, 3000e18, 2500e18);
        assertEq(funding, 0, "nothing is missing");
        vm.stopPrank();
    }

    function test_absorptionIsRecordedUntilItIsReleased() public {
        fundBackstop(lender, 11_600);
        absorbDeficit(400);
        Absorption memory record = vault.absorption(into);
        assertEq(record.since, vm.getBlockTimestamp());
        assertEq(record.underlyings, 1);
        assertEq(record.committed, 2900e18);
        assertEq(vault.absorption(vault.treasury()).since, 0);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { ERC4626 } from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { IBackstopVault } from "../../contracts/interfaces/IBackstopVault.sol";
import { IERC7540Operator, IERC7540Redeem } from "../../contracts/interfaces/IERC7540.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { IRequestVault } from "../../contracts/interfaces/IRequestVault.sol";
import { AuctionCurve } from "../../contracts/libraries/AuctionCurve.sol";
import { Account } from "../../contracts/types/Account.sol";
import { Instrument } from "../../contracts/types/Instrument.sol";
import { BackstopFixture } from "../helpers/BackstopFixture.sol";

contract BackstopVaultExitTest is BackstopFixture {
    uint256 internal shares;

    function setUp() public override {
        super.setUp();
        shares = fundBackstop(lender, 20_000);
    }

    function expectTooMuch(uint256 asked, uint256 claimable) internal {
        vm.expectRevert(abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxRedeem.selector, lender, asked, claimable));
    }

    function test_requestPutsSharesIntoEscrow() public {
        vm.expectEmit(address(vault));
        emit IERC7540Redeem.RedeemRequest(lender, lender, 0, lender, shares / 4);
        vm.prank(lender);
        assertEq(vault.requestRedeem(shares / 4, lender, lender), 0, "requests are known by their controller");
        assertEq(vault.balanceOf(lender), shares - shares / 4);
        assertEq(vault.balanceOf(address(vault)), shares / 4);
        assertEq(vault.totalSupply(), shares);
        assertEq(vault.pendingRedeemRequest(0, lender), shares / 4);
        assertEq(vault.claimableRedeemRequest(0, lender), 0);
        assertEq(vault.pendingRedeemRequest(1, lender), 0, "no other id");
    }

    function test_nothingLeavesWithoutARequest() public {
        assertEq(vault.maxRedeem(lender), 0);
        assertEq(vault.maxWithdraw(lender), 0);
        expectTooMuch(1, 0);
        vm.prank(lender);
        vault.redeem(1, lender, lender);
        vm.expectRevert(abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxWithdraw.selector, lender, 1, 0));
        vm.prank(lender);
        vault.withdraw(1, lender, lender);
    }

    function test_claimableFromTheEndOfTheCooldownUntilTheWindowCloses() public {
        request(lender, shares);
        skip(COOLDOWN - 1);
        assertEq(vault.pendingRedeemRequest(0, lender), shares);
        assertEq(vault.maxRedeem(lender), 0);
        expectTooMuch(shares, 0);
        vm.prank(lender);
        vault.redeem(shares, lender, lender);

        skip(1);
        assertEq(vault.pendingRedeemRequest(0, lender), 0);
        assertEq(vault.claimableRedeemRequest(0, lender), shares);
        assertEq(vault.claimableRedeemRequest(1, lender), 0, "no other id");
        assertEq(vault.maxRedeem(lender), shares);
        assertEq(vault.maxWithdraw(lender), 20_000 * USDC);

        skip(WINDOW - 1);
        assertEq(vault.maxRedeem(lender), shares, "the last second");
        skip(1);
        assertEq(vault.claimableRedeemRequest(0, lender), 0);
        assertEq(vault.pendingRedeemRequest(0, lender), 0);
        expectTooMuch(shares, 0);
        vm.prank(lender);
        vault.redeem(shares, lender, lender);
    }

    function test_claimBurnsTheEscrowAndPaysTheReceiver() public {
        request(lender, shares);
        skip(COOLDOWN);
        vm.startPrank(lender);
        assertEq(vault.redeem(shares / 4, carol, lender), 5000 * USDC);
        assertEq(vault.withdraw(5000 * USDC, carol, lender), shares / 4);
        vm.stopPrank();
        assertEq(usdc.balanceOf(carol), 10_000 * USDC);
        assertEq(vault.totalSupply(), shares / 2);
        assertEq(vault.balanceOf(address(vault)), shares / 2, "the rest still waits");
        assertEq(vault.claimableRedeemRequest(0, lender), shares / 2);
        expectTooMuch(shares / 2 + 1, shares / 2);
        vm.prank(lender);
        vault.redeem(shares / 2 + 1, lender, lender);
        assertConserved();
    }

    /// Whoever sees the account fail asks to leave at once. The auction is over long before his cooldown.
    function test_noExitAheadOfAnAbsorption() public {
        (Account account, ) = openBankrupt(ETH, 1000);
        request(lender, shares / 2);
        assertGt(COOLDOWN, AuctionCurve.SECOND_PERIOD_SECONDS + AuctionCurve.BANKRUPTCY_SECONDS, "any auction");
        liquidator.absorb(account);
        skip(COOLDOWN);
        // 19,000 less 30 % of the 2,000 that the absorbed account requires.
        vm.prank(lender);
        assertEq(vault.redeem(shares / 2, lender, lender), 9200 * USDC);
        assertConserved();
    }

    /// A module is exchanged after seven days: noticed within one, the old one still pays.
    function test_cooldownAndWindowFitIntoTheNoticeOfAnExchange() public view {
        assertEq(vault.COOLDOWN_SECONDS(), COOLDOWN);
        assertEq(vault.CLAIM_SECONDS(), WINDOW);
        assertLe(COOLDOWN + WINDOW + 1 days, 7 days);
    }

    function test_escrowedSharesEarnToo() public {
        request(lender, shares);
        fund(vault.treasury(), 2000);
        skip(COOLDOWN);
        assertApproxEqAbs(vault.maxWithdraw(lender), 22_000 * USDC, 1);
    }

    function test_whoLeavesLeavesBehindWhatWindingUpMayCost() public {
        fundBackstop(carol, 20_000);
        absorbBankrupt(ETH, 1000);
        request(lender, shares);
        skip(COOLDOWN);
        assertEq(vault.totalAssets(), 39_000 * USDC, "at mark");
        vm.prank(lender);
        assertEq(vault.redeem(shares, lender, lender), 19_200 * USDC, "half of 39,000 - 600");
        assertEq(vault.totalAssets(), 19_800 * USDC);
        assertConserved();
    }

    function test_onlyTheTreasuryIsPaidOut() public {
        absorbBankrupt(ETH, 400);
        request(lender, shares);
        skip(COOLDOWN);
        // 2,900 of 20,000 went along.
        uint256 redeemable = vault.maxRedeem(lender);
        assertLt(redeemable, shares, "part is tied up");
        assertEq(vault.claimableRedeemRequest(0, lender), shares, "though it may be claimed");
        assertApproxEqAbs(vault.maxWithdraw(lender), 17_100 * USDC, 1);
        expectTooMuch(shares, redeemable);
        vm.startPrank(lender);
        vault.redeem(shares, lender, lender);
        assertApproxEqAbs(vault.redeem(redeemable, lender, lender), 17_100 * USDC, 1);
        vm.stopPrank();
        assertConserved();
    }

    function test_lapsedRequestIsCancelledAndAskedAgain() public {
        request(lender, shares);
        skip(COOLDOWN + WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IRequestVault.RequestExists.selector, lender, shares));
        vm.prank(lender);
        vault.requestRedeem(1, lender, lender);

        vm.expectEmit(address(vault));
        emit IBackstopVault.RedeemRequestCancelled(lender, lender, 0, lender, shares);
        vm.startPrank(lender);
        assertEq(vault.cancelRedeem(lender, lender), shares);
        assertEq(vault.balanceOf(lender), shares);
        vault.requestRedeem(shares, lender, lender);
        vm.stopPrank();
        assertEq(vault.maxRedeem(lender), 0, "the cooldown begins anew");
        skip(COOLDOWN);
        assertEq(vault.maxRedeem(lender), shares);
    }

    function test_requestMayBeCancelledWhileItWaits() public {
        request(lender, shares);
        vm.prank(lender);
        vault.cancelRedeem(carol, lender);
        assertEq(vault.balanceOf(carol), shares);
        assertEq(vault.pendingRedeemRequest(0, lender), 0);
        vm.expectRevert(abi.encodeWithSelector(IRequestVault.NoRequest.selector, lender));
        vm.prank(lender);
        vault.cancelRedeem(lender, lender);
    }

    function test_oneRequestAController() public {
        request(lender, shares / 2);
        vm.expectRevert(abi.encodeWithSelector(IRequestVault.RequestExists.selector, lender, shares / 2));
        vm.prank(lender);
        vault.requestRedeem(1, lender, lender);
    }

    /// Else a speck of his own shares would put off the exit of another for good.
    function test_strangerDoesNotRequestForAnotherController() public {
        fundBackstop(carol, 1);
        vm.expectRevert(abi.encodeWithSelector(IRequestVault.NotController.selector, lender, carol));
        vm.prank(carol);
        vault.requestRedeem(1, lender, carol);
    }

    function test_requestOfAnothersSharesNeedsHisAllowanceOrHisOperator() public {
        vm.expectPartialRevert(IERC20Errors.ERC20InsufficientAllowance.selector);
        vm.prank(carol);
        vault.requestRedeem(shares, carol, lender);

        vm.prank(lender);
        vault.approve(carol, shares / 2);
        vm.prank(carol);
        vault.requestRedeem(shares / 2, carol, lender);
        assertEq(vault.allowance(lender, carol), 0, "spent");
        assertEq(vault.pendingRedeemRequest(0, carol), shares / 2);

        vm.expectEmit(address(vault));
        emit IERC7540Operator.OperatorSet(lender, bob, true);
        vm.prank(lender);
        assertTrue(vault.setOperator(bob, true));
        assertTrue(vault.isOperator(lender, bob));
        vm.prank(bob);
        vault.requestRedeem(shares / 2, lender, lender);
        assertEq(vault.balanceOf(lender), 0);
        assertEq(vault.pendingRedeemRequest(0, lender), shares / 2);
    }

    function test_operatorClaimsAndCancelsUntilDismissed() public {
        request(lender, shares);
        skip(COOLDOWN);
        vm.prank(lender);
        vault.setOperator(bob, true);
        vm.startPrank(bob);
        vault.redeem(shares / 4, bob, lender);
        vault.withdraw(1000 * USDC, bob, lender);
        vm.stopPrank();
        assertEq(usdc.balanceOf(bob), 6000 * USDC);

        vm.prank(lender);
        vault.setOperator(bob, false);
        bytes memory refusal = abi.encodeWithSelector(IRequestVault.NotController.selector, lender, bob);
        vm.startPrank(bob);
        vm.expectRevert(refusal);
        vault.redeem(1, bob, lender);
        vm.expectRevert(refusal);
        vault.withdraw(1, bob, lender);
        vm.expectRevert(refusal);
        vault.cancelRedeem(bob, lender);
        vm.stopPrank();
    }

    /// An allowance over shares is none over what is in escrow.
    function test_allowanceDoesNotClaim() public {
        vm.prank(lender);
        vault.approve(carol, type(uint256).max);
        request(lender, shares);
        skip(COOLDOWN);
        vm.expectRevert(abi.encodeWithSelector(IRequestVault.NotController.selector, lender, carol));
        vm.prank(carol);
        vault.redeem(shares, carol, lender);
    }

    function test_badRequestsAreRefused() public {
        vm.startPrank(lender);
        vm.expectRevert(IBackstopVault.ZeroShares.selector);
        vault.requestRedeem(0, lender, lender);
        vm.expectPartialRevert(IERC20Errors.ERC20InsufficientBalance.selector);
        vault.requestRedeem(shares + 1, lender, lender);
        vm.stopPrank();
    }

    function test_claimsAreNotPreviewed() public {
        vm.expectRevert(IRequestVault.NoPreview.selector);
        vault.previewRedeem(1);
        vm.expectRevert(IRequestVault.NoPreview.selector);
        vault.previewWithdraw(1);
    }

    /// The numbers that ERC-7540 gives.
    function test_interfacesAreThoseOfTheErc() public view {
        assertTrue(vault.supportsInterface(0x01ffc9a7), "ERC-165");
        assertTrue(vault.supportsInterface(0xe3bc4e65), "operators");
        assertTrue(vault.supportsInterface(0x620ee8e4), "asynchronous redemption");
        assertTrue(vault.supportsInterface(0x2f0a18c5), "ERC-7575");
        assertFalse(vault.supportsInterface(0xce3bbe50), "deposits are synchronous");
        assertFalse(vault.supportsInterface(0xffffffff));
        assertEq(vault.share(), address(vault));
    }

    function test_feedThatIsNotFreshClosesTheVault() public {
        absorbBankrupt(ETH, 400);
        request(lender, shares);
        skip(COOLDOWN);
        for (uint256 i = 1; i <= 2; i++) {
            engine.setValidity(Validity(i), 0);
            assertEq(vault.maxDeposit(lender), 0);
            assertEq(vault.maxMint(lender), 0);
            assertEq(vault.maxWithdraw(lender), 0);
            assertEq(vault.maxRedeem(lender), 0);
            vm.startPrank(lender);
            vm.expectRevert(IRequestVault.FeedNotFresh.selector);
            vault.deposit(1, lender);
            vm.expectRevert(IRequestVault.FeedNotFresh.selector);
            vault.mint(1, lender);
            vm.expectRevert(IRequestVault.FeedNotFresh.selector);
            vault.withdraw(1, lender, lender);
            vm.expectRevert(IRequestVault.FeedNotFresh.selector);
            vault.redeem(1, lender, lender);
            vm.stopPrank();
        }
    }

    function test_deadFeedDoesNotConcernAVaultWithoutPositions() public {
        engine.setValidity(Validity.Invalid, 0);
        assertEq(cashOut(lender, shares), 20_000 * USDC);
    }

    /// An account at −961 may cost the vault that much or nothing: who enters pays as for nothing, who leaves bears all of it.
    function test_whoMovesTakesTheWorseSideOfADebt() public {
        fundBackstop(carol, 20_000);
        (, Instrument option) = absorbBankrupt(ETH, 1);
        request(lender, shares);
        skip(COOLDOWN);
        engine.setMark(option, 746.2e18); // 346.1 more for each of ten: 2,500 − 3,461
        assertEq(vault.totalAssets(), 36_538 * USDC);
        assertApproxEqAbs(vault.previewDeposit(37_499 * USDC), 2 * shares, 1e9, "as 37,499");
        assertApproxEqAbs(vault.maxWithdraw(lender), 17_969 * USDC, 1, "half of 36,538 - 600");
    }

    /// Deposits, fees, losses, requests and claims in any order: shares and cash are conserved, and no entry or exit of one takes from another.
    function testFuzz_anyOrderConservesSharesAndAssets(uint256 seed) public {
        address[3] memory depositors = [lender, carol, bob];
        uint256 absorptions = 0;
        for (uint256 i = 0; i < 24; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            address depositor = depositors[seed % 3];
            uint256 action = (seed >> 8) % 8;
            uint256 amount = (seed >> 16) % 10_000;
            uint256 priceBefore = vault.convertToAssets(1e24);
            if (action < 2) fundBackstop(depositor, amount + 1);
            else if (action == 2) tryRequest(depositor, amount);
            else if (action < 5) tryClaim(depositor, amount);
            else if (action == 5) fund(vault.treasury(), amount + 1);
            else if (action == 6 && absorptions++ < 4) tryAbsorb(1 + (amount % 1500));
            else skip((amount * 5 days) / 10_000);
            // Only a loss lowers it.
            if (action != 6) assertGe(vault.convertToAssets(1e24) + 1e12, priceBefore, "diluted");
            uint256 held = vault.balanceOf(lender) + vault.balanceOf(carol) + vault.balanceOf(bob);
            uint256 escrowed = vault.balanceOf(address(vault));
            assertEq(held + escrowed, vault.totalSupply(), "shares");
            assertGe(clearinghouse.cash(vault.treasury()), 0, "treasury");
            assertEq(usdc.balanceOf(address(vault)), 0, "nothing stays in the vault");
            assertConserved();
        }
    }

    function tryRequest(address depositor, uint256 share) private {
        uint256 balance = vault.balanceOf(depositor);
        vm.prank(depositor);
        try vault.requestRedeem((balance * (share + 1)) / 10_001, depositor, depositor) {} catch {
            vm.prank(depositor);
            try vault.cancelRedeem(depositor, depositor) {} catch {
                assertEq(balance, 0, "refused both");
            }
        }
    }

    function tryClaim(address depositor, uint256 share) private {
        uint256 claim = (vault.maxRedeem(depositor) * (share + 1)) / 10_001;
        if (claim < 1e12) return;
        uint256 worth = vault.convertToAssets(claim);
        uint256 before = usdc.balanceOf(depositor);
        vm.prank(depositor);
        uint256 assets = vault.redeem(claim, depositor, depositor);
        assertEq(usdc.balanceOf(depositor) - before, assets, "paid");
        assertLe(assets, worth, "more than at mark");
    }

    function tryAbsorb(uint256 deficit) private {
        uint256 snapshot = vm.snapshotState();
        (Account account, ) = openBankrupt(ETH, deficit);
        uint256 capacity = vault.capacity(account);
        try liquidator.absorb(account) {} catch {
            assertLt(capacity, (deficit + 2500) * 1e18, "refused within its capacity");
            vm.revertToState(snapshot);
        }
    }
}

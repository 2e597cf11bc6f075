// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IERC165 } from "@openzeppelin/contracts/interfaces/IERC165.sol";
import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { ERC4626 } from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import { ILiquidityPool } from "../../contracts/interfaces/ILiquidityPool.sol";
import { IRequestVault } from "../../contracts/interfaces/IRequestVault.sol";
import { PoolFixture } from "../helpers/PoolFixture.sol";

contract LiquidityPoolRequestsTest is PoolFixture {
    address private saver = makeAddr("saver");
    address private other = makeAddr("other");

    function round() private {
        pushAfter(1 minutes, ETH_PRICE);
    }

    function test_entersAnEmptyPoolAtOnce() public {
        uint256 shares = enter(saver, 1000);
        assertEq(shares, 1000 * USDC * 1e6);
        assertEq(pool.balanceOf(saver), shares);
        assertEq(pool.totalAssets(), (POOL_DOLLARS + 1000) * USDC);
        assertEq(usdc.balanceOf(address(pool)), 0);
    }

    function test_aRequestWaitsForTheNextRound() public {
        take(ETH_PERPETUAL, 10e18);
        pledge(saver, 1000);
        (uint256 deposits, ) = pool.execute(10);
        assertEq(deposits, 0);
        assertEq(pool.pendingDepositRequest(0, saver), 1000 * USDC);
        assertEq(pool.claimableDepositRequest(0, saver), 0);
        round();
        (deposits, ) = pool.execute(10);
        assertEq(deposits, 1);
        assertEq(pool.pendingDepositRequest(0, saver), 0);
        assertEq(pool.claimableDepositRequest(0, saver), 1000 * USDC);
    }

    function test_theRoundMustBeNewerThanTheRequest() public {
        take(ETH_PERPETUAL, 10e18);
        pledge(saver, 1000);
        aggregator.push(ETH_PRICE);
        (uint256 deposits, ) = pool.execute(10);
        assertEq(deposits, 0);
    }

    function test_everyUnderlyingThatIsHeldNeedsARound() public {
        quoter.setParameters(THIN, poolParameters());
        take(ETH_PERPETUAL, 10e18);
        take(THIN_PERPETUAL, 10e18);
        pledge(saver, 1000);
        round();
        (uint256 deposits, ) = pool.execute(10);
        assertEq(deposits, 0);
        thinAggregator.push(THIN_PRICE, vm.getBlockTimestamp());
        (deposits, ) = pool.execute(10);
        assertEq(deposits, 1);
    }

    function test_whoEntersPaysForTheCostOfClosing() public {
        take(ETH_PERPETUAL, 500e18);
        uint256 value = pool.totalAssets();
        pledge(saver, 1_000_000);
        round();
        pool.execute(1);
        uint256 fair = (1_000_000 * USDC * pool.totalSupply()) / (value + 1_000_000 * USDC);
        assertLt(pool.maxMint(saver), fair);
        // Half a percent of a million, and 0.15 × maintenance.
        assertGt(pool.maxMint(saver), (fair * 99) / 100);
    }

    function test_whoEntersPaysTheHigherOfTwoValues() public {
        take(ETH_PERPETUAL, 500e18);
        uint256 snapshot = vm.snapshotState();
        pledge(saver, 1000);
        moveEth(1990);
        pool.execute(1);
        uint256 afterGain = pool.maxMint(saver);
        vm.revertToState(snapshot);
        pledge(saver, 1000);
        moveEth(2010);
        pool.execute(1);
        uint256 afterLoss = pool.maxMint(saver);
        vm.revertToState(snapshot);
        pledge(saver, 1000);
        round();
        pool.execute(1);
        // The pool is short. A gain raises the price, a loss leaves that of the request.
        assertLt(afterGain, pool.maxMint(saver));
        assertEq(afterLoss, pool.maxMint(saver));
    }

    function test_whoLeavesGetsTheLowerOfTwoValues() public {
        take(ETH_PERPETUAL, 500e18);
        uint256 snapshot = vm.snapshotState();
        ask(provider, 1e15);
        moveEth(2010);
        pool.execute(1);
        uint256 afterLoss = pool.maxWithdraw(provider);
        vm.revertToState(snapshot);
        ask(provider, 1e15);
        moveEth(1990);
        pool.execute(1);
        uint256 afterGain = pool.maxWithdraw(provider);
        vm.revertToState(snapshot);
        ask(provider, 1e15);
        round();
        pool.execute(1);
        assertLt(afterLoss, pool.maxWithdraw(provider));
        assertEq(afterGain, pool.maxWithdraw(provider));
    }

    function test_sharesAreClaimedByTheirController() public {
        pledge(saver, 1000);
        pool.execute(1);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(IRequestVault.NotController.selector, saver, other));
        pool.deposit(1000 * USDC, other, saver);
        vm.startPrank(saver);
        uint256 shares = pool.deposit(400 * USDC, saver);
        assertEq(shares, 400 * USDC * 1e6);
        pool.setOperator(other, true);
        vm.stopPrank();
        vm.startPrank(other);
        vm.expectRevert(
            abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxDeposit.selector, other, 601 * USDC, 600 * USDC)
        );
        pool.deposit(601 * USDC, other, saver);
        pool.mint(600 * USDC * 1e6, other, saver);
        vm.stopPrank();
        assertEq(pool.balanceOf(other), 600 * USDC * 1e6);
        assertEq(pool.claimableDepositRequest(0, saver), 0);
        assertEq(pool.balanceOf(address(pool)), 0);
    }

    function test_assetsAreClaimedByTheirController() public {
        uint256 shares = enter(saver, 1000);
        ask(saver, shares);
        pool.execute(1);
        assertEq(pool.claimableRedeemRequest(0, saver), shares);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(IRequestVault.NotController.selector, saver, other));
        pool.redeem(shares, other, saver);
        vm.startPrank(saver);
        uint256 paid = pool.redeem(shares / 4, other, saver);
        paid += pool.withdraw(pool.maxWithdraw(saver), saver, saver) * 0;
        vm.expectRevert(abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxRedeem.selector, saver, 1, 0));
        pool.redeem(1, saver, saver);
        vm.stopPrank();
        assertEq(usdc.balanceOf(other), 250 * USDC);
        assertEq(usdc.balanceOf(saver), 750 * USDC);
    }

    function test_oneRequestAController() public {
        take(ETH_PERPETUAL, 1e18);
        pledge(saver, 1000);
        usdc.mint(saver, 1000 * USDC);
        vm.startPrank(saver);
        usdc.approve(address(pool), 1000 * USDC);
        vm.expectRevert(abi.encodeWithSelector(IRequestVault.RequestExists.selector, saver, 1000 * USDC));
        pool.requestDeposit(1, saver, saver);
        vm.stopPrank();
    }

    function test_nobodyOccupiesTheRequestOfAnother() public {
        usdc.mint(other, USDC);
        vm.startPrank(other);
        usdc.approve(address(pool), USDC);
        vm.expectRevert(abi.encodeWithSelector(IRequestVault.NotController.selector, saver, other));
        pool.requestDeposit(1, saver, other);
        vm.expectRevert(abi.encodeWithSelector(IRequestVault.NotController.selector, provider, other));
        pool.requestDeposit(1, other, provider);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, other, 0, uint256(1)));
        pool.requestRedeem(1, other, provider);
        vm.stopPrank();
    }

    function test_nothingIsNoRequest() public {
        vm.prank(saver);
        vm.expectRevert(ILiquidityPool.ZeroAmount.selector);
        pool.requestDeposit(0, saver, saver);
        vm.prank(provider);
        vm.expectRevert(ILiquidityPool.ZeroAmount.selector);
        pool.requestRedeem(0, provider, provider);
    }

    function test_whatWaitsMayBeTakenBack() public {
        take(ETH_PERPETUAL, 1e18);
        pledge(saver, 1000);
        ask(provider, 1e15);
        uint256 shares = pool.balanceOf(provider);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(IRequestVault.NotController.selector, saver, other));
        pool.cancelDeposit(other, saver);
        vm.prank(saver);
        assertEq(pool.cancelDeposit(saver, saver), 1000 * USDC);
        vm.prank(provider);
        assertEq(pool.cancelRedeem(provider, provider), 1e15);
        assertEq(usdc.balanceOf(saver), 1000 * USDC);
        assertEq(pool.balanceOf(provider), shares + 1e15);
        round();
        (uint256 deposits, uint256 redemptions) = pool.execute(10);
        assertEq(deposits + redemptions, 0);
        vm.prank(saver);
        vm.expectRevert(abi.encodeWithSelector(IRequestVault.NoRequest.selector, saver));
        pool.cancelDeposit(saver, saver);
    }

    function test_afterARequestTakenBackTheNextIsExecuted() public {
        take(ETH_PERPETUAL, 1e18);
        pledge(saver, 1000);
        pledge(other, 500);
        vm.prank(saver);
        pool.cancelDeposit(saver, saver);
        round();
        (uint256 deposits, ) = pool.execute(10);
        assertEq(deposits, 1);
        assertEq(pool.maxDeposit(other), 500 * USDC);
        assertEq(pool.maxDeposit(saver), 0);
    }

    /// 10 M in the pool, 8 M asked for, 2 M committed.
    function test_whatLeavesIsBoundedByFreeCashAndInOrder() public {
        uint256 shares = enter(saver, 10_000_000);
        take(ETH_PERPETUAL, 2000e18);
        pay(trader, 10_000_000);
        ask(provider, pool.balanceOf(provider));
        ask(saver, shares);
        round();
        pool.execute(10);
        assertEq(pool.pendingRedeemRequest(0, provider), 0);
        uint256 waiting = pool.pendingRedeemRequest(0, saver);
        assertGt(waiting, 0);
        assertLt(waiting, shares);
        assertLt(pool.freeAssets(), 10);
        uint256 claimed = claimAll(saver);
        assertGt(claimed, 5_000_000 * USDC);
        // What comes free is paid out to who waits.
        take(ETH_PERPETUAL, -2000e18);
        pool.refresh(ETH, 0);
        pool.execute(10);
        assertEq(pool.pendingRedeemRequest(0, saver), 0);
        claimAll(saver);
        claimAll(provider);
        assertEq(pool.totalSupply(), 0);
        assertApproxEqRel(usdc.balanceOf(saver), 10_000_000 * USDC, 0.01e18);
    }

    function test_atMostSoManyAreExecuted() public {
        take(ETH_PERPETUAL, 1e18);
        pledge(saver, 1000);
        pledge(other, 1000);
        round();
        (uint256 deposits, ) = pool.execute(1);
        assertEq(deposits, 1);
        assertEq(pool.pendingDepositRequest(0, other), 1000 * USDC);
        (deposits, ) = pool.execute(1);
        assertEq(deposits, 1);
    }

    function test_nothingIsAskedForOrExecutedOnAPriceThatIsNotFresh() public {
        take(ETH_PERPETUAL, 1e18);
        pledge(saver, 1000);
        skip(HEARTBEAT + 1);
        vm.expectRevert(IRequestVault.FeedNotFresh.selector);
        pool.execute(1);
        vm.prank(provider);
        vm.expectRevert(IRequestVault.FeedNotFresh.selector);
        pool.requestRedeem(1, provider, provider);
    }

    function test_nobodyAsksToLeaveForNothing() public {
        take(ETH_PERPETUAL, 2000e18);
        uint256 shares = pool.balanceOf(provider);
        // What is owned is less than closing costs.
        moveEth(6990);
        assertGt(pool.totalAssets(), 0);
        vm.prank(provider);
        vm.expectRevert(ILiquidityPool.NothingLeft.selector);
        pool.requestRedeem(1, provider, provider);
        // Nobody stands in the way of those who come when it has recovered.
        moveEth(2000);
        ask(provider, shares / 4);
        round();
        (, uint256 redemptions) = pool.execute(1);
        assertEq(redemptions, 1);
        assertEq(pool.maxRedeem(provider), shares / 4);
    }

    function test_nobodyEntersWhereMoreIsOwedThanOwned() public {
        take(ETH_PERPETUAL, 2000e18);
        moveEth(7100);
        assertEq(pool.totalAssets(), 0);
        usdc.mint(saver, USDC);
        vm.startPrank(saver);
        usdc.approve(address(pool), USDC);
        vm.expectPartialRevert(ILiquidityPool.Insolvent.selector);
        pool.requestDeposit(USDC, saver, saver);
    }

    function test_previewsRevert() public {
        bytes4 expected = IRequestVault.NoPreview.selector;
        vm.expectRevert(expected);
        pool.previewDeposit(1);
        vm.expectRevert(expected);
        pool.previewMint(1);
        vm.expectRevert(expected);
        pool.previewWithdraw(1);
        vm.expectRevert(expected);
        pool.previewRedeem(1);
    }

    /// ERC-7540 and ERC-7575 name these.
    function test_saysWhichStandardsItKeeps() public view {
        bytes4[5] memory ids = [bytes4(0xe3bc4e65), 0xce3bbe50, 0x620ee8e4, 0x2f0a18c5, type(IERC165).interfaceId];
        for (uint256 i = 0; i < ids.length; ++i) assertTrue(pool.supportsInterface(ids[i]));
        assertFalse(pool.supportsInterface(0xffffffff));
        assertEq(pool.share(), address(pool));
    }

    function test_whatIsPaidInByStrangersIsEverybodys() public {
        // An attacker owns all shares, pays in what should make the next deposit buy none, and takes a loss.
        ask(provider, pool.balanceOf(provider));
        pool.execute(1);
        claimAll(provider);
        enter(other, 1);
        usdc.mint(address(this), 1_000_000 * USDC);
        usdc.approve(address(clearinghouse), type(uint256).max);
        payTreasury(1_000_000);
        uint256 shares = enter(saver, 1000);
        ask(saver, shares);
        pool.execute(1);
        assertGt(claimAll(saver), 999 * USDC);
    }

    function payTreasury(uint256 dollars) private {
        usdc.mint(trader.owner(), dollars * USDC);
        assertTrue(tryTransfer(trader, pool.treasury(), dollars * WAD), "fixture");
    }

    /// hardhat-config: fuzz.runs = 32
    function testFuzz_noRequestLosesAnything(uint256 seed) public {
        address[3] memory all = [provider, saver, other];
        enter(saver, 100_000);
        enter(other, 50_000);
        take(ETH_PERPETUAL, int256(seed % 1000e18) - 500e18);
        for (uint256 i = 0; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            step(all[seed % 3], seed >> 8);
        }
        uint256 held = pool.balanceOf(address(pool));
        uint256 accounted = 0;
        uint256 tokens = 0;
        for (uint256 i = 0; i < 3; ++i) {
            accounted += pool.pendingRedeemRequest(0, all[i]) + pool.maxMint(all[i]);
            tokens += pool.pendingDepositRequest(0, all[i]) + pool.maxWithdraw(all[i]);
        }
        assertEq(held, accounted, "shares");
        assertEq(usdc.balanceOf(address(pool)), tokens, "tokens");
    }

    function step(address wallet, uint256 seed) private {
        uint256 kind = seed % 5;
        seed >>= 8;
        if (kind == 0 && pool.pendingDepositRequest(0, wallet) == 0) pledge(wallet, 1 + (seed % 100_000));
        if (kind == 1 && pool.pendingRedeemRequest(0, wallet) == 0 && pool.balanceOf(wallet) > 1e12) {
            ask(wallet, 1 + (seed % pool.balanceOf(wallet)));
        }
        if (kind == 2) moveEth(1950 + (seed % 100));
        if (kind == 3) pool.execute(1 + (seed % 3));
        if (kind == 4) {
            claimAll(wallet);
            uint256 shares = pool.maxMint(wallet);
            vm.prank(wallet);
            pool.mint(shares, wallet);
        }
    }
}

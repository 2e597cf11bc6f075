// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { Batch, IClearinghouse } from "../../contracts/interfaces/IClearinghouse.sol";
import { Reward, Seizure } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { ILiquidationTerms } from "../../contracts/interfaces/ILiquidationTerms.sol";
import { Collateral } from "../../contracts/interfaces/IMarkets.sol";
import { BlocklistToken } from "../../contracts/mocks/BlocklistToken.sol";
import { HostileToken } from "../../contracts/mocks/HostileToken.sol";
import { RebasingToken } from "../../contracts/mocks/RebasingToken.sol";
import { SilentToken } from "../../contracts/mocks/SilentToken.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { toPosition } from "../../contracts/types/Position.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

/// Tokens that are not what they should be, listed all the same: what they do stays with those who hold them.
contract ClearinghouseTokensTest is ClearinghouseTest {
    HostileToken private hostile;
    RebasingToken private rebasing;
    BlocklistToken private blocklist;

    function setUp() public override {
        super.setUp();
        hostile = new HostileToken(18);
        rebasing = new RebasingToken();
        blocklist = new BlocklistToken(18);
        deposit(bobs, CASH, 1e6 * USDC);
    }

    function test_aFeeOnTransferIsPaidByWhoTransfers() public {
        listCollateral(WETH, hostile);
        equip(alice, hostile, 100 ether);
        equip(bob, hostile, 100 ether);
        hostile.setFeeShare(0.01e18);
        deposit(alices, WETH, 100 ether);
        deposit(bobs, WETH, 100 ether);
        assertEq(position(alices, WETH), 99 ether);
        withdraw(alices, WETH, 99 ether);
        assertEq(hostile.balanceOf(alice), 98.01 ether);
        // The other's share is whole.
        assertEq(clearinghouse.recordedInTokens(WETH), 99 ether);
        assertEq(hostile.balanceOf(address(clearinghouse)), 99 ether);
        withdraw(bobs, WETH, 99 ether);
    }

    function test_aTokenThatKeepsAllIsRefused() public {
        listCollateral(WETH, hostile);
        equip(alice, hostile, 1 ether);
        hostile.setFeeShare(1e18);
        vm.expectRevert(IClearinghouse.ZeroSize.selector);
        deposit(alices, WETH, 1 ether);
    }

    /// What grows by itself is nobody's: the books know only what was paid in.
    function test_aRebaseUpwardsIsNotCredited() public {
        listRebasing();
        rebasing.rebase(2e18);
        assertEq(rebasing.balanceOf(address(clearinghouse)), 40 ether);
        assertEq(position(alices, WETH), 10 ether);
        assertEq(clearinghouse.recordedInTokens(WETH), 20 ether);
        withdraw(alices, WETH, 10 ether);
        vm.expectPartialRevert(IClearinghouse.InsufficientPosition.selector);
        withdraw(alices, WETH, 1);
        withdraw(carols, WETH, 10 ether);
    }

    /// The last to leave find too little of that token. Nothing else is touched by it.
    function test_aRebaseDownwardsStaysWithItsToken() public {
        listRebasing();
        deposit(alices, CASH, 7 * USDC);
        rebasing.rebase(0.5e18);
        withdraw(alices, WETH, 10 ether);
        vm.expectPartialRevert(IERC20Errors.ERC20InsufficientBalance.selector);
        withdraw(carols, WETH, 10 ether);
        assertEq(position(carols, WETH), 10 ether);
        withdraw(alices, CASH, 7 * USDC);
        withdraw(bobs, CASH, 1e6 * USDC);
    }

    /// He may have it sent elsewhere, and nobody else notices.
    function test_aWithdrawalToABlockedAddressFailsAlone() public {
        listBlocklist();
        blocklist.setBlocked(alice, true);
        vm.expectRevert(abi.encodeWithSelector(BlocklistToken.Blocked.selector, alice));
        withdraw(alices, WETH, 1 ether);
        assertEq(position(alices, WETH), 10 ether);
        withdrawAs(alice, alices, WETH, 1 ether, carol);
        withdraw(carols, WETH, 10 ether);
        withdraw(bobs, CASH, USDC);
    }

    /// No token moves in a liquidation, whoever is blocked: the owner, the taker or the clearinghouse.
    function test_aBlockedOwnerIsLiquidatedLikeOthers() public {
        listBlocklist();
        deposit(alices, CASH, 3000 * USDC);
        fill(alices, bobs, PERPETUAL, 40 * UNIT, 2000 * USD);
        setEthPrice(1700 * USD);
        blocklist.setBlocked(alice, true);
        blocklist.setBlocked(bob, true);
        blocklist.setBlocked(address(clearinghouse), true);
        vm.mockCall(
            liquidator,
            abi.encodeWithSelector(ILiquidationTerms.compensationRate.selector),
            abi.encode(0.1e18)
        );
        Seizure memory seizure = Seizure(alices, bobs, one(toPosition(WETH, 10 ether)), feeTo, 0, Reward(feeTo, 0));
        vm.prank(liquidator);
        force.seize(seizure);
        assertEq(position(bobs, WETH), 10 ether);
    }

    /// While the issuer blocks the clearinghouse, the token stands still and all else goes on.
    function test_aBlockedClearinghouseStopsOnlyThatToken() public {
        listBlocklist();
        blocklist.setBlocked(address(clearinghouse), true);
        vm.expectPartialRevert(BlocklistToken.Blocked.selector);
        deposit(alices, WETH, 1 ether);
        vm.expectPartialRevert(BlocklistToken.Blocked.selector);
        withdraw(alices, WETH, 1 ether);
        deposit(alices, CASH, 5000 * USDC);
        fill(alices, bobs, PERPETUAL, UNIT, 2000 * USD);
        fill(bobs, alices, PERPETUAL, UNIT, 2000 * USD);
        withdraw(alices, CASH, 5000 * USDC);
    }

    function test_aTokenThatReturnsNothingIsTakenAndReturned() public {
        SilentToken silent = new SilentToken();
        listSilent(silent);
        deposit(alices, WETH, 5e6);
        assertEq(position(alices, WETH), 5 ether);
        withdraw(alices, WETH, 5e6);
        assertEq(silent.balanceOf(alice), 5e6);
    }

    function test_aTokenThatReturnsFalseMovesNothing() public {
        SilentToken silent = new SilentToken();
        listSilent(silent);
        deposit(alices, WETH, 2e6);
        silent.setFailing(true);
        bytes memory refusal = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(silent));
        vm.expectRevert(refusal);
        deposit(alices, WETH, 1e6);
        vm.expectRevert(refusal);
        withdraw(alices, WETH, 1e6);
        assertEq(position(alices, WETH), 2 ether);
        assertEq(clearinghouse.recordedInTokens(WETH), 2e6);
    }

    /// A hook on the way in cannot make one payment count twice, nor on the way out take what another has.
    function test_aHookFindsTheDoorShut() public {
        listCollateral(WETH, hostile);
        equip(alice, hostile, 10 ether);
        equip(carol, hostile, 10 ether);
        deposit(carols, WETH, 10 ether);
        deposit(alices, WETH, 5 ether);
        hostile.callOnTransfer(address(this), abi.encodeCall(this.depositAgain, ()));
        deposit(alices, WETH, 5 ether);
        hostile.callOnTransfer(address(this), abi.encodeCall(this.depositAgain, ()));
        withdraw(alices, WETH, 10 ether);
        assertEq(position(alices, WETH), 0);
        assertEq(position(carols, WETH), 10 ether);
        assertEq(clearinghouse.recordedInTokens(WETH), 10 ether);
        assertEq(hostile.balanceOf(address(clearinghouse)), 10 ether);
    }

    /// Called in the middle of a transfer.
    function depositAgain() external {
        Batch memory actions;
        try clearinghouse.batch(actions) {
            assertTrue(false, "got in");
        } catch (bytes memory reason) {
            assertEq(bytes32(reason), bytes32(IClearinghouse.Locked.selector));
        }
    }

    function listRebasing() private {
        listCollateral(WETH, rebasing);
        equip(alice, rebasing, 10 ether);
        equip(carol, rebasing, 10 ether);
        deposit(alices, WETH, 10 ether);
        deposit(carols, WETH, 10 ether);
    }

    function listBlocklist() private {
        listCollateral(WETH, blocklist);
        equip(alice, blocklist, 20 ether);
        equip(carol, blocklist, 20 ether);
        deposit(alices, WETH, 10 ether);
        deposit(carols, WETH, 10 ether);
    }

    function listSilent(SilentToken silent) private {
        markets.setCollateral(WETH, Collateral(address(silent), 6, 0, 1e6 * UNIT));
        silent.mint(alice, 5e6);
        vm.prank(alice);
        silent.approve(address(clearinghouse), type(uint256).max);
    }
}

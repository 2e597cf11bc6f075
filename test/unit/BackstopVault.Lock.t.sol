// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Withdrawal } from "../../contracts/interfaces/IClearinghouse.sol";
import { IRequestVault } from "../../contracts/interfaces/IRequestVault.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { BackstopFixture } from "../helpers/BackstopFixture.sol";
import { HookedToken, Intruder } from "../helpers/Intruder.sol";

contract BackstopVaultLockTest is BackstopFixture {
    Intruder internal intruder;

    function setUp() public override {
        super.setUp();
        request(lender, fundBackstop(lender, 1000));
        skip(COOLDOWN);
        intruder = new Intruder(address(vault), address(clearinghouse));
        HookedToken(address(usdc)).setHook(intruder);
    }

    function newUsdc() internal override returns (TestToken) {
        return new HookedToken();
    }

    function assertLockedDuring(bytes memory payload, string memory name) internal {
        intruder.aim(payload);
        vm.prank(lender);
        vault.withdraw(USDC, lender, lender);
        requireLocked(name);

        intruder.aim(payload);
        usdc.mint(lender, USDC);
        vm.startPrank(lender);
        usdc.approve(address(vault), USDC);
        vault.deposit(USDC, lender);
        vm.stopPrank();
        requireLocked(name);

        intruder.aim(payload);
        Batch memory actions;
        actions.withdrawals = new Withdrawal[](1);
        actions.withdrawals[0] = Withdrawal(keeper, CASH, USDC, bob);
        vm.prank(bob);
        clearinghouse.batch(actions);
        requireLocked(name);
    }

    function requireLocked(string memory name) internal view {
        assertTrue(intruder.isCalled(), string.concat(name, ": the hook did not run"));
        assertTrue(intruder.isReverted(), string.concat(name, ": got in"));
        assertEq(intruder.answer(), abi.encodeWithSelector(IRequestVault.Locked.selector));
    }

    function test_viewsRevertWhileLocked() public {
        assertLockedDuring(abi.encodeCall(vault.totalAssets, ()), "totalAssets");
        assertLockedDuring(abi.encodeCall(vault.convertToAssets, (1e12)), "convertToAssets");
        assertLockedDuring(abi.encodeCall(vault.convertToShares, (1e6)), "convertToShares");
        assertLockedDuring(abi.encodeCall(vault.previewDeposit, (1e6)), "previewDeposit");
        assertLockedDuring(abi.encodeCall(vault.previewMint, (1e12)), "previewMint");
        assertLockedDuring(abi.encodeCall(vault.capacity, (debtor)), "capacity");
        assertLockedDuring(abi.encodeCall(vault.budget, (1)), "budget");
        assertLockedDuring(abi.encodeCall(vault.maxDeposit, (lender)), "maxDeposit");
        assertLockedDuring(abi.encodeCall(vault.maxMint, (lender)), "maxMint");
        assertLockedDuring(abi.encodeCall(vault.maxWithdraw, (lender)), "maxWithdraw");
        assertLockedDuring(abi.encodeCall(vault.maxRedeem, (lender)), "maxRedeem");
        assertLockedDuring(abi.encodeCall(vault.absorbed, ()), "absorbed");
    }

    function test_doorsRevertWhileLocked() public {
        assertLockedDuring(abi.encodeCall(vault.deposit, (1, lender)), "deposit");
        assertLockedDuring(abi.encodeCall(vault.mint, (1, lender)), "mint");
        assertLockedDuring(abi.encodeCall(vault.withdraw, (1, lender, lender)), "withdraw");
        assertLockedDuring(abi.encodeCall(vault.redeem, (1, lender, lender)), "redeem");
        assertLockedDuring(abi.encodeCall(vault.releaseEmpty, ()), "releaseEmpty");
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Withdrawal } from "../../contracts/interfaces/IClearinghouse.sol";
import { IRequestVault } from "../../contracts/interfaces/IRequestVault.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { BackstopFixture } from "../helpers/BackstopFixture.sol";

interface ITransferHook {
    function onTransfer(address from, address to) external;
}

/// Calls out in every transfer once a hook is set: what must not be listed, and what the locks must withstand all the same.
contract HookedToken is TestToken("Hooked", "HOOK", 6) {
    ITransferHook private hook;

    function setHook(ITransferHook hook_) external {
        hook = hook_;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (address(hook) != address(0)) hook.onTransfer(from, to);
    }
}

/// Calls what it was told to, in the middle of a transfer, and keeps the answer.
contract Intruder is ITransferHook {
    address private immutable target;
    address private immutable custody;
    bytes private payload;
    bool public isCalled;
    bool public isReverted;
    bytes public answer;

    constructor(address target_, address custody_) {
        (target, custody) = (target_, custody_);
    }

    function aim(bytes calldata payload_) external {
        (payload, isCalled, isReverted) = (payload_, false, false);
    }

    /// Only while tokens enter or leave custody; the way between wallet and vault is not locked.
    function onTransfer(address from, address to) external {
        if (from != custody && to != custody) return;
        isCalled = true;
        bool isDone;
        // solhint-disable-next-line avoid-low-level-calls
        (isDone, answer) = target.call(payload);
        isReverted = !isDone;
    }
}

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

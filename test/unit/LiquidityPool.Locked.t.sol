// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Withdrawal } from "../../contracts/interfaces/IClearinghouse.sol";
import { IRequestVault } from "../../contracts/interfaces/IRequestVault.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { PoolFixture } from "../helpers/PoolFixture.sol";
import { HookedToken, Intruder } from "../helpers/Intruder.sol";

contract LiquidityPoolLockedTest is PoolFixture {
    Intruder private intruder;

    function setUp() public override {
        super.setUp();
        take(atmCall, 1e18);
        intruder = new Intruder(address(pool), address(clearinghouse));
        HookedToken(address(usdc)).setHook(intruder);
    }

    function newUsdc() internal override returns (TestToken) {
        return new HookedToken();
    }

    function assertLockedDuring(bytes memory payload, string memory name) private {
        intruder.aim(payload);
        Batch memory actions;
        actions.withdrawals = new Withdrawal[](1);
        actions.withdrawals[0] = Withdrawal(trader, CASH, USDC, trader.owner());
        vm.prank(trader.owner());
        clearinghouse.batch(actions);
        assertTrue(intruder.isCalled(), string.concat(name, ": the hook did not run"));
        assertTrue(intruder.isReverted(), string.concat(name, ": got in"));
        assertEq(intruder.answer(), abi.encodeWithSelector(IRequestVault.Locked.selector));
    }

    function test_viewsOfValueRevertWhileLocked() public {
        assertLockedDuring(abi.encodeCall(pool.totalAssets, ()), "totalAssets");
        assertLockedDuring(abi.encodeCall(pool.convertToShares, (1)), "convertToShares");
        assertLockedDuring(abi.encodeCall(pool.convertToAssets, (1)), "convertToAssets");
        assertLockedDuring(abi.encodeCall(pool.quote, (atmCall, 1e18)), "quote");
        assertLockedDuring(abi.encodeCall(pool.exposure, (ETH)), "exposure");
        assertLockedDuring(abi.encodeCall(pool.buckets, ()), "buckets");
        assertLockedDuring(abi.encodeCall(pool.committed, ()), "committed");
        assertLockedDuring(abi.encodeCall(pool.freeAssets, ()), "freeAssets");
    }

    function test_doorsAreShutWhileLocked() public {
        assertLockedDuring(abi.encodeCall(pool.trade, (orderOf(atmCall, 1e18))), "trade");
        assertLockedDuring(abi.encodeCall(pool.refresh, (ETH, EXPIRY)), "refresh");
        assertLockedDuring(abi.encodeCall(pool.execute, (1)), "execute");
        address own = address(intruder);
        assertLockedDuring(abi.encodeCall(pool.requestDeposit, (1, own, own)), "requestDeposit");
        assertLockedDuring(abi.encodeCall(pool.requestRedeem, (0, own, own)), "requestRedeem");
    }

    /// In the middle of an execution the pool's own guard stands before that of the clearinghouse.
    function test_nobodyGetsInDuringAnExecution() public {
        ask(provider, 1e15);
        pushAfter(1 minutes, ETH_PRICE);
        intruder.aim(abi.encodeCall(pool.execute, (1)));
        pool.execute(1);
        assertTrue(intruder.isCalled() && intruder.isReverted(), "got in");
    }

    /// It depends on nothing that is half written.
    function test_theFundingRateMayBeAskedWhileLocked() public {
        int256 rate = pool.fundingRate(ETH);
        intruder.aim(abi.encodeCall(pool.fundingRate, (ETH)));
        Batch memory actions;
        actions.withdrawals = new Withdrawal[](1);
        actions.withdrawals[0] = Withdrawal(trader, CASH, USDC, trader.owner());
        vm.prank(trader.owner());
        clearinghouse.batch(actions);
        assertFalse(intruder.isReverted());
        assertEq(abi.decode(intruder.answer(), (int256)), rate);
    }
}

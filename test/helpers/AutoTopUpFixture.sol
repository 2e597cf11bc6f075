// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AutoTopUp } from "../../contracts/AutoTopUp.sol";
import { Authorisation } from "../../contracts/interfaces/IAutoTopUp.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { LiquidationFixture } from "./LiquidationFixture.sol";

/// Alice's ten perpetuals of `openLong`, which need 2,500 USD at the initial tier, and 10,000 USDC in her wallet. Bob is the keeper.
abstract contract AutoTopUpFixture is LiquidationFixture {
    uint256 internal constant INITIAL = 2500e18;
    uint256 internal constant WALLET = 10_000 * USDC;

    AutoTopUp internal autoTopUp;

    function setUp() public virtual override {
        super.setUp();
        openLong();
        autoTopUp = AutoTopUp(deploy("AutoTopUp", abi.encode(clearinghouse)));
        usdc.mint(alice, WALLET);
        vm.prank(alice);
        usdc.approve(address(autoTopUp), type(uint256).max);
    }

    function standardTerms() internal pure returns (Authorisation memory) {
        return
            Authorisation({
                budgetInTokens: uint128(5000 * USDC),
                limitInTokens: uint128(2000 * USDC),
                maxFeeInTokens: uint64(5 * USDC),
                expiry: uint40(START + 30 days),
                target: 1.1e18,
                mayFallShort: false
            });
    }

    function authorise(Authorisation memory terms) internal {
        vm.prank(alice);
        autoTopUp.authorise(debtor, terms);
    }

    /// A margin call at this equity, whole USD, of a second ago.
    function callAt(int256 equity) internal {
        setEquity(equity);
        liquidator.callMargin(debtor);
        skip(1);
    }

    function topUpAsKeeper() internal returns (uint256 depositInTokens, uint256 feeInTokens) {
        vm.prank(bob);
        return autoTopUp.topUp(debtor);
    }

    function expectRefusal(bytes memory reason) internal {
        vm.expectRevert(reason);
        vm.prank(bob);
        autoTopUp.topUp(debtor);
    }

    /// What Alice's wallet gave is in her account and with the keeper, and nowhere else.
    function assertPulled(uint256 depositInTokens, uint256 feeInTokens) internal view {
        assertEq(usdc.balanceOf(alice), WALLET - depositInTokens - feeInTokens, "wallet");
        assertEq(usdc.balanceOf(bob), feeInTokens, "keeper");
        assertEq(usdc.balanceOf(address(autoTopUp)), 0, "left behind");
        assertEq(usdc.balanceOf(address(clearinghouse)), clearinghouse.recordedInTokens(CASH), "custody");
        assertEq(clearinghouse.cash(debtor), int256((3000 * USDC + depositInTokens) * 1e12), "cash");
        assertConserved();
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Account } from "../../contracts/types/Account.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

/// Euler, March 2023: a leveraged account gave its collateral away (to the reserves, unchecked), was under water by its own hand, and was
/// liquidated by its owner's other account at a discount. 197 million USD were gone.
/// Here: giving is checked like withdrawing; an owner does not liquidate himself; and through a friend it costs him the fee.
contract EulerIncidentTest is IncidentFixture {
    Account private violator;
    Account private sibling;
    Account private friend;
    int256 private staked;

    function setUp() public override {
        super.setUp();
        violator = open("violator");
        sibling = open(violator.owner(), 1);
        friend = open("friend");
        pay(violator, 1_000_000);
        pay(sibling, 1_000_000);
        pay(friend, 1_000_000);
        staked = wealth();
        buy(violator, ETH_PERPETUAL, 3000e18, 2000e18);
    }

    /// To a friend, to his other account, as much as is let through.
    function test_aDonationLeavesTheAccountSound() public {
        for (int256 size = equityOf(violator); size > 1e18; size /= 2) {
            tryTransfer(violator, friend, uint256(size));
            tryTransfer(violator, sibling, uint256(size));
        }
        Risk memory risk = riskOf(violator);
        assertGe(risk.equity, int256(risk.initial), "he gave away what others rely on");
        moveEth(1900);
        assertLe(wealth(), staked, "somebody else paid");
        assertEq(holeOf(violator), int256(0), "a hole by his own hand");
    }

    /// Below maintenance by the price, his own accounts wait to take the legs at the best moment.
    function test_selfLiquidationPaysNothing() public {
        withdrawAll(violator);
        moveEth(1830);
        int256 before = wealth();
        tryStartAuction(violator);
        pass(10 minutes);
        assertFalse(tryLiquidate(violator, sibling, ETH_PERPETUAL, 300e18), "he liquidated himself");
        assertTrue(tryLiquidate(violator, friend, ETH_PERPETUAL, 300e18), "fixture: the friend takes them");
        assertLt(wealth(), before, "self-liquidation through a friend paid");
        assertGt(wealth(), before - 100_000e18, "fixture: at the fee's cost, not more");
    }

    function wealth() private view returns (int256) {
        int256 wallets = walletOf(violator) + walletOf(friend);
        return wallets + claimOf(violator) + claimOf(sibling) + claimOf(friend);
    }
}

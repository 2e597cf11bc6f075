// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Account } from "../../contracts/types/Account.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

/// Mango, October 2022: one trader on both sides of a perpetual of a thin token, who then bought the token itself up to 24 times its
/// price and borrowed everybody's deposits against the profit. 116 million USD were gone.
/// Here: what the market lets him hold is worth less than what it costs to move its price.
contract MangoIncidentTest is IncidentFixture {
    uint256 private constant PUMP = 24;
    uint256 private constant SPOT = uint256(THIN_PRICE) * 1e10;
    uint256 private constant WANTED = 483_000_000;

    Account private long;
    Account private short;

    function setUp() public override {
        super.setUp();
        long = open("mango");
        short = open(long.owner(), 1);
    }

    function test_aPumpedProfitPaysOutLessThanThePump() public {
        pay(long, 50_000_000);
        pay(short, 50_000_000);
        int256 before = wealth();
        takeMost();
        moveThin(THIN_PRICE * int256(PUMP));
        withdrawAll(long);
        withdrawAll(short);
        moveThin(THIN_PRICE);
        assertLe(wealth() - pumpLoss(), before, "the pump paid");
    }

    function test_pumpedCollateralPaysOutLessThanThePump() public {
        thinToken.mint(long.owner(), WANTED * WAD);
        int256 before = wealth();
        depositMost();
        moveThin(THIN_PRICE * int256(PUMP));
        withdrawAll(long);
        moveThin(THIN_PRICE);
        assertLe(wealth() - pumpLoss(), before, "the pump paid");
    }

    /// As much of 483 million as is let through, in halves.
    function takeMost() private {
        for (uint256 units = WANTED; units > 0; units /= 2)
            tryTrade(long, short, THIN_PERPETUAL, uint128(units * WAD), SPOT);
        assertGt(clearinghouse.openInterest(THIN), THIN_DEPTH, "fixture: he holds something");
    }

    function depositMost() private {
        for (uint256 units = WANTED; units > 0; units /= 2) tryDeposit(long, THIN_TOKEN, units * WAD);
        assertGt(clearinghouse.recordedInTokens(THIN_TOKEN), THIN_DEPTH, "fixture: he holds something");
    }

    /// Of the attacker, at the honest price.
    function wealth() private view returns (int256) {
        int256 tokens = int256((thinToken.balanceOf(long.owner()) * SPOT) / WAD);
        return walletOf(long) + claimOf(long) + claimOf(short) + tokens;
    }

    /// What buying a constant-product market up to 24 times its price costs, less what the bought tokens are worth at the honest
    /// price. A depth slips by κ, so depth/κ lie on the token's side of it. USD WAD.
    function pumpLoss() private pure returns (int256) {
        uint256 root = FixedPointMathLib.sqrtWad(PUMP * WAD);
        uint256 inMarket = (uint256(THIN_DEPTH) * SPOT) / CONCENTRATION;
        uint256 paid = (inMarket * (root - WAD)) / WAD;
        uint256 bought = inMarket - (inMarket * WAD) / root;
        return int256(paid - bought);
    }
}

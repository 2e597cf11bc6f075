// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Account } from "../../contracts/types/Account.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

/// Aave, November 2022: a short of CRV was liquidated in three hundred bites, each with a fixed bonus, long after the bonus was more than
/// what the account still had behind its debt. Every bite dug deeper, and 2.7 million CRV stayed unpaid.
/// Here: a bite is taken only while it leaves the account better off; past that point the account goes as a whole, with what it has.
contract AaveCrvIncidentTest is IncidentFixture {
    uint128 private constant UNITS = 10_000e18;
    uint256 private constant BITES = 30;

    Account private short;

    function setUp() public override {
        super.setUp();
        short = open("avi");
        pay(short, 6_000_000);
        sell(short, ETH_PERPETUAL, UNITS, 2000e18);
        withdrawAll(short);
    }

    /// The price has fallen on the short, keepers bite once a minute, and the more they take the more they may ask.
    function test_noBiteDigsDeeper() public {
        moveEth(2290);
        Risk memory before = riskOf(short);
        assertLt(before.equity * 5, int256(before.maintenance), "fixture: deep below maintenance");
        assertGt(before.equity, 0, "fixture: solvent");
        tryStartAuction(short);
        for (uint256 i = 0; i < BITES; ++i) {
            pass(1 minutes);
            Risk memory risk = riskOf(short);
            if (!tryLiquidate(short, ETH_PERPETUAL, -int128(UNITS / 20))) {
                confirm(short);
                continue;
            }
            Risk memory left = riskOf(short);
            assertGe(
                left.equity * int256(risk.maintenance),
                risk.equity * int256(left.maintenance),
                "a bite lowered the account's health"
            );
        }
        if (clearinghouse.position(short, ETH_PERPETUAL) != 0) tryTakeOver(short, 10_000_000e18);
        assertEq(holeOf(short), int256(0), "a debt stayed unpaid");
        assertEq(clearinghouse.position(short, ETH_PERPETUAL), int256(0), "fixture: cleared");
        assertEq(clearinghouse.reserve(), 0);
    }
}

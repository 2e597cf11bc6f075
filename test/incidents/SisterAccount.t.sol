// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Fill, Transfer } from "../../contracts/interfaces/IClearinghouse.sol";
import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Account } from "../../contracts/types/Account.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

/// No venue's incident but the hole in a rule that many have: an account below initial margin may do what makes its shortfall smaller. With
/// equity of 50 against a requirement of 100 it may close everything and pay 49 to its sister, for the shortfall was 50 and is none.
/// Here: what is closed takes along no more than its share of the equity.
contract SisterAccountIncidentTest is IncidentFixture {
    Account private account;
    Account private sister;

    /// Two thousand perpetuals, and a fall that leaves half of the initial requirement.
    function setUp() public override {
        super.setUp();
        account = open("account");
        sister = open(account.owner(), 1);
        pay(account, 500_000);
        pay(sister, 5_000_000);
        buy(account, ETH_PERPETUAL, 1000e18, 2000e18);
        withdrawAll(account);
        moveEth(1880);
        Risk memory risk = riskOf(account);
        assertLt(risk.equity * 10, int256(risk.initial * 6), "fixture: half of initial");
        assertGt(risk.equity, 0, "fixture: solvent");
    }

    /// Half of the position goes at mark, and with it cash to the sister; as much as is let through.
    function test_noShortfallPaysTheSisterInCash() public {
        Risk memory before = riskOf(account);
        int256 paid = equityOf(sister);
        int256 size = before.equity;
        while (!reduceAndPay(500e18, 1880e18, uint128(uint256(size)))) size /= 2;
        assertShareLeft(before);
        assertLe(
            equityOf(sister) - paid,
            before.equity / 2 + 1,
            "the sister got more than the share of what was closed"
        );
    }

    /// The sister is the buyer, at a price far below the mark; the lowest that is let through.
    function test_noShortfallPaysTheSisterByThePrice() public {
        Risk memory before = riskOf(account);
        for (uint256 price = 1300; price < 1880; price += 20) reduceAndPay(100e18, price * 1e18, 0);
        assertShareLeft(before);
    }

    /// E' ≥ E·R'/R at the initial tier.
    function assertShareLeft(Risk memory before) private view {
        Risk memory left = riskOf(account);
        assertLt(left.initial, before.initial, "fixture: it reduces");
        assertGe(
            left.equity * int256(before.initial),
            before.equity * int256(left.initial),
            "less equity stands behind what is left"
        );
    }

    function reduceAndPay(uint128 units, uint256 price, uint128 cash) private returns (bool) {
        Batch memory actions;
        actions.reducing = new Account[](1);
        actions.reducing[0] = account;
        actions.fills = new Fill[](1);
        actions.fills[0] = Fill(sister, account, ETH_PERPETUAL, units, price);
        if (cash != 0) {
            actions.transfers = new Transfer[](1);
            actions.transfers[0] = Transfer(account, sister, CASH, cash);
        }
        return tryBatch(account.owner(), actions);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../../contracts/types/Account.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

/// The guardian stops what opens risk. Whatever lowers it goes on.
contract MarketsPauseTest is IncidentFixture {
    Account private trader;

    function setUp() public override {
        super.setUp();
        trader = open("trader");
        pay(trader, 500_000);
        buy(trader, ETH_PERPETUAL, 1000e18, 2000e18);
        markets.pauseOpening(ETH, true);
    }

    function test_nothingIsOpened() public {
        assertFalse(tryTrade(trader, crowd, ETH_PERPETUAL, 1e18, 2000e18));
        assertFalse(tryTrade(keeper, crowd, ETH_PERPETUAL, 1e18, 2000e18));
        // Not by closing one side alone either.
        assertFalse(tryTrade(keeper, trader, ETH_PERPETUAL, 1e18, 2000e18));
        // The other underlying is open, and ETH again when the pause is over.
        assertTrue(tryTrade(trader, crowd, THIN_PERPETUAL, 1e18, 0.038e18));
        markets.pauseOpening(ETH, false);
        assertTrue(tryTrade(trader, crowd, ETH_PERPETUAL, 1e18, 2000e18));
    }

    function test_depositsGoOn() public {
        pay(trader, 1000);
        weth.mint(trader.owner(), 1e18);
        assertTrue(tryDeposit(trader, WETH, 1e18));
    }

    function test_repaymentsGoOn() public {
        Account borrower = open("borrower");
        weth.mint(borrower.owner(), 10e18);
        assertTrue(tryDeposit(borrower, WETH, 10e18));
        assertTrue(tryWithdraw(borrower, 5000e18), "fixture: borrow");
        assertLt(clearinghouse.cash(borrower), 0);
        assertTrue(tryDeposit(borrower, CASH, 5000e6));
        assertEq(clearinghouse.cash(borrower), 0);
    }

    function test_reductionsGoOn() public {
        sell(trader, ETH_PERPETUAL, 600e18, 2000e18);
        sell(trader, ETH_PERPETUAL, 400e18, 2000e18);
        assertEq(clearinghouse.positions(trader).length, 0);
    }

    function test_liquidationsGoOn() public {
        moveEth(1580);
        assertTrue(tryStartAuction(trader), "fixture: an auction");
        bool isTaken = false;
        for (uint256 i = 0; i < 10 && !isTaken; ++i) {
            pass(1 minutes);
            isTaken = tryLiquidate(trader, ETH_PERPETUAL, 150e18);
        }
        assertTrue(isTaken, "legs");
        moveEth(1200);
        assertTrue(leaveToBackstop(trader), "the whole");
    }
}

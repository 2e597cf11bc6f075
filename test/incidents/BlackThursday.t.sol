// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { AuctionState } from "../../contracts/interfaces/ILiquidator.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

/// Maker, 12 March 2020: gas was dear, keepers stood still, and whoever was left won auctions of collateral with a bid of nothing.
/// Here: nobody names a price. What is taken is taken at mark, less a compensation that is at most the equity; what nobody takes starts
/// again, and ends in the backstop.
contract BlackThursdayIncidentTest is IncidentFixture {
    uint128 private constant ETHER_HELD = 100e18;

    Account private borrower;

    /// A hundred ether against 172,000 USD of debt, and a fall by a tenth.
    function setUp() public override {
        super.setUp();
        borrower = open("borrower");
        weth.mint(borrower.owner(), ETHER_HELD);
        tryDeposit(borrower, WETH, ETHER_HELD);
        assertTrue(tryWithdraw(borrower, 172_000e18), "fixture: a loan");
        moveEth(1800);
        Risk memory risk = riskOf(borrower);
        assertLt(risk.equity, int256(risk.maintenance), "fixture: liquidatable");
        assertGt(risk.equity, 0, "fixture: solvent");
    }

    /// One keeper of all is alive, ten minutes late and without a rival.
    function test_aLoneKeeperPaysTheMarkLessWhatTheRiskIsWorth() public {
        tryStartAuction(borrower);
        pass(10 minutes);
        Risk memory before = riskOf(borrower);
        assertTrue(tryLiquidate(borrower, WETH, 15e18), "fixture: he takes fifteen");
        Risk memory left = riskOf(borrower);
        int256 lost = before.equity - left.equity;
        int256 most = (rateAt(10 minutes) * int256(before.maintenance - left.maintenance)) / 1e18;
        assertLe(lost, most + 1, "a lot went for less than the mark less the compensation");
        assertGt(lost, 0, "he was paid");
    }

    /// Nobody for three hours but somebody who notices now and then that the auction has lapsed.
    function test_whatNobodyBidsForStartsAgainAndEndsInTheBackstop() public {
        tryStartAuction(borrower);
        pass(41 minutes);
        tryStartAuction(borrower);
        assertEq(liquidator.auctionState(borrower).rate, -0.01e18, "the unsold lot did not start again");

        Risk memory before = riskOf(borrower);
        uint256 stakes = vault.totalAssets();
        for (uint256 waited = 0; waited < 3 hours && !tryAbsorb(borrower); waited += 15 minutes) {
            AuctionState memory state = liquidator.auctionState(borrower);
            // Starting and finishing are paid by the account, at most half of its floor.
            assertGe(state.payment, before.equity - 50e18, "the whole was offered below its value");
            pass(15 minutes);
            confirm(borrower);
        }
        assertEq(clearinghouse.position(borrower, WETH), int256(0), "the unsold lot is in nobody's hands");
        assertEq(equityOf(borrower), int256(0), "no debt stays behind");
        // What the borrower lost in all is his equity, 8,000 USD or 4.4 % of his ether, and nobody else lost anything.
        assertApproxEqAbs(before.equity, 8000e18, 1e18, "fixture: his equity");
        assertGe(vault.totalAssets(), stakes, "the backstop lost");
        assertEq(clearinghouse.reserve(), 0);
    }

    /// A twentieth of an ether, left to whoever looks. Gas is paid, and not by those who stand behind the system.
    function test_evenASpeckPaysForItsLiquidation() public {
        Account speck = open("speck");
        pay(speck, 200);
        buy(speck, ETH_PERPETUAL, 0.05e18, 1800e18);
        withdrawAll(speck);
        for (uint256 price = 1800; !tryStartAuction(speck); price -= 10) moveEth(price);
        uint256 stakes = vault.totalAssets();
        assertTrue(leaveToBackstop(speck), "fixture: the backstop takes it");
        assertGe(clearinghouse.cash(toAccount(address(this), 0)), 50e18, "nobody was paid to look");
        assertGe(vault.totalAssets(), stakes, "a speck cost the backstop more than it brought");
    }

    /// The published curve: −1 % at first, 30 % after five minutes, 100 % an hour later.
    function rateAt(uint256 elapsed) private pure returns (int256) {
        return 0.3e18 + (0.7e18 * int256(elapsed - 5 minutes)) / 60 minutes;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { SurfaceReport } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Account } from "../../contracts/types/Account.sol";
import { Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

/// 10 October 2025: collateral was valued at the price in one venue's own book, where USDe traded at 0.65 for minutes and nowhere else. On
/// another, deleveraging closed winners for 45 million USD and more, where 3 million were missing.
/// Here: no trade on the venue, and no single publisher, moves what anybody's account is worth; and the winners pay what is missing.
contract October2025IncidentTest is IncidentFixture {
    Account private holder;
    Account private writer;

    /// Ether against a debt, and options sold: one is valued by the price, the other by the surface as well.
    function setUp() public override {
        super.setUp();
        holder = open("holder");
        weth.mint(holder.owner(), 100e18);
        tryDeposit(holder, WETH, 100e18);
        withdrawAll(holder);
        writer = open("writer");
        pay(writer, 1_000_000);
        sell(writer, toInstrument(ETH, Kind.Put, EXPIRY, 2000e8), 100e18, 140e18);
        withdrawAll(writer);
    }

    /// Two accounts of one owner trade ether and its perpetual with each other at 0.65 of the price.
    function test_noTradeInTheVenuesOwnBookMovesAnybodysCollateral() public {
        Account seller = open("seller");
        Account buyer = open(seller.owner(), 1);
        pay(seller, 10_000_000);
        pay(buyer, 10_000_000);
        weth.mint(seller.owner(), 1000e18);
        tryDeposit(seller, WETH, 1000e18);
        Risk memory before = riskOf(holder);
        assertTrue(tryTrade(buyer, seller, WETH, 1000e18, 1300e18), "fixture: a dump");
        assertTrue(tryTrade(buyer, seller, ETH_PERPETUAL, 1000e18, 1300e18), "fixture: a dump");
        assertSame(holder, before, "a trade between strangers moved collateral");
    }

    /// One of three publishers signs what a broken book shows.
    function test_noSinglePublisherMovesAnybodysOptions() public {
        Risk memory before = riskOf(writer);
        SurfaceReport[] memory reports = three(flatReport(REALISED));
        reports[2] = flatReport(3.9e18);
        trySend(reports);
        skip(5 minutes);
        reports = new SurfaceReport[](1);
        reports[0] = flatReport(3.9e18);
        trySend(reports);
        assertSame(writer, before, "one publisher moved options");
    }

    /// A long of 20,000 ether is six million short after reserve and keepers failed, of which the backstop may pay five.
    function test_deleveragingTakesWhatIsMissingAndNoMore() public {
        Account whale = open("whale");
        Account steady = open("steady");
        Account winner = open("winner");
        Account idle = open("idle");
        pay(whale, 6_000_000);
        pay(steady, 60_000_000);
        pay(winner, 1_000_000);
        pay(idle, 1_000_000);
        buy(whale, ETH_PERPETUAL, 20_000e18, 2000e18);
        buy(steady, ETH_PERPETUAL, 20_000e18, 2000e18);
        sell(winner, ETH_PERPETUAL, 2000e18, 2000e18);
        moveEth(1400);
        assertTrue(tryStartAuction(whale), "fixture: bankrupt");

        int256 missing = holeOf(whale);
        int256 backstop = int256(vault.totalAssets());
        Account[4] memory others = [crowd, steady, winner, idle];
        int256[4] memory before = equitiesOf(others);
        assertTrue(tryAbsorb(whale), "fixture: deleveraged");
        backstop -= int256(vault.totalAssets());
        int256[4] memory left = equitiesOf(others);
        assertEq(clearinghouse.position(whale, ETH_PERPETUAL), int256(0));
        assertEq(holeOf(whale), int256(0), "a hole stayed");
        assertApproxEqAbs(backstop, 5_000_000e6, 1e6, "the backstop did not pay first");

        int256 charged = before[0] + before[2] - left[0] - left[2];
        assertLe(charged, ((missing - backstop * 1e12) * 101) / 100, "the winners paid more than was missing");
        assertEq(left[1], before[1], "who held the same side paid");
        assertEq(left[3], before[3], "who held nothing paid");
        // In proportion: of 40,000 short the winner has 2,000.
        assertApproxEqRel(
            before[0] - left[0],
            ((before[2] - left[2]) * 38_000) / 2000,
            0.0001e18,
            "one winner paid for another"
        );
    }

    function equitiesOf(Account[4] memory accounts) private view returns (int256[4] memory equities) {
        for (uint256 i = 0; i < 4; ++i) equities[i] = equityOf(accounts[i]);
    }

    function trySend(SurfaceReport[] memory reports) private {
        skip(5 minutes);
        for (uint256 i = 0; i < reports.length; ++i) reports[i].timestamp = uint40(vm.getBlockTimestamp());
        bytes[] memory signatures = signAll(oracle, reports);
        attempt(address(this), address(oracle), abi.encodeCall(oracle.report, (reports, signatures)));
    }

    /// To a ten-thousandth, which ten minutes of an option's life are worth.
    function assertSame(Account account, Risk memory before, string memory message) private view {
        Risk memory left = riskOf(account);
        assertApproxEqRel(left.equity, before.equity, 0.0005e18, message);
        assertApproxEqRel(left.maintenance, before.maintenance, 0.0005e18, message);
    }
}

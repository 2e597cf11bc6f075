// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IMarginEngine, Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { SurfaceReport } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Account } from "../../contracts/types/Account.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
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

    /// Half of all longs and of all puts that were sold are one account's, and closed: who holds the other side of both keeps half of both.
    function test_aHedgedBookOnTheOtherSideShrinksAsAWhole() public {
        Instrument put = toInstrument(ETH, Kind.Put, EXPIRY, 1900e8);
        Account whale = open("whale");
        Account steady = open("steady");
        Account hedged = open("hedged");
        pay(whale, 6_000_000);
        pay(steady, 60_000_000);
        pay(hedged, 60_000_000);
        Account[2] memory longs = [whale, steady];
        for (uint256 i = 0; i < 2; ++i) {
            assertTrue(tryTrade(longs[i], hedged, ETH_PERPETUAL, 10_000e18, 2000e18), "fixture: perpetuals");
            assertTrue(tryTrade(hedged, longs[i], put, 5000e18, 100e18), "fixture: puts");
        }
        moveEth(1400);
        uint256 before = riskOf(hedged).maintenance;
        deleverage(whale);
        assertEq(clearinghouse.position(hedged, ETH_PERPETUAL), -10_000e18, "half of the perpetuals");
        assertEq(clearinghouse.position(hedged, put), 5000e18, "half of the puts");
        // What closing costs grows faster than the position.
        assertLe(riskOf(hedged).maintenance, before / 2 + 1, "the hedge was broken");
    }

    /// Ether against perpetuals sold, of which some are closed. What it requires rises, by no more than what was closed would by itself.
    function testFuzz_aBrokenHedgeAsksForNoMoreThanWhatWasClosed(uint256 price, uint256 hedge) public {
        Account whale = open("whale");
        Account winner = open("winner");
        pay(whale, 6_000_000);
        pay(winner, 1_000_000);
        hedge = bound(hedge, 1, 2000e18);
        weth.mint(winner.owner(), hedge);
        assertTrue(tryDeposit(winner, WETH, hedge), "fixture: ether");
        buy(whale, ETH_PERPETUAL, 20_000e18, 2000e18);
        sell(winner, ETH_PERPETUAL, 2000e18, 2000e18);
        moveEth(bound(price, 1000, 1650));
        Risk memory before = riskOf(winner);
        deleverage(whale);
        int256 closed = 2000e18 + clearinghouse.position(winner, ETH_PERPETUAL);
        assertGt(closed, 0, "fixture: the winner is on the other side");
        Risk memory left = riskOf(winner);
        uint256 alone = requirementOf(toPosition(ETH_PERPETUAL, int128(closed)));
        assertLe(left.maintenanceBeforeFloor, before.maintenanceBeforeFloor + alone + 2, "more than the leg alone");
    }

    /// To the end of the waterfall.
    function deleverage(Account account) private {
        assertTrue(tryStartAuction(account), "fixture: bankrupt");
        assertTrue(tryAbsorb(account), "fixture: absorbed or deleveraged");
        assertEq(clearinghouse.positions(account).length, 0, "fixture: nothing is left");
        assertEq(vault.absorbed().length, 0, "fixture: deleveraged");
    }

    function requirementOf(Position position) private view returns (uint256) {
        Portfolio[] memory portfolios = new Portfolio[](1);
        portfolios[0].positions = new Position[](1);
        portfolios[0].positions[0] = position;
        return IMarginEngine(clearinghouse.marginEngine()).evaluate(portfolios)[0].maintenanceBeforeFloor;
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

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { ILiquidationTerms } from "../../contracts/interfaces/ILiquidationTerms.sol";
import { ILiquidator } from "../../contracts/interfaces/ILiquidator.sol";
import { ILegGuards } from "../../contracts/interfaces/ILegGuards.sol";
import { Batch, Fill } from "../../contracts/interfaces/IClearinghouse.sol";
import { Seizure } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { Position } from "../../contracts/types/Position.sol";
import { LiquidationFixture } from "../helpers/LiquidationFixture.sol";

/// What each guard stops, told by what it would bring. Where that takes a liquidator without the guard, the test is one: the
/// clearinghouse then checks what it always checks, and takes the rate from the test.
contract LiquidatorAttacksTest is LiquidationFixture, ILiquidationTerms {
    /// How far the mark lags behind the market: one per cent.
    uint256 private constant LAG = 20e18;
    /// With the compensation not yet worth anything.
    int256 private constant NOTHING = 0;
    uint256 private constant BLEEDING_CALLS = 8;
    /// Of the net position, what each of these calls leaves over of its fall. A wei would do.
    uint256 private constant SHRINKS_TO = 0.998e18;

    function compensationRate(Account, Risk calldata) external pure returns (int256) {
        return NOTHING;
    }

    /// Flip bleed. A book is long and short the same, and ten units long net. Whoever takes nearly twenty units of the long leg while the mark lags
    /// below the market turns it round: the requirement falls by a speck, and the mark comes after. Then the other leg, at the next lag.
    function test_aHedgedBookIsBledInEightCallsWithoutTheGuard() public {
        openBook();
        assertEq(riskOf(debtor).equity, 1960e18, "E/R = 0.98");
        assertEq(riskOf(debtor).maintenance, 2000e18);
        clearinghouse.setLiquidator(address(this));
        uint256 net = 10e18;
        for (uint256 i = 0; i < BLEEDING_CALLS; ++i) {
            bool takesLongs = i % 2 == 0;
            uint256 left = (net * SHRINKS_TO) / WAD;
            force.seize(seizureOf(flip(takesLongs, net + left)));
            // The feed follows, against the book as it now is; then the market returns, and the feed lags again.
            moveMarks(takesLongs);
            net = left;
        }
        Risk memory risk = riskOf(debtor);
        assertApproxEqAbs(uint256(risk.maintenance), 1968e18, 1e18);
        // 20 USD on ten units, eight times.
        assertApproxEqAbs(uint256(risk.equity), 374e18, 1e18);
        assertApproxEqAbs((uint256(risk.equity) * 100) / risk.maintenance, 19, 1, "E/R, hundredths");
        assertConserved();
    }

    /// What turns a book round removes less than half of what it requires itself, or more than the account needs.
    function test_aHedgedBookIsNotTurnedRound() public {
        openBook();
        liquidator.startAuction(debtor);
        // 19.98 units: 4 off the requirement, 3,996 alone.
        vm.expectRevert(abi.encodeWithSelector(ILegGuards.HedgeStripped.selector, uint256(4e18), uint256(3996e18)));
        liquidateAsKeeper(flip(true, 19.98e18));
        // The most that passes that guard leaves a third, turned: it lifts the account far above its line.
        vm.expectPartialRevert(ILegGuards.HedgeStripped.selector);
        liquidateAsKeeper(flip(true, 13.34e18));
        vm.expectPartialRevert(ILiquidator.OverLiquidation.selector);
        liquidateAsKeeper(flip(true, 13.33e18));
        // What does pass stays on its side. A lag of one per cent costs 29 USD, once: the account is then above its line.
        vm.expectPartialRevert(ILiquidator.OverLiquidation.selector);
        liquidateAsKeeper(flip(true, 1.47e18));
        liquidateAsKeeper(flip(true, 1.46e18));
        moveMarks(true);
        assertGe(riskOf(debtor).equity, int256(riskOf(debtor).maintenance));
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NoAuction.selector, debtor));
        liquidateAsKeeper(flip(false, 1e18));
    }

    /// A lone keeper who waits. E/R = 0.95: to a rival who is content with 3 % the account pays 11 USD. Alone he gets more from minute to minute, and at
    /// the end all of it, without public money.
    function test_whatWaitingBringsIsTheEquityAndNoMore() public {
        fundReserve(10_000);
        openAuction(1900);
        uint256 state = vm.snapshotState();
        assertEq(mostForLegs(40), 11, "at 3.1 %");
        vm.revertToState(state);
        assertEq(mostForLegs(1 minutes), 18, "at 5.2 %");
        vm.revertToState(state);
        assertEq(mostForLegs(5 minutes), 141, "at 30 %");
        vm.revertToState(state);
        assertEq(mostForLegs(30 minutes), 424, "at 59 %");
        vm.revertToState(state);
        skipConfirmed(65 minutes);
        assertEq(takeOverAsKeeper(3000), 1900e18, "the whole, an hour later");
        vm.revertToState(state);
        skipConfirmed(2 hours);
        assertEq(takeOverAsKeeper(3000), 1900e18, "and no more until it is bankrupt");
        assertEq(clearinghouse.reserve(), 10_000e18, "no public money");
    }

    /// Any deposit, or trade of the owner, that lifts the account above its line ends it for who waits.
    function test_anHourIsTheOwnersToEndIt() public {
        openAuction(1900);
        skipConfirmed(59 minutes);
        fund(debtor, 100);
        vm.expectPartialRevert(ILiquidator.AboveMaintenance.selector);
        takeOverAsKeeper(3000);
        liquidator.endAuction(debtor);
        assertEq(riskOf(debtor).equity, 2000e18, "nothing was paid to who waited");
    }

    /// Beyond the second period the reserve adds to the equity, up to the requirement: 100 USD in an hour. But then anybody may give the account
    /// to the backstop at once, as more than a quarter of the requirement is offered, and the backstop gets the equity.
    function test_whoWaitsForPublicMoneyMeetsTheBackstop() public {
        fundBackstop(lender, 50_000);
        fundReserve(10_000);
        openAuction(1900);
        skipConfirmed(2 hours + 1);
        liquidator.confirmAuction(debtor);
        uint256 state = vm.snapshotState();
        skipConfirmed(1 hours);
        assertEq(takeOverAsKeeper(3000), 2000e18, "where nobody does anything for three hours");
        assertEq(clearinghouse.reserve(), 10_000e18 - 100e18);
        vm.revertToState(state);
        uint256 assets = vault.totalAssets();
        liquidator.absorb(debtor);
        assertEq(vault.totalAssets() - assets, 1900 * USDC, "the equity goes to those who stand behind it");
        assertEq(clearinghouse.reserve(), 10_000e18);
    }

    /// Stale start. An auction begins, and a minute later its feeds fail for fourteen. By the clock of the start a taker had 41.7 % on the first
    /// price after; the owner, who could neither see a price nor trade, had nothing.
    function test_anOutageGivesNobodyAHeadStart() public {
        openAuction(1900);
        skip(1 minutes);
        engine.setValidity(Validity.Invalid, 0);
        skip(14 minutes);
        engine.setMark(perpetual, 1850e18); // E = 1,500 after the gap
        engine.setValidity(Validity.Fresh, uint40(vm.getBlockTimestamp()));
        uint256 state = vm.snapshotState();
        assertEq(liquidateAsKeeper(leg(perpetual, 3e18)), -6e18, "the first comer pays 1 % of 600");
        vm.revertToState(state);
        engine.setValidity(Validity.Fresh, uint40(START - 1 days));
        assertEq(liquidator.auctionState(debtor).rate, 0.416666666666666666e18);
        assertApproxEqAbs(uint256(liquidateAsKeeper(leg(perpetual, 3e18))), 250e18, 1e3, "else he had a sixth of all");
        vm.revertToState(state);
        fund(debtor, 500);
        liquidator.endAuction(debtor);
    }

    /// Self-dealing. Who owns two wallets is two owners to any contract, so it must not pay: what goes from one to the other goes at mark, and of the
    /// compensation a tenth goes to the backstop. Nothing comes from anybody else.
    function test_aSecondWalletTakesNothingThatWasNotItsOwners() public {
        openAuction(1900);
        fundReserve(10_000);
        int256 before = riskOf(debtor).equity + riskOf(keeper).equity;
        uint256 state = vm.snapshotState();
        uint256[4] memory waits = [uint256(0), 1 minutes, 5 minutes, 30 minutes];
        for (uint256 i = 0; i < waits.length; ++i) {
            skipConfirmed(waits[i]);
            int256 payment = liquidateAsKeeper(leg(perpetual, 1e18));
            int256 lost = before - riskOf(debtor).equity - riskOf(keeper).equity;
            assertEq(lost, payment > 0 ? payment / 10 : int256(0), "a tenth of the compensation");
            vm.revertToState(state);
        }
        skipConfirmed(65 minutes);
        takeOverAsKeeper(3000);
        assertEq(
            riskOf(toAccount(bob, 7)).equity + riskOf(keeper).equity,
            before,
            "the whole: all that there was, and nobody else's"
        );
        assertEq(clearinghouse.reserve(), 10_000e18);
    }

    /// Dust. The starter is paid out of fees, each rounded up to a cent against what is due: a thousand specks would use up ten dollars of it for nothing. A
    /// call moves a twentieth at least, so twenty empty an account, and round away less than twenty cents.
    function test_dustDoesNotUseUpWhatTheStarterIsDue() public {
        markets.setFloor(100e18);
        openLong();
        setEquity(1000);
        vm.prank(carol);
        liquidator.startAuction(debtor);
        skip(40);
        vm.expectRevert(abi.encodeWithSelector(ILegGuards.TooSmall.selector, uint256(0.2e18), uint256(2000e18)));
        liquidateAsKeeper(leg(perpetual, 0.001e18));
        int256 starters = clearinghouse.cash(rival);
        uint256 calls = 0;
        while (liquidator.auctionState(debtor).auction.startedAt != 0) {
            liquidateAsKeeper(leg(perpetual, int128(int256(riskOf(debtor).maintenance / 200 / 20) + 1)));
            ++calls;
            if (riskOf(debtor).equity >= int256(riskOf(debtor).maintenance)) break;
            uint256 due = uint256(liquidator.auctionState(debtor).auction.dueInCents) * 0.01e18;
            uint256 paid = uint256(clearinghouse.cash(rival) - starters);
            assertLe(25e18 - due - paid, calls * 0.01e18, "less than a cent a call");
        }
        assertLe(calls, 20);
    }

    /// Long a hundred, short ninety of the same, at the limit when it was opened: ten units net require 2,000 USD.
    function openBook() private {
        engine.setMark(call, SPOT);
        engine.setProfits(call, 200e18, -200e18, -1000e18);
        fund(debtor, 2500);
        operate(debtor);
        Batch memory actions;
        actions.fills = new Fill[](2);
        actions.fills[0] = Fill(debtor, maker, perpetual, 100e18, SPOT);
        actions.fills[1] = Fill(maker, debtor, call, 90e18, SPOT);
        clearinghouse.batch(actions);
        engine.setMark(perpetual, SPOT - 54e18);
        engine.setMark(call, SPOT - 54e18);
    }

    function flip(bool takesLongs, uint256 size) private view returns (Position[] memory) {
        return takesLongs ? leg(perpetual, int128(int256(size))) : leg(call, -int128(int256(size)));
    }

    function moveMarks(bool isUp) private {
        uint256 mark = engine.marks(perpetual);
        mark = isUp ? mark + LAG : mark - LAG;
        engine.setMark(perpetual, mark);
        engine.setMark(call, mark);
    }

    function seizureOf(Position[] memory legs) private view returns (Seizure memory seizure) {
        seizure.from = debtor;
        seizure.to = keeper;
        seizure.legs = legs;
        seizure.feeTo = vault.treasury();
    }

    /// @return What the account pays for as many units as may be taken after so long, whole USD.
    function mostForLegs(uint256 elapsed) private returns (uint256) {
        skipConfirmed(elapsed);
        Risk memory risk = riskOf(debtor);
        int256 rate = liquidator.auctionState(debtor).rate;
        int256 target = int256(liquidator.TARGET());
        // E − c·ΔR = target·(R − ΔR) + tolerance
        int256 excess =
            (target * int256(risk.maintenance)) / 1e18 + int256(liquidator.TARGET_TOLERANCE()) - risk.equity;
        int256 removed = (excess * 1e18) / (target - rate);
        return uint256(liquidateAsKeeper(leg(perpetual, int128(removed / 200)))) / WAD;
    }
}

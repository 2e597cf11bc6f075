// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Liquidation } from "../../contracts/interfaces/ILiquidator.sol";
import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { AuctionCurve } from "../../contracts/libraries/AuctionCurve.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { LiquidationFixture } from "../helpers/LiquidationFixture.sol";

/// @param gain USD WAD. @param gas Of all transactions.
struct Way {
    int256 gain;
    uint256 gas;
}

/// What a keeper gets on the way of an auction against the gas that it takes, for an account of 16 legs, with ether at 2,000 USD. One keeper
/// pays for all of it: he starts the auction, confirms it every forty minutes, and ends it. What hedging costs, about 0.1 % of the notional, is not
/// in it, nor what the positions are worth to him. Equity is given as hundredths of the requirement R.
contract LiquidatorKeeperPayTest is LiquidationFixture {
    /// `npm run gas`: start16, liquidate16, takeover16, absorb16, rounded up to ten thousand. Confirming costs less than starting.
    uint256 private constant START_GAS = 530_000;
    uint256 private constant LIQUIDATE_GAS = 1_110_000;
    uint256 private constant TAKE_OVER_GAS = 1_300_000;
    uint256 private constant ABSORB_GAS = 3_220_000;
    /// The same for one option: start, absorb and trade1.
    uint256 private constant LEAST_GAS = 240_000 + 620_000 + 420_000;
    uint256 private constant ETHER_PRICE = 2000;
    uint256 private constant GWEI = 1e9;
    /// With a full reserve somebody gains by every account up to a gas price, in gwei, of a fortieth of its requirement in USD.
    uint256 private constant REQUIREMENT_PER_GWEI = 40;
    /// Before the offer to keepers reaches what the backstop takes over for: from then on anybody may call it.
    uint256 private constant BEFORE_BACKSTOP = 15 minutes - 1;
    /// Units of which `UNIT_REQUIREMENT` is required each.
    uint256 private constant UNIT_REQUIREMENT = 200;
    uint256 private constant FLOOR = 100;
    uint256 private constant REWARDS = 50e18;
    /// Of 0.4 perpetuals on 100 USD that have lost 251 USD each.
    uint256 private constant DEFICIT = 0.4e18;

    Account private keepers = toAccount(bob, 7);
    uint256[11] private gasPrices = [uint256(1), 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
    /// The first is bound by the floor of 100.
    uint256[6] private requirements = [uint256(80), 100, 1000, 10_000, 100_000, 1_000_000];
    int256[9] private healths = [int256(-100), -50, -10, 0, 1, 10, 50, 90, 99];

    function setUp() public override {
        super.setUp();
        markets.setFloor(uint128(FLOOR * WAD));
        fund(keeper, 10_000_000);
        fundBackstop(lender, 20_000_000);
    }

    function test_somebodyGainsByEveryAccountUpToTheCap() public {
        fundReserve(5_000_000);
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < requirements.length; ++i) {
            uint256 required = requirements[i] < FLOOR ? FLOOR : requirements[i];
            for (uint256 j = 0; j < healths.length; ++j) {
                Way memory best = bestWay(requirements[i], healths[j]);
                vm.revertToState(state);
                for (uint256 k = 0; k < gasPrices.length; ++k) {
                    if (gasPrices[k] > required / REQUIREMENT_PER_GWEI) break;
                    assertGe(best.gain, int256(cost(best.gas, gasPrices[k])), "a loss for every keeper");
                }
            }
        }
    }

    /// Gas price in gwei up to which the best way brings a gain: requirements down, equities across. With a full reserve.
    function test_capsByRequirementAndEquity() public {
        fundReserve(5_000_000);
        string[6] memory caps = [
            "13 13 13 13 7 8 15 20 22",
            "13 13 13 13 7 8 15 20 22",
            "75 75 75 75 41 51 144 192 211",
            "689 689 689 689 379 478 1366 1906 2097",
            "6829 6829 6829 6829 3764 4751 13710 19067 20974",
            "68236 68236 68236 68236 37609 47481 137149 190677 209745"
        ];
        requireCaps(caps);
    }

    /// Without a reserve keepers get no more than the equity, and without equity both rewards, whatever the size: the backstop pays.
    function test_capsWithoutAReserve() public {
        string[6] memory caps = [
            "6 6 6 6 4 4 15 20 22",
            "6 6 6 6 4 4 15 20 22",
            "6 6 6 6 4 30 144 192 211",
            "6 6 6 6 29 278 1366 1906 2097",
            "6 6 6 6 273 2735 13710 19067 20974",
            "6 6 6 6 2732 27322 137149 190677 209745"
        ];
        requireCaps(caps);
    }

    /// Debtor, other side, starter and finisher are one: at every equity, whichever way it ends, they have no more than before, and nobody paid in.
    function test_oneHandOnAllSidesGainsNothingWhileThereIsEquity() public {
        fundReserve(5_000_000);
        uint256 state = vm.snapshotState();
        for (uint256 j = 0; j < healths.length; ++j) {
            if (healths[j] <= 0) continue;
            open(1000, healths[j]);
            int256 before = keepersEquity() + riskOf(debtor).equity + riskOf(maker).equity;
            uint256 opened = vm.snapshotState();
            byLegs();
            assertLe(keepersEquity() + riskOf(debtor).equity + riskOf(maker).equity, before, "gained by legs");
            vm.revertToState(opened);
            byTheWhole();
            assertLe(keepersEquity() + riskOf(debtor).equity + riskOf(maker).equity, before, "gained by the whole");
            assertEq(clearinghouse.reserve(), 5_000_000e18, "public money");
            vm.revertToState(state);
        }
    }

    /// Who lets an account of the least size be overrun by a gap gets both rewards: half of the floor, which he has lost to the other side.
    function test_whoLosesAnAccountToOthersPaysHalfTheFloorAtLeast() public {
        fundReserve(5_000_000);
        int256 before = keepersEquity() + int256(FLOOR * WAD);
        loseInAGap();
        assertEq(before - keepersEquity(), int256(REWARDS), "half of the floor, and the gas");
    }

    /// Who owns the other side as well has lost nothing to others: the gap brings him the deficit, and both rewards on top. Gas takes them from 20
    /// gwei on. Below that they are a gain from every gap that is wider than the whole margin, which he cannot bring about: while equity is positive he
    /// gains nothing, and anybody else may have the account first.
    function test_aGapPaysOneHandOnBothSidesTheRewardsWhereGasIsCheap() public {
        fundReserve(5_000_000);
        int256 before = keepersEquity() + riskOf(maker).equity + int256(FLOOR * WAD);
        loseInAGap();
        int256 gained = keepersEquity() + riskOf(maker).equity - before;
        assertEq(gained, int256(REWARDS + DEFICIT), "rewards and deficit");
        assertLe(gained, int256(cost(LEAST_GAS, 20)), "gas takes it");
        assertGt(gained, int256(cost(LEAST_GAS, 19)), "and from where on is not stated too low");
    }

    function loseInAGap() private {
        fund(debtor, FLOOR);
        operate(debtor);
        buy(debtor, perpetual, 0.4e18, SPOT);
        engine.setMark(perpetual, SPOT - 251e18);
        assertEq(riskOf(debtor).equity, -int256(DEFICIT), "fixture: a deficit");
        vm.prank(bob);
        liquidator.startAuction(debtor);
        skip(15 minutes);
        vm.prank(bob);
        liquidator.absorb(debtor);
    }

    function requireCaps(string[6] memory caps) private {
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < requirements.length; ++i) {
            string memory row = "";
            for (uint256 j = 0; j < healths.length; ++j) {
                row = string.concat(row, j == 0 ? "" : " ", vm.toString(cap(bestWay(requirements[i], healths[j]))));
                vm.revertToState(state);
            }
            assertEq(row, caps[i]);
        }
    }

    /// All ways are tried from the same state.
    function bestWay(uint256 required, int256 health) private returns (Way memory best) {
        open(required, health);
        uint256 state = vm.snapshotState();
        best = byLegs();
        vm.revertToState(state);
        best = better(best, byTheWhole());
        vm.revertToState(state);
        best = better(best, byBankruptcy());
        vm.revertToState(state);
        best = better(best, byBackstop());
        vm.revertToState(state);
    }

    function better(Way memory one, Way memory other) private pure returns (Way memory) {
        return cap(other) > cap(one) ? other : one;
    }

    /// As much as leads to the target, or all where the floor binds, a second before the whole is offered.
    function byLegs() private returns (Way memory way) {
        Risk memory risk = riskOf(debtor);
        if (risk.equity <= 0) return way;
        uint256 elapsed = secondsUntilWhole(risk);
        if (elapsed == 0) return way;
        int256 before = keepersEquity();
        skipConfirmed(elapsed - 1);
        Liquidation memory order = liquidation(leg(perpetual, int128(int256(unitsToTarget(risk)))));
        vm.prank(bob);
        try liquidator.liquidate(order) {
            way = Way(keepersEquity() - before, START_GAS * callsIn(elapsed - 1) + LIQUIDATE_GAS);
        } catch {}
    }

    function byTheWhole() private returns (Way memory way) {
        Risk memory risk = riskOf(debtor);
        if (risk.equity <= 0) return way;
        uint256 elapsed = secondsUntilWhole(risk);
        skipConfirmed(elapsed);
        assertTrue(liquidator.auctionState(debtor).isWhole, "offered whole");
        return take(elapsed);
    }

    /// What the reserve adds, up to where the backstop's turn comes.
    function byBankruptcy() private returns (Way memory way) {
        if (clearinghouse.reserve() == 0) return way;
        uint256 elapsed = riskOf(debtor).equity > 0 ? 2 hours + BEFORE_BACKSTOP : BEFORE_BACKSTOP;
        skipConfirmed(elapsed);
        assertTrue(liquidator.auctionState(debtor).isBankrupt, "bankrupt");
        return take(elapsed);
    }

    /// Only paid.
    function byBackstop() private returns (Way memory) {
        uint256 elapsed = riskOf(debtor).equity > 0 ? 2 hours + 15 minutes : 15 minutes;
        int256 before = keepersEquity();
        skipConfirmed(elapsed);
        vm.prank(bob);
        liquidator.absorb(debtor);
        return Way(keepersEquity() - before, START_GAS * callsIn(elapsed) + ABSORB_GAS);
    }

    function take(uint256 elapsed) private returns (Way memory way) {
        int256 offered = liquidator.auctionState(debtor).payment;
        int256 before = keepersEquity();
        int256 payment = takeOverAsKeeper((riskOf(debtor).initial * 2) / WAD + 2 * FLOOR);
        assertEq(payment, offered, "what the view says");
        way = Way(keepersEquity() - before, START_GAS * callsIn(elapsed) + TAKE_OVER_GAS);
        assertGe(way.gain, payment, "the starter's pay on top");
    }

    /// Long perpetuals at the market of which so much is required, and then a price at which the equity is so many hundredths of R.
    function open(uint256 required, int256 health) private {
        uint256 units = (required * WAD) / UNIT_REQUIREMENT;
        uint256 floored = required < FLOOR ? FLOOR : required;
        uint256 dollars = (floored * 3) / 2;
        fund(debtor, dollars);
        operate(debtor);
        buy(debtor, perpetual, uint128(units), SPOT);
        int256 equity = (int256(floored * WAD) * health) / 100;
        engine.setMark(perpetual, uint256(int256(SPOT) + ((equity - int256(dollars * WAD)) * 1e18) / int256(units)));
        assertEq(riskOf(debtor).equity, equity, "fixture: equity");
        assertEq(riskOf(debtor).maintenance, floored * WAD, "fixture: requirement");
        vm.prank(bob);
        liquidator.startAuction(debtor);
    }

    function secondsUntilWhole(Risk memory risk) private pure returns (uint256 elapsed) {
        uint256 end = AuctionCurve.LAST_SECONDS;
        while (elapsed < end) {
            uint256 middle = (elapsed + end) / 2;
            bool isWhole = AuctionCurve.hasReached(AuctionCurve.rateDown(middle), risk.equity, risk.maintenance);
            (elapsed, end) = isWhole ? (elapsed, middle) : (middle + 1, end);
        }
    }

    /// E − c·ΔR = target·(R − ΔR) + tolerance.
    function unitsToTarget(Risk memory risk) private view returns (uint256) {
        uint256 all = uint256(int256(clearinghouse.position(debtor, perpetual)));
        if (risk.maintenance > risk.maintenanceBeforeFloor) return all;
        uint256 target = liquidator.TARGET();
        uint256 excess = (target * risk.maintenance) / WAD + liquidator.TARGET_TOLERANCE() - uint256(risk.equity);
        uint256 removed = (excess * WAD) / uint256(int256(target) - liquidator.auctionState(debtor).rate);
        uint256 units = removed / UNIT_REQUIREMENT;
        return units < all ? units : all;
    }

    /// Start and confirmations.
    function callsIn(uint256 elapsed) private view returns (uint256) {
        uint256 step = liquidator.LAPSE_SECONDS();
        return elapsed == 0 ? 1 : (elapsed + step - 1) / step;
    }

    function keepersEquity() private view returns (int256) {
        return riskOf(keeper).equity + riskOf(keepers).equity;
    }

    /// USD WAD. @param gasPrice Gwei.
    function cost(uint256 gasUsed, uint256 gasPrice) private pure returns (uint256) {
        return gasUsed * gasPrice * GWEI * ETHER_PRICE;
    }

    /// Gwei.
    function cap(Way memory way) private pure returns (uint256) {
        return way.gain <= 0 || way.gas == 0 ? 0 : uint256(way.gain) / cost(way.gas, 1);
    }
}

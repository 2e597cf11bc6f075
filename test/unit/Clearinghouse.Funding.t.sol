// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { IClearinghouse } from "../../contracts/interfaces/IClearinghouse.sol";
import { Deleveraging, Reward, TakeOver } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { MockFundingSource } from "../../contracts/mocks/MockFundingSource.sol";
import { MockSettlementPrices } from "../../contracts/mocks/MockSettlementPrices.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { MAX_LEGS } from "../../contracts/types/Limits.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

/// Alice is long 10 perpetuals from 2,000 USD, of Bob 6 and of Carol 4. Longs pay 36.5 % a year: 2 USD a unit and day.
contract ClearinghouseFundingTest is ClearinghouseTest {
    int256 private constant RATE = 0.365e18;
    int256 private constant MAX_RATE = 1.095e18;
    /// 2 USD a day.
    int256 private constant HOURLY = 83_333_333_333_333_333;

    MockSettlementPrices private prices;
    MockFundingSource private source;

    function setUp() public override {
        super.setUp();
        prices = new MockSettlementPrices();
        source = new MockFundingSource();
        engine.setPriceOracle(prices);
        prices.setPrice(ETH, 2000 * USD, Validity.Fresh);
        clearinghouse.setFundingSource(address(source));
        source.setRate(ETH, RATE);
        deposit(alices, CASH, 20_000 * USDC);
        deposit(bobs, CASH, 20_000 * USDC);
        deposit(carols, CASH, 20_000 * USDC);
        fill(alices, bobs, PERPETUAL, 6 * UNIT, 2000 * USD);
        fill(alices, carols, PERPETUAL, 4 * UNIT, 2000 * USD);
        books.accrueFunding(ETH);
    }

    function test_longsPayShorts() public {
        passHours(24);
        int256 paid = HOURLY * 24 * 10;
        assertEq(entry(alices), -20_000e18 - paid);
        assertEq(entry(bobs), 12_000e18 + HOURLY * 24 * 6);
        assertEq(entry(carols), 8000e18 + HOURLY * 24 * 4);
        assertApproxEqAbs(paid, 20e18, 1e4, "two dollars a unit and day");
        requireConserved();
    }

    function test_aNegativeRateIsPaidByShorts() public {
        source.setRate(ETH, -RATE);
        passHours(1);
        assertEq(entry(alices), -20_000e18 + HOURLY * 10);
        assertEq(entry(bobs), 12_000e18 - HOURLY * 6);
        requireConserved();
    }

    function test_isPartOfEquity() public {
        int256 before = clearinghouse.risk(alices).equity;
        passHours(24);
        assertEq(clearinghouse.risk(alices).equity, before - HOURLY * 240);
        assertEq(clearinghouse.portfolio(alices).cash, cash(alices) + entry(alices));
    }

    function test_closingRealisesIt() public {
        passHours(24);
        int256 before = cash(alices);
        fill(bobs, alices, PERPETUAL, 6 * UNIT, 2000 * USD);
        assertEq(cash(alices), before - HOURLY * 24 * 6, "its share");
        assertEq(entry(alices), -8000e18 - HOURLY * 24 * 4);
        fill(carols, alices, PERPETUAL, 4 * UNIT, 2000 * USD);
        assertEq(cash(alices), before - HOURLY * 24 * 10);
        assertEq(entry(alices), 0);
        requireConserved();
    }

    function test_whoOpensLaterPaysFromThenOn() public {
        passHours(24);
        deposit(alicesOther, CASH, 20_000 * USDC);
        fill(alicesOther, bobs, PERPETUAL, UNIT, 2000 * USD);
        assertEq(entry(alicesOther), -2000e18);
        passHours(1);
        assertEq(entry(alicesOther), -2000e18 - HOURLY);
        requireConserved();
    }

    function test_movesWithThePosition() public {
        deposit(alicesOther, CASH, 20_000 * USDC);
        passHours(24);
        transfer(alices, alicesOther, PERPETUAL, 5 * UNIT);
        assertEq(entry(alicesOther), entry(alices));
        assertEq(entry(alices), -10_000e18 - HOURLY * 120);
        engine.setFloor(30_000 * USD);
        Account taker = toAccount(bob, 7);
        deposit(bobs, CASH, 100_000 * USDC);
        vm.prank(liquidator);
        force.takeOver(TakeOver(alices, taker, bobs, 40_000e18, 0, new Reward[](0)));
        assertEq(entry(taker), -10_000e18 - HOURLY * 120);
        requireConserved();
    }

    function test_aTearUpSharesItsEntryWithFunding() public {
        passHours(24);
        setEthPrice(1 * USD);
        vm.prank(liquidator);
        force.deleverage(Deleveraging(alices, 0, new Reward[](0), MAX_LEGS));
        int256 shown = clearinghouse.portfolio(bobs).cash;
        books.settle(bobs, MAX_LEGS);
        assertEq(clearinghouse.portfolio(bobs).cash, shown);
        assertEq(position(bobs, PERPETUAL), 0);
        requireConserved();
    }

    function test_waitsForTearUps() public {
        setEthPrice(1 * USD);
        vm.prank(liquidator);
        force.deleverage(Deleveraging(alices, 0, new Reward[](0), MAX_LEGS));
        passHours(3);
        (int256 index, , ) = books.funding(ETH);
        assertEq(index, 0, "two are short of nobody");
        books.settle(bobs, MAX_LEGS);
        books.settle(carols, MAX_LEGS);
        passHours(1);
        (index, , ) = books.funding(ETH);
        assertEq(index, HOURLY);
        requireConserved();
    }

    // Accrual

    function test_tellsWhatItDid() public {
        vm.warp(vm.getBlockTimestamp() + 1 hours);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.FundingAccrued(ETH, RATE, 2000 * USD, HOURLY);
        books.accrueFunding(ETH);
        (int256 index, uint40 accruedAt, int256 paid) = books.funding(ETH);
        assertEq(index, HOURLY);
        assertEq(accruedAt, vm.getBlockTimestamp());
        assertEq(paid, 0, "nobody has been touched");
        books.settle(alices, 1);
        (, , paid) = books.funding(ETH);
        assertEq(paid, HOURLY * 10, "others have still to receive it");
    }

    function test_theRateIsCutOff() public {
        source.setRate(ETH, type(int256).max);
        passHours(1);
        (int256 index, , ) = books.funding(ETH);
        assertEq(index, 0.25e18, "0.0125 % of 2,000 USD");
        source.setRate(ETH, type(int256).min);
        passHours(1);
        (index, , ) = books.funding(ETH);
        assertEq(index, 0);
    }

    function test_moreThanAnHourSinceTheLastCallDoesNotCount() public {
        vm.warp(vm.getBlockTimestamp() + 30 days);
        books.accrueFunding(ETH);
        (int256 index, , ) = books.funding(ETH);
        assertEq(index, HOURLY);
    }

    function test_aSecondCallInABlockDoesNothing() public {
        passHours(1);
        source.setRate(ETH, MAX_RATE);
        books.accrueFunding(ETH);
        (int256 index, , ) = books.funding(ETH);
        assertEq(index, HOURLY);
    }

    function test_aSecondCallInABlockAsksNobody() public {
        passHours(1);
        engine.setPriceOracle(MockSettlementPrices(address(0)));
        books.accrueFunding(ETH);
        vm.warp(vm.getBlockTimestamp() + 1);
        vm.expectRevert();
        books.accrueFunding(ETH);
    }

    function testFuzz_aSplitChangesNothingButTheRoundingOfTheIndex(uint256 cuts, int256 rate) public {
        rate = bound(rate, -MAX_RATE, MAX_RATE);
        source.setRate(ETH, rate);
        uint256 start = vm.getBlockTimestamp();
        uint256 snapshot = vm.snapshotState();
        vm.warp(start + 1 hours);
        books.accrueFunding(ETH);
        (int256 atOnce, , ) = books.funding(ETH);
        vm.revertToState(snapshot);
        for (uint256 i = 0; i < 8; ++i) {
            vm.warp(bound(cuts >> (i * 16), vm.getBlockTimestamp(), start + 1 hours));
            books.accrueFunding(ETH);
        }
        vm.warp(start + 1 hours);
        books.accrueFunding(ETH);
        (int256 split, , ) = books.funding(ETH);
        assertApproxEqAbs(split, atOnce, 9);
    }

    function test_aDeadFeedAccruesNothing() public {
        prices.setPrice(ETH, 2000 * USD, Validity.Invalid);
        passHours(100);
        (int256 index, uint40 accruedAt, ) = books.funding(ETH);
        assertEq(index, 0);
        assertEq(accruedAt, vm.getBlockTimestamp() - 100 hours);
        prices.setPrice(ETH, 2000 * USD, Validity.Late);
        books.accrueFunding(ETH);
        (index, , ) = books.funding(ETH);
        assertEq(index, HOURLY, "an hour, whoever called meanwhile");
    }

    function test_withoutASourceThereIsNoFunding() public {
        clearinghouse.setFundingSource(address(0));
        passHours(10);
        (int256 index, , ) = books.funding(ETH);
        assertEq(index, 0);
        assertEq(entry(alices), -20_000e18);
    }

    function test_theFirstCallOnlyStartsTheClock() public {
        prices.setPrice(BTC, 40_000 * USD, Validity.Fresh);
        source.setRate(BTC, RATE);
        vm.warp(vm.getBlockTimestamp() + 1 days);
        books.accrueFunding(BTC);
        (int256 index, uint40 accruedAt, ) = books.funding(BTC);
        assertEq(index, 0);
        assertEq(accruedAt, vm.getBlockTimestamp());
    }

    function test_onlyGovernanceNamesTheSource() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        vm.prank(alice);
        clearinghouse.setFundingSource(alice);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.FundingSourceSet(address(1));
        clearinghouse.setFundingSource(address(1));
        assertEq(clearinghouse.fundingSource(), address(1));
    }

    // Conservation

    function testFuzz_conservesInAnyOrder(uint256 seed) public {
        deposit(alicesOther, CASH, 20_000 * USDC);
        Account[4] memory all = [alices, bobs, carols, alicesOther];
        for (uint256 i = 0; i < 24; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            Account first = all[draw % 4];
            Account second = all[(draw + 1 + ((draw >> 8) % 3)) % 4];
            uint256 action = (draw >> 16) % 4;
            if (action == 0) {
                source.setRate(ETH, int256((draw >> 32) % 2.4e18) - 1.2e18);
                vm.warp(vm.getBlockTimestamp() + ((draw >> 100) % 2 hours));
                books.accrueFunding(ETH);
            } else if (action == 1) {
                fill(first, second, PERPETUAL, uint128(1 + ((draw >> 32) % 1e18)), 2000 * USD);
            } else if (action == 2) {
                books.settle(first, 1);
            } else if (position(alices, PERPETUAL) > 1 && first == alices) {
                transfer(
                    alices,
                    alicesOther,
                    PERPETUAL,
                    uint128(1 + ((draw >> 32) % uint256(position(alices, PERPETUAL))))
                );
            }
            requireConserved();
        }
    }

    function passHours(uint256 hours_) private {
        for (uint256 i = 0; i < hours_; ++i) {
            vm.warp(vm.getBlockTimestamp() + 1 hours);
            books.accrueFunding(ETH);
        }
    }

    function entry(Account account) private view returns (int256) {
        return clearinghouse.entryValue(account, PERPETUAL);
    }

    /// INV-1, to the unit, once the funding of all is written down; and what rounding leaves is not negative.
    function requireConserved() private {
        uint256 snapshot = vm.snapshotState();
        Account[5] memory all = [alices, bobs, carols, alicesOther, toAccount(bob, 7)];
        int256 total = int256(clearinghouse.reserve());
        for (uint256 i = 0; i < all.length; ++i) {
            int256 shown = clearinghouse.portfolio(all[i]).cash;
            books.settle(all[i], MAX_LEGS);
            assertEq(clearinghouse.portfolio(all[i]).cash, shown, "settling changes what was shown");
            total += shown;
        }
        (, , int256 left) = books.funding(ETH);
        assertGe(left, 0, "rounding is never paid out");
        assertLt(left, 500, "nothing but rounding");
        assertEq(total + left, int256(clearinghouse.recordedInTokens(CASH) * 1e12), "INV-1");
        vm.revertToState(snapshot);
    }
}

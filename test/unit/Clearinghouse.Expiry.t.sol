// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IClearinghouse, MAY_TRADE } from "../../contracts/interfaces/IClearinghouse.sol";
import { Deleveraging, Reward, TakeOver } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { IMarkets } from "../../contracts/interfaces/IMarkets.sol";
import { Line } from "../../contracts/mocks/MockMarginEngine.sol";
import { MockSettlementPrices } from "../../contracts/mocks/MockSettlementPrices.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH, Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { MAX_LEGS } from "../../contracts/types/Limits.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

/// Alice is long 10 calls of 2,500 from Bob and short 4 puts of 2,000 to Carol, all of one expiry; and long a perpetual from Bob.
contract ClearinghouseExpiryTest is ClearinghouseTest {
    uint40 private constant EXPIRY = 1_800_000_000;
    uint40 private constant LATER = EXPIRY + 7 days;

    Instrument private immutable PUT = toInstrument(ETH, Kind.Put, EXPIRY, 2000e8);
    Instrument private immutable LATER_CALL = toInstrument(ETH, Kind.Call, LATER, 2500e8);
    MockSettlementPrices private prices;

    function setUp() public override {
        super.setUp();
        prices = new MockSettlementPrices();
        engine.setPriceOracle(prices);
        engine.setLine(PUT, Line(50 * USD, 300 * USD, 150 * USD));
        engine.setLine(LATER_CALL, Line(150 * USD, 300 * USD, 150 * USD));
        deposit(alices, CASH, 20_000 * USDC);
        deposit(bobs, CASH, 20_000 * USDC);
        deposit(carols, CASH, 20_000 * USDC);
        fill(alices, bobs, CALL, 10 * UNIT, 100 * USD);
        fill(carols, alices, PUT, 4 * UNIT, 50 * USD);
        fill(alices, bobs, PERPETUAL, UNIT, 2000 * USD);
    }

    // Settling a series

    function test_aSeriesInTheMoneyPaysItsHoldersFromItsWriters() public {
        expire(2700 * USD);
        int256 alice_ = cash(alices);
        int256 bob_ = cash(bobs);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.SeriesSettled(CALL, 200 * USD, 10 * UNIT);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.Expired(bobs, CALL, -10e18, -2000e18);
        books.settleExpired(list(CALL), one(bobs));
        assertEq(cash(bobs), bob_ - 2000e18);
        assertEq(cash(alices), alice_ + 2000e18, "shown before she is settled");
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.Expired(alices, CALL, 10e18, 2000e18);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.SeriesClosed(CALL, 0);
        books.settleExpired(none(), one(alices));
        assertEq(cash(alices), alice_ + 2000e18);
        assertEq(position(alices, CALL), 0);
        assertEq(position(alices, PUT), -4e18, "not settled yet");
        requireConserved();
    }

    function test_outOfTheMoneyIsWorthNothing() public {
        expire(2200 * USD);
        int256 alice_ = cash(alices);
        settleAll(2200 * USD);
        assertEq(cash(alices), alice_);
        assertEq(clearinghouse.positions(alices).length, 1, "the perpetual");
        requireConserved();
    }

    function test_aPutPaysWhatIsBelowItsStrike() public {
        int256 carol_ = cash(carols);
        int256 alice_ = cash(alices);
        settleAll(1700 * USD);
        assertEq(cash(carols), carol_ + 1200e18);
        assertEq(cash(alices), alice_ - 1200e18);
        requireConserved();
    }

    function test_openInterestEndsWhenTheSeriesIsSettled() public {
        expire(2700 * USD);
        assertEq(clearinghouse.openInterest(ETH), 15 * UNIT);
        books.settleExpired(list(CALL), new Account[](0));
        assertEq(clearinghouse.openInterest(ETH), 5 * UNIT);
        assertEq(clearinghouse.openInterestOf(CALL), 0);
        (uint256 value, bool isSettled) = books.settlementOf(CALL);
        assertEq(value, 200 * USD);
        assertTrue(isSettled);
        (, isSettled) = books.settlementOf(PUT);
        assertFalse(isSettled);
    }

    function test_theFirstPriceStays() public {
        expire(2700 * USD);
        books.settleExpired(list(CALL), one(alices));
        prices.setSettlementPrice(ETH, EXPIRY, 9000 * USD);
        books.settleExpired(list(CALL), one(bobs));
        (uint256 value, ) = books.settlementOf(CALL);
        assertEq(value, 200 * USD);
        requireConserved();
    }

    function test_aSeriesThatNobodyHoldsIsNotRecorded() public {
        expire(2700 * USD);
        Instrument empty = toInstrument(ETH, Kind.Call, EXPIRY, 2600e8);
        books.settleExpired(list(empty), new Account[](0));
        (uint256 open, ) = books.settling();
        assertEq(open, 0);
    }

    function test_refusesWhatHasNoFinalPrice() public {
        vm.warp(EXPIRY);
        Instrument[3] memory wrong = [CALL, PERPETUAL, WETH];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IClearinghouse.SettlementPriceNotFinal.selector, wrong[i]));
            books.settleExpired(list(wrong[i]), new Account[](0));
        }
    }

    function test_settlingTwiceChangesNothing() public {
        settleAll(2700 * USD);
        int256 before = cash(alices);
        settleAll(2700 * USD);
        assertEq(cash(alices), before);
        requireConserved();
    }

    // Views and touches

    function test_everyViewShowsWhatSettlingLeaves() public {
        expire(1700 * USD);
        books.settleExpired(two_(CALL, PUT), new Account[](0));
        Account[3] memory all = [alices, bobs, carols];
        for (uint256 i = 0; i < all.length; ++i) {
            bytes32 shown = view_(all[i]);
            books.settleExpired(none(), one(all[i]));
            assertEq(view_(all[i]), shown, "settling changes what was shown");
        }
        requireConserved();
    }

    function test_anyActionSettlesFirst() public {
        expire(2700 * USD);
        books.settleExpired(list(CALL), new Account[](0));
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.Expired(bobs, CALL, -10e18, -2000e18);
        deposit(bobs, CASH, 1 * USDC);
        withdraw(alices, CASH, 1 * USDC);
        (uint256 open, ) = books.settling();
        assertEq(open, 0, "both have been through");
        requireConserved();
    }

    function test_aLoserCannotWithdrawWhatHeOwes() public {
        engine.setFloor(0);
        deposit(carols, CASH, 20_000 * USDC);
        transfer(bobs, toAccount(bob, 9), CASH, 15_000e18);
        // 6,000 and a perpetual left; the calls cost 5,000.
        expire(3000 * USD);
        books.settleExpired(list(CALL), new Account[](0));
        vm.expectPartialRevert(IClearinghouse.BelowInitialMargin.selector);
        withdraw(bobs, CASH, 1000 * USDC);
        assertEq(cash(bobs), 1000e18);
    }

    function test_expiredAndSettledCanNeitherBeTradedNorMoved() public {
        expire(2700 * USD);
        books.settleExpired(list(CALL), new Account[](0));
        markets.setTradable(CALL, false);
        vm.expectRevert(abi.encodeWithSelector(IMarkets.NotTradable.selector, CALL));
        fill(bobs, alices, CALL, UNIT, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.InsufficientPosition.selector, alices, CALL, int256(0), int256(1e18))
        );
        transfer(alices, alicesOther, CALL, UNIT);
    }

    function test_whatExpiresLaterStaysAndIsSettledInItsTurn() public {
        fill(alices, bobs, LATER_CALL, 2 * UNIT, 150 * USD);
        settleAll(2700 * USD);
        assertEq(position(alices, LATER_CALL), 2e18);
        int256 before = cash(alices);
        vm.warp(LATER);
        prices.setSettlementPrice(ETH, LATER, 2800 * USD);
        books.settleExpired(list(LATER_CALL), two(alices, bobs));
        assertEq(cash(alices), before + 600e18);
        requireConserved();
    }

    function test_anAccountThatIsTakenOverKeepsItsExpiries() public {
        Account taker = toAccount(carol, 7);
        engine.setFloor(30_000 * USD);
        deposit(carols, CASH, 100_000 * USDC);
        vm.prank(liquidator);
        force.takeOver(TakeOver(alices, taker, carols, 50_000e18, 0, new Reward[](0)));
        engine.setFloor(FLOOR);
        int256 before = cash(taker);
        expire(2700 * USD);
        books.settleExpired(list(CALL), one(taker));
        assertEq(cash(taker), before + 2000e18);
    }

    function test_aFullAccountIsSettledInOneTransaction() public {
        Instrument[] memory series = new Instrument[](MAX_LEGS);
        Account full = toAccount(alice, 77);
        Account other = toAccount(bob, 77);
        approve(full, address(this), MAY_TRADE);
        approve(other, address(this), MAY_TRADE);
        deposit(full, CASH, 1e6 * USDC);
        deposit(other, CASH, 1e6 * USDC);
        for (uint256 i = 0; i < MAX_LEGS; ++i) {
            series[i] = toInstrument(ETH, Kind.Call, EXPIRY, uint64(2500e8 + i * 1e8));
            fill(full, other, series[i], UNIT, 0);
        }
        expire(3000 * USD);
        books.settleExpired(series, new Account[](0));
        uint256 gas = gasleft();
        books.settleExpired(none(), one(full));
        assertLt(gas - gasleft(), 16_000_000, "fits a transaction");
        assertEq(clearinghouse.positions(full).length, 0);
        books.settleExpired(none(), two(other, alices));
        books.settleExpired(none(), one(bobs));
        (uint256 open, int256 received) = books.settling();
        assertEq(open, 0);
        assertEq(received, 0);
    }

    // Rounding

    function testFuzz_conservesInAnyOrder(uint256 price, uint256 seed) public {
        price = bound(price, 1, 10_000 * USD);
        Account[5] memory all = [alices, bobs, carols, alicesOther, toAccount(bob, 5)];
        approve(all[4], address(this), MAY_TRADE);
        deposit(alicesOther, CASH, 1e6 * USDC);
        deposit(all[4], CASH, 1e6 * USDC);
        for (uint256 i = 0; i < 8; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            Account buyer = all[draw % 2 == 0 ? 3 : 4];
            Account seller = all[draw % 2 == 0 ? 4 : 3];
            fill(buyer, seller, (draw >> 8) % 2 == 0 ? CALL : PUT, uint128(1 + ((draw >> 16) % 1e19)), 0);
        }
        expire(price);
        books.settleExpired(two_(CALL, PUT), new Account[](0));
        int256 reserveBefore = int256(clearinghouse.reserve());
        for (uint256 i = 0; i < 5; ++i) {
            requireConservedAsStored();
            books.settleExpired(none(), one(all[(i + (seed % 5)) % 5]));
        }
        (uint256 open, int256 received) = books.settling();
        assertEq(open, 0, "all are through");
        assertEq(received, 0);
        int256 residue = int256(clearinghouse.reserve()) - reserveBefore;
        assertGe(residue, 0, "rounding is never paid out");
        assertLt(residue, 10, "less than the holders of both series");
        requireConserved();
    }

    function test_theResidueGoesToTheReserve() public {
        fill(alices, bobs, CALL, 1, 100 * USD);
        // Long 10 units and 1e-18, short as many: each amount is off by a third of the smallest unit.
        expire(2500 * USD + USD / 3);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.SeriesClosed(CALL, 1);
        books.settleExpired(list(CALL), two(alices, bobs));
        assertEq(clearinghouse.reserve(), 1);
        requireConserved();
    }

    // Losses

    function test_aWriterWhoCannotPayOwesCash() public {
        expire(6000 * USD);
        books.settleExpired(list(CALL), two(alices, bobs));
        assertEq(cash(bobs), 20_000e18 + 1000e18 - 35_000e18);
        assertLt(clearinghouse.risk(bobs).equity, 0, "to be liquidated as any other");
        requireConserved();
    }

    function test_aTearUpComesBeforeTheExpiryOfItsSeries() public {
        // Bob's calls cost more than he has: he is torn up, and half a day later the series expires.
        engine.setLine(CALL, Line(3000 * USD, 300 * USD, 150 * USD));
        vm.prank(liquidator);
        force.deleverage(Deleveraging(bobs, 0, new Reward[](0), MAX_LEGS));
        assertEq(position(alices, CALL), 0);
        fill(alices, carols, CALL, 2 * UNIT, 3000 * USD);
        expire(2700 * USD);
        int256 before = cash(alices);
        books.settleExpired(list(CALL), two(alices, carols));
        assertEq(cash(alices), before + 400e18, "only what was opened after the tear-up");
        (, uint256 openTearUps) = books.losses();
        assertEq(openTearUps, 0);
        requireConserved();
    }

    function test_aTearUpThatWaitsIsTakenBeforeTheCashOfTheSeries() public {
        // Alice is long 10, Carol 5 more, of Bob and Dan; Bob is torn up, nobody touches Carol until the series is settled.
        Account dans = toAccount(makeAddr("dan"), 1);
        equip(dans.owner());
        approve(dans, address(this), MAY_TRADE);
        deposit(dans, CASH, 1e5 * USDC);
        fill(carols, dans, CALL, 5 * UNIT, 100 * USD);
        engine.setLine(CALL, Line(3000 * USD, 300 * USD, 150 * USD));
        vm.prank(liquidator);
        force.deleverage(Deleveraging(bobs, 0, new Reward[](0), MAX_LEGS));
        expire(2700 * USD);
        books.settleExpired(list(CALL), new Account[](0));
        bytes32 shown = view_(carols);
        books.settleExpired(none(), two(carols, alices));
        assertEq(view_(carols), shown);
        books.settleExpired(none(), two(dans, bobs));
        (uint256 open, int256 received) = books.settling();
        assertEq(open, 0);
        assertEq(received, 0);
    }

    /// By the index of cash, at once: who is still to be paid for the series bears none of it.
    function test_cashSharesALossWhileASeriesIsBeingSettled() public {
        expire(2700 * USD);
        books.settleExpired(list(CALL), new Account[](0));
        Account borrower = toAccount(makeAddr("frida"), 1);
        equip(borrower.owner());
        deposit(borrower, WBTC, 1e8);
        withdraw(borrower, CASH, 1000 * USDC);
        engine.setLine(WBTC, Line(500 * USD, 100 * USD, 50 * USD));
        uint256 reserve = clearinghouse.reserve();
        vm.prank(liquidator);
        assertEq(force.deleverage(Deleveraging(borrower, 0, new Reward[](0), MAX_LEGS)), 500e18);
        books.settleExpired(none(), two(alices, bobs));
        (uint256 open, int256 received) = books.settling();
        assertEq(open, 0);
        assertEq(received, 0);
        assertApproxEqAbs(clearinghouse.reserve(), reserve, 1e9, "what rounding an index leaves");
    }

    // The door inside

    function test_theInnerDoorIsShutOutside() public {
        vm.expectRevert(IClearinghouse.NotLocked.selector);
        books.settleTouched(alices);
    }

    function expire(uint256 price) private {
        if (vm.getBlockTimestamp() < EXPIRY) vm.warp(EXPIRY);
        prices.setSettlementPrice(ETH, EXPIRY, price);
    }

    function settleAll(uint256 price) private {
        expire(price);
        books.settleExpired(two_(CALL, PUT), two(alices, bobs));
        books.settleExpired(none(), one(carols));
    }

    function list(Instrument item) private pure returns (Instrument[] memory series) {
        series = new Instrument[](1);
        series[0] = item;
    }

    function two_(Instrument first, Instrument second) private pure returns (Instrument[] memory series) {
        series = new Instrument[](2);
        (series[0], series[1]) = (first, second);
    }

    function none() private pure returns (Instrument[] memory) {}

    function view_(Account account) private view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    cash(account),
                    clearinghouse.portfolio(account),
                    clearinghouse.entryValue(account, PERPETUAL)
                )
            );
    }

    function holders() private returns (Account[7] memory) {
        return
            [
                alices,
                bobs,
                carols,
                alicesOther,
                toAccount(bob, 5),
                toAccount(makeAddr("dan"), 1),
                toAccount(makeAddr("frida"), 1)
            ];
    }

    /// INV-1 when everybody has been through, to the unit.
    function requireConserved() private {
        uint256 snapshot = vm.snapshotState();
        Account[7] memory all = holders();
        for (uint256 i = 0; i < all.length; ++i) books.settle(all[i], MAX_LEGS);
        requireConservedAsStored();
        vm.revertToState(snapshot);
    }

    /// INV-1 at any moment. What has not been touched is shown settled: its part in what others still owe is taken off again.
    function requireConservedAsStored() private {
        (, int256 received) = books.settling();
        int256 total = int256(clearinghouse.reserve()) + received;
        Account[7] memory all = holders();
        for (uint256 i = 0; i < all.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            int256 shown = clearinghouse.portfolio(all[i]).cash;
            books.settle(all[i], MAX_LEGS);
            (, int256 afterwards) = books.settling();
            int256 reserve = int256(clearinghouse.reserve());
            vm.revertToState(snapshot);
            // What settling this account takes out of, or puts into, what is received and the reserve.
            total += shown + afterwards - received + reserve - int256(clearinghouse.reserve());
        }
        assertEq(total, int256(clearinghouse.recordedInTokens(CASH) * 1e12), "INV-1");
    }
}

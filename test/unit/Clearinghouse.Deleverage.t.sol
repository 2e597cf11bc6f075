// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Fill, IClearinghouse } from "../../contracts/interfaces/IClearinghouse.sol";
import { Deleveraging, Reward } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Line } from "../../contracts/mocks/MockMarginEngine.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { MAX_LEGS } from "../../contracts/types/Limits.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

/// Alice is long 10 perpetuals from 2,000 USD on 5,000 USD; Dan is long 6 on plenty. Bob is short 12 of these, Carol 4. At 1,400 alice
/// lacks 1,000 USD. Erin holds nothing but cash.
contract ClearinghouseDeleverageTest is ClearinghouseTest {
    Account private dans = toAccount(makeAddr("dan"), 1);
    Account private erins = toAccount(makeAddr("erin"), 1);
    Account private starter = toAccount(makeAddr("starter"), 0);
    Account private finisher = toAccount(makeAddr("finisher"), 0);

    function setUp() public override {
        super.setUp();
        equip(dans.owner());
        equip(erins.owner());
        approve(dans, address(this), 7);
        deposit(alices, CASH, 5000 * USDC);
        deposit(bobs, CASH, 1e5 * USDC);
        deposit(carols, CASH, 1e5 * USDC);
        deposit(dans, CASH, 1e5 * USDC);
        deposit(erins, CASH, 1e4 * USDC);
        fill(alices, bobs, PERPETUAL, 10 * UNIT, 2000 * USD);
        fill(dans, bobs, PERPETUAL, 2 * UNIT, 2000 * USD);
        fill(dans, carols, PERPETUAL, 4 * UNIT, 2000 * USD);
        setEthPrice(1400 * USD);
    }

    function test_closesTheOtherSideInProportion() public {
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.Deleveraged(alices, PERPETUAL, 10e18, 15_000e18, 16e18);
        uint256 charged = deleverage(alices);
        assertEq(charged, 1000e18, "what alice lacked");
        assertEq(clearinghouse.risk(alices).equity, 0);
        assertEq(clearinghouse.positions(alices).length, 0);
        assertEq(cash(alices), 0);
        // Ten of sixteen, bought back at 1,500: a hundred more than the mark.
        assertEq(position(bobs, PERPETUAL), -4.5e18);
        assertEq(position(carols, PERPETUAL), -1.5e18);
        assertEq(cash(bobs), 1e5 * 1e18 + 7.5e18 * 500);
        assertEq(cash(carols), 1e5 * 1e18 + 2.5e18 * 500);
        assertEq(position(dans, PERPETUAL), 6e18, "the same side shares nothing");
        assertEq(cash(erins), 1e4 * 1e18, "a flat account is never charged");
        assertEq(clearinghouse.openInterest(ETH), 6 * UNIT);
        assertEq(clearinghouse.openInterestOf(PERPETUAL), 6 * UNIT);
        requireConserved();
    }

    function test_everyViewShowsWhatSettlingLeaves() public {
        deleverage(alices);
        Account[2] memory short = [bobs, carols];
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 shown = view_(short[i]);
            books.settle(short[i], 1);
            assertEq(view_(short[i]), shown, "settling changes what was shown");
        }
        (uint256 tearUps, uint256 open) = books.losses();
        assertEq(tearUps, 1);
        assertEq(open, 0, "all who share have settled");
        requireConserved();
    }

    function test_anyActionTakesTheShareFirst() public {
        deleverage(alices);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.LossTaken(bobs, PERPETUAL, 7.5e18, -11_250e18);
        deposit(bobs, CASH, 1 * USDC);
        assertEq(position(bobs, PERPETUAL), -4.5e18);
        // What is opened afterwards shares nothing.
        fill(dans, bobs, PERPETUAL, 3 * UNIT, 1400 * USD);
        fill(dans, erinsOpened(), PERPETUAL, 3 * UNIT, 1400 * USD);
        assertEq(position(bobs, PERPETUAL), -7.5e18);
        assertEq(position(erins, PERPETUAL), -3e18);
        assertEq(position(carols, PERPETUAL), -1.5e18, "the share of another is the same as before");
        requireConserved();
    }

    function test_whoClosesBeforeHisTurnClosesWhatIsLeft() public {
        deleverage(alices);
        Batch memory actions;
        actions.reducing = one(carols);
        actions.fills = one(Fill(carols, dans, PERPETUAL, 2 * UNIT, 1400 * USD));
        vm.expectPartialRevert(IClearinghouse.InsufficientPosition.selector);
        clearinghouse.batch(actions);
        actions.fills[0].size = 1.5e18;
        clearinghouse.batch(actions);
        assertEq(clearinghouse.positions(carols).length, 0);
        assertEq(position(bobs, PERPETUAL), -4.5e18);
        requireConserved();
    }

    function test_withoutDeficitEverybodyIsClosedAtTheMark() public {
        setEthPrice(1550 * USD);
        uint256 charged = deleverage(alices);
        assertEq(charged, 0);
        assertEq(clearinghouse.risk(alices).equity, 500e18, "the owner keeps what is left");
        assertEq(cash(alices), 500e18);
        assertEq(cash(bobs), 1e5 * 1e18 + 7.5e18 * 450);
        requireConserved();
    }

    function test_theReservePaysFirst() public {
        fundReserve(400);
        uint256 charged = deleverage(Deleveraging(alices, 400e18, new Reward[](0), MAX_LEGS));
        assertEq(charged, 600e18);
        assertEq(clearinghouse.reserve(), 0);
        assertEq(cash(alices), 0);
        requireConserved();
    }

    function test_keepersArePaidFromWhatTheReserveAddsElseUpToAHundredthOfTheDeficit() public {
        Reward[] memory rewards = new Reward[](2);
        (rewards[0], rewards[1]) = (Reward(starter, 8e18), Reward(finisher, 25e18));
        uint256 charged = deleverage(Deleveraging(alices, 0, rewards, MAX_LEGS));
        assertEq(charged, 1010e18, "the deficit and one per cent");
        assertEq(cash(starter), 8e18);
        assertEq(cash(finisher), 2e18);
        assertEq(cash(alices), 0);
        requireConserved();
    }

    function test_keepersArePaidInFullByTheReserve() public {
        fundReserve(1033);
        Reward[] memory rewards = new Reward[](2);
        (rewards[0], rewards[1]) = (Reward(starter, 8e18), Reward(finisher, 25e18));
        uint256 charged = deleverage(Deleveraging(alices, 1033e18, rewards, MAX_LEGS));
        assertEq(charged, 0);
        assertEq(cash(starter) + cash(finisher), 33e18);
        requireConserved();
    }

    /// A call at 100 and the perpetuals: only those whom alice owes lose, each the same share of his claim.
    function test_chargesThoseWhomTheAccountOwesByTheSameShare() public {
        writeCalls();
        // Alice: 5,000 + 200 in cash, −6,000 on the perpetuals, −2,000 on the calls.
        uint256 charged = deleverage(alices);
        assertEq(charged, 2800e18);
        int256 claims = 8000e18;
        int256 ofCalls = (2000e18 * 2800e18) / claims;
        assertEq(cash(dans), 1e5 * 1e18 - 200e18 + 2000e18 - ofCalls);
        assertEq(position(dans, CALL), 0);
        int256 ofPerpetuals = 2800e18 - ofCalls;
        assertEq(cash(bobs) + cash(carols), 2e5 * 1e18 + 6000e18 - ofPerpetuals);
        requireConserved();
    }

    /// In several calls at the same marks everybody is charged what one call would have charged.
    function test_severalCallsChargeLikeOne() public {
        writeCalls();
        uint256 start = vm.snapshotState();
        uint256 whole = deleverage(alices);
        bytes32 bob_ = view_(bobs);
        bytes32 dan_ = view_(dans);
        vm.revertToState(start);
        uint256 first = deleverage(Deleveraging(alices, 0, new Reward[](0), 1));
        assertLt(clearinghouse.risk(alices).equity, 0, "not done yet");
        uint256 second = deleverage(Deleveraging(alices, 0, new Reward[](0), 1));
        assertEq(first + second, whole);
        assertEq(clearinghouse.risk(alices).equity, 0);
        assertEq(view_(bobs), bob_);
        assertEq(view_(dans), dan_);
        requireConserved();
    }

    /// Rounding, in any order of settling: nothing is lost and nothing is left open.
    function testFuzz_sharesAddUpToTheWhole(uint256 seed, uint128 size, uint256 price) public {
        size = uint128(bound(size, 1, 10 * UNIT));
        price = bound(price, 1_300e18, 1_499e18);
        // Uneven holdings.
        fill(dans, bobs, PERPETUAL, uint128(bound(seed, 1, 5e18)), 2000 * USD);
        fill(dans, erinsOpened(), PERPETUAL, uint128(bound(seed >> 64, 1, 5e18)), 1998 * USD + 7);
        if (size < 10 * UNIT) reduceAtMark(alices, bobs, 10 * UNIT - size);
        setEthPrice(price);
        Risk memory risk = clearinghouse.risk(alices);
        if (risk.equity >= int256(risk.maintenance)) return;
        uint256 deficit = risk.equity < 0 ? uint256(-risk.equity) : 0;
        uint256 charged = deleverage(alices);
        assertLe(charged, deficit, "at most the deficit");
        Account[3] memory short = [bobs, carols, erins];
        for (uint256 i = 0; i < 3; ++i) {
            Account next = short[(i + (seed % 3)) % 3];
            int256 before = position(next, PERPETUAL);
            bytes32 shown = view_(next);
            books.settle(next, 1);
            assertEq(view_(next), shown, "as shown");
            assertEq(position(next, PERPETUAL), before);
        }
        (, uint256 open) = books.losses();
        assertEq(open, 0, "nothing left open");
        int256 net = position(bobs, PERPETUAL) + position(carols, PERPETUAL) + position(erins, PERPETUAL);
        assertEq(net + position(dans, PERPETUAL), 0, "INV-2");
        assertEq(uint256(position(dans, PERPETUAL)), clearinghouse.openInterestOf(PERPETUAL), "open interest");
        requireConserved();
    }

    /// It costs the same however many share.
    function test_costsTheSameForManyHolders() public {
        uint256 start = vm.snapshotState();
        uint256 few = gasOfDeleveraging();
        vm.revertToState(start);
        for (uint160 i = 1; i <= 20; ++i) {
            Account account = toAccount(address(0x1000 + i), 1);
            equip(account.owner());
            approve(account, address(this), 7);
            deposit(account, CASH, 1e5 * USDC);
            fill(dans, account, PERPETUAL, UNIT / 10, 1400 * USD);
        }
        // What the fills have touched is warm; twenty shares would cost a multiple of that.
        assertLe(gasOfDeleveraging(), few, "gas");
    }

    function test_onlyBelowMaintenanceOnValidFeeds() public {
        vm.expectPartialRevert(IClearinghouse.NotLiquidatable.selector);
        deleverage(dans);
        engine.setValidity(Validity.Invalid, 0);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.FeedInvalid.selector, alices));
        deleverage(alices);
    }

    function test_onlyTheLiquidator() public {
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.NotLiquidator.selector, alice));
        vm.prank(alice);
        force.deleverage(Deleveraging(alices, 0, new Reward[](0), MAX_LEGS));
    }

    function test_moreThanTheReserveHoldsIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.InsufficientReserve.selector, 0, 1));
        deleverage(Deleveraging(alices, 1, new Reward[](0), MAX_LEGS));
    }

    function test_aCallTakesALimitedNumberOfSharesAndMoreCallsTheRest() public {
        tearUpOften(130);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.Unsettled.selector, bobs));
        deposit(bobs, CASH, 1 * USDC);
        bytes32 shown = view_(bobs);
        books.settle(bobs, 100);
        assertEq(view_(bobs), shown);
        books.settle(bobs, 100);
        assertEq(view_(bobs), shown);
        deposit(bobs, CASH, 1 * USDC);
        requireConserved();
    }

    // Positive cash

    function test_aDebtWithoutDerivativesIsSharedByAllPositiveCash() public {
        Account borrower = borrowed();
        uint256 charged = deleverage(borrower);
        assertEq(charged, 500e18, "1,000 borrowed less collateral of 500");
        assertEq(clearinghouse.risk(borrower).equity, 0);
        assertEq(cash(borrower), -500e18, "as much as the collateral is worth");
        int256 all = 5000e18 + 3e5 * 1e18 + 1e4 * 1e18;
        int256 share = (500e18 * 1e4 * 1e18) / all;
        assertLt(cash(erins), 1e4 * 1e18 - share, "in proportion, rounded up");
        // The index has 18 digits.
        assertGe(cash(erins), 1e4 * 1e18 - share - 1e4 - 1, "by no more than its last digit");
        assertLe(clearinghouse.reserve(), uint256(all) / 1e18 + 1, "which the reserve keeps");
        requireConserved();
    }

    function test_laterCashSharesNothing() public {
        deleverage(borrowed());
        assertLt(books.cashTotals().supplyIndex, 1e18, "fixture: the index has fallen");
        Account late = toAccount(makeAddr("late"), 1);
        equip(late.owner());
        deposit(late, CASH, 1000 * USDC);
        assertEq(cash(late), 1000e18);
        int256 before = cash(erins);
        deposit(erins, CASH, 1000 * USDC);
        assertEq(cash(erins), before + 1000e18, "what was there shares, what comes does not");
        requireConserved();
    }

    /// What waits is not cash yet, as an entry value is not: only what is there shares.
    function test_cashSharesALossWhileTearUpsWait() public {
        deleverage(alices);
        Account borrower = borrowed();
        uint256 start = vm.snapshotState();
        int256 shown = cash(bobs);
        assertEq(deleverage(borrower), 500e18, "nothing to wait for");
        int256 waiting = shown - cash(bobs);
        assertGt(waiting, 0, "bob shares");
        books.settle(bobs, 1);
        assertEq(shown - cash(bobs), waiting, "as shown");
        requireConserved();
        vm.revertToState(start);
        books.settle(bobs, 1);
        deleverage(borrower);
        // 3,750 USD were to come.
        assertGt(shown - cash(bobs), waiting, "settled first he shares on that as well");
        requireConserved();
    }

    function test_twoLossesInARow() public {
        deleverage(borrowed());
        int256 once = cash(erins);
        Account second = toAccount(makeAddr("frank"), 1);
        borrow(second);
        deleverage(second);
        assertLt(cash(erins), once);
        bytes32 shown = view_(erins);
        books.settle(erins, 1);
        assertEq(view_(erins), shown, "nothing is left to settle");
        requireConserved();
    }

    function test_whatTheReservePaysInFullNobodyShares() public {
        Account borrower = borrowed();
        fundReserve(500);
        uint256 charged = deleverage(Deleveraging(borrower, 500e18, new Reward[](0), MAX_LEGS));
        assertEq(charged, 0);
        assertEq(clearinghouse.risk(borrower).equity, 0);
        assertEq(books.cashTotals().supplyIndex, 1e18, "no loss");
        assertEq(cash(erins), 1e4 * 1e18);
        requireConserved();
    }

    // Helpers

    function deleverage(Account account) private returns (uint256 charged) {
        return deleverage(Deleveraging(account, 0, new Reward[](0), MAX_LEGS));
    }

    function deleverage(Deleveraging memory order) private returns (uint256 charged) {
        vm.prank(liquidator);
        return force.deleverage(order);
    }

    /// Two calls at 100, which are worth 1,000 then.
    function writeCalls() private {
        setEthPrice(2000 * USD);
        fill(dans, alices, CALL, 2 * UNIT, 100 * USD);
        setEthPrice(1400 * USD);
        engine.setLine(CALL, Line(1000 * USD, 300 * USD, 150 * USD));
    }

    function gasOfDeleveraging() private returns (uint256 used) {
        used = gasleft();
        deleverage(alices);
        used -= gasleft();
    }

    function erinsOpened() private returns (Account) {
        approve(erins, address(this), 7);
        return erins;
    }

    function reduceAtMark(Account seller, Account buyer, uint128 size) private {
        setEthPrice(2000 * USD);
        fill(buyer, seller, PERPETUAL, size, 2000 * USD);
    }

    function fundReserve(uint256 dollars) private {
        usdc.mint(address(this), dollars * USDC);
        usdc.approve(address(clearinghouse), dollars * USDC);
        clearinghouse.fundReserve(dollars * USDC);
    }

    /// Many accounts long one unit go down one after the other.
    function tearUpOften(uint256 times) private {
        setEthPrice(2000 * USD);
        for (uint160 i = 1; i <= times; ++i) {
            Account account = toAccount(address(0x2000 + i), 1);
            equip(account.owner());
            approve(account, address(this), 7);
            deposit(account, CASH, 500 * USDC);
            fill(account, carols, PERPETUAL, UNIT / 10, 2000 * USD);
        }
        engine.setFloor(501 * USD);
        for (uint160 i = 1; i <= times; ++i) {
            Account account = toAccount(address(0x2000 + i), 1);
            books.settle(account, times);
            deleverage(account);
        }
        engine.setFloor(FLOOR);
    }

    /// One bitcoin at 40,000 carries a debt of 1,000; then it is worth 500.
    function borrowed() private returns (Account account) {
        account = toAccount(makeAddr("frida"), 1);
        borrow(account);
    }

    function borrow(Account account) private {
        equip(account.owner());
        engine.setLine(WBTC, Line(40_000 * USD, 8_000 * USD, 4_000 * USD));
        deposit(account, WBTC, 1e8);
        withdraw(account, CASH, 1000 * USDC);
        engine.setLine(WBTC, Line(500 * USD, 100 * USD, 50 * USD));
    }

    function view_(Account account) private view returns (bytes32) {
        Portfolio memory portfolio = clearinghouse.portfolio(account);
        int256 entry = clearinghouse.entryValue(account, PERPETUAL);
        int256 size = clearinghouse.position(account, PERPETUAL);
        return keccak256(abi.encode(clearinghouse.cash(account), entry, size, portfolio));
    }

    /// INV-1 for cash once everybody has settled, to the wei; of an index that is not 1 every balance shown lacks less than one.
    function requireConserved() private {
        Account[9] memory all = [
            alices,
            bobs,
            carols,
            dans,
            erins,
            starter,
            finisher,
            toAccount(makeAddr("frida"), 1),
            toAccount(makeAddr("late"), 1)
        ];
        int256 total = int256(clearinghouse.reserve());
        total += cash(toAccount(makeAddr("frank"), 1));
        for (uint160 i = 1; i <= 130; ++i) total += cashOf(toAccount(address(0x2000 + i), 1));
        for (uint256 i = 0; i < all.length; ++i) total += cashOf(all[i]);
        int256 recorded = int256(clearinghouse.recordedInTokens(CASH) * 1e12);
        if (books.cashTotals().supplyIndex == 1e18) assertEq(total, recorded, "INV-1");
        assertLe(total, recorded, "INV-1: created");
        assertGe(total, recorded - 141, "INV-1: lost");
    }

    function cashOf(Account account) private returns (int256) {
        books.settle(account, 200);
        return clearinghouse.portfolio(account).cash;
    }
}

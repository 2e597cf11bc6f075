// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Lens } from "../../contracts/Lens.sol";
import { Batch, Deposit, Fill, IClearinghouse, Withdrawal } from "../../contracts/interfaces/IClearinghouse.sol";
import { Change, ILens, Preview } from "../../contracts/interfaces/ILens.sol";
import { IMarginModel, Portfolio } from "../../contracts/interfaces/IMarginEngine.sol";
import { IMarkets } from "../../contracts/interfaces/IMarkets.sol";
import { Account } from "../../contracts/types/Account.sol";
import { CASH, Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { MAX_LEGS } from "../../contracts/types/Limits.sol";
import { Position } from "../../contracts/types/Position.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

/// Every preview beside the batch that it speaks of, on the real clearinghouse: equal to the wei.
contract LensPreviewTest is ClearinghouseTest {
    uint256 private constant FILLS = 6;
    Lens private lens;

    function setUp() public override {
        super.setUp();
        lens = Lens(deploy("Lens", abi.encode(clearinghouse, address(0))));
        deposit(alices, CASH, 1e8 * USDC);
        deposit(bobs, CASH, 1e8 * USDC);
    }

    function testFuzz_FillsDoWhatWasShownToBothSides(uint256 seed) public {
        deposit(alices, WETH, 1000 ether);
        deposit(bobs, WETH, 1000 ether);
        // Some are held before, so that fills reduce, close and turn positions round.
        for (uint256 i = 0; i < FILLS; ++i) {
            Batch memory actions;
            uint256 count = 1 + (seed % 3);
            actions.fills = new Fill[](count);
            for (uint256 k = 0; k < count; ++k) actions.fills[k] = fillOf(uint256(keccak256(abi.encode(seed, i, k))));
            Preview memory ofAlice = lens.preview(alices, changesOf(actions.fills, alices));
            Preview memory ofBob = lens.preview(bobs, changesOf(actions.fills, bobs));
            assertBefore(ofAlice, alices);
            assertBefore(ofBob, bobs);
            clearinghouse.batch(actions);
            assertAfter(ofAlice, alices);
            assertAfter(ofBob, bobs);
        }
    }

    function test_ClosingAPerpetualRealisesWhatWasShown() public {
        fill(alices, bobs, PERPETUAL, 3 * UNIT, 2000 * USD);
        fill(alices, bobs, PERPETUAL, UNIT / 3, 1777 * USD + 1);
        Change[] memory changes = one(Change(PERPETUAL, -4e18, 2100 * USD));
        Preview memory shown = lens.preview(alices, changes);
        fill(bobs, alices, PERPETUAL, 4 * UNIT, 2100 * USD);
        assertAfter(shown, alices);
    }

    /// In the order of a batch: paid in, then traded, then taken out.
    function test_DepositsAndWithdrawalsDoWhatWasShown() public {
        deposit(alices, WETH, 2 ether);
        Batch memory actions;
        actions.deposits = new Deposit[](2);
        actions.deposits[0] = Deposit(alices, CASH, 123 * USDC);
        actions.deposits[1] = Deposit(alices, WBTC, 5e7);
        actions.withdrawals = new Withdrawal[](2);
        actions.withdrawals[0] = Withdrawal(alices, WETH, 2 ether, alice);
        actions.withdrawals[1] = Withdrawal(alices, CASH, 23 * USDC, alice);
        Change[] memory changes = new Change[](4);
        changes[0] = Change(CASH, 123e18, 0);
        changes[1] = Change(WBTC, 0.5e18, 0);
        changes[2] = Change(WETH, -2e18, 0);
        changes[3] = Change(CASH, -23e18, 0);
        Preview memory shown = lens.preview(alices, changes);
        assertBefore(shown, alices);
        vm.prank(alice);
        clearinghouse.batch(actions);
        assertAfter(shown, alices);
        assertEq(shown.afterwards.equity - shown.before.equity, 100e18 + 20_000e18 - 4000e18);
    }

    function test_WithdrawalsBeyondTheCashAreADebt() public view {
        Preview memory shown = lens.preview(alices, one(Change(CASH, -int128(1e8 * 1e18) - 1, 0)));
        assertEq(shown.portfolio.cash, -1);
        assertEq(shown.afterwards.maintenance, FLOOR);
    }

    function test_AClosedLegsPlaceIsTakenByTheLast() public {
        fill(alices, bobs, CALL, UNIT, 100 * USD);
        fill(alices, bobs, PERPETUAL, UNIT, 2000 * USD);
        deposit(alices, WETH, 1 ether);
        Preview memory shown = lens.preview(alices, one(Change(CALL, -1e18, 50 * USD)));
        assertTrue(shown.portfolio.positions[0].instrument() == WETH);
        fill(bobs, alices, CALL, UNIT, 50 * USD);
        assertAfter(shown, alices);
    }

    function test_ASupposedPortfolioFaresLikeAStoredOne() public {
        fill(alices, bobs, PERPETUAL, 3 * UNIT, 2001 * USD);
        Change[] memory changes = new Change[](2);
        changes[0] = Change(CALL, -7e18, 99 * USD);
        changes[1] = Change(PERPETUAL, -4e18, 1999 * USD);
        Preview memory ofStored = lens.preview(alices, changes);
        Preview memory ofSupposed = lens.previewOf(clearinghouse.portfolio(alices), changes);
        assertEq(abi.encode(ofSupposed), abi.encode(ofStored));
    }

    function test_NoChangeChangesNothing() public view {
        Preview memory shown = lens.preview(alices, new Change[](0));
        assertEq(abi.encode(shown.before), abi.encode(shown.afterwards));
        assertEq(abi.encode(shown.portfolio), abi.encode(clearinghouse.portfolio(alices)));
    }

    function test_RefusesNothing() public {
        vm.expectRevert(IClearinghouse.ZeroSize.selector);
        lens.preview(alices, one(Change(CALL, 0, 100 * USD)));
    }

    function test_RefusesATokenThatIsNotThere() public {
        deposit(alices, WETH, 1 ether);
        bytes memory expected = abi.encodeWithSelector(
            IClearinghouse.InsufficientPosition.selector,
            alices,
            WETH,
            int256(1e18),
            -int256(1e18) - 1
        );
        vm.expectRevert(expected);
        lens.preview(alices, one(Change(WETH, -1e18 - 1, 2000 * USD)));
        Batch memory actions;
        actions.fills = one(Fill(bobs, alices, WETH, UNIT + 1, 2000 * USD));
        vm.expectRevert(expected);
        clearinghouse.batch(actions);
    }

    function test_RefusesWhatIsNoInstrument() public {
        Instrument[3] memory unknown = [
            toInstrument(ETH, Kind.Call, 0, 2500e8),
            Instrument.wrap(uint128(0xf) << 104),
            CASH
        ];
        for (uint256 i = 0; i < unknown.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMarginModel.UnknownInstrument.selector, unknown[i]));
            lens.previewOf(Portfolio(0, new Position[](0)), one(Change(unknown[i], 1e18, 1)));
        }
    }

    function test_OnlyFillsThatOpenNeedATradableInstrument() public {
        fill(alices, bobs, CALL, UNIT, 100 * USD);
        markets.setTradable(CALL, false);
        bytes memory expected = abi.encodeWithSelector(IMarkets.NotTradable.selector, CALL);
        vm.expectRevert(expected);
        lens.preview(alices, one(Change(CALL, 1, 100 * USD)));
        vm.expectRevert(expected);
        lens.preview(alices, one(Change(CALL, -1e18 - 1, 100 * USD)));
        assertEq(lens.preview(alices, one(Change(CALL, -1e18, 100 * USD))).portfolio.positions.length, 0);
        // A transfer opens nothing.
        assertEq(lens.preview(alices, one(Change(CALL, 1e18, 0))).portfolio.positions.length, 1);
    }

    function test_RefusesMoreLegsThanAnAccountHas() public {
        Change[] memory changes = new Change[](MAX_LEGS + 1);
        for (uint256 i = 0; i <= MAX_LEGS; ++i) {
            changes[i] = Change(toInstrument(ETH, Kind.Call, 1_800_000_000, uint64(i + 1)), 1e18, 1);
        }
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.TooManyPositions.selector, alices, MAX_LEGS));
        lens.preview(alices, changes);
        changes[MAX_LEGS].instrument = changes[0].instrument;
        assertEq(lens.preview(alices, changes).portfolio.positions.length, MAX_LEGS);
    }

    function test_RefusesAPositionBeyondItsWord() public {
        Change[] memory changes = new Change[](2);
        changes[0] = Change(CALL, type(int128).max, 0);
        changes[1] = Change(CALL, 1, 0);
        vm.expectRevert(
            abi.encodeWithSelector(SafeCast.SafeCastOverflowedIntDowncast.selector, uint8(128), int256(1 << 127))
        );
        lens.preview(alices, changes);
    }

    function test_RefusesMoreChangesThanItsLimit() public {
        uint256 limit = lens.MAX_CHANGES();
        Change[] memory changes = new Change[](limit + 1);
        for (uint256 i = 0; i <= limit; ++i) changes[i] = Change(CASH, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(ILens.TooManyChanges.selector, limit + 1, limit));
        lens.preview(alices, changes);
    }

    function fillOf(uint256 word) private view returns (Fill memory result) {
        result.instrument = [CALL, PERPETUAL, WETH][word % 3];
        bool isSale = (word >> 8) % 2 == 0;
        (result.buyer, result.seller) = isSale ? (bobs, alices) : (alices, bobs);
        // Whole units now and then, so that some close exactly.
        result.size = (word >> 16) % 4 == 0 ? UNIT : uint128((word >> 24) % (3 * UNIT)) + 1;
        result.price = ((word >> 160) % (3000 * USD)) + 1;
    }

    function changesOf(Fill[] memory fills, Account side) private pure returns (Change[] memory changes) {
        changes = new Change[](fills.length);
        for (uint256 i = 0; i < fills.length; ++i) {
            int128 size = int128(fills[i].size);
            changes[i] = Change(fills[i].instrument, fills[i].buyer == side ? size : -size, fills[i].price);
        }
    }

    function one(Change memory item) private pure returns (Change[] memory list) {
        list = new Change[](1);
        list[0] = item;
    }

    function assertBefore(Preview memory shown, Account account) private view {
        assertEq(abi.encode(shown.before), abi.encode(clearinghouse.risk(account)));
    }

    function assertAfter(Preview memory shown, Account account) private view {
        assertEq(abi.encode(shown.portfolio), abi.encode(clearinghouse.portfolio(account)));
        assertEq(abi.encode(shown.afterwards), abi.encode(clearinghouse.risk(account)));
    }
}

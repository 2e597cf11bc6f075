// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Fill, IClearinghouse, MAY_TRADE } from "../../contracts/interfaces/IClearinghouse.sol";
import { Collateral, IMarkets, Underlying } from "../../contracts/interfaces/IMarkets.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Line } from "../../contracts/mocks/MockMarginEngine.sol";
import { CASH, Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { MAX_LEGS } from "../../contracts/types/Limits.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

contract ClearinghouseFillTest is ClearinghouseTest {
    function setUp() public override {
        super.setUp();
        deposit(alices, CASH, 1e6 * USDC);
        deposit(bobs, CASH, 1e6 * USDC);
    }

    function testFuzz_paysTheSameNumberThatIsReceived(uint128 size, uint256 price) public {
        size = uint128(bound(size, 1, 100 * UNIT));
        price = bound(price, 0, 200 * USD);
        fill(alices, bobs, CALL, size, price);
        int256 value = int256((price * size) / 1e18);
        assertEq(cash(alices), int256(1e6 * USD) - value);
        assertEq(cash(bobs), int256(1e6 * USD) + value);
        assertEq(position(alices, CALL), int256(uint256(size)));
        assertEq(position(bobs, CALL), -int256(uint256(size)));
        assertEq(clearinghouse.openInterest(ETH), size);
    }

    function test_tellsOfTheTrade() public {
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.Filled(alices, bobs, CALL, UNIT, 100 * USD);
        fill(alices, bobs, CALL, UNIT, 100 * USD);
    }

    function test_sellsATokenThatIsThere() public {
        deposit(bobs, WETH, 1 ether);
        fill(alices, bobs, WETH, UNIT, 1999 * USD);
        assertEq(position(alices, WETH), 1 ether);
        assertEq(clearinghouse.positions(bobs).length, 0);
        assertEq(clearinghouse.openInterest(ETH), 0);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearinghouse.InsufficientPosition.selector,
                bobs,
                WETH,
                int256(0),
                -int256(1 ether)
            )
        );
        fill(alices, bobs, WETH, UNIT, 1999 * USD);
    }

    function test_neverTradesCash() public {
        vm.expectPartialRevert(IClearinghouse.InsufficientPosition.selector);
        fill(alices, bobs, CASH, UNIT, USD);
    }

    function test_refusesNothing() public {
        vm.expectRevert(IClearinghouse.ZeroSize.selector);
        fill(alices, bobs, CALL, 0, 100 * USD);
    }

    function test_refusesTheSameAccountOnBothSides() public {
        Batch memory actions;
        actions.fills = one(Fill(alices, alices, CALL, UNIT, 1));
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.SelfTrade.selector, alices));
        clearinghouse.batch(actions);
    }

    function test_needsLeaveOfBothSides() public {
        Batch memory actions;
        actions.fills = one(Fill(alices, bobs, CALL, UNIT, 1));
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.NotAuthorised.selector, bobs, alice, MAY_TRADE));
        clearinghouse.batch(actions);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.NotAuthorised.selector, alices, bob, MAY_TRADE));
        clearinghouse.batch(actions);
    }

    function test_needsInitialMarginOfBothSides() public {
        vm.expectPartialRevert(IClearinghouse.BelowInitialMargin.selector);
        fill(alices, bobs, CALL, 1000 * UNIT, 1100 * USD);
        vm.expectPartialRevert(IClearinghouse.BelowInitialMargin.selector);
        fill(alices, bobs, CALL, 4000 * UNIT, 50 * USD);
        assertEq(clearinghouse.openInterest(ETH), 0);
    }

    function test_opensOnlyWhatIsTradable() public {
        fill(alices, bobs, CALL, UNIT, 100 * USD);
        markets.setTradable(CALL, false);
        bytes memory refusal = abi.encodeWithSelector(IMarkets.NotTradable.selector, CALL);
        vm.expectRevert(refusal);
        fill(alices, bobs, CALL, 1, 100 * USD);
        // Beyond zero is opening, too.
        Batch memory actions;
        actions.fills = one(Fill(bobs, alices, CALL, UNIT + 1, 100 * USD));
        vm.expectRevert(refusal);
        clearinghouse.batch(actions);
        actions.fills[0].size = UNIT;
        clearinghouse.batch(actions);
        assertEq(position(alices, CALL), 0);
    }

    function test_opensNothingOnAnInvalidFeed() public {
        engine.setValidity(Validity.Invalid, 0);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.FeedInvalid.selector, alices));
        fill(alices, bobs, CALL, UNIT, 100 * USD);
    }

    function test_capsOpenInterestOnlyWhileItGrows() public {
        fill(alices, bobs, CALL, 10 * UNIT, 100 * USD);
        markets.setUnderlying(ETH, Underlying("ETH", 1, 0, 5 * UNIT, false));
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearinghouse.OpenInterestCapExceeded.selector,
                ETH,
                uint256(10 * UNIT + 1),
                uint256(5 * UNIT)
            )
        );
        fill(alices, bobs, CALL, 1, 100 * USD);
        fill(bobs, alices, CALL, UNIT, 100 * USD);
        assertEq(clearinghouse.openInterest(ETH), 9 * UNIT);
        // From a long to another: open interest stays.
        deposit(carols, CASH, 1e6 * USDC);
        fill(carols, alices, CALL, UNIT, 100 * USD);
        assertEq(clearinghouse.openInterest(ETH), 9 * UNIT);
    }

    function test_countsOpenInterestAcrossZero() public {
        fill(alices, bobs, CALL, 3 * UNIT, 100 * USD);
        fill(bobs, alices, CALL, 5 * UNIT, 100 * USD);
        assertEq(position(alices, CALL), -2 ether);
        assertEq(clearinghouse.openInterest(ETH), 2 * UNIT);
    }

    function test_seesManyFillsOfOneCallTogether() public {
        Batch memory actions;
        actions.fills = new Fill[](2);
        actions.fills[0] = Fill(alices, bobs, CALL, 5000 * UNIT, 100 * USD);
        actions.fills[1] = Fill(bobs, alices, CALL, 5000 * UNIT, 100 * USD);
        clearinghouse.batch(actions);
        assertEq(clearinghouse.positions(alices).length, 0);
        assertEq(cash(alices), int256(1e6 * USD));
    }

    function test_refusesWhatDoesNotFitAPosition() public {
        uint256 most = uint128(type(int128).max);
        engine.setLine(WETH, Line(0, 0, 0));
        markets.setCollateral(WETH, Collateral(address(weth), 18, 0, type(uint128).max));
        weth.mint(bob, most);
        deposit(bobs, WETH, most);
        deposit(alices, WETH, 1);
        vm.expectPartialRevert(SafeCast.SafeCastOverflowedIntDowncast.selector);
        fill(bobs, alices, WETH, 1, 0);
        fill(alices, bobs, WETH, uint128(most - 1), 0);
        assertEq(position(alices, WETH), int256(most));
        assertEq(position(bobs, WETH), 1);
    }

    function test_refusesWhatDoesNotFitCash() public {
        vm.expectPartialRevert(SafeCast.SafeCastOverflowedIntDowncast.selector);
        fill(alices, bobs, CALL, UNIT, uint256(uint128(type(int128).max)) + 1e24);
        vm.expectRevert();
        fill(alices, bobs, CALL, UNIT, type(uint256).max);
    }

    function test_holdsAtMostSoManyLegs() public {
        for (uint64 i = 1; i <= MAX_LEGS; ++i) fill(alices, bobs, callAt(i), 1, 0);
        assertEq(clearinghouse.positions(alices).length, MAX_LEGS);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.TooManyPositions.selector, alices, MAX_LEGS));
        fill(alices, bobs, CALL, 1, 0);
        // A leg that goes makes room, wherever it stands in the list.
        fill(bobs, alices, callAt(7), 1, 0);
        fill(alices, bobs, CALL, 1, 0);
        assertEq(position(alices, callAt(7)), 0);
        assertEq(position(alices, callAt(uint64(MAX_LEGS))), 1);
        assertEq(position(alices, CALL), 1);
        assertEq(clearinghouse.positions(alices).length, MAX_LEGS);
    }

    function callAt(uint64 strike) private pure returns (Instrument) {
        return toInstrument(ETH, Kind.Call, 1_800_000_000, strike);
    }
}

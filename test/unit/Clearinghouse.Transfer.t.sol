// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IClearinghouse } from "../../contracts/interfaces/IClearinghouse.sol";
import { IMarginModel } from "../../contracts/interfaces/IMarginEngine.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

contract ClearinghouseTransferTest is ClearinghouseTest {
    function setUp() public override {
        super.setUp();
        deposit(alices, CASH, 10_000 * USDC);
        deposit(bobs, CASH, 10_000 * USDC);
    }

    function test_movesCashToTheUnit() public {
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.Transferred(alices, alicesOther, CASH, 1, 0);
        transfer(alices, alicesOther, CASH, 1);
        assertEq(cash(alices), int256(10_000 * USD - 1));
        assertEq(cash(alicesOther), 1);
    }

    function test_paysAnybodyInCash() public {
        transfer(alices, bobs, CASH, 5 * UNIT);
        assertEq(cash(bobs), int256(10_005 * USD));
    }

    function test_movesAShortPositionTowardsZero() public {
        fill(bobs, alices, CALL, 2 * UNIT, 100 * USD);
        transfer(alices, alicesOther, CASH, 1000 * UNIT);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.Transferred(alices, alicesOther, CALL, -int256(1 ether), 0);
        transfer(alices, alicesOther, CALL, UNIT);
        assertEq(position(alices, CALL), -1 ether);
        assertEq(position(alicesOther, CALL), -1 ether);
        assertEq(clearinghouse.openInterest(ETH), 2 * UNIT);
    }

    function test_netsAgainstTheOppositePosition() public {
        fill(alices, bobs, CALL, 2 * UNIT, 100 * USD);
        deposit(alicesOther, CASH, 10_000 * USDC);
        fill(bobs, alicesOther, CALL, UNIT, 100 * USD);
        assertEq(clearinghouse.openInterest(ETH), 2 * UNIT);
        transfer(alices, alicesOther, CALL, UNIT);
        assertEq(position(alices, CALL), 1 ether);
        assertEq(position(alicesOther, CALL), 0);
        assertEq(clearinghouse.openInterest(ETH), UNIT);
    }

    function test_refusesMoreThanIsHeld() public {
        fill(alices, bobs, CALL, UNIT, 100 * USD);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearinghouse.InsufficientPosition.selector,
                alices,
                CALL,
                int256(1 ether),
                int256(1 ether + 1)
            )
        );
        transfer(alices, alicesOther, CALL, UNIT + 1);
    }

    function test_refusesWhatIsNotHeld() public {
        vm.expectPartialRevert(IClearinghouse.InsufficientPosition.selector);
        transfer(alices, alicesOther, CALL, UNIT);
    }

    function test_refusesNothing() public {
        vm.expectRevert(IClearinghouse.ZeroSize.selector);
        transfer(alices, alicesOther, CASH, 0);
        deposit(alices, WETH, 1);
        vm.expectRevert(IClearinghouse.ZeroSize.selector);
        transfer(alices, alicesOther, WETH, 0);
    }

    function test_refusesTheSameAccount() public {
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.SelfTrade.selector, alices));
        transfer(alices, alices, CASH, UNIT);
    }

    function test_refusesPositionsToStrangers() public {
        deposit(alices, WETH, 1 ether);
        deposit(bobs, WETH, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.ForeignAccount.selector, bobs, WETH));
        transfer(alices, bobs, WETH, UNIT);
    }

    function test_leavesTheSenderAtInitialMargin() public {
        fill(alices, bobs, PERPETUAL, 10 * UNIT, 2000 * USD);
        transfer(alices, bobs, CASH, 6000 * UNIT);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearinghouse.BelowInitialMargin.selector,
                alices,
                int256(4000 * USD - 1),
                4000 * USD
            )
        );
        transfer(alices, bobs, CASH, 1);
    }

    function test_bringsARiskOnlyToAnAccountThatCanBearIt() public {
        fill(alices, bobs, PERPETUAL, UNIT, 2000 * USD);
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.BelowInitialMargin.selector, alicesOther, int256(0), 400 * USD)
        );
        transfer(alices, alicesOther, PERPETUAL, UNIT);
    }

    function test_bringsCollateralToAnAccountThatIsUnderWater() public {
        deposit(alicesOther, CASH, 400 * USDC);
        fill(alicesOther, bobs, PERPETUAL, UNIT, 2000 * USD);
        setEthPrice(1600 * USD);
        deposit(alices, WETH, 1 ether);
        deposit(alices, WBTC, 1);
        transfer(alices, alicesOther, WBTC, 1);
        assertEq(position(alicesOther, WBTC), 1);
        engine.setMaxLegs(2);
        vm.expectRevert(abi.encodeWithSelector(IMarginModel.TooManyLegs.selector, 3));
        transfer(alices, alicesOther, WETH, UNIT);
    }

    function test_takesNoValueOutOnAnInvalidFeed() public {
        fill(alices, bobs, PERPETUAL, UNIT, 2000 * USD);
        engine.setValidity(Validity.Invalid, 0);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.FeedInvalid.selector, alices));
        transfer(alices, alicesOther, CASH, 1);
    }
}

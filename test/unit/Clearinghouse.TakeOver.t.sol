// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IClearinghouse } from "../../contracts/interfaces/IClearinghouse.sol";
import { Reward, TakeOver } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { IMarginEngine, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

/// Alice: 10 perpetuals long from 2,000 USD, one ether short of its price in cash. At 1,400 she is bankrupt.
contract ClearinghouseTakeOverTest is ClearinghouseTest {
    Account private taken = toAccount(makeAddr("carol"), 9);

    function setUp() public override {
        super.setUp();
        deposit(alices, CASH, 5000 * USDC);
        deposit(alices, WETH, 0.1 ether);
        deposit(bobs, CASH, 1e6 * USDC);
        deposit(carols, CASH, 1e5 * USDC);
        fill(alices, bobs, PERPETUAL, 10 * UNIT, 2000 * USD);
        fill(alices, bobs, CALL, UNIT, 100 * USD);
        usdc.mint(address(this), 1000 * USDC);
        usdc.approve(address(clearinghouse), 1000 * USDC);
        clearinghouse.fundReserve(1000 * USDC);
        setEthPrice(1400 * USD);
    }

    function test_movesEverything() public {
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.Transferred(carols, taken, CASH, 8000e18, 0);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.TakenOver(alices, taken, -860e18, 600e18);
        Risk memory risk = takeOver(8000 * USD, 600 * USD);
        assertEq(risk.equity, -860e18);
        assertEq(clearinghouse.positions(alices).length, 0);
        assertEq(cash(alices), 0);
        assertEq(clearinghouse.entryValue(alices, PERPETUAL), 0);
        assertEq(clearinghouse.positions(taken).length, 3);
        assertEq(position(taken, PERPETUAL), 10 ether);
        assertEq(position(taken, CALL), 1 ether);
        assertEq(position(taken, WETH), 0.1 ether);
        assertEq(clearinghouse.entryValue(taken, PERPETUAL), -20_000e18);
        assertEq(cash(taken), 4900e18 + 8000e18 + 600e18);
        assertEq(cash(carols), 92_000e18);
        assertEq(clearinghouse.reserve(), 400 * USD);
        assertEq(clearinghouse.openInterest(ETH), 11 * UNIT);
    }

    /// Whoever keeps books by events moves everything first, and the reward afterwards.
    function test_tellsARewardToTheOldAccountAfterItIsEmptied() public {
        Reward[] memory rewards = new Reward[](1);
        rewards[0] = Reward(alices, 10e18);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.TakenOver(alices, taken, -860e18, 0);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.Rewarded(taken, alices, 10e18);
        takeOver(TakeOver(alices, taken, carols, 8000 * USD, 0, rewards));
        assertEq(cash(alices), 10e18);
        assertEq(cash(taken), 4900e18 + 8000e18 - 10e18);
    }

    function test_theOldAccountWorksAfterwards() public {
        takeOver(8000 * USD, 0);
        deposit(alices, CASH, 1000 * USDC);
        fill(alices, bobs, PERPETUAL, UNIT, 1400 * USD);
        assertEq(clearinghouse.entryValue(alices, PERPETUAL), -1400e18);
        assertEq(clearinghouse.positions(alices).length, 1);
    }

    function test_toleratesCashThatIsThereAlready() public {
        depositAs(bob, taken, CASH, 1);
        takeOver(8000 * USD, 0);
        assertEq(cash(taken), 12_900e18 + 1e12);
    }

    function test_refusesATargetWithPositions() public {
        deposit(taken, WETH, 1);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.AccountNotEmpty.selector, taken));
        takeOver(8000 * USD, 0);
    }

    function test_refusesTheAccountItselfAndItsMoney() public {
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.SelfTrade.selector, alices));
        takeOver(TakeOver(alices, alices, alicesOther, 0, 0, new Reward[](0)));
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.SelfTrade.selector, alices));
        takeOver(TakeOver(alices, alicesOther, alices, 1, 0, new Reward[](0)));
    }

    function test_refusesTheMoneyOfAStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.ForeignAccount.selector, bobs, CASH));
        takeOver(TakeOver(alices, taken, bobs, 8000 * USD, 0, new Reward[](0)));
    }

    function test_makesNoFunderBorrow() public {
        deposit(carols, WETH, 1000 ether);
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.InsufficientCash.selector, carols, int256(100_000e18), 100_000e18 + 1)
        );
        takeOver(100_000 * USD + 1, 0);
    }

    function test_leavesTheFunderAtInitialMargin() public {
        fill(carols, bobs, PERPETUAL, 100 * UNIT, 1400 * USD);
        // 100 × 280 initially.
        takeOver(72_000 * USD, 0);
        assertEq(cash(carols), 28_000e18);
    }

    function test_refusesAFunderBelowInitialMargin() public {
        fill(carols, bobs, PERPETUAL, 100 * UNIT, 1400 * USD);
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.BelowInitialMargin.selector, carols, int256(28_000e18 - 1), 28_000e18)
        );
        takeOver(72_000 * USD + 1, 0);
    }

    function test_leavesTheTakerAtInitialMargin() public {
        // 10 × 280 for the perpetuals, 28 for the ether, 300 for the call.
        takeOver(3128 * USD + 860 * USD, 0);
    }

    function test_refusesATakerBelowInitialMargin() public {
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.BelowInitialMargin.selector, taken, int256(3128e18 - 1), 3128e18)
        );
        takeOver(3128 * USD + 860 * USD - 1, 0);
    }

    function test_asksTheEngineOnce() public {
        vm.expectCall(address(engine), abi.encodeWithSelector(IMarginEngine.evaluate.selector), 1);
        takeOver(8000 * USD, 600 * USD);
    }

    /// A debtor needs the floor; whoever repays all the debt and holds nothing but the token needs none.
    function test_repayingTheDebtEndsTheRequirement() public {
        Account dan = toAccount(makeAddr("dan"), 0);
        equip(dan.owner());
        setEthPrice(2000 * USD);
        deposit(dan, WETH, 0.1 ether);
        withdraw(dan, CASH, 99 * USDC);
        setEthPrice(1000 * USD);
        engine.setFloor(101 * USD);
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.BelowInitialMargin.selector, taken, int256(100e18 - 1), 101e18)
        );
        takeOver(TakeOver(dan, taken, carols, 99 * USD - 1, 0, new Reward[](0)));
        takeOver(TakeOver(dan, taken, carols, 99 * USD, 0, new Reward[](0)));
        assertEq(cash(taken), 0);
        assertEq(position(taken, WETH), 0.1 ether);
    }

    function test_drawsNoMoreThanTheReserve() public {
        takeOver(8000 * USD, 1000 * USD);
        assertEq(clearinghouse.reserve(), 0);
    }

    function test_refusesMoreThanTheReserve() public {
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.InsufficientReserve.selector, 1000 * USD, 1000 * USD + 1)
        );
        takeOver(8000 * USD, 1000 * USD + 1);
    }

    function test_refusesAHealthyAccount() public {
        setEthPrice(2000 * USD);
        vm.expectPartialRevert(IClearinghouse.NotLiquidatable.selector);
        takeOver(8000 * USD, 0);
    }

    function test_refusesOnAnInvalidFeed() public {
        engine.setValidity(Validity.Invalid, 0);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.FeedInvalid.selector, alices));
        takeOver(8000 * USD, 0);
    }

    function takeOver(uint256 funding, uint256 fromReserve) private returns (Risk memory) {
        return takeOver(TakeOver(alices, taken, carols, funding, fromReserve, new Reward[](0)));
    }

    function takeOver(TakeOver memory order) private returns (Risk memory) {
        vm.prank(liquidator);
        return force.takeOver(order);
    }
}

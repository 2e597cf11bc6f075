// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Deposit, IClearinghouse, MAY_MOVE, MAY_TRADE } from "../../contracts/interfaces/IClearinghouse.sol";
import { IMarginModel } from "../../contracts/interfaces/IMarginEngine.sol";
import { Collateral, IMarkets } from "../../contracts/interfaces/IMarkets.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { HostileToken } from "../../contracts/mocks/HostileToken.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH, Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

contract ClearinghouseDepositTest is ClearinghouseTest {
    function testFuzz_creditsCashInWad(uint256 amountInTokens) public {
        amountInTokens = bound(amountInTokens, 1, 1e9 * USDC);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.Deposited(alices, CASH, amountInTokens * 1e12, alice);
        deposit(alices, CASH, amountInTokens);
        assertEq(cash(alices), int256(amountInTokens * 1e12));
        assertEq(clearinghouse.recordedInTokens(CASH), amountInTokens);
        assertEq(usdc.balanceOf(address(clearinghouse)), amountInTokens);
    }

    function test_creditsATokenAsAPositionInWad() public {
        deposit(alices, WBTC, 3e8);
        assertEq(position(alices, WBTC), int256(uint256(3 * UNIT)));
        assertEq(clearinghouse.recordedInTokens(WBTC), 3e8);
        assertEq(cash(alices), 0);
    }

    function test_creditsWhatArrives() public {
        HostileToken taxed = new HostileToken(18);
        listCollateral(WETH, taxed);
        taxed.setFeeShare(0.01e18);
        equip(alice, taxed, 100 ether);
        deposit(alices, WETH, 100 ether);
        assertEq(position(alices, WETH), 99 ether);
        assertEq(clearinghouse.recordedInTokens(WETH), 99 ether);
    }

    function test_refusesNothing() public {
        vm.expectRevert(IClearinghouse.ZeroSize.selector);
        deposit(alices, CASH, 0);
    }

    function test_takesCashForAnybody() public {
        depositAs(bob, alices, CASH, 5 * USDC);
        assertEq(cash(alices), int256(5 * USD));
        assertEq(usdc.balanceOf(bob), 1e9 * USDC - 5 * USDC);
    }

    function test_takesATokenThatAStrangersAccountHolds() public {
        deposit(alices, WETH, 1 ether);
        depositAs(bob, alices, WETH, 2 ether);
        assertEq(position(alices, WETH), 3 ether);
    }

    function test_refusesANewTokenInAStrangersAccount() public {
        deposit(alices, WETH, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.ForeignAccount.selector, alices, WBTC));
        depositAs(bob, alices, WBTC, 1);
    }

    function test_takesANewTokenFromAnOperatorThatMayMove() public {
        approve(alices, bob, MAY_MOVE);
        depositAs(bob, alices, WBTC, 1e8);
        assertEq(position(alices, WBTC), 1e18);
    }

    function test_refusesANewTokenFromAnOperatorThatMayOnlyTrade() public {
        approve(alices, bob, MAY_TRADE);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.ForeignAccount.selector, alices, WBTC));
        depositAs(bob, alices, WBTC, 1e8);
    }

    function test_refusesATokenThatIsNotListed() public {
        Instrument unlisted = toInstrument(3, Kind.Spot, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarkets.CollateralNotListed.selector, unlisted));
        deposit(alices, unlisted, 1);
    }

    function test_stopsAtTheCapOfTheToken() public {
        markets.setCollateral(WBTC, Collateral(address(wbtc), 8, 0, 2 * UNIT));
        deposit(alices, WBTC, 2e8);
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.CollateralCapExceeded.selector, WBTC, 2 * UNIT + 1e10, 2 * UNIT)
        );
        deposit(bobs, WBTC, 1);
    }

    function test_helpsAnAccountThatIsUnderWaterWhateverTheFeedsSay() public {
        sinkWithADeadFeed();
        deposit(alices, CASH, USDC);
        deposit(alices, WETH, 1);
        assertEq(position(alices, WETH), 2);
    }

    function test_refusesANewTokenWithADeadFeedThatWouldPutOffALiquidation() public {
        sinkWithADeadFeed();
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.FeedInvalid.selector, alices));
        deposit(alices, WBTC, 1);
    }

    function test_takesANewTokenWithADeadFeedWhereNobodyDependsOnIt() public {
        engine.setValidity(Validity.Invalid, 0);
        deposit(alices, WBTC, 1e8);
        assertEq(position(alices, WBTC), 1e18);
    }

    function test_keepsToTheLimitsOfStructure() public {
        deposit(alices, WETH, 1);
        engine.setMaxLegs(1);
        deposit(alices, WETH, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginModel.TooManyLegs.selector, 2));
        deposit(alices, WBTC, 1);
    }

    function test_touchesAtMostEightAccounts() public {
        Batch memory actions;
        actions.deposits = new Deposit[](9);
        for (uint96 i = 0; i < 9; ++i) actions.deposits[i] = Deposit(accountOf(i), CASH, 1);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.TooManyAccounts.selector, 8));
        clearinghouse.batch(actions);
        actions.deposits[8].account = accountOf(7);
        vm.prank(alice);
        clearinghouse.batch(actions);
        assertEq(cash(accountOf(7)), 2e12);
    }

    function sinkWithADeadFeed() private {
        deposit(alices, CASH, 500 * USDC);
        deposit(alices, WETH, 1);
        deposit(bobs, CASH, 500 * USDC);
        fill(alices, bobs, PERPETUAL, UNIT, 2000 * USD);
        setEthPrice(1000 * USD);
        engine.setValidity(Validity.Invalid, 0);
    }

    function accountOf(uint96 i) private view returns (Account) {
        return toAccount(alice, i);
    }
}

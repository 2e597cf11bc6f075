// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IBackstopVault, Unwinding } from "../../contracts/interfaces/IBackstopVault.sol";
import { ILegGuards } from "../../contracts/interfaces/ILegGuards.sol";
import { Approval, Batch, IClearinghouse, MAY_TRADE, Transfer } from "../../contracts/interfaces/IClearinghouse.sol";
import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { IRequestVault } from "../../contracts/interfaces/IRequestVault.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH, Instrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { BackstopFixture } from "../helpers/BackstopFixture.sol";

contract BackstopVaultUnwindTest is BackstopFixture {
    Account internal into;
    Instrument internal option;

    function setUp() public override {
        super.setUp();
        fundBackstop(lender, 50_000);
        (into, option) = absorbBankrupt(ETH, 1000);
        approveVault(keeper);
        operate(into);
    }

    function approveVault(Account account) internal {
        Batch memory actions;
        actions.approvals = new Approval[](1);
        actions.approvals[0] = Approval(account, address(vault), MAY_TRADE, type(uint40).max);
        vm.prank(account.owner());
        clearinghouse.batch(actions);
    }

    function order(Position[] memory legs) internal view returns (Unwinding memory) {
        return Unwinding(into, keeper, legs, 0, uint40(vm.getBlockTimestamp()));
    }

    function unwindAsKeeper(Position[] memory legs) internal returns (uint256 payment) {
        return unwindAs(bob, order(legs));
    }

    function unwindAs(address caller, Unwinding memory order_) internal returns (uint256 payment) {
        vm.prank(caller);
        return vault.unwind(order_);
    }

    function expectRefusal(bytes memory reason, Position[] memory legs) internal {
        Unwinding memory order_ = order(legs);
        vm.expectRevert(reason);
        vm.prank(bob);
        vault.unwind(order_);
    }

    function expectRefusal(bytes4 selector, Position[] memory legs) internal {
        Unwinding memory order_ = order(legs);
        vm.expectPartialRevert(selector);
        vm.prank(bob);
        vault.unwind(order_);
    }

    /// Adds legs to the absorbed account, which no function can: its books are the vault's.
    function hold(Instrument instrument, int128 size) internal {
        (uint256 mark, ) = engine.mark(instrument);
        if (size > 0) buy(into, instrument, uint128(size), mark);
        else sell(into, instrument, uint128(-size), mark);
    }

    function test_legsGoAtMark() public {
        uint256 cash = uint256(clearinghouse.cash(keeper));
        vm.expectEmit(address(vault));
        emit IBackstopVault.Unwound(into, keeper, 0, 800e18, 0);
        assertEq(unwindAsKeeper(leg(option, -4e18)), 0, "nothing is offered at once");
        assertEq(clearinghouse.position(into, option), -6e18);
        assertEq(clearinghouse.position(keeper, option), -4e18);
        assertEq(uint256(clearinghouse.cash(keeper)) - cash, 2000e18, "four at 500");
        assertEq(riskOf(into).equity, int256(INITIAL), "equity stays");
        assertConserved();
    }

    function test_paymentRisesToItsLimitInADay() public {
        uint256[5] memory elapsed = [uint256(0), 6 hours, 12 hours, 1 days, 30 days];
        uint256[5] memory expected = [uint256(0), 75e18, 150e18, 300e18, 300e18];
        for (uint256 i = 0; i < 5; i++) {
            uint256 snapshot = vm.snapshotState();
            skip(elapsed[i]);
            int256 equity = riskOf(keeper).equity;
            assertEq(unwindAsKeeper(leg(option, -5e18)), expected[i], "of 1,000 removed");
            assertEq(riskOf(into).equity, int256(INITIAL - expected[i]));
            assertEq(riskOf(keeper).equity - equity, int256(expected[i]));
            assertConserved();
            vm.revertToState(snapshot);
        }
    }

    function test_emptiedAccountIsReleased() public {
        skip(1 days);
        assertEq(unwindAsKeeper(leg(option, -10e18)), 600e18);
        assertEq(clearinghouse.positions(into).length, 0);
        expectRefusal(abi.encodeWithSelector(ILegGuards.TooSmall.selector, 0, 0), new Position[](0));
        vault.releaseEmpty();
        assertEq(vault.absorbed().length, 0);
        assertEq(vault.totalAssets(), 48_400 * USDC, "a deficit of 1,000, and what unwinding cost");
        (uint256 committed, uint256 lost, ) = vault.budget(ETH);
        assertEq(committed, 0);
        assertEq(lost, 1600e18);
        assertConserved();
    }

    function test_anybodyMayUnwindWhoMayTradeTheTaker() public {
        Unwinding memory order_ = order(leg(option, -5e18));
        vm.expectRevert(abi.encodeWithSelector(IBackstopVault.NotAuthorised.selector, keeper, carol));
        unwindAs(carol, order_);

        order_.taker = rival;
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.NotAuthorised.selector, rival, address(vault), MAY_TRADE)
        );
        unwindAs(carol, order_);
        approveVault(rival);
        unwindAs(carol, order_);
        assertEq(clearinghouse.position(rival, option), -5e18);
    }

    function test_noOtherAccountIsUnwound() public {
        Unwinding memory order_ = order(leg(option, -5e18));
        Account[3] memory others = [vault.treasury(), maker, toAccount(address(vault), 99)];
        for (uint256 i = 0; i < 3; i++) {
            order_.account = others[i];
            vm.expectRevert(abi.encodeWithSelector(IBackstopVault.NotAbsorbed.selector, others[i]));
            unwindAs(bob, order_);
        }
        order_.account = into;
        order_.taker = into;
        vm.expectRevert(abi.encodeWithSelector(IBackstopVault.NotAuthorised.selector, into, bob));
        unwindAs(bob, order_);
    }

    function test_takerSetsALimitAndADeadline() public {
        skip(12 hours);
        Unwinding memory order_ = order(leg(option, -5e18));
        order_.minPayment = 150e18 + 1;
        vm.expectRevert(abi.encodeWithSelector(IBackstopVault.PaymentTooLow.selector, 150e18, 150e18 + 1));
        unwindAs(bob, order_);
        order_.minPayment = 150e18;
        order_.deadline--;
        vm.expectRevert(abi.encodeWithSelector(IBackstopVault.Expired.selector, order_.deadline));
        unwindAs(bob, order_);
        order_.deadline++;
        unwindAs(bob, order_);
    }

    function test_takerMeetsInitialMargin() public {
        Account poor = toAccount(bob, 5);
        fund(poor, 100);
        approveVault(poor);
        Unwinding memory order_ = order(leg(option, -5e18));
        order_.taker = poor;
        vm.expectPartialRevert(IClearinghouse.BelowInitialMargin.selector);
        unwindAs(bob, order_);
    }

    function test_legsGoTowardsZeroAndNeverBeyond() public {
        Position[5] memory bad = [
            toPosition(option, -10e18 - 1),
            toPosition(option, 1e18),
            toPosition(perpetual, -1e18),
            toPosition(option, type(int128).min),
            toPosition(perpetual, 0)
        ];
        for (uint256 i = 0; i < bad.length; i++) {
            Position[] memory legs = new Position[](1);
            legs[0] = bad[i];
            expectRefusal(abi.encodeWithSelector(IBackstopVault.InsufficientPosition.selector, into, bad[i]), legs);
        }
        Position[] memory twice = legs2(option, -6e18, option, -5e18);
        expectRefusal(abi.encodeWithSelector(IBackstopVault.InsufficientPosition.selector, into, twice[1]), twice);
        unwindAsKeeper(legs2(option, -6e18, option, -4e18));
        assertEq(clearinghouse.positions(into).length, 0, "in two parts");
    }

    function test_nothingAndSpecksAreRefused() public {
        expectRefusal(abi.encodeWithSelector(ILegGuards.TooSmall.selector, 0, MAINTENANCE), new Position[](0));
        expectRefusal(IBackstopVault.InsufficientPosition.selector, legs2(option, -5e18, option, 0));
        expectRefusal(
            abi.encodeWithSelector(ILegGuards.TooSmall.selector, 100e18 - 200, MAINTENANCE),
            leg(option, -0.5e18 + 1)
        );
        unwindAsKeeper(leg(option, -0.5e18));
    }

    /// Short ten calls hedged with nine perpetuals: the hedge alone would leave the vault with all the risk at a mark that lags.
    function test_hedgeIsNotStripped() public {
        hold(perpetual, 9e18);
        assertEq(riskOf(into).maintenance, 200e18);
        expectRefusal(abi.encodeWithSelector(ILegGuards.HedgeStripped.selector, 0, 1800e18), leg(perpetual, 9e18));
        // Nor with what just leaves the requirement where it was.
        expectRefusal(ILegGuards.HedgeStripped.selector, legs2(perpetual, 9e18, option, -8.5e18));
        unwindAsKeeper(legs2(perpetual, 9e18, option, -10e18));
    }

    /// A put that pays in the stress covers ten calls that lose nothing there but the premium: without it the worst loss exceeds the equity.
    function test_tailIsNotBared() public {
        Instrument tail = newOption(ETH);
        engine.setProfits(tail, 200e18, -200e18, 1000e18);
        engine.setProfits(option, 200e18, -200e18, 2000e18);
        hold(tail, 5e18);
        engine.setProfits(tail, -100e18, 100e18, 5000e18);
        Risk memory risk = riskOf(into);
        assertEq(risk.stressLoss, 0);
        assertEq(risk.maintenance, 2500e18);
        engine.setMark(option, 350e18);
        expectRefusal(
            abi.encodeWithSelector(ILegGuards.TailWorsened.selector, 0, 20_000e18, riskOf(into).equity),
            leg(tail, 5e18)
        );
        unwindAsKeeper(legs2(tail, 5e18, option, -10e18));
    }

    function test_floorBoundAccountGoesWhole() public {
        unwindAsKeeper(leg(option, -9.7e18));
        Risk memory risk = riskOf(into);
        assertEq(risk.maintenance, 100e18, "the floor");
        assertEq(risk.maintenanceBeforeFloor, 60e18);
        skip(1 days);
        expectRefusal(ILegGuards.HedgeStripped.selector, leg(option, -0.2e18));
        assertEq(unwindAsKeeper(leg(option, -0.3e18)), 30e18, "the floor pays for the last speck");
    }

    function test_accountBelowMaintenanceIsForTheLiquidator() public {
        engine.setMark(option, 550e18 + 1);
        expectRefusal(
            abi.encodeWithSelector(IBackstopVault.BelowMaintenance.selector, into, 2000e18 - 10, MAINTENANCE),
            leg(option, -5e18)
        );
        engine.setMark(option, 550e18);
        unwindAsKeeper(leg(option, -5e18));
    }

    /// Between maintenance and initial margin it reduces: nothing else would be allowed.
    function test_accountBelowInitialMarginReduces() public {
        engine.setMark(option, 545e18);
        skip(1 days);
        Risk memory before = riskOf(into);
        assertLt(before.equity, int256(before.initial));
        assertEq(unwindAsKeeper(leg(option, -1e18)), 60e18);
        Risk memory remaining = riskOf(into);
        assertLt(remaining.equity, int256(remaining.initial), "still below");
        assertGe(remaining.equity * int256(before.maintenance), before.equity * int256(remaining.maintenance), "E/R");
    }

    function test_onlyFreshMarksCount() public {
        for (uint256 i = 1; i <= 2; i++) {
            engine.setValidity(Validity(i), 0);
            expectRefusal(abi.encodeWithSelector(IRequestVault.FeedNotFresh.selector), leg(option, -5e18));
        }
    }

    function test_clockStartsAgainAfterAnOutage() public {
        skip(20 hours);
        engine.setValidity(Validity.Fresh, uint40(vm.getBlockTimestamp()));
        skip(6 hours);
        assertEq(unwindAsKeeper(leg(option, -5e18)), 75e18, "six hours, not twenty-six");
    }

    function test_spotIsSoldAtMark() public {
        depositSpotIntoVault(2e18);
        int256 equity = riskOf(into).equity;
        uint256 cash = uint256(clearinghouse.cash(into));
        unwindAsKeeper(legs2(spot, 2e18, option, -10e18));
        assertEq(clearinghouse.position(keeper, spot), 2e18);
        assertEq(riskOf(into).equity, equity);
        assertEq(uint256(clearinghouse.cash(into)), cash + 4000e18 - 5000e18);
        assertEq(clearinghouse.positions(into).length, 0);
    }

    /// Ether that requires nothing, and 1 USD beside what the calls cost: the payment becomes a debt, which has a floor of 100.
    function test_debtThatPayingBringsAboutIsReckoned() public {
        engine.setProfits(spot, 0, 0, 0);
        depositSpotIntoVault(2e18);
        payAway(uint256(clearinghouse.cash(into)) - 5001e18);
        skip(1 days);
        assertEq(unwindAsKeeper(leg(option, -10e18)), 570e18, "2,000 removed, but for the floor");
        assertEq(clearinghouse.cash(into), -569e18);
        assertEq(riskOf(into).maintenance, 100e18);
    }

    function payAway(uint256 size) private {
        Batch memory actions;
        actions.transfers = new Transfer[](1);
        actions.transfers[0] = Transfer(into, vault.treasury(), CASH, uint128(size));
        vm.prank(address(vault));
        clearinghouse.batch(actions);
    }

    function depositSpotIntoVault(uint256 units) private {
        depositSpot(into, units);
    }

    function test_exitFollowsTheCostOfUnwinding() public {
        uint256 shares = vault.balanceOf(lender);
        request(lender, shares);
        skip(COOLDOWN);
        uint256 worth = vault.maxWithdraw(lender);
        unwindAsKeeper(leg(option, -10e18));
        vault.releaseEmpty();
        assertApproxEqAbs(vault.maxWithdraw(lender), 48_400 * USDC, 1);
        assertLt(worth, 48_400 * USDC, "the treasury could not pay all");
    }
}

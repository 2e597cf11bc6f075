// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Liquidator } from "../../contracts/Liquidator.sol";
import { Authorisation, IAutoTopUp } from "../../contracts/interfaces/IAutoTopUp.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { AutoTopUpFixture } from "../helpers/AutoTopUpFixture.sol";

contract AutoTopUpTest is AutoTopUpFixture {
    function test_bringsTheAccountToItsTargetAndClearsTheCall() public {
        authorise(standardTerms());
        callAt(2400);
        vm.expectEmit(address(autoTopUp));
        emit IAutoTopUp.ToppedUp(debtor, bob, 350 * USDC, 5 * USDC, true);
        topUpAsKeeper();
        assertEq(riskOf(debtor).equity, 2750e18);
        assertEq(liquidator.marginCalledAt(debtor), 0);
        assertEq(autoTopUp.authorisation(debtor).budgetInTokens, 4645 * USDC);
        assertPulled(350 * USDC, 5 * USDC);
    }

    function testFuzz_pullsWhatTheTargetNeedsAndNoMore(
        uint256 belowInitial,
        uint256 target,
        uint256 limit,
        uint256 maxFee
    ) public {
        belowInitial = bound(belowInitial, 1, INITIAL / 10);
        Authorisation memory terms = standardTerms();
        terms.target = uint64(bound(target, 1e18, 2e18));
        terms.limitInTokens = uint128(bound(limit, 1, 4000 * USDC));
        terms.maxFeeInTokens = uint64(bound(maxFee, 0, 100 * USDC));
        terms.mayFallShort = true;
        authorise(terms);
        engine.setMark(perpetual, SPOT - 50e18 - belowInitial);
        liquidator.callMargin(debtor);
        skip(1);
        uint256 neededInTokens = dividedUp((INITIAL * terms.target) / 1e18 - equity(), 1e12);

        (uint256 depositInTokens, uint256 feeInTokens) = topUpAsKeeper();

        assertPulled(depositInTokens, feeInTokens);
        assertLe(depositInTokens + feeInTokens, terms.limitInTokens, "limit");
        assertLe(feeInTokens, terms.maxFeeInTokens, "most of a fee");
        assertLe(feeInTokens * 50, depositInTokens + feeInTokens, "share of the fee");
        assertLe(depositInTokens, neededInTokens, "more than needed");
        uint256 feeInFull = lesser(terms.maxFeeInTokens, neededInTokens / 50);
        if (neededInTokens + feeInFull <= terms.limitInTokens) {
            assertEq(depositInTokens, neededInTokens, "needed");
            assertEq(feeInTokens, feeInFull, "fee");
        } else {
            assertEq(depositInTokens + feeInTokens, terms.limitInTokens, "all that is allowed");
        }
        assertEq(liquidator.marginCalledAt(debtor) == 0, equity() >= INITIAL, "cleared when cured");
    }

    function test_curesWithoutTheTargetWhereTheLimitEndsBetween() public {
        Authorisation memory terms = standardTerms();
        terms.limitInTokens = uint128(150 * USDC);
        authorise(terms);
        callAt(2400);
        topUpAsKeeper();
        assertPulled(147 * USDC, 3 * USDC);
        assertEq(liquidator.marginCalledAt(debtor), 0);
    }

    function test_refusesToFallShortByOneUnit() public {
        Authorisation memory terms = standardTerms();
        terms.maxFeeInTokens = 0;
        terms.limitInTokens = uint128(100 * USDC - 1);
        authorise(terms);
        callAt(2400);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.WouldNotCure.selector, debtor, 100 * USDC - 1, 100 * USDC));
        assertPulled(0, 0);
        terms.limitInTokens = uint128(100 * USDC);
        authorise(terms);
        topUpAsKeeper();
        assertPulled(100 * USDC, 0);
        assertEq(liquidator.marginCalledAt(debtor), 0);
    }

    function test_roundsWhatInitialMarginNeedsUp() public {
        Authorisation memory terms = standardTerms();
        terms.maxFeeInTokens = 0;
        terms.limitInTokens = uint128(100 * USDC);
        authorise(terms);
        engine.setMark(perpetual, SPOT - 60e18 - 1);
        liquidator.callMargin(debtor);
        skip(1);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.WouldNotCure.selector, debtor, 100 * USDC, 100 * USDC + 1));
    }

    function test_theBudgetBindsLikeTheLimit() public {
        Authorisation memory terms = standardTerms();
        terms.budgetInTokens = uint128(100 * USDC);
        authorise(terms);
        callAt(2400);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.WouldNotCure.selector, debtor, 98 * USDC, 100 * USDC));
        assertPulled(0, 0);
    }

    function test_fallsShortOnlyWhereTheOwnerSaysSoAndOnceACall() public {
        Authorisation memory terms = standardTerms();
        terms.limitInTokens = uint128(50 * USDC);
        terms.mayFallShort = true;
        authorise(terms);
        callAt(2400);
        uint40 calledAt = liquidator.marginCalledAt(debtor);
        vm.expectEmit(address(autoTopUp));
        emit IAutoTopUp.ToppedUp(debtor, bob, 49 * USDC, 1 * USDC, false);
        topUpAsKeeper();
        assertPulled(49 * USDC, 1 * USDC);
        assertEq(liquidator.marginCalledAt(debtor), calledAt, "the call stands");

        skip(1 days);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.AlreadyToppedUp.selector, debtor, calledAt));
        fund(debtor, 100);
        liquidator.clearMarginCall(debtor);
        engine.setMark(perpetual, SPOT - 70e18);
        liquidator.callMargin(debtor);
        skip(1);
        (uint256 depositInTokens, ) = topUpAsKeeper();
        assertEq(depositInTokens, 49 * USDC, "another call");
    }

    function test_spendsTheBudgetAndThenNothing() public {
        Authorisation memory terms = standardTerms();
        terms.budgetInTokens = uint128(50 * USDC);
        terms.mayFallShort = true;
        authorise(terms);
        callAt(2400);
        topUpAsKeeper();
        assertEq(autoTopUp.authorisation(debtor).budgetInTokens, 0);
        skip(1);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.NotAuthorised.selector, debtor));
        assertPulled(49 * USDC, 1 * USDC);
    }

    function test_refusesWithoutACall() public {
        authorise(standardTerms());
        setEquity(2400);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.NoMarginCall.selector, debtor));
    }

    function test_refusesInTheSecondOfTheCall() public {
        authorise(standardTerms());
        setEquity(2400);
        liquidator.callMargin(debtor);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.CalledJustNow.selector, debtor, uint40(START)));
    }

    function test_refusesAnAccountThatRecoveredUnderItsCall() public {
        authorise(standardTerms());
        callAt(2400);
        setEquity(2500);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.AboveInitialMargin.selector, debtor, int256(2500e18), INITIAL));
    }

    function test_refusesOnInvalidFeeds() public {
        // Even where no clearing of the call would refuse it.
        Authorisation memory terms = standardTerms();
        terms.limitInTokens = uint128(50 * USDC);
        terms.mayFallShort = true;
        authorise(terms);
        callAt(2400);
        engine.setValidity(Validity.Invalid, 0);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.FeedInvalid.selector, debtor));
    }

    function test_fillsNoHole() public {
        Authorisation memory terms = standardTerms();
        terms.limitInTokens = uint128(4000 * USDC);
        terms.mayFallShort = true;
        authorise(terms);
        callAt(-1);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.NegativeEquity.selector, debtor, int256(-1e18)));
        setEquity(0);
        topUpAsKeeper();
        assertPulled(2750 * USDC, 5 * USDC);
    }

    function test_endsAtItsExpiryInclusive() public {
        Authorisation memory terms = standardTerms();
        terms.expiry = uint40(START + 1);
        authorise(terms);
        callAt(2400);
        skip(1);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.AuthorisationExpired.selector, debtor, terms.expiry));
        terms.expiry = uint40(vm.getBlockTimestamp());
        authorise(terms);
        topUpAsKeeper();
        assertPulled(350 * USDC, 5 * USDC);
    }

    function test_refusesWithoutAuthorisationOrAfterItsEnd() public {
        callAt(2400);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.NotAuthorised.selector, debtor));
        authorise(standardTerms());
        vm.expectEmit(address(autoTopUp));
        emit IAutoTopUp.Revoked(debtor);
        vm.prank(alice);
        autoTopUp.revoke(debtor);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.NotAuthorised.selector, debtor));
        assertPulled(0, 0);
    }

    function test_servesTheAccountThatItNamesAndNoOther() public {
        vm.prank(alice);
        autoTopUp.authorise(toAccount(alice, 2), standardTerms());
        callAt(2400);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.NotAuthorised.selector, debtor));
        assertPulled(0, 0);
    }

    function test_onlyTheOwnerAuthorisesAndRevokes() public {
        Account account = debtor;
        bytes memory refusal = abi.encodeWithSelector(IAutoTopUp.NotOwner.selector, account, bob);
        Authorisation memory terms = standardTerms();
        vm.expectRevert(refusal);
        vm.prank(bob);
        autoTopUp.authorise(account, terms);
        authorise(terms);
        vm.expectRevert(refusal);
        vm.prank(bob);
        autoTopUp.revoke(account);
        assertEq(autoTopUp.authorisation(account).budgetInTokens, terms.budgetInTokens);
    }

    function test_refusesTermsThatMakeNoSense() public {
        Authorisation memory terms = standardTerms();
        terms.target = 1e18 - 1;
        vm.expectRevert(abi.encodeWithSelector(IAutoTopUp.TargetTooLow.selector, 1e18 - 1, 1e18));
        authorise(terms);
        terms = standardTerms();
        terms.maxFeeInTokens = uint64(100 * USDC + 1);
        vm.expectRevert(abi.encodeWithSelector(IAutoTopUp.FeeTooHigh.selector, 100 * USDC + 1, 100 * USDC));
        authorise(terms);
    }

    function test_anotherAuthorisationMayAnswerTheSameCall() public {
        Authorisation memory terms = standardTerms();
        terms.limitInTokens = uint128(50 * USDC);
        terms.mayFallShort = true;
        authorise(terms);
        callAt(2400);
        topUpAsKeeper();
        authorise(terms);
        topUpAsKeeper();
        assertPulled(98 * USDC, 2 * USDC);
    }

    function test_anAuthorisationTakesThePlaceOfTheOneBefore() public {
        authorise(standardTerms());
        callAt(2400);
        topUpAsKeeper();
        Authorisation memory terms = standardTerms();
        terms.budgetInTokens = uint128(7 * USDC);
        vm.expectEmit(address(autoTopUp));
        emit IAutoTopUp.Authorised(debtor, terms);
        authorise(terms);
        assertEq(autoTopUp.authorisation(debtor).budgetInTokens, 7 * USDC);
    }

    function test_namesAnAllowanceOrABalanceThatIsTooSmall() public {
        authorise(standardTerms());
        callAt(2400);
        vm.prank(alice);
        usdc.approve(address(autoTopUp), 355 * USDC - 1);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.AllowanceTooSmall.selector, alice, 355 * USDC - 1, 355 * USDC));
        assertPulled(0, 0);
        vm.startPrank(alice);
        usdc.approve(address(autoTopUp), 355 * USDC);
        usdc.transfer(carol, WALLET - 355 * USDC + 1);
        vm.stopPrank();
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.BalanceTooSmall.selector, alice, 355 * USDC - 1, 355 * USDC));
        assertEq(usdc.balanceOf(alice), 355 * USDC - 1, "nothing lost");
        assertEq(autoTopUp.authorisation(debtor).budgetInTokens, 5000 * USDC, "nor of the budget");
    }

    function test_endsTheAuctionOfAnAccountThatItCures() public {
        authorise(standardTerms());
        callAt(1900);
        liquidator.startAuction(debtor);
        topUpAsKeeper();
        assertEq(liquidator.auctionState(debtor).auction.startedAt, 0);
        assertPulled(850 * USDC, 5 * USDC);
    }

    function test_followsTheClearinghouseToAnotherLiquidator() public {
        authorise(standardTerms());
        callAt(2400);
        Liquidator other = Liquidator(deploy("Liquidator", abi.encode(clearinghouse, vault, address(0))));
        clearinghouse.setLiquidator(address(other));
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.NoMarginCall.selector, debtor));
        other.callMargin(debtor);
        skip(1);
        topUpAsKeeper();
        assertEq(other.marginCalledAt(debtor), 0);
        assertPulled(350 * USDC, 5 * USDC);
    }

    function equity() private view returns (uint256) {
        return uint256(riskOf(debtor).equity);
    }

    function dividedUp(uint256 a, uint256 b) private pure returns (uint256) {
        return (a + b - 1) / b;
    }

    function lesser(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}

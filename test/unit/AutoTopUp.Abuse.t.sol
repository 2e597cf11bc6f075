// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { AutoTopUp } from "../../contracts/AutoTopUp.sol";
import { Authorisation, IAutoTopUp } from "../../contracts/interfaces/IAutoTopUp.sol";
import { IClearinghouse } from "../../contracts/interfaces/IClearinghouse.sol";
import { ILiquidator } from "../../contracts/interfaces/ILiquidator.sol";
import { HostileToken } from "../../contracts/mocks/HostileToken.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { Account } from "../../contracts/types/Account.sol";
import { AutoTopUpFixture } from "../helpers/AutoTopUpFixture.sol";

/// Tries to top up again in every transfer.
contract Repeater {
    HostileToken private immutable token;
    AutoTopUp private immutable autoTopUp;
    Account private immutable account;
    uint256 public attempts;
    uint256 public refusals;

    constructor(HostileToken token_, AutoTopUp autoTopUp_, Account account_) {
        (token, autoTopUp, account) = (token_, autoTopUp_, account_);
    }

    function attempt() external {
        ++attempts;
        try autoTopUp.topUp(account) {} catch (bytes memory reason) {
            if (bytes4(reason) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector) ++refusals;
        }
        token.callOnTransfer(address(this), abi.encodeCall(this.attempt, ()));
    }
}

/// Raises a margin call and answers it in one transaction.
contract Provoker {
    function provoke(ILiquidator liquidator, AutoTopUp autoTopUp, Account account) external {
        liquidator.callMargin(account);
        autoTopUp.topUp(account);
    }
}

contract AutoTopUpAbuseTest is AutoTopUpFixture {
    HostileToken private hostile;

    function setUp() public override {
        super.setUp();
        authorise(standardTerms());
    }

    function newUsdc() internal override returns (TestToken) {
        hostile = new HostileToken(6);
        return hostile;
    }

    function test_aTokenThatCallsBackGetsNoSecondTopUp() public {
        callAt(2400);
        Repeater repeater = new Repeater(hostile, autoTopUp, debtor);
        hostile.callOnTransfer(address(repeater), abi.encodeCall(repeater.attempt, ()));
        topUpAsKeeper();
        assertEq(repeater.attempts(), 3, "in, deposit, fee");
        assertEq(repeater.refusals(), 3);
        assertPulled(350 * USDC, 5 * USDC);
        assertEq(autoTopUp.authorisation(debtor).budgetInTokens, 4645 * USDC);
    }

    function test_doesNothingInsideABatchOfOthers() public {
        callAt(2400);
        hostile.callOnTransfer(address(autoTopUp), abi.encodeCall(autoTopUp.topUp, (debtor)));
        hostile.mint(carol, USDC);
        vm.startPrank(carol);
        hostile.approve(address(clearinghouse), USDC);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.Locked.selector));
        clearinghouse.fundReserve(USDC);
        vm.stopPrank();
        assertPulled(0, 0);
    }

    function test_aTokenThatKeepsAPartMovesNothing() public {
        callAt(2400);
        hostile.setFeeShare(0.001e18);
        // The account is credited with what arrives, and the fee then lacks what was kept on the way in.
        expectRefusal(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientBalance.selector,
                address(autoTopUp),
                5 * USDC - (355 * USDC) / 1000,
                5 * USDC
            )
        );
        hostile.setFeeShare(0);
        assertPulled(0, 0);
    }

    function test_callAndTopUpDoNotFitIntoOneTransaction() public {
        setEquity(2499);
        Provoker provoker = new Provoker();
        uint40 timestamp = uint40(vm.getBlockTimestamp());
        vm.expectRevert(abi.encodeWithSelector(IAutoTopUp.CalledJustNow.selector, debtor, timestamp));
        provoker.provoke(liquidator, autoTopUp, debtor);
        assertEq(liquidator.marginCalledAt(debtor), 0);
    }

    function test_tradingWithAnAccountDoesNotPushItBelowInitial() public {
        // Alice lets anyone trade at 1 % above the mark; whoever sells to her stops at her initial margin.
        setEquity(2500);
        uint256 price = engine.marks(perpetual);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearinghouse.BelowInitialMargin.selector,
                debtor,
                int256(2500e18) - int256(price / 100),
                2750e18
            )
        );
        buy(debtor, perpetual, 1e18, price + price / 100);
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidator.AboveInitialMargin.selector, debtor, int256(2500e18), INITIAL)
        );
        liquidator.callMargin(debtor);
    }

    /// However small the falls by which an account is called again and again: fees are a fiftieth of what it lost at most.
    function testFuzz_provokedCallsEarnAFiftiethOfWhatTheAccountLost(uint256 seed, bool isTight) public {
        Authorisation memory terms = standardTerms();
        terms.maxFeeInTokens = uint64(100 * USDC);
        if (isTight) terms.target = 1e18;
        authorise(terms);
        callAt(2499);
        topUpAsKeeper();
        (uint256 firstDeposit, uint256 firstFee) = (depositedInTokens(), usdc.balanceOf(bob));
        uint256 lost = 0;
        for (uint256 i = 0; i < 8; ++i) {
            uint256 surplus = uint256(riskOf(debtor).equity) - INITIAL;
            uint256 fall = surplus / 10 + 1 + bound(uint256(keccak256(abi.encode(seed, i))), 0, 5e18);
            engine.setMark(perpetual, engine.marks(perpetual) - fall);
            lost += fall * 10;
            liquidator.callMargin(debtor);
            skip(1);
            topUpAsKeeper();
        }
        uint256 fees = usdc.balanceOf(bob) - firstFee;
        uint256 deposits = depositedInTokens() - firstDeposit;
        // Each deposit is rounded up to a unit of USDC.
        assertLe(deposits, lost / 1e12 + 1, "deposits replace losses");
        assertLe(fees * 50, deposits, "fees");
        assertPulled(depositedInTokens(), usdc.balanceOf(bob));
        assertEq(
            autoTopUp.authorisation(debtor).budgetInTokens,
            5000 * USDC - depositedInTokens() - usdc.balanceOf(bob),
            "budget"
        );
    }

    function test_whatIsSentToItServesNobody() public {
        callAt(2400);
        hostile.mint(address(autoTopUp), 1);
        topUpAsKeeper();
        assertEq(hostile.balanceOf(address(autoTopUp)), 1, "what was sent to it stays");
        assertEq(hostile.balanceOf(alice), WALLET - 355 * USDC);
        assertEq(riskOf(debtor).equity, 2750e18);
        expectRefusal(abi.encodeWithSelector(IAutoTopUp.NoMarginCall.selector, debtor));
    }

    function depositedInTokens() private view returns (uint256) {
        return uint256(clearinghouse.cash(debtor)) / 1e12 - 3000 * USDC;
    }
}

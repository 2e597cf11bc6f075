// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IClearinghouse } from "../../contracts/interfaces/IClearinghouse.sol";
import { Reward, Seizure, SeizureOutcome } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { ILiquidationTerms } from "../../contracts/interfaces/ILiquidationTerms.sol";
import { ILiquidator } from "../../contracts/interfaces/ILiquidator.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Line } from "../../contracts/mocks/MockMarginEngine.sol";
import { IMarginEngine, Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH, Instrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

/// A liquidator that wants to know more than it is told.
contract CuriousTerms is ILiquidationTerms {
    function compensationRate(Account account, Risk calldata) external view returns (int256) {
        return IClearinghouse(msg.sender).cash(account);
    }
}

/// Alice: 10 perpetuals long from 2,000 USD. At 1,600 her equity is 1,000, against 1,600 to stay and 3,200 initially.
contract ClearinghouseSeizeTest is ClearinghouseTest {
    uint256 private constant MARK = 1600 * 1e18;
    int256 private constant RATE = 0.2e18;
    uint256 private constant FEE_SHARE = 0.1e18;

    function setUp() public override {
        super.setUp();
        deposit(alices, CASH, 5000 * USDC);
        deposit(bobs, CASH, 1e6 * USDC);
        deposit(carols, CASH, 1e5 * USDC);
        fill(alices, bobs, PERPETUAL, 10 * UNIT, 2000 * USD);
        setEthPrice(MARK);
    }

    function test_movesLegsAtMarkAndPaysForTheRequirementRemoved() public {
        SeizureOutcome memory outcome = seize(PERPETUAL, 4 ether, RATE);
        // 4 × 160 USD of requirement are gone; a fifth is paid, a tenth of that is the fee.
        assertEq(outcome.payment, 128e18);
        assertEq(outcome.before.equity, 1000e18);
        assertEq(outcome.before.maintenance, 1600e18);
        // Entered at 2,000, worth 1,600 now.
        assertEq(outcome.legs.equity, -1600e18);
        assertEq(outcome.remaining.equity, 872e18);
        assertEq(outcome.remaining.maintenance, 960e18);
        assertEq(position(alices, PERPETUAL), 6 ether);
        assertEq(position(carols, PERPETUAL), 4 ether);
        assertEq(clearinghouse.entryValue(alices, PERPETUAL), -12_000e18);
        assertEq(clearinghouse.entryValue(carols, PERPETUAL), -8000e18);
        assertEq(cash(alices), 5000e18 - 1600e18 - 128e18);
        assertEq(cash(carols), 1e5 * 1e18 + 1600e18 + 115.2e18);
        assertEq(cash(feeTo), 12.8e18);
        assertEq(clearinghouse.openInterest(ETH), 10 * UNIT);
    }

    function test_tellsOfEachLegAndOfThePayment() public {
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.Transferred(alices, carols, PERPETUAL, 4 ether, -8000e18);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.Seized(alices, carols, feeTo, -1600e18, 128e18, 12.8e18);
        seize(PERPETUAL, 4 ether, RATE);
    }

    function test_returnsWhatTheEngineSaysAfterwards() public {
        SeizureOutcome memory outcome = seize(PERPETUAL, 4 ether, RATE);
        assertEq(riskOf(alices).equity, outcome.remaining.equity);
        assertEq(riskOf(alices).maintenance, outcome.remaining.maintenance);
    }

    function test_aNegativeRateIsPaidByTheTakerInFull() public {
        SeizureOutcome memory outcome = seize(PERPETUAL, 4 ether, -0.01e18);
        assertEq(outcome.payment, -6.4e18);
        assertEq(outcome.remaining.equity, 1006.4e18);
        assertEq(cash(feeTo), 0);
        assertEq(cash(carols), 1e5 * 1e18 + 1600e18 - 6.4e18);
    }

    function testFuzz_neverLowersHealth(uint256 size, int256 rate) public {
        size = bound(size, 1, 10 ether);
        rate = bound(rate, -0.1e18, 1.5e18);
        int256 total = cash(alices) + cash(carols);
        try this.seizeExternally(size, rate) returns (SeizureOutcome memory outcome) {
            assertGe(
                outcome.remaining.equity * int256(outcome.before.maintenance),
                outcome.before.equity * int256(outcome.remaining.maintenance)
            );
            assertEq(cash(alices) + cash(carols) + cash(feeTo), total);
            assertEq(riskOf(alices).equity, outcome.remaining.equity);
            assertGe(outcome.remaining.maintenance, riskOf(alices).maintenance);
        } catch (bytes memory reason) {
            // Without the fuzzed sizes there is no other cause.
            assertEq(bytes32(bytes4(reason)), bytes32(IClearinghouse.HealthLowered.selector));
            // E / R is 0.625.
            assertGe(rate, 0.6e18);
        }
    }

    function seizeExternally(uint256 size, int256 rate) external returns (SeizureOutcome memory) {
        return seize(PERPETUAL, int128(int256(size)), rate);
    }

    function test_asksTheLiquidatorForTheRateWithTheRiskThatItFound() public {
        vm.expectCall(liquidator, abi.encodeCall(ILiquidationTerms.compensationRate, (alices, riskOf(alices))), 1);
        assertEq(seize(PERPETUAL, 4 ether, RATE).rate, RATE);
    }

    function test_theLiquidatorMayStillRefuse() public {
        bytes memory refusal = abi.encodeWithSelector(ILiquidator.NoAuction.selector, alices);
        vm.mockCallRevert(liquidator, abi.encodeWithSelector(ILiquidationTerms.compensationRate.selector), refusal);
        vm.expectRevert(refusal);
        vm.prank(liquidator);
        force.seize(Seizure(alices, carols, list(PERPETUAL, 4 ether), feeTo, FEE_SHARE, Reward(feeTo, 0)));
    }

    function test_theLiquidatorReadsNoAccountMeanwhile() public {
        address curious = address(new CuriousTerms());
        clearinghouse.setLiquidator(curious);
        vm.expectRevert(IClearinghouse.Locked.selector);
        vm.prank(curious);
        force.seize(Seizure(alices, carols, list(PERPETUAL, 4 ether), feeTo, FEE_SHARE, Reward(feeTo, 0)));
    }

    function test_asksTheEngineOnce() public {
        vm.expectCall(address(engine), abi.encodeWithSelector(IMarginEngine.evaluate.selector), 1);
        seize(PERPETUAL, 4 ether, RATE);
    }

    /// Below, the perpetuals are gone and what paying for them leaves is a debt: the requirement of a debtor is due.
    function test_pricesTheDebtThatTheLegsMake() public {
        engine.setFloor(300 * USD);
        Account dan = toAccount(makeAddr("dan"), 0);
        equip(dan.owner());
        approve(dan, address(this), 1);
        setEthPrice(2000 * USD);
        deposit(dan, WETH, 1 ether);
        deposit(dan, CASH, 1700 * USDC);
        fill(dan, bobs, PERPETUAL, 4 * UNIT, 2000 * USD);
        setEthPrice(1550 * USD);
        engine.setLine(PERPETUAL, Line(1550 * USD, 500 * USD, 400 * USD));
        setRate(0);
        vm.prank(liquidator);
        SeizureOutcome memory outcome = force.seize(
            Seizure(dan, carols, list(PERPETUAL, 4 ether), feeTo, FEE_SHARE, Reward(feeTo, 0))
        );
        // 4 × 450 were lost, 100 of them are owed.
        assertEq(cash(dan), -100e18);
        assertEq(outcome.remaining.equity, 1450e18);
        assertEq(outcome.remaining.maintenance, 300e18);
        assertEq(riskOf(dan).maintenance, 300e18);
    }

    function test_refusesAPaymentBeyondEquityPerRequirement() public {
        seize(PERPETUAL, 1 ether, 0.625e18);
        vm.expectPartialRevert(IClearinghouse.HealthLowered.selector);
        seize(PERPETUAL, 1 ether, 0.625e18 + 1e3);
    }

    function test_refusesLegsOfABankruptAccount() public {
        setEthPrice(1400 * USD);
        vm.expectPartialRevert(IClearinghouse.HealthLowered.selector);
        seize(PERPETUAL, 1 ether, 0);
    }

    function test_refusesWhatIsNotHeldOrBeyondIt() public {
        expectInsufficient(PERPETUAL, 10 ether, 10 ether + 1);
        seize(PERPETUAL, 10 ether + 1, RATE);
        expectInsufficient(PERPETUAL, 10 ether, -1);
        seize(PERPETUAL, -1, RATE);
        expectInsufficient(CALL, 0, 1);
        seize(CALL, 1, RATE);
        expectInsufficient(CASH, 0, 1);
        seize(CASH, 1, RATE);
        vm.expectRevert(IClearinghouse.ZeroSize.selector);
        seize(PERPETUAL, 0, RATE);
        vm.expectRevert(IClearinghouse.ZeroSize.selector);
        seize(new Position[](0), RATE, carols);
    }

    function test_aLegListedTwiceCountsTwiceAndStopsAtWhatIsHeld() public {
        Position[] memory legs = new Position[](2);
        legs[0] = toPosition(PERPETUAL, 3 ether);
        legs[1] = toPosition(PERPETUAL, 3 ether);
        SeizureOutcome memory outcome = seize(legs, RATE, carols);
        assertEq(outcome.legs.equity, -2400e18);
        assertEq(position(alices, PERPETUAL), 4 ether);
        legs[0] = toPosition(PERPETUAL, 2 ether);
        expectInsufficient(PERPETUAL, 2 ether, 3 ether);
        seize(legs, RATE, carols);
    }

    function test_refusesAHealthyAccount() public {
        setEthPrice(1700 * USD);
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.NotLiquidatable.selector, alices, int256(2000e18), 1700e18)
        );
        seize(PERPETUAL, 1 ether, RATE);
    }

    function test_refusesOnAnInvalidFeed() public {
        engine.setValidity(Validity.Invalid, 0);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.FeedInvalid.selector, alices));
        seize(PERPETUAL, 1 ether, RATE);
    }

    function test_refusesATakerBelowInitialMargin() public {
        withdraw(carols, CASH, 99_000 * USDC);
        // 4 × 320 initially, against 1,000 and 115.2 of payment.
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.BelowInitialMargin.selector, carols, int256(1115.2e18), 1280e18)
        );
        seize(PERPETUAL, 4 ether, RATE);
    }

    function test_refusesTheAccountItself() public {
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.SelfTrade.selector, alices));
        seize(list(PERPETUAL, 1 ether), RATE, alices);
    }

    function test_paysNoLessThanTheFallWhereThePaymentMakesADebt() public {
        // Nothing but a little ether would remain, and no cash to pay with: the debt brings the floor.
        Account dan = toAccount(makeAddr("dan"), 0);
        equip(dan.owner());
        approve(dan, address(this), 1);
        setEthPrice(2000 * USD);
        deposit(dan, WETH, 1 ether);
        deposit(dan, CASH, 1000 * USDC);
        fill(dan, bobs, PERPETUAL, 4 * UNIT, 2000 * USD);
        setEthPrice(1550 * USD);
        // Equity 1,550 + 1,000 − 1,800 = 750, requirement 155 + 620 = 775.
        setRate(0.9e18);
        Seizure memory seizure = Seizure(dan, carols, list(PERPETUAL, 4 ether), feeTo, FEE_SHARE, Reward(feeTo, 0));
        vm.prank(liquidator);
        SeizureOutcome memory outcome = force.seize(seizure);
        assertEq(
            outcome.payment,
            int256((0.9e18 * (outcome.before.maintenance - outcome.remaining.maintenance)) / USD)
        );
        assertEq(outcome.remaining.equity, riskOf(dan).equity);
        assertEq(outcome.remaining.maintenance, riskOf(dan).maintenance);
    }

    function test_pricesTheDebtThatThePaymentMakes() public {
        engine.setFloor(300 * USD);
        Account dan = toAccount(makeAddr("dan"), 0);
        equip(dan.owner());
        approve(dan, address(this), 1);
        setEthPrice(2000 * USD);
        deposit(dan, WETH, 1 ether);
        deposit(dan, CASH, 1801 * USDC);
        fill(dan, bobs, PERPETUAL, 4 * UNIT, 2000 * USD);
        setEthPrice(1550 * USD);
        engine.setLine(PERPETUAL, Line(1550 * USD, 500 * USD, 400 * USD));
        // 1 USD of cash remains beside the ether: any payment is a debt, with the floor of 300 instead of 155.
        setRate(0.2e18);
        Seizure memory seizure = Seizure(dan, carols, list(PERPETUAL, 4 ether), feeTo, FEE_SHARE, Reward(feeTo, 0));
        vm.prank(liquidator);
        SeizureOutcome memory outcome = force.seize(seizure);
        assertEq(outcome.before.maintenance, 1755e18);
        assertEq(outcome.remaining.maintenance, 300e18);
        assertEq(outcome.payment, 291e18);
        assertEq(riskOf(dan).maintenance, 300e18);
        assertEq(outcome.remaining.equity, riskOf(dan).equity);
    }

    function test_pricesTheDebtThatTheTakerMakes() public {
        engine.setFloor(5000 * USD);
        Account dan = toAccount(makeAddr("dan"), 0);
        equip(dan.owner());
        deposit(alices, WETH, 0.5 ether);
        setEthPrice(1500 * USD);
        engine.setLine(PERPETUAL, Line(1500 * USD, 700 * USD, 600 * USD));
        // Half an ether costs all the cash that there is; the cent on top is a debt, with a floor beyond the equity.
        deposit(dan, WETH, 1 ether);
        deposit(dan, CASH, 750 * USDC);
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.BelowInitialMargin.selector, dan, int256(2249.25e18), 5000e18)
        );
        seize(list(WETH, 0.5 ether), -0.01e18, dan);
        seize(list(WETH, 0.5 ether), 0, dan);
        assertEq(position(dan, WETH), 1.5 ether);
        assertEq(cash(dan), 0);
    }

    function expectInsufficient(Instrument instrument, int256 held, int256 size) private {
        vm.expectRevert(
            abi.encodeWithSelector(IClearinghouse.InsufficientPosition.selector, alices, instrument, held, size)
        );
    }

    function seize(Instrument instrument, int128 size, int256 rate) private returns (SeizureOutcome memory) {
        return seize(list(instrument, size), rate, carols);
    }

    function seize(Position[] memory legs, int256 rate, Account to) private returns (SeizureOutcome memory) {
        setRate(rate);
        vm.prank(liquidator);
        return force.seize(Seizure(alices, to, legs, feeTo, FEE_SHARE, Reward(feeTo, 0)));
    }

    /// The liquidator refuses nothing: what is refused here, the clearinghouse refuses.
    function setRate(int256 rate) private {
        vm.mockCall(liquidator, abi.encodeWithSelector(ILiquidationTerms.compensationRate.selector), abi.encode(rate));
    }

    function list(Instrument instrument, int128 size) private pure returns (Position[] memory) {
        return one(toPosition(instrument, size));
    }

    function riskOf(Account account) private view returns (Risk memory) {
        Portfolio[] memory portfolios = new Portfolio[](1);
        portfolios[0] = clearinghouse.portfolio(account);
        return engine.evaluate(portfolios)[0];
    }
}

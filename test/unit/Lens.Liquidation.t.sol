// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Lens } from "../../contracts/Lens.sol";
import { IClearinghouse } from "../../contracts/interfaces/IClearinghouse.sol";
import { Reward, Seizure, SeizureOutcome } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { ILiquidationTerms } from "../../contracts/interfaces/ILiquidationTerms.sol";
import { LiquidationPreview, Preview } from "../../contracts/interfaces/ILens.sol";
import { ILiquidator } from "../../contracts/interfaces/ILiquidator.sol";
import { IMarginModel, Portfolio } from "../../contracts/interfaces/IMarginEngine.sol";
import { Line } from "../../contracts/mocks/MockMarginEngine.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH, Instrument } from "../../contracts/types/Instrument.sol";
import { MAX_LEGS } from "../../contracts/types/Limits.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";
import { LiquidationFixture } from "../helpers/LiquidationFixture.sol";

/// Every preview beside the liquidation that it speaks of, by the real liquidator and clearinghouse: equal to the wei.
contract LensLiquidationTest is LiquidationFixture {
    Lens private lens;

    function setUp() public override {
        super.setUp();
        lens = Lens(deploy("Lens", abi.encode(clearinghouse, address(0))));
    }

    function test_TheKeeperIsPaidWhatWasShown() public {
        openAuction(1900);
        skip(150 seconds);
        LiquidationPreview memory shown = lens.previewLiquidation(debtor, keeper, leg(perpetual, 1e18));
        assertEq(shown.rate, 0.145e18);
        assertEq(shown.payment, 29e18);
        assertEq(shown.fee, 2.9e18);
        assertEq(shown.account.before.equity, 1900e18);
        assertEq(shown.account.before.maintenance, 2000e18);
        assertEq(shown.account.afterwards.equity, 1871e18);
        assertEq(shown.account.afterwards.maintenance, 1800e18);
        // A perpetual is paid for at its mark; its entry value, cash to margin, stayed behind.
        assertEq(shown.legs.equity, 1890e18);
        assertEq(shown.taker.afterwards.equity - shown.taker.before.equity, 26.1e18);
        assertLiquidates(leg(perpetual, 1e18));
    }

    function test_TheFirstComerPaysWhatWasShown() public {
        openAuction(1900);
        LiquidationPreview memory shown = lens.previewLiquidation(debtor, keeper, leg(perpetual, 1e18));
        assertEq(shown.payment, -2e18);
        assertEq(shown.fee, 0);
        assertLiquidates(leg(perpetual, 1e18));
    }

    function testFuzz_LiquidationsDoWhatWasShown(uint256 size, uint256 share, uint256 elapsed, uint256 held) public {
        size = bound(size, 0.5e18, 1.5e18);
        share = bound(share, 0, size);
        // Of the keeper, long or short: the legs join it, reduce it or turn it round.
        held = bound(held, 0, 4e18);
        operate(keeper);
        if (held > 2e18) sell(keeper, perpetual, uint128(held) - 2e18, 1950e18 + held);
        else if (held != 0) buy(keeper, perpetual, uint128(held), 2050e18 + held);
        openAuction(1900);
        skip(bound(elapsed, 0, 150 seconds));
        if (share == 0 || share == size) assertLiquidates(leg(perpetual, int128(int256(size))));
        else assertLiquidates(legs2(perpetual, int128(int256(share)), perpetual, int128(int256(size - share))));
    }

    function test_SupposedPortfoliosFareLikeStoredOnes() public {
        openAuction(1900);
        skip(100 seconds);
        LiquidationPreview memory ofStored = lens.previewLiquidation(debtor, keeper, leg(perpetual, 1e18));
        Portfolio memory account = clearinghouse.portfolio(debtor);
        Portfolio memory taker = clearinghouse.portfolio(keeper);
        LiquidationPreview memory ofSupposed = lens.previewLiquidationOf(
            account,
            taker,
            leg(perpetual, 1e18),
            ofStored.rate
        );
        assertEq(abi.encode(ofSupposed), abi.encode(ofStored));
    }

    function test_ShowsARateThatIsNotOfferedYet() public {
        openLong();
        setEquity(1900);
        Portfolio memory account = clearinghouse.portfolio(debtor);
        Portfolio memory taker = clearinghouse.portfolio(keeper);
        LiquidationPreview memory shown = lens.previewLiquidationOf(account, taker, leg(perpetual, 1e18), 0.5e18);
        assertEq(shown.payment, 100e18);
        assertEq(shown.account.afterwards.equity, 1800e18);
    }

    function test_RefusesWhatIsNotOffered() public {
        openLong();
        setEquity(1900);
        expectOnBoth(abi.encodeWithSelector(ILiquidator.NoAuction.selector, debtor), leg(perpetual, 1e18));
        liquidator.startAuction(debtor);
        skip(15 minutes);
        setEquity(2000);
        expectOnBoth(
            abi.encodeWithSelector(ILiquidator.AboveMaintenance.selector, debtor, int256(2000e18), 2000e18),
            leg(perpetual, 1e18)
        );
        setEquity(0);
        vm.expectPartialRevert(ILiquidator.WholeOnly.selector);
        lens.previewLiquidation(debtor, keeper, leg(perpetual, 1e18));
    }

    function test_RefusesMoreThanIsHeldAndTheOtherSign() public {
        openAuction(1900);
        expectInsufficient(perpetual, 10e18, 10e18 + 1, leg(perpetual, 10e18 + 1));
        expectInsufficient(perpetual, 10e18, -1e18, leg(perpetual, -1e18));
        expectInsufficient(call, 0, 1e18, leg(call, 1e18));
        expectInsufficient(perpetual, 4e18, 6e18, legs2(perpetual, 6e18, perpetual, 6e18));
        // Neither of these is known to any engine.
        expectInsufficient(CASH, 0, 1e18, leg(CASH, 1e18));
        Instrument unknown = Instrument.wrap(uint128(0xf) << 104);
        expectInsufficient(unknown, 0, 1e18, leg(unknown, 1e18));
    }

    function test_RefusesNothingAndTooMuch() public {
        openAuction(1900);
        bytes memory zero = abi.encodeWithSelector(IClearinghouse.ZeroSize.selector);
        expectOnBoth(zero, new Position[](0));
        expectOnBoth(zero, leg(perpetual, 0));
        vm.expectRevert(abi.encodeWithSelector(IMarginModel.TooManyLegs.selector, MAX_LEGS + 1));
        lens.previewLiquidation(debtor, keeper, new Position[](MAX_LEGS + 1));
    }

    function test_RefusesTheOwnerInAnotherAccount() public {
        openAuction(1900);
        Account other = toAccount(alice, 2);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.SelfLiquidation.selector, debtor, other));
        lens.previewLiquidation(debtor, other, leg(perpetual, 1e18));
    }

    function expectInsufficient(Instrument instrument, int256 held, int256 size, Position[] memory legs) private {
        expectOnBoth(
            abi.encodeWithSelector(IClearinghouse.InsufficientPosition.selector, debtor, instrument, held, size),
            legs
        );
    }

    /// The lens and the liquidator refuse with the same words.
    function expectOnBoth(bytes memory expected, Position[] memory legs) private {
        vm.expectRevert(expected);
        lens.previewLiquidation(debtor, keeper, legs);
        vm.prank(bob);
        vm.expectRevert(expected);
        liquidator.liquidate(liquidation(legs));
    }

    function assertLiquidates(Position[] memory legs) private {
        LiquidationPreview memory shown = lens.previewLiquidation(debtor, keeper, legs);
        assertEq(abi.encode(shown.account.before), abi.encode(riskOf(debtor)), "account before");
        assertEq(abi.encode(shown.taker.before), abi.encode(riskOf(keeper)), "taker before");
        assertEq(shown.rate, liquidator.auctionState(debtor).rate, "rate");
        int256 feesBefore = clearinghouse.cash(vault.treasury());
        assertEq(liquidateAsKeeper(legs), shown.payment, "payment");
        assertEq(clearinghouse.cash(vault.treasury()) - feesBefore, int256(shown.fee), "fee");
        assertArrived(shown.account, debtor);
        assertArrived(shown.taker, keeper);
    }

    function assertArrived(Preview memory shown, Account account) private view {
        assertEq(abi.encode(shown.portfolio), abi.encode(clearinghouse.portfolio(account)), "portfolio");
        assertEq(abi.encode(shown.afterwards), abi.encode(riskOf(account)), "risk");
    }

    function assertEq(bytes memory actual, bytes memory expected, string memory message) private pure {
        assertTrue(keccak256(actual) == keccak256(expected), message);
    }
}

/// The edges that no liquidation gets near every day: where paying turns cash into debt, on either side.
contract LensSeizureTest is ClearinghouseTest {
    uint256 private constant FEE_SHARE = 0.1e18;
    Account private dan = toAccount(makeAddr("dan"), 0);
    Lens private lens;

    function setUp() public override {
        super.setUp();
        lens = Lens(deploy("Lens", abi.encode(clearinghouse, address(0))));
        deposit(bobs, CASH, 1e6 * USDC);
        deposit(carols, CASH, 1e5 * USDC);
        equip(dan.owner());
        approve(dan, address(this), 1);
        vm.mockCall(liquidator, abi.encodeWithSignature("FEE_SHARE()"), abi.encode(FEE_SHARE));
    }

    function test_ThePaymentThatMakesADebt() public {
        borrowToBe(1801, 300, 400);
        LiquidationPreview memory shown = assertSeizes(carols, perpetuals(4 ether), 0.2e18);
        assertEq(shown.account.afterwards.maintenance, 300e18);
        assertEq(shown.payment, 291e18);
    }

    function test_ThePaymentThatIsLessForTheDebtItMakes() public {
        borrowToBe(1801, 300, 400);
        // Without a debt 1,755 − 155 would be gone and cost a dollar and a bit; with it only 1,455 are.
        LiquidationPreview memory shown = assertSeizes(carols, perpetuals(4 ether), 0.00065e18);
        assertEq(shown.account.afterwards.maintenance, 300e18);
        assertEq(shown.payment, 0.94575e18);
    }

    function test_TheDebtThatTheTakerMakes() public {
        borrowToBe(1801, 3000, 900);
        Account erin = toAccount(makeAddr("erin"), 0);
        equip(erin.owner());
        deposit(erin, WETH, 10 ether);
        deposit(erin, CASH, 775 * USDC);
        Position[] memory legs = one(toPosition(WETH, 0.5 ether));
        // Half an ether costs all the cash that there is; what is paid on top is a debt, with the floor.
        assertEq(assertSeizes(erin, legs, 0).taker.afterwards.maintenance, 1627.5e18);
        deposit(erin, CASH, 775 * USDC);
        assertEq(assertSeizes(erin, legs, -0.01e18).taker.afterwards.maintenance, 3000e18);
    }

    function testFuzz_SeizuresDoWhatWasShown(uint256 cash_, uint256 floor, uint256 size, int256 rate) public {
        borrowToBe(bound(cash_, 1790, 1900), bound(floor, 50, 400), 400);
        size = bound(size, 1, 4 ether);
        rate = bound(rate, -0.05e18, 0.3e18);
        bool isAll = size % 2 == 0;
        assertSeizes(carols, perpetuals(isAll ? int128(4 ether) : int128(int256(size))), rate);
    }

    /// One ether, and four perpetuals that have lost 450 USD each.
    /// @param cash_ USD, of which 1,800 are lost. @param maintenance Of a perpetual.
    function borrowToBe(uint256 cash_, uint256 floor, uint256 maintenance) private {
        engine.setFloor(floor * USD);
        setEthPrice(2000 * USD);
        deposit(dan, WETH, 1 ether);
        deposit(dan, CASH, cash_ * USDC);
        fill(dan, bobs, PERPETUAL, 4 * UNIT, 2000 * USD);
        setEthPrice(1550 * USD);
        engine.setLine(PERPETUAL, Line(1550 * USD, 500 * USD, maintenance * USD));
    }

    function perpetuals(int128 size) private view returns (Position[] memory) {
        return one(toPosition(PERPETUAL, size));
    }

    function assertSeizes(
        Account to,
        Position[] memory legs,
        int256 rate
    ) private returns (LiquidationPreview memory shown) {
        vm.mockCall(liquidator, abi.encodeWithSelector(ILiquidationTerms.compensationRate.selector), abi.encode(rate));
        shown = lens.previewLiquidation(dan, to, legs);
        vm.prank(liquidator);
        SeizureOutcome memory outcome = force.seize(Seizure(dan, to, legs, feeTo, FEE_SHARE, Reward(feeTo, 0)));
        assertEq(shown.rate, outcome.rate);
        assertEq(shown.payment, outcome.payment);
        assertEq(abi.encode(shown.account.before), abi.encode(outcome.before));
        assertEq(abi.encode(shown.account.afterwards), abi.encode(outcome.remaining));
        assertEq(shown.legs.maintenanceBeforeFloor, outcome.legs.maintenanceBeforeFloor);
        assertEq(abi.encode(shown.account.portfolio), abi.encode(clearinghouse.portfolio(dan)));
        assertEq(abi.encode(shown.taker.portfolio), abi.encode(clearinghouse.portfolio(to)));
        assertEq(abi.encode(shown.taker.afterwards), abi.encode(clearinghouse.risk(to)));
    }
}

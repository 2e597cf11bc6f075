// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Fill } from "../../contracts/interfaces/IClearinghouse.sol";
import { IBackstopVault } from "../../contracts/interfaces/IBackstopVault.sol";
import { ILiquidator } from "../../contracts/interfaces/ILiquidator.sol";
import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Underlying } from "../../contracts/interfaces/IMarkets.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { Instrument } from "../../contracts/types/Instrument.sol";
import { BackstopFixture } from "../helpers/BackstopFixture.sol";

contract BackstopVaultBudgetTest is BackstopFixture {
    function setUp() public override {
        super.setUp();
        fundBackstop(lender, 40_000);
    }

    function committedTo(uint16 underlying) internal view returns (uint256 committed) {
        (committed, , ) = vault.budget(underlying);
    }

    function lostOn(uint16 underlying) internal view returns (uint256 lost) {
        (, lost, ) = vault.budget(underlying);
    }

    /// As the liquidator, had it not asked for the capacity first.
    function requireRefused(Account account, bytes memory reason) internal {
        Risk memory risk = riskOf(account);
        vm.prank(address(liquidator));
        vm.expectRevert(reason);
        vault.prepareAbsorption(account, risk.equity, risk.initial);
    }

    function requireExceeded(Account account, uint256 funding, uint256 capacity) internal {
        requireRefused(account, abi.encodeWithSelector(IBackstopVault.BudgetExceeded.selector, funding, capacity));
    }

    /// A budget is half of the vault.
    function test_halfOfABudgetMayStandAsMargin() public {
        (, , uint256 limit) = vault.budget(ETH);
        assertEq(limit, 20_000e18);
        absorbBankrupt(ETH, 4500); // 7,000 with the initial margin
        assertEq(committedTo(ETH), 7000e18);
        assertEq(committedTo(BTC), 0);
        (, , limit) = vault.budget(ETH);
        assertEq(limit, 20_000e18, "what is committed belongs to the vault");

        (Account account, ) = openBankrupt(ETH, 501);
        assertEq(vault.capacity(account), 3000e18);
        requireExceeded(account, 3001e18, 3000e18);
        (account, ) = openBankrupt(ETH, 500);
        liquidator.absorb(account);
        (account, ) = openBankrupt(ETH, 1);
        assertEq(vault.capacity(account), 0);
    }

    function test_anotherUnderlyingHasItsOwn() public {
        absorbBankrupt(ETH, 7500);
        absorbBankrupt(BTC, 7500);
        assertEq(clearinghouse.cash(vault.treasury()), 20_000e18, "half of the vault, by quarters");
    }

    /// The budgets of three underlyings are more than the vault.
    function test_halfOfTheVaultMayStandAsMarginOnHoweverManyUnderlyings() public {
        uint16 third = 3;
        markets.setUnderlying(third, Underlying("SOL", 1e8, 400 days, 1e30, false));
        absorbBankrupt(ETH, 7500);
        absorbBankrupt(BTC, 6500);
        (Account account, ) = openBankrupt(third, 1);
        assertEq(vault.capacity(account), 1000e18, "1,000 of 20,000");
        requireExceeded(account, 2501e18, 1000e18);
        vm.prank(address(liquidator));
        assertEq(vault.coverDeficit(account, 21_000e18), 20_000e18, "its budget, for deficits");
    }

    /// The order of the waterfall where the vault has given all the margin that it may: its free money, and then the other side.
    function test_deficitsArePaidFromWhatMayNotStandAsMargin() public {
        absorbBankrupt(ETH, 7500);
        (Account account, ) = openBankrupt(ETH, 8000);
        assertEq(vault.capacity(account), 0);
        int256 makers = riskOf(maker).equity;
        vm.expectEmit(address(liquidator));
        emit ILiquidator.AccountDeleveraged(account, -8000e18, 0, 8000e18, 0);
        liquidator.absorb(account);
        assertEq(riskOf(maker).equity, makers, "nobody else pays while the vault has free money");
        assertEq(clearinghouse.positions(account).length, 0, "closed at mark");
        assertEq(riskOf(account).equity, 0, "INV-11");
        assertEq(lostOn(ETH), 8000e18);

        (account, ) = openBankrupt(ETH, 5000);
        makers = riskOf(maker).equity;
        vm.expectEmit(address(liquidator));
        emit ILiquidator.AccountDeleveraged(account, -5000e18, 0, 2000e18, 3000e18);
        liquidator.absorb(account);
        assertEq(makers - riskOf(maker).equity, 3000e18, "what is missing, once the budget is used up");
        (uint256 committed, uint256 lost, uint256 limit) = vault.budget(ETH);
        assertEq(committed + lost, limit);
    }

    function test_lossesLeaveLessToStandAsMargin() public {
        (Account account, ) = openBankrupt(ETH, 5500);
        assertEq(vault.capacity(account), 10_000e18);
        vm.prank(address(liquidator));
        vault.coverDeficit(account, 4000e18);
        assertEq(vault.capacity(account), 8000e18, "half of 20,000 less 4,000");
        (account, ) = openBankrupt(ETH, 5501);
        requireExceeded(account, 8001e18, 8000e18);
        (account, ) = openBankrupt(ETH, 5500);
        liquidator.absorb(account);
        assertEq(committedTo(ETH), 8000e18);
    }

    /// The toxic book of one underlying cannot hide behind another: it uses both budgets in full.
    function test_accountOnTwoUnderlyingsCountsAgainstBoth() public {
        (Account account, ) = openOnBoth(ETH, BTC, 1.5e18);
        liquidator.absorb(account);
        assertEq(committedTo(ETH), committedTo(BTC));
        assertGt(committedTo(BTC), 6500e18);
        (account, ) = openBankrupt(BTC, 2500);
        assertLt(vault.capacity(account), 3500e18);
        requireExceeded(account, 5000e18, vault.capacity(account));
    }

    function test_budgetThatIsUsedUpBindsWhateverElseIsHeld() public {
        absorbBankrupt(ETH, 4500);
        (Account account, ) = openOnBoth(BTC, ETH, 1.5e18);
        assertEq(vault.capacity(account), 3000e18, "of ETH, the second leg");
    }

    /// Ten options of the one require 2,000 USD, so 1.111 of the other require 222.2 of 2,222.2: a tenth.
    function test_whatMakesUpLessThanATenthDoesNotCount() public {
        (Account account, ) = openOnBoth(ETH, BTC, 1.111e18);
        liquidator.absorb(account);
        assertGt(committedTo(ETH), 6500e18);
        assertEq(committedTo(BTC), 0);
        (account, ) = openOnBoth(BTC, ETH, 1.112e18);
        uint256 committed = committedTo(ETH);
        assertLt(vault.capacity(account), 3500e18, "what makes up a tenth counts");
        (account, ) = openOnBoth(BTC, ETH, 1.111e18);
        assertEq(vault.capacity(account), 10_000e18);
        assertEq(committedTo(ETH), committed);
    }

    function test_aSpeckOfCollateralUsesUpNothing() public {
        (Account account, ) = openBankrupt(BTC, 2000);
        depositSpot(account, 1);
        liquidator.absorb(account);
        assertGt(committedTo(BTC), 0);
        assertEq(committedTo(ETH), 0);
    }

    /// Of 2,000,000 USD where the other is of 1,000, but it requires nothing: what was lost was lost on the other.
    function test_noHedgedBookHidesAnother() public {
        (Account account, Instrument option) = openBankrupt(BTC, 0);
        engine.setMark(option, 100e18);
        Instrument hedge = newOption(ETH);
        engine.setProfits(hedge, 200e18, -200e18, -1000e18);
        Batch memory actions;
        actions.fills = new Fill[](2);
        actions.fills[0] = Fill(account, maker, perpetual, 1000e18, SPOT);
        actions.fills[1] = Fill(maker, account, hedge, 1000e18, 100e18);
        clearinghouse.batch(actions);
        engine.setMark(option, 800e18);
        liquidator.absorb(account);
        assertGt(committedTo(BTC), 6000e18);
        assertEq(committedTo(ETH), 0);
    }

    /// One perpetual requires 200 USD of 2,200; but 220 were lost on it.
    function test_whatWasLostOnAPerpetualCountsHoweverLittleIsRequiredOfIt() public {
        absorbBankrupt(ETH, 4500);
        (Account account, Instrument option) = openBankrupt(BTC, 0);
        engine.setMark(option, 100e18);
        buy(account, perpetual, 1e18, SPOT);
        engine.setMark(option, 800e18);
        engine.setMark(perpetual, SPOT - 220e18 + 1);
        assertEq(vault.capacity(account), 10_000e18, "less than a tenth");
        engine.setMark(perpetual, SPOT - 220e18);
        assertEq(vault.capacity(account), 3000e18, "a tenth");
        engine.setMark(perpetual, SPOT + 220e18);
        assertEq(vault.capacity(account), 10_000e18, "a gain");
    }

    function test_debtCountsFromATenthOfWhatTheBooksRequire() public {
        absorbBankrupt(ETH, 4500);
        assertEq(vault.capacity(openOwing(199)), 10_000e18, "199 against 2,000");
        assertEq(vault.capacity(openOwing(200)), 3000e18, "200 against 2,000");
    }

    /// Ten options long on BTC, worthless, and a debt left of perpetuals on ETH that were closed.
    function openOwing(uint256 debt) private returns (Account account) {
        Instrument option = newOption(BTC);
        account = toAccount(alice, uint96(debt));
        fund(account, 3000);
        operate(account);
        buy(account, option, 10e18, 100e18);
        engine.setMark(option, 1000e18);
        buy(account, perpetual, 10e18, SPOT);
        uint256 mark = SPOT - ((2000 + debt) * 1e18) / 10;
        engine.setMark(perpetual, mark);
        sell(account, perpetual, 10e18, mark);
        engine.setMark(perpetual, SPOT);
        engine.setMark(option, 0);
        assertEq(riskOf(account).equity, -int256(debt * 1e18), "fixture: equity");
    }

    /// Ten options short on one underlying and some on another, at a loss of 7,000 USD on the ten.
    function openOnBoth(
        uint16 underlying,
        uint16 second,
        uint128 size
    ) private returns (Account account, Instrument option) {
        Instrument other = newOption(second);
        (account, option) = openBankrupt(underlying, 0);
        engine.setMark(option, 100e18);
        sell(account, other, size, 100e18);
        engine.setMark(option, 800e18);
    }

    function test_spotCountsAsItsUnderlying() public {
        (Account account, ) = openBankrupt(BTC, 2000);
        depositSpot(account, 1.2e18);
        engine.setMark(spot, 500e18);
        liquidator.absorb(account);
        assertGt(committedTo(ETH), 0);
        assertEq(committedTo(ETH), committedTo(BTC));
        assertEq(vault.absorption(lastAbsorbed()).committed, committedTo(ETH));
    }

    /// What was lost may have been closed since, against an own account that has won it.
    function test_debtCountsAgainstEveryUnderlying() public {
        (Account account, Instrument option) = openBankrupt(ETH, 4000);
        closeAtMark(account, option);
        assertEq(clearinghouse.positions(account).length, 0);
        assertEq(clearinghouse.cash(account), -4000e18);
        assertEq(vault.capacity(account), 10_000e18);
        liquidator.absorb(account);
        assertEq(committedTo(ETH), 4100e18, "with the floor");
        assertEq(committedTo(BTC), 4100e18);

        // Nor does a speck of something else lead the loss there.
        Instrument speck = newOption(BTC);
        (account, option) = openBankrupt(ETH, 0);
        engine.setMark(option, 100e18);
        sell(account, speck, 1e12, 100e18);
        engine.setMark(option, 800e18);
        closeAtMark(account, option);
        assertEq(clearinghouse.positions(account).length, 1);
        liquidator.absorb(account);
        assertGt(committedTo(ETH), 8000e18);
        assertEq(committedTo(ETH), committedTo(BTC));
    }

    function test_whatComesBackIsCredited() public {
        (Account into, Instrument option) = absorbBankrupt(ETH, 1500);
        assertEq(committedTo(ETH), 4000e18);
        windUp(into, option, 2500);
        assertEq(committedTo(ETH), 0);
        assertEq(lostOn(ETH), 1500e18);
        (, , uint256 limit) = vault.budget(ETH);
        assertEq(limit, 20_000e18, "half of what there was before the loss");
        assertEq(vault.absorption(into).since, 0);

        (into, option) = absorbBankrupt(BTC, 1);
        windUp(into, option, 5000);
        assertEq(lostOn(BTC), 0, "a gain");
        assertEq(committedTo(BTC), 0);
    }

    function test_lossIsForgottenInThirtyDays() public {
        (Account into, Instrument option) = absorbBankrupt(ETH, 1500);
        windUp(into, option, 2400);
        assertEq(lostOn(ETH), 1600e18);
        skip(15 days);
        assertEq(lostOn(ETH), 800e18);
        skip(15 days - 1);
        assertGt(lostOn(ETH), 0);
        skip(1);
        assertEq(lostOn(ETH), 0);
        (, , uint256 limit) = vault.budget(ETH);
        assertEq(limit, 19_200e18, "half of what is left");
    }

    /// The line of two losses ends at the weighted mean of their ends: here 15 days of 1,000 left and 30 of 3,000.
    function test_laterLossNeitherShortensNorRenewsAnEarlierOne() public {
        (Account account, ) = openBankrupt(ETH, 500);
        vm.startPrank(address(liquidator));
        vault.coverDeficit(account, 2000e18);
        skip(15 days);
        assertEq(vault.coverDeficit(account, 3000e18), 3000e18);
        assertEq(lostOn(ETH), 4000e18);
        uint256 term = (15 days * 1000 + 30 days * 3000) / 4000;
        skip(term / 2);
        assertApproxEqAbs(lostOn(ETH), 2000e18, 1e15);
        skip(term - term / 2);
        assertEq(lostOn(ETH), 0);
        vm.stopPrank();
    }

    function test_specksDoNotKeepALossAlive() public {
        (Account account, ) = openBankrupt(ETH, 500);
        vm.startPrank(address(liquidator));
        vault.coverDeficit(account, 5000e18);
        for (uint256 i = 0; i < 30; i++) {
            vault.coverDeficit(account, 1);
            skip(1 days);
        }
        vm.stopPrank();
        assertLe(lostOn(ETH), uint256(5000e18 * 30) / 30 days + 30, "a second each, by rounding");
        skip(30);
        assertEq(lostOn(ETH), 0);
    }

    /// However many accounts fail within a crash, and however quickly their losses are realised.
    function testFuzz_chainOfBankruptciesTakesHalfAtMost(uint256 seed) public {
        uint256 before = vault.totalAssets();
        for (uint256 i = 0; i < 12; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            (Account account, Instrument option) = openBankrupt(ETH, 1 + (seed % 3000));
            uint256 capacity = vault.capacity(account);
            uint256 needed = (1 + (seed % 3000) + 2500) * 1e18;
            if (needed > capacity) {
                requireExceeded(account, needed, capacity);
                continue;
            }
            liquidator.absorb(account);
            Account into = lastAbsorbed();
            assertEq(riskOf(into).equity, int256(INITIAL), "it meets its own initial margin");
            requireAsMuchFreeAsCommitted();
            if (seed % 2 == 0) windUp(into, option, (seed >> 8) % 2500);
            assertGe(clearinghouse.cash(vault.treasury()), 0, "treasury");
        }
        (uint256 committed, uint256 lost, uint256 limit) = vault.budget(ETH);
        assertLe(committed + lost, limit);
        assertEq(limit, 20_000e18, "no path makes it more or less");
        assertGe(clearinghouse.cash(vault.treasury()), 20_000e18, "half is untouched");
        assertLe(vault.totalAssets(), before);
    }

    function requireAsMuchFreeAsCommitted() private view {
        (uint256 committed, uint256 lost, uint256 limit) = vault.budget(ETH);
        assertGe(limit - lost - committed, committed, "of its budget");
    }

    function test_budgetShrinksWithTheVault() public {
        absorbBankrupt(ETH, 1500);
        cashOut(lender, vault.maxRedeem(lender) + vault.balanceOf(lender) / 2);
        (uint256 committed, , uint256 limit) = vault.budget(ETH);
        assertEq(committed, 4000e18);
        assertLt(limit, 11_000e18);
    }

    function test_capacityIsAtMostWhatTheVaultAsAWholeMayCommit() public {
        absorbBankrupt(BTC, 7500);
        (Account account, ) = openBankrupt(ETH, 1);
        assertEq(vault.capacity(account), 10_000e18);
        request(lender, vault.balanceOf(lender));
        skip(COOLDOWN);
        vm.prank(lender);
        vault.withdraw(4000 * USDC, lender, lender);
        assertEq(
            vault.capacity(account),
            8000e18,
            "half of 36,000 less 10,000, as half of the budget of 18,000 is more"
        );
    }

    function test_withoutASlotTheCapacityIsNothing() public {
        fundBackstop(lender, 1_000_000);
        uint256 limit = vault.MAX_ABSORBED();
        Account first;
        Instrument option;
        for (uint256 i = 0; i < limit; i++) {
            (Account into, Instrument held) = absorbBankrupt(ETH, 1);
            if (i == 0) (first, option) = (into, held);
        }
        (Account account, ) = openBankrupt(ETH, 10);
        assertEq(vault.capacity(account), 0);
        requireRefused(account, abi.encodeWithSelector(IBackstopVault.TooManyAbsorbed.selector, limit));
        vm.prank(address(liquidator));
        assertEq(vault.coverDeficit(account, 9e18), 9e18, "a deficit needs no slot");

        operate(first);
        trade(first, maker, option, 10e18, 100e18);
        assertGt(vault.capacity(account), 0, "an empty account makes room");
        liquidator.absorb(account);
        assertEq(vault.absorbed().length, limit);
    }

    /// Money that lies in emptied accounts is fetched where it is needed.
    function test_absorptionReleasesWhatItNeeds() public {
        (Account into, Instrument option) = absorbBankrupt(ETH, 6000);
        operate(into);
        trade(into, maker, option, 10e18, 0);
        (Account account, ) = openBankrupt(ETH, 1000);
        assertEq(vault.capacity(account), 1500e18);
        liquidator.absorb(account);
        assertEq(committedTo(ETH), 3500e18);
        assertEq(vault.absorbed().length, 1);
    }

    function test_coverOfADeficitIsALossWithinTheBudget() public {
        (Account account, ) = openBankrupt(ETH, 12_000);
        assertEq(vault.capacity(account), 10_000e18);
        int256 cash = clearinghouse.cash(account);
        vm.expectEmit(address(vault));
        emit IBackstopVault.DeficitCovered(account, 9000e18);
        vm.prank(address(liquidator));
        assertEq(vault.coverDeficit(account, 9000e18), 9000e18);
        assertEq(clearinghouse.cash(account) - cash, 9000e18, "paid");
        assertEq(clearinghouse.cash(vault.treasury()), 31_000e18, "by the treasury");
        assertEq(lostOn(ETH), 9000e18);
        assertEq(committedTo(ETH), 0);
        assertEq(vault.absorbed().length, 0);
        vm.prank(address(liquidator));
        assertEq(vault.coverDeficit(account, 0), 0);
    }

    function test_coverStopsAtTheBudget() public {
        absorbBankrupt(ETH, 4500);
        (Account account, ) = openBankrupt(ETH, 14_000);
        vm.startPrank(address(liquidator));
        assertEq(vault.coverDeficit(account, 14_000e18), 13_000e18);
        vm.stopPrank();
    }

    function test_forceBelongsToTheLiquidator() public {
        bytes memory refusal = abi.encodeWithSelector(IBackstopVault.NotLiquidator.selector, carol);
        vm.startPrank(carol);
        vm.expectRevert(refusal);
        vault.coverDeficit(debtor, 1);
        vm.expectRevert(refusal);
        vault.prepareAbsorption(debtor, 0, 1);
        vm.stopPrank();
    }

    /// An absorbed account is no way around the budget: what it owes beyond it stays for the liquidator.
    function test_debtOfAnAbsorbedAccountIsPaidWithinItsBudget() public {
        (Account into, Instrument option) = absorbBankrupt(ETH, 6500); // 9,000 of 20,000
        operate(into);
        (uint256 mark, ) = engine.mark(option);
        engine.setMark(option, mark + 1350.1e18);
        closeAtMark(into, option);
        assertEq(clearinghouse.cash(into), -11_001e18);
        vault.releaseEmpty();
        assertEq(vault.absorbed().length, 1, "beyond the budget");
        assertEq(vault.totalAssets(), 19_999 * USDC, "and counted");

        fund(into, 1);
        vault.releaseEmpty();
        assertEq(vault.absorbed().length, 0);
        assertEq(clearinghouse.cash(into), 0);
        assertEq(lostOn(ETH), 20_000e18);
        assertEq(committedTo(ETH), 0);
        assertEq(clearinghouse.cash(vault.treasury()), 20_000e18);
    }

    function test_deficitOfAnAbsorbedAccountCountsWhereItCameFrom() public {
        (Account into, Instrument option) = absorbBankrupt(ETH, 100);
        operate(into);
        (uint256 mark, ) = engine.mark(option);
        engine.setMark(option, mark + 300e18);
        closeAtMark(into, option);
        assertTrue(toAccount(address(vault), 1) == into);
        vm.prank(address(liquidator));
        vault.coverDeficit(into, 500e18);
        assertEq(lostOn(ETH), 500e18);
        assertEq(lostOn(BTC), 0, "debt or not");
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IRequestVault } from "../../contracts/interfaces/IRequestVault.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Account } from "../../contracts/types/Account.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { BackstopFixture } from "../helpers/BackstopFixture.sol";

/// Ether at 2,000 USD and bitcoin at 40,000.
contract BackstopVaultCoverTest is BackstopFixture {
    function setUp() public override {
        super.setUp();
        engine.setMark(perpetualOf(ETH), 2_000e18);
        engine.setMark(perpetualOf(BTC), 40_000e18);
    }

    function perpetualOf(uint16 underlying) private pure returns (Instrument) {
        return toInstrument(underlying, Kind.Perpetual, 0, 0);
    }

    function test_anEmptyVaultCoversNothing() external view {
        assertEq(vault.coveredOpenInterest(ETH), 0);
    }

    /// Of 20,000 USD half stands for an underlying: 200,000 USD of open interest.
    function test_coversTwentyTimesItsBudgetForTheUnderlying() external {
        fundBackstop(lender, 20_000);
        assertEq(vault.coveredOpenInterest(ETH), 100e18);
        assertEq(vault.coveredOpenInterest(BTC), 5e18);
    }

    function test_fewerUnitsAtAHigherPriceRoundedDown() external {
        fundBackstop(lender, 20_000);
        engine.setMark(perpetualOf(ETH), 3_000e18);
        assertEq(vault.coveredOpenInterest(ETH), uint256(200_000e36) / 3_000e18);
        assertLt(vault.coveredOpenInterest(ETH) * 3_000e18, 200_000e36);
    }

    /// 7,000 USD are in an absorbed account: 13,000 of the budget of 20,000 are left for ether, and all 20,000 for bitcoin.
    function test_whatStandsForAnAbsorbedAccountCoversNothingElse() external {
        fundBackstop(lender, 40_000);
        absorbBankrupt(ETH, 4_500);
        assertEq(vault.coveredOpenInterest(ETH), 130e18);
        assertEq(vault.coveredOpenInterest(BTC), 10e18);
        absorbBankrupt(BTC, 7_500);
        assertEq(vault.coveredOpenInterest(ETH), 130e18, "of 23,000 of cash");
        (Account account, ) = absorbBankrupt(ETH, 500);
        assertEq(vault.coveredOpenInterest(ETH), 100e18, "no other account is taken over, but deficits are paid");
        vm.prank(address(liquidator));
        vault.coverDeficit(account, 10_000e18);
        assertEq(vault.coveredOpenInterest(ETH), 0);
    }

    function test_revertsWithoutAFreshPrice() external {
        fundBackstop(lender, 20_000);
        engine.setValidity(Validity.Late, 0);
        vm.expectRevert(IRequestVault.FeedNotFresh.selector);
        vault.coveredOpenInterest(ETH);
    }
}

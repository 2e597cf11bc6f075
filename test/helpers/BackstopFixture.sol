// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Deposit, Fill } from "../../contracts/interfaces/IClearinghouse.sol";
import { Underlying } from "../../contracts/interfaces/IMarkets.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { LiquidationFixture } from "./LiquidationFixture.sol";

/// A backstop with accounts to absorb. Every bankrupt account holds an option of its own, so that each has a mark of its own.
abstract contract BackstopFixture is LiquidationFixture {
    uint16 internal constant ETH = 1;
    uint16 internal constant BTC = 2;
    uint256 internal constant COOLDOWN = 5 days;
    uint256 internal constant WINDOW = 1 days;
    /// What ten options require.
    uint256 internal constant MAINTENANCE = 2000e18;
    uint256 internal constant INITIAL = 2500e18;

    uint64 private strikes;

    function setUp() public virtual override {
        super.setUp();
        markets.setUnderlying(BTC, Underlying("BTC", 1e8, 400 days, 1e30, false));
    }

    function newOption(uint16 underlying) internal returns (Instrument option) {
        option = toInstrument(underlying, Kind.Call, uint40(START + 400 days), ++strikes * 1e8);
        engine.setMark(option, 100e18);
        engine.setProfits(option, 200e18, -200e18, -200e18);
    }

    /// Short ten options on 3,000 USD, at an equity of −`deficit`, whole USD, and under auction.
    function openBankrupt(uint16 underlying, uint256 deficit) internal returns (Account account, Instrument option) {
        option = newOption(underlying);
        account = toAccount(alice, 1000 + uint96(strikes));
        fund(account, 3000);
        operate(account);
        sell(account, option, 10e18, 100e18);
        engine.setMark(option, ((4000 + deficit) * 1e18) / 10);
        liquidator.startAuction(account);
        assertEq(riskOf(account).equity, -int256(deficit * 1e18), "fixture: equity");
    }

    /// The vault adds the deficit and 2,500 USD of initial margin.
    function absorbBankrupt(uint16 underlying, uint256 deficit) internal returns (Account into, Instrument option) {
        Account account;
        (account, option) = openBankrupt(underlying, deficit);
        liquidator.absorb(account);
        into = lastAbsorbed();
    }

    function lastAbsorbed() internal view returns (Account) {
        Account[] memory all = vault.absorbed();
        return all[all.length - 1];
    }

    /// Closes the ten options of an absorbed account so that so much cash is left, whole USD, and releases it.
    function windUp(Account into, Instrument option, uint256 dollars) internal {
        operate(into);
        uint256 cash = uint256(clearinghouse.cash(into));
        trade(into, maker, option, 10e18, (cash - dollars * 1e18) / 10);
        vault.releaseEmpty();
    }

    /// Closes a position at mark, which an account without equity may do: only its cash is left.
    function closeAtMark(Account account, Instrument option) internal {
        (uint256 mark, ) = engine.mark(option);
        int256 size = clearinghouse.position(account, option);
        uint128 units = uint128(uint256(size < 0 ? -size : size));
        Batch memory actions;
        actions.reducing = new Account[](1);
        actions.reducing[0] = account;
        actions.fills = new Fill[](1);
        actions.fills[0] =
            size < 0 ? Fill(account, maker, option, units, mark) : Fill(maker, account, option, units, mark);
        clearinghouse.batch(actions);
    }

    function depositSpot(Account account, uint256 units) internal {
        address owner = account.owner();
        weth.mint(owner, units);
        Batch memory actions;
        actions.deposits = new Deposit[](1);
        actions.deposits[0] = Deposit(account, spot, units);
        vm.startPrank(owner);
        weth.approve(address(clearinghouse), units);
        clearinghouse.batch(actions);
        vm.stopPrank();
    }

    function request(address depositor, uint256 shares) internal {
        vm.prank(depositor);
        vault.requestRedeem(shares, depositor, depositor);
    }

    /// Request, cooldown and claim.
    function cashOut(address depositor, uint256 shares) internal returns (uint256 assets) {
        request(depositor, shares);
        skip(COOLDOWN);
        vm.prank(depositor);
        assets = vault.redeem(shares, depositor, depositor);
    }
}

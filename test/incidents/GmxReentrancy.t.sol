// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Deposit } from "../../contracts/interfaces/IClearinghouse.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { Account } from "../../contracts/types/Account.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";
import { HookedToken, ITransferHook } from "../helpers/Intruder.sol";

/// GMX v1, July 2025: a call back in the middle of a trade left the books half written, the pool's share price read from them was too
/// high, and 42 million USD of shares were redeemed at it.
/// Here: while tokens move no account is read and no door is open, so there is no such price; and nothing is credited twice.
contract GmxReentrancyIncidentTest is IncidentFixture, ITransferHook {
    uint256 private constant GIFT = 5_000_000e6;

    Account private treasury;
    bool private isIn;
    bool private isPriceSeen;
    uint256 private priceSeen;

    function setUp() public override {
        super.setUp();
        treasury = vault.treasury();
        usdc.mint(address(this), 2 * GIFT);
        usdc.approve(address(clearinghouse), type(uint256).max);
    }

    /// USDC as it must never become: it calls back in the middle of a transfer.
    function newUsdc() internal override returns (TestToken) {
        return new HookedToken();
    }

    /// He holds all shares of the backstop, pays into its treasury, and in the middle of that pays in again.
    function test_noShareIsWorthMoreThanWhatIsInCustody() public {
        uint256 price = vault.convertToAssets(1e12);
        uint256 assets = vault.totalAssets();
        HookedToken(address(usdc)).setHook(this);
        give();
        uint256 given = 2 * GIFT - usdc.balanceOf(address(this));
        assertLe(vault.totalAssets(), assets + given, "shares are worth what nobody paid");
        assertLe(
            clearinghouse.recordedInTokens(CASH),
            usdc.balanceOf(address(clearinghouse)),
            "more on the books than there is"
        );
        assertFalse(isIn, "a door was open while tokens moved");
        assertFalse(isPriceSeen && priceSeen != price, "a price of half-written books");
    }

    /// Once: what he does here moves tokens too.
    function onTransfer(address, address) external {
        HookedToken(address(usdc)).setHook(ITransferHook(address(0)));
        bytes memory answer;
        // solhint-disable-next-line avoid-low-level-calls
        (isPriceSeen, answer) = address(vault).call(abi.encodeCall(vault.convertToAssets, (1e12)));
        if (isPriceSeen) priceSeen = abi.decode(answer, (uint256));
        // solhint-disable-next-line avoid-low-level-calls
        (isIn, ) = address(clearinghouse).call(abi.encodeCall(clearinghouse.batch, (gift())));
    }

    function give() private {
        clearinghouse.batch(gift());
    }

    function gift() private view returns (Batch memory actions) {
        actions.deposits = new Deposit[](1);
        actions.deposits[0] = Deposit(treasury, CASH, GIFT);
    }
}

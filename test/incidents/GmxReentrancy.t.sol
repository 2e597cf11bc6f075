// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Deposit } from "../../contracts/interfaces/IClearinghouse.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { Account } from "../../contracts/types/Account.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

interface IIntruder {
    function onTransfer() external;
}

/// USDC as it must never become: it calls back in the middle of a transfer.
contract CallingToken is TestToken("Calling", "CALL", 6) {
    IIntruder private intruder;

    function setIntruder(IIntruder intruder_) external {
        intruder = intruder_;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        IIntruder called = intruder;
        if (address(called) == address(0)) return;
        delete intruder;
        called.onTransfer();
    }
}

/// GMX v1, July 2025: a call back in the middle of a trade left the books half written, the pool's share price read from them was too
/// high, and 42 million USD of shares were redeemed at it.
/// Here: while tokens move no account is read and no door is open, so there is no such price; and nothing is credited twice.
contract GmxReentrancyIncidentTest is IncidentFixture, IIntruder {
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

    function newUsdc() internal override returns (TestToken) {
        return new CallingToken();
    }

    /// He holds all shares of the backstop, pays into its treasury, and in the middle of that pays in again.
    function test_noShareIsWorthMoreThanWhatIsInCustody() public {
        uint256 price = vault.convertToAssets(1e12);
        uint256 assets = vault.totalAssets();
        CallingToken(address(usdc)).setIntruder(this);
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

    function onTransfer() external {
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

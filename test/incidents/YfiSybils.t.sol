// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../../contracts/types/Account.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

/// dYdX, November 2023: limits and margins grew with the size of an account, so the size was spread over a hundred wallets at five times
/// leverage. When YFI fell back, the insurance fund lost 9 million USD, two fifths of it.
/// Here: what an account must set aside for closing a crowded trade follows from what the whole market holds.
contract YfiSybilsIncidentTest is IncidentFixture {
    uint128 private constant UNITS = 80_000e18;
    uint128 private constant WALLETS = 100;

    function test_aHundredWalletsSetAsideWhatOneWould() public {
        uint256 state = vm.snapshotState();
        Account[] memory one = new Account[](1);
        uint256 undivided = addOnOf(one);
        vm.revertToState(state);
        Account[] memory many = new Account[](WALLETS);
        uint256 divided = addOnOf(many);
        assertApproxEqRel(undivided, 9_600_000e18, 0.01e18, "kappa x 160 M x the root of 4");
        assertGe(divided, (undivided * 95) / 100, "spread over wallets it costs less");
    }

    /// What the accounts together must have for closing in haste, a day after they bought.
    function addOnOf(Account[] memory accounts) private returns (uint256) {
        uint128 each = UNITS / uint128(accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            accounts[i] = open(string.concat("wallet ", vm.toString(i)));
            pay(accounts[i], 60_000_000 / accounts.length);
            buy(accounts[i], ETH_PERPETUAL, each, 2000e18);
        }
        pass(1 days);
        uint256 all = initialOf(accounts);
        changeRisk(markets, ETH, withoutConcentration());
        return all - initialOf(accounts);
    }

    function initialOf(Account[] memory accounts) private view returns (uint256 sum) {
        for (uint256 i = 0; i < accounts.length; ++i) sum += riskOf(accounts[i]).initial;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { TestToken } from "./TestToken.sol";

/// @title A token whose balances all change at once, as those of a staking token that counts rewards in units.
contract RebasingToken is TestToken {
    uint256 private constant WAD = 1e18;

    /// @notice Token units in one share, WAD.
    uint256 public index = WAD;

    constructor() TestToken("Rebasing", "REB", 18) {}

    function rebase(uint256 newIndex) external {
        index = newIndex;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return (super.balanceOf(account) * index) / WAD;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, (value * WAD) / index);
    }
}

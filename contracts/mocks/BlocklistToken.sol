// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { TestToken } from "./TestToken.sol";

/// @title A token whose issuer blocks addresses: nothing leaves them and nothing arrives.
contract BlocklistToken is TestToken {
    mapping(address => bool) public isBlocked;

    error Blocked(address account);

    constructor(uint8 tokenDecimals) TestToken("Blocklist", "BLK", tokenDecimals) {}

    function setBlocked(address account, bool blocked) external {
        isBlocked[account] = blocked;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!isBlocked[from], Blocked(from));
        require(!isBlocked[to], Blocked(to));
        super._update(from, to, value);
    }
}

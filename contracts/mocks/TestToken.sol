// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token for tests and test networks: anyone mints.
contract TestToken is ERC20 {
    uint8 private immutable decimals_;

    constructor(string memory name, string memory symbol, uint8 tokenDecimals) ERC20(name, symbol) {
        decimals_ = tokenDecimals;
    }

    function mint(address to, uint256 amountInTokens) external {
        _mint(to, amountInTokens);
    }

    function decimals() public view override returns (uint8) {
        return decimals_;
    }
}

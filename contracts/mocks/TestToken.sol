// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title A token for tests and test networks: anyone mints. With ERC-2612, as USDC has it.
contract TestToken is ERC20Permit {
    uint8 private immutable decimals_;

    constructor(string memory name, string memory symbol, uint8 tokenDecimals) ERC20(name, symbol) ERC20Permit(name) {
        decimals_ = tokenDecimals;
    }

    function mint(address to, uint256 amountInTokens) external {
        _mint(to, amountInTokens);
    }

    function decimals() public view override returns (uint8) {
        return decimals_;
    }
}

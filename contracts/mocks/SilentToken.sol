// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title A token older than the standard: its transfers return nothing, or, while told to fail, false instead of reverting.
contract SilentToken {
    uint8 public immutable decimals = 6;

    mapping(address => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;
    bool public isFailing;

    error Insufficient(uint256 balance, uint256 amount);

    function mint(address to, uint256 amountInTokens) external {
        balanceOf[to] += amountInTokens;
    }

    function setFailing(bool failing) external {
        isFailing = failing;
    }

    function approve(address spender, uint256 amountInTokens) external {
        allowance[msg.sender][spender] = amountInTokens;
    }

    function transfer(address to, uint256 amountInTokens) external {
        move(msg.sender, to, amountInTokens);
    }

    function transferFrom(address from, address to, uint256 amountInTokens) external {
        allowance[from][msg.sender] -= amountInTokens;
        move(from, to, amountInTokens);
    }

    function move(address from, address to, uint256 amountInTokens) private {
        if (isFailing) {
            assembly ("memory-safe") {
                mstore(0, 0)
                return(0, 0x20)
            }
        }
        require(balanceOf[from] >= amountInTokens, Insufficient(balanceOf[from], amountInTokens));
        balanceOf[from] -= amountInTokens;
        balanceOf[to] += amountInTokens;
    }
}

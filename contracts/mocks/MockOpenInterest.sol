// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IOpenInterest } from "../interfaces/IOpenInterest.sol";

/// @title Average open interest that a test sets.
contract MockOpenInterest is IOpenInterest {
    mapping(uint16 underlying => uint256) public override averageOpenInterest;

    function setAverageOpenInterest(uint16 underlying, uint256 units) external {
        averageOpenInterest[underlying] = units;
    }
}

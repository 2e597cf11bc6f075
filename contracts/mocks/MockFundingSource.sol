// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IFundingSource } from "../interfaces/IFundingSource.sol";

/// @title Rates of funding that a test sets.
contract MockFundingSource is IFundingSource {
    mapping(uint16 underlying => int256) public fundingRate;

    function setRate(uint16 underlying, int256 ratePerYear) external {
        fundingRate[underlying] = ratePerYear;
    }
}

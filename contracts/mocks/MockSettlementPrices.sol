// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Price, Validity } from "../interfaces/IPriceOracle.sol";
import { ISettlementPrices } from "../interfaces/ISettlementPrices.sol";

/// @title Settlement prices that a test sets, without rounds; and prices.
contract MockSettlementPrices is ISettlementPrices {
    mapping(uint16 underlying => mapping(uint40 expiry => uint256)) private prices;
    mapping(uint16 underlying => Price) public price;

    function setSettlementPrice(uint16 underlying, uint40 expiry, uint256 value) external {
        prices[underlying][expiry] = value;
        emit SettlementPriceProven(underlying, expiry, value);
    }

    function setPrice(uint16 underlying, uint256 value, Validity validity) external {
        price[underlying] = Price(value, uint40(block.timestamp), 0, validity);
    }

    function settlementPrice(uint16 underlying, uint40 expiry) external view returns (uint256 value, bool isFinal) {
        value = prices[underlying][expiry];
        isFinal = value != 0;
    }

    function proveSettlement(uint16, uint40, uint80, uint256) external pure returns (uint256) {
        return 0;
    }

    function settlementProof(uint16, uint40) external pure returns (uint80, uint40) {
        return (0, 0);
    }
}

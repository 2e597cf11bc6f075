// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Address } from "@openzeppelin/contracts/utils/Address.sol";
import { TestToken } from "./TestToken.sol";

/// @title A token that takes a fee on every transfer and calls somebody in the middle of it.
contract HostileToken is TestToken {
    uint256 private constant WAD = 1e18;

    /// @notice Share of a transfer that is burnt, WAD.
    uint256 public feeShare;
    address private target;
    bytes private callData;

    constructor(uint8 tokenDecimals) TestToken("Hostile", "HOST", tokenDecimals) {}

    function setFeeShare(uint256 share) external {
        feeShare = share;
    }

    /// @notice Calls `to` once, in the next transfer, and bubbles a revert up.
    function callOnTransfer(address to, bytes calldata data) external {
        target = to;
        callData = data;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from == address(0) || to == address(0)) return;
        uint256 fee = (value * feeShare) / WAD;
        if (fee != 0) super._update(to, address(0), fee);
        address to_ = target;
        if (to_ == address(0)) return;
        target = address(0);
        Address.functionCall(to_, callData);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice A price to revalue at: price 128, USD WAD · move 128, signed: ln(price/spot), WAD.
type PriceNode is uint256;

using { price, move } for PriceNode global;

/// @dev A price below 2^128, a move below 2^127: spots are at most 1e30, ranges e and stresses four times that, and strikes below 2^98·e².
function toPriceNode(uint256 price_, int256 move_) pure returns (PriceNode) {
    return PriceNode.wrap((price_ << 128) | uint128(int128(move_)));
}

function price(PriceNode node) pure returns (uint256) {
    return PriceNode.unwrap(node) >> 128;
}

function move(PriceNode node) pure returns (int256) {
    return int128(uint128(PriceNode.unwrap(node)));
}

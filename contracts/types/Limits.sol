// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @dev Every loop of the protocol is bounded by one of these.
uint256 constant MAX_LEGS = 128;
uint256 constant MAX_UNDERLYINGS = 4;
uint256 constant MAX_EXPIRIES = 12;
uint256 constant MAX_TOUCHED_ACCOUNTS = 8;
uint256 constant MAX_ORDER_LEGS = 8;
uint256 constant MAX_STRESSES = 4;
uint256 constant MAX_TENORS = 4;
uint256 constant MAX_STRIKE_NODES = 6;
uint256 constant MAX_ROUNDS_PER_WALK = 128;
/// @dev Deleveraged legs of which an account takes its share at a touch: a whole account of `MAX_LEGS` deleveraged.
uint256 constant MAX_UNSETTLED = 128;

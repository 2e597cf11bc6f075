// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Instrument } from "./Instrument.sol";
import { MAX_LEGS } from "./Limits.sol";

/// @notice One leg of a portfolio in one word: instrument (high 128 bits) · signed size in WAD units (low 128 bits).
type Position is uint256;

using PositionLibrary for Position global;
using { samePosition as == } for Position global;

function toPosition(Instrument instrument, int128 size) pure returns (Position) {
    return Position.wrap((uint256(Instrument.unwrap(instrument)) << 128) | uint128(size));
}

function samePosition(Position a, Position b) pure returns (bool) {
    return Position.unwrap(a) == Position.unwrap(b);
}

library PositionLibrary {
    /// @notice A position of a list, for loops that end with it: the index is not checked.
    function leg(Position[] calldata positions, uint256 index) internal pure returns (Position position) {
        assembly ("memory-safe") {
            position := calldataload(add(positions.offset, shl(5, index)))
        }
    }

    /// @notice Likewise of an account's legs in storage.
    function leg(Position[MAX_LEGS] storage legs, uint256 index) internal view returns (Position position) {
        assembly ("memory-safe") {
            position := sload(add(legs.slot, index))
        }
    }

    /// @notice Likewise writes one into a list that is long enough.
    function set(Position[] memory positions, uint256 index, Position position) internal pure {
        assembly ("memory-safe") {
            mstore(add(positions, shl(5, add(index, 1))), position)
        }
    }

    /// @notice Of the words of a list: two of the same hash are the same.
    function hash(Position[] calldata positions) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let words := mload(0x40)
            let size_ := shl(5, positions.length)
            calldatacopy(words, positions.offset, size_)
            result := keccak256(words, size_)
        }
    }

    function instrument(Position position) internal pure returns (Instrument) {
        return Instrument.wrap(uint128(Position.unwrap(position) >> 128));
    }

    /// @notice As many units on the other side. @dev −2^127 units, which nobody holds, are their own opposite.
    function opposite(Position position) internal pure returns (Position) {
        unchecked {
            uint256 word = Position.unwrap(position);
            return Position.wrap(((word >> 128) << 128) | uint128(0 - word));
        }
    }

    /// @notice Units held, WAD; negative when short.
    function size(Position position) internal pure returns (int128) {
        return int128(uint128(Position.unwrap(position)));
    }
}

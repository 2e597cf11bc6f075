// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Instrument, Kind, KIND_OFFSET } from "./Instrument.sol";
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

    /// @notice The first `count` legs of an account, which is at most `MAX_LEGS`: it is not checked.
    /// @return positions In their order.
    /// @return hasPerpetuals Whether there is one among them.
    function load(
        Position[MAX_LEGS] storage legs,
        uint256 count
    ) internal view returns (Position[] memory positions, bool hasPerpetuals) {
        uint256 perpetual = uint256(Kind.Perpetual);
        uint256 kindOffset = 128 + uint256(KIND_OFFSET);
        assembly ("memory-safe") {
            positions := mload(0x40)
            mstore(positions, count)
            let to := add(positions, 0x20)
            let end := add(legs.slot, count)
            for {
                let slot := legs.slot
            } lt(slot, end) {
                slot := add(slot, 1)
            } {
                let word := sload(slot)
                mstore(to, word)
                to := add(to, 0x20)
                hasPerpetuals := or(hasPerpetuals, eq(and(shr(kindOffset, word), 0xf), perpetual))
            }
            mstore(0x40, to)
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

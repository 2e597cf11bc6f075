// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Instrument } from "./Instrument.sol";

/// @notice One leg of a portfolio in one word: instrument (high 128 bits) · signed size in WAD units (low 128 bits).
type Position is uint256;

using PositionLibrary for Position global;

function toPosition(Instrument instrument, int128 size) pure returns (Position) {
    return Position.wrap((uint256(Instrument.unwrap(instrument)) << 128) | uint128(size));
}

library PositionLibrary {
    function instrument(Position position) internal pure returns (Instrument) {
        return Instrument.wrap(uint128(Position.unwrap(position) >> 128));
    }

    /// @notice Units held, WAD; negative when short.
    function size(Position position) internal pure returns (int128) {
        return int128(uint128(Position.unwrap(position)));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { MAX_LEGS } from "../../contracts/types/Limits.sol";
import { Position, PositionLibrary, toPosition } from "../../contracts/types/Position.sol";
import { Test } from "../helpers/Test.sol";

/// The assembly that reads an account's legs, beside what it stands for.
contract PositionTest is Test {
    using PositionLibrary for Position[MAX_LEGS];

    Position[MAX_LEGS] private legs;
    /// Follows the legs: whoever reads one too many finds it.
    Position private beyond;

    function isPerpetualPlainly(Position position) private pure returns (bool) {
        return (Position.unwrap(position) >> 232) % 16 == uint256(Kind.Perpetual);
    }

    function requireLoaded(uint256 count) private view {
        (Position[] memory positions, bool hasPerpetuals) = legs.load(count);
        // Whatever is allocated next lies behind the list.
        uint256[] memory after_ = new uint256[](1);
        after_[0] = type(uint256).max;
        assertEq(positions.length, count, "count");
        bool isAny = false;
        for (uint256 i = 0; i < count; ++i) {
            assertTrue(positions[i] == legs[i], "leg");
            isAny = isAny || isPerpetualPlainly(legs[i]);
        }
        assertEq(hasPerpetuals, isAny, "perpetuals");
        assertEq(after_[0], type(uint256).max, "memory");
    }

    /// Any words.
    function testFuzz_IsThePlainReading(uint256 seed, uint8 count) external {
        uint256 used = count % 9;
        for (uint256 i = 0; i < 9; ++i) legs[i] = Position.wrap(uint256(keccak256(abi.encode(seed, i))));
        requireLoaded(used);
    }

    /// Perpetuals beside every other kind, first, last, alone and behind what is in use.
    function test_SeesAPerpetualAnywhere() external {
        Position option = toPosition(toInstrument(1, Kind.Call, 2_000_000_000, 1), -1);
        Position perpetual = toPosition(toInstrument(1, Kind.Perpetual, 0, 0), 1);
        legs[0] = toPosition(toInstrument(1, Kind.Spot, 0, 0), 1);
        legs[1] = option;
        legs[2] = toPosition(toInstrument(1, Kind.Put, 2_000_000_000, 1), 1);
        legs[3] = toPosition(toInstrument(1, Kind.Future, 2_000_000_000, 0), 1);
        legs[4] = perpetual;
        for (uint256 count = 0; count <= 5; ++count) requireLoaded(count);
        legs[0] = perpetual;
        for (uint256 count = 0; count <= 5; ++count) requireLoaded(count);
    }

    function test_ReadsAFullAccountToItsLastLeg() external {
        for (uint256 i = 0; i < MAX_LEGS; ++i) legs[i] = toPosition(toInstrument(1, Kind.Call, 1, uint64(i + 1)), 1);
        beyond = toPosition(toInstrument(1, Kind.Perpetual, 0, 0), 1);
        requireLoaded(MAX_LEGS);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Test } from "../helpers/Test.sol";

/// The assembly of `isWellFormed` beside what it stands for.
contract InstrumentTest is Test {
    /// Field by field: spare 4 · underlying 16 · kind 4 · expiry 40 · strike 64.
    function isWellFormedPlainly(uint256 word) private pure returns (bool) {
        uint256 spare = word / 2 ** 124;
        uint256 underlying = (word / 2 ** 108) % 2 ** 16;
        uint256 kind = (word / 2 ** 104) % 2 ** 4;
        uint256 expiry = (word / 2 ** 64) % 2 ** 40;
        uint256 strike = word % 2 ** 64;
        if (spare != 0 || underlying == 0) return false;
        // A spot instrument's strike numbers its token, and may be anything.
        if (kind == uint256(Kind.Spot)) return expiry == 0;
        if (kind == uint256(Kind.Perpetual)) return expiry == 0 && strike == 0;
        if (kind == uint256(Kind.Future)) return expiry != 0 && strike == 0;
        if (kind == uint256(Kind.Call) || kind == uint256(Kind.Put)) return expiry != 0 && strike != 0;
        return false;
    }

    function requireSame(uint256 word) private pure {
        bool isTrue = Instrument.wrap(uint128(word)).isWellFormed();
        assertEq(isTrue, isWellFormedPlainly(uint128(word)), vm.toString(bytes32(word)));
        // A boolean, nothing else that is not zero.
        uint256 raw;
        assembly ("memory-safe") {
            raw := isTrue
        }
        assertLe(raw, 1, "a boolean");
    }

    function testFuzz_AnyWord(uint128 word) external pure {
        requireSame(word);
    }

    /// A word of fields that are nothing, the least, the largest or drawn; then each bit of it turned.
    function testFuzz_WordsNearWellFormedOnes(
        uint256 seed,
        uint16 underlying,
        uint40 expiry,
        uint64 strike
    ) external pure {
        uint256 word = uint256(seed % 16) << 104;
        word |= pick(seed >> 4, underlying, type(uint16).max) << 108;
        word |= pick(seed >> 6, expiry, type(uint40).max) << 64;
        word |= pick(seed >> 8, strike, type(uint64).max);
        requireSame(word);
        for (uint256 bit = 0; bit < 128; ++bit) requireSame(word ^ (1 << bit));
    }

    function pick(uint256 seed, uint256 drawn, uint256 largest) private pure returns (uint256) {
        return [0, 1, largest, drawn][seed % 4];
    }

    /// Every kind, known or not, with and without each field.
    function test_EveryCombinationOfFields() external pure {
        for (uint256 fields = 0; fields < 256; ++fields) {
            uint256 word = (fields % 16) << 104;
            word |= ((fields >> 4) & 1) << 124;
            word |= ((fields >> 5) & 1) << 108;
            word |= ((fields >> 6) & 1) << 64;
            requireSame(word | (fields >> 7));
        }
    }

    function testFuzz_WhatIsBuiltIsWellFormed(uint16 underlying, uint40 expiry, uint64 field) external pure {
        (uint256 id, uint256 time) = (bound(underlying, 1, type(uint16).max), bound(expiry, 1, type(uint40).max));
        (underlying, expiry) = (uint16(id), uint40(time));
        uint64 strike = uint64(bound(field, 1, type(uint64).max));
        assertTrue(toInstrument(underlying, Kind.Spot, 0, field).isWellFormed(), "spot");
        assertTrue(toInstrument(underlying, Kind.Perpetual, 0, 0).isWellFormed(), "perpetual");
        assertTrue(toInstrument(underlying, Kind.Future, expiry, 0).isWellFormed(), "future");
        assertTrue(toInstrument(underlying, Kind.Call, expiry, strike).isWellFormed(), "call");
        assertTrue(toInstrument(underlying, Kind.Put, expiry, strike).isWellFormed(), "put");
    }
}

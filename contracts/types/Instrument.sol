// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice What an account can hold. Spot is collateral: a token held in custody.
enum Kind {
    Spot,
    Perpetual,
    Future,
    Call,
    Put
}

/// @notice An instrument in 128 bits, most significant first:
/// spare 4 · underlying 16 · kind 4 · expiry 40 (Unix seconds) · strike 64 (1e-8 USD).
/// For a spot instrument the strike field numbers the tokens on one underlying (0 is the first, a staked version another).
type Instrument is uint128;

using InstrumentLibrary for Instrument global;
using { sameInstrument as ==, otherInstrument as != } for Instrument global;

/// @dev Cash: USDC. It is kept as a signed balance and never as a position, so its identifier is the zero word.
Instrument constant CASH = Instrument.wrap(0);

/// @dev Where the fields begin, in bits.
uint128 constant EXPIRY_OFFSET = 64;
uint128 constant KIND_OFFSET = 104;
uint128 constant UNDERLYING_OFFSET = 108;
uint128 constant SPARE_OFFSET = 124;

/// @dev From the strike field's 1e-8 USD to WAD.
uint256 constant STRIKE_TO_WAD = 1e10;

/// @param strikeField Strike in 1e-8 USD, or the number of a token.
function toInstrument(uint16 underlying, Kind kind, uint40 expiry, uint64 strikeField) pure returns (Instrument) {
    uint128 word = uint128(underlying) << UNDERLYING_OFFSET;
    word |= uint128(uint8(kind)) << KIND_OFFSET;
    word |= uint128(expiry) << EXPIRY_OFFSET;
    return Instrument.wrap(word | strikeField);
}

function sameInstrument(Instrument a, Instrument b) pure returns (bool) {
    return Instrument.unwrap(a) == Instrument.unwrap(b);
}

function otherInstrument(Instrument a, Instrument b) pure returns (bool) {
    return Instrument.unwrap(a) != Instrument.unwrap(b);
}

library InstrumentLibrary {
    function underlying(Instrument instrument) internal pure returns (uint16) {
        return uint16(Instrument.unwrap(instrument) >> UNDERLYING_OFFSET);
    }

    /// @dev Reverts (enum conversion) on an identifier that is not well formed.
    function kind(Instrument instrument) internal pure returns (Kind) {
        return Kind(uint8(Instrument.unwrap(instrument) >> KIND_OFFSET) & 0xf);
    }

    /// @notice Unix seconds; 0 for what does not expire.
    function expiry(Instrument instrument) internal pure returns (uint40) {
        return uint40(Instrument.unwrap(instrument) >> EXPIRY_OFFSET);
    }

    /// @notice The order of the words, in which a list is ascending.
    function isAfter(Instrument instrument, Instrument other) internal pure returns (bool) {
        return Instrument.unwrap(instrument) > Instrument.unwrap(other);
    }

    /// @notice The strike in 1e-8 USD; for spot the number of the token.
    function strikeField(Instrument instrument) internal pure returns (uint64) {
        return uint64(Instrument.unwrap(instrument));
    }

    /// @notice Strike price, USD WAD. Meaningless for spot, where the field numbers tokens.
    function strike(Instrument instrument) internal pure returns (uint256) {
        unchecked {
            return uint256(strikeField(instrument)) * STRIKE_TO_WAD;
        }
    }

    function isOption(Instrument instrument) internal pure returns (bool) {
        return (uint256(Instrument.unwrap(instrument)) >> KIND_OFFSET) & 0xf >= uint256(Kind.Call);
    }

    /// @dev Reverts on nothing: false for whatever else the word is.
    function isCall(Instrument instrument) internal pure returns (bool) {
        return (Instrument.unwrap(instrument) >> KIND_OFFSET) & 0xf == uint128(uint8(Kind.Call));
    }

    /// @dev Likewise.
    function isSpot(Instrument instrument) internal pure returns (bool) {
        return (Instrument.unwrap(instrument) >> KIND_OFFSET) & 0xf == uint128(uint8(Kind.Spot));
    }

    /// @dev Likewise.
    function isPerpetual(Instrument instrument) internal pure returns (bool) {
        return (Instrument.unwrap(instrument) >> KIND_OFFSET) & 0xf == uint128(uint8(Kind.Perpetual));
    }

    /// @notice Whether the fields fit together: spare bits clear, a known kind, an underlying, and expiry and strike
    /// exactly where the kind has them.
    function isWellFormed(Instrument instrument) internal pure returns (bool isTrue) {
        uint256 word = Instrument.unwrap(instrument);
        // Without jumps, because the margin engine asks for every leg. Kinds from Future on expire, from Call on have a strike.
        assembly ("memory-safe") {
            let kind_ := and(shr(KIND_OFFSET, word), 0xf)
            // Above the kind are the underlying, which is not 0, and spare bits, which are clear.
            let isKnown := and(lt(kind_, 5), lt(sub(shr(UNDERLYING_OFFSET, word), 1), 0xffff))
            let expires := gt(and(shr(EXPIRY_OFFSET, word), 0xffffffffff), 0)
            let hasStrike := gt(and(word, 0xffffffffffffffff), 0)
            let fits := and(eq(expires, gt(kind_, 1)), or(iszero(kind_), eq(hasStrike, gt(kind_, 2))))
            isTrue := and(isKnown, fits)
        }
    }
}

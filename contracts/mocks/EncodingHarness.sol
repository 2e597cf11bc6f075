// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account, toAccount } from "../types/Account.sol";
import { Instrument, Kind, toInstrument } from "../types/Instrument.sol";
import { Position, toPosition } from "../types/Position.sol";

/// @title The packed words of `types/` behind calls, so that other languages can be compared with them.
contract EncodingHarness {
    function account(address owner, uint96 subId) external pure returns (Account) {
        return toAccount(owner, subId);
    }

    function accountFields(Account account_) external pure returns (address owner, uint96 subId) {
        return (account_.owner(), account_.subId());
    }

    function instrument(
        uint16 underlying,
        Kind kind,
        uint40 expiry,
        uint64 strikeField
    ) external pure returns (Instrument) {
        return toInstrument(underlying, kind, expiry, strikeField);
    }

    function instrumentFields(
        Instrument instrument_
    ) external pure returns (uint16 underlying, Kind kind, uint40 expiry, uint64 strikeField, uint256 strike) {
        return (
            instrument_.underlying(),
            instrument_.kind(),
            instrument_.expiry(),
            instrument_.strikeField(),
            instrument_.strike()
        );
    }

    function isWellFormed(Instrument instrument_) external pure returns (bool) {
        return instrument_.isWellFormed();
    }

    function position(Instrument instrument_, int128 size) external pure returns (Position) {
        return toPosition(instrument_, size);
    }

    function positionFields(Position position_) external pure returns (Instrument instrument_, int128 size) {
        return (position_.instrument(), position_.size());
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { IClearinghouse } from "../interfaces/IClearinghouse.sol";
import { Portfolio } from "../interfaces/IMarginEngine.sol";
import { Account } from "../types/Account.sol";
import { Instrument, Kind } from "../types/Instrument.sol";
import { MAX_LEGS } from "../types/Limits.sol";
import { Position, toPosition } from "../types/Position.sol";
import { LossRecords } from "./LossRecords.sol";
import { OpenInterest, OpenInterestState } from "./OpenInterest.sol";
import { SignedMulDiv } from "./SignedMulDiv.sol";
import { SignedWad } from "./SignedWad.sol";

/// @param cash USD WAD, negative when owed. @param legCount How many of `legs` are in use, from 0; at most `MAX_LEGS`.
/// @param tearUps How many tear-ups it has taken its share of, see `LossSharing`. @param cashLosses Likewise.
/// @param legs In no order. @param entryValues USD WAD, of open perpetuals only.
struct AccountState {
    int128 cash;
    uint32 legCount;
    uint32 tearUps;
    uint32 cashLosses;
    Position[MAX_LEGS] legs;
    mapping(Instrument perpetual => int128) entryValues;
}

/// @param openInterest Of derivatives on an underlying, with its average.
/// @param longs Units long of one derivative, which are as many as are short. Tear-ups count from when they are ordered.
/// @param recordedInTokens What the books say is in custody, token units. @param reserve USD WAD, part of the recorded cash.
/// @param debts Negative cash of all accounts. @param entryValues Of all accounts, USD WAD. Both as stored.
/// @param losses What is still to be shared.
struct LedgerState {
    mapping(Account => AccountState) accounts;
    mapping(uint16 underlying => OpenInterestState) openInterest;
    mapping(Instrument derivative => uint256) longs;
    mapping(Instrument asset => uint256) recordedInTokens;
    uint256 reserve;
    uint128 debts;
    int128 entryValues;
    LossRecords losses;
}

/// @notice What one side of a trade did. @param held Units before. @param longs Change of its long units.
/// @param entryValue Change of its entry value, USD WAD.
struct Side {
    int256 held;
    int256 longs;
    int256 entryValue;
}

/// @title Double-entry bookkeeping of cash, positions, entry values and open interest.
/// @notice Every function that moves value between accounts moves one number out of one and into the other: nothing is
/// rounded between them, so INV-1 and INV-2 hold to the unit.
library Ledger {
    using OpenInterest for OpenInterestState;
    using SafeCast for int256;
    using SafeCast for uint256;
    using SignedWad for int256;

    Position private constant NO_POSITION = Position.wrap(0);

    function cash(LedgerState storage self, Account account) internal view returns (int256) {
        return self.accounts[account].cash;
    }

    function addCash(LedgerState storage self, Account account, int256 amount) internal {
        if (amount == 0) return;
        AccountState storage state = self.accounts[account];
        int256 before = state.cash;
        int256 afterwards = before + amount;
        state.cash = afterwards.toInt128();
        if (before < 0 || afterwards < 0) {
            self.debts = (self.debts + afterwards.belowZero() - before.belowZero()).toUint128();
        }
    }

    function legCount(LedgerState storage self, Account account) internal view returns (uint256) {
        return self.accounts[account].legCount;
    }

    function sizeOf(
        LedgerState storage self,
        Account account,
        Instrument instrument
    ) internal view returns (int256 size) {
        (, size) = find(self.accounts[account], instrument);
    }

    function entryValue(
        LedgerState storage self,
        Account account,
        Instrument perpetual
    ) internal view returns (int256) {
        return self.accounts[account].entryValues[perpetual];
    }

    /// @notice As the margin engine sees the account: entry values count as cash.
    function portfolio(LedgerState storage self, Account account) internal view returns (Portfolio memory result) {
        unchecked {
            AccountState storage state = self.accounts[account];
            uint256 count = state.legCount;
            // With the entry values a sum of `MAX_LEGS` + 1 numbers of 128 bits.
            int256 cash_ = state.cash;
            Position[] memory list = new Position[](count);
            for (uint256 i = 0; i < count; ++i) {
                Position leg = state.legs[i];
                list[i] = leg;
                Instrument instrument = leg.instrument();
                if (instrument.isPerpetual()) cash_ += state.entryValues[instrument];
            }
            result.cash = cash_;
            result.positions = list;
        }
    }

    /// @notice Whether a change of `delta` takes a position of `held` towards zero and not beyond.
    function isReduction(int256 held, int256 delta) internal pure returns (bool) {
        return (held > 0) != (delta > 0) && SignedMath.abs(delta) <= SignedMath.abs(held);
    }

    /// @notice Changes a position by `delta` units for `value` USD WAD (positive: received). Of a perpetual the value of what
    /// opens joins the entry value; what closes realises its share of both into cash.
    /// @return side What `record` is to be told, together with the other side of the trade.
    function trade(
        LedgerState storage self,
        Account account,
        Instrument instrument,
        int256 delta,
        int256 value
    ) internal returns (Side memory side) {
        side.held = changePosition(self, account, instrument, delta);
        if (instrument.kind() == Kind.Spot) {
            addCash(self, account, value);
            return side;
        }
        side.longs = long(side.held + delta).toInt256() - long(side.held).toInt256();
        if (instrument.kind() == Kind.Perpetual) {
            int256 realised = changeEntryValue(self.accounts[account], instrument, side.held, delta, value);
            side.entryValue = value - realised;
            value = realised;
        }
        addCash(self, account, value);
    }

    /// @notice Adds to the totals of a derivative what trades of it have changed, over all their sides.
    function record(LedgerState storage self, Instrument instrument, int256 longs, int256 entryValues) internal {
        if (longs != 0) {
            self.longs[instrument] = (self.longs[instrument].toInt256() + longs).toUint256();
            uint16 underlying = instrument.underlying();
            OpenInterestState memory interest = self.openInterest[underlying];
            uint256 units = (uint256(interest.units).toInt256() + longs).toUint256();
            self.openInterest[underlying] = interest.withUnits(units, block.timestamp);
        }
        if (entryValues != 0) self.entryValues = (self.entryValues + entryValues).toInt128();
    }

    /// @notice Moves part of a position, which has the sign of the whole, and of a perpetual the share of its entry value.
    /// @return entryMoved USD WAD.
    function move(
        LedgerState storage self,
        Account from,
        Account to,
        Instrument instrument,
        int256 size
    ) internal returns (int256 entryMoved) {
        require(size != 0, IClearinghouse.ZeroSize());
        int256 held = sizeOf(self, from, instrument);
        require(isReduction(held, -size), IClearinghouse.InsufficientPosition(from, instrument, held, size));
        if (instrument.kind() == Kind.Perpetual) {
            entryMoved = shareDown(entryValue(self, from, instrument), size, held);
        }
        Side memory out = trade(self, from, instrument, -size, -entryMoved);
        Side memory into = trade(self, to, instrument, size, entryMoved);
        record(self, instrument, out.longs + into.longs, out.entryValue + into.entryValue);
    }

    /// @notice Moves everything, into an account without positions that is not the same one.
    function moveAll(LedgerState storage self, Account from, Account to) internal {
        AccountState storage source = self.accounts[from];
        AccountState storage target = self.accounts[to];
        uint32 count = source.legCount;
        for (uint256 i = 0; i < count; ++i) {
            Position leg = source.legs[i];
            Instrument instrument = leg.instrument();
            target.legs[i] = leg;
            source.legs[i] = NO_POSITION;
            if (instrument.kind() == Kind.Perpetual) {
                target.entryValues[instrument] = source.entryValues[instrument];
                delete source.entryValues[instrument];
            }
        }
        target.legCount = count;
        source.legCount = 0;
        int256 amount = source.cash;
        addCash(self, to, amount);
        addCash(self, from, -amount);
    }

    function changePosition(
        LedgerState storage self,
        Account account,
        Instrument instrument,
        int256 delta
    ) private returns (int256 held) {
        AccountState storage state = self.accounts[account];
        uint256 index;
        (index, held) = find(state, instrument);
        int256 size = held + delta;
        require(
            size >= 0 || instrument.kind() != Kind.Spot,
            IClearinghouse.InsufficientPosition(account, instrument, held, delta)
        );
        if (size == 0) {
            removeLeg(state, index);
            return held;
        }
        if (index == state.legCount) {
            require(index < MAX_LEGS, IClearinghouse.TooManyPositions(account, MAX_LEGS));
            ++state.legCount;
        }
        state.legs[index] = toPosition(instrument, size.toInt128());
    }

    function removeLeg(AccountState storage state, uint256 index) private {
        uint256 count = state.legCount;
        if (index == count) return;
        uint256 last = count - 1;
        if (index != last) state.legs[index] = state.legs[last];
        state.legs[last] = NO_POSITION;
        state.legCount = uint32(last);
    }

    /// @return realised What goes to cash, USD WAD. What does not is in the entry value: the two always add up.
    function changeEntryValue(
        AccountState storage state,
        Instrument perpetual,
        int256 held,
        int256 delta,
        int256 value
    ) private returns (int256 realised) {
        int256 entry = state.entryValues[perpetual];
        if (isReduction(held, delta)) {
            realised = shareDown(entry, delta, held) + value;
        } else if (held != 0 && (held > 0) != (delta > 0)) {
            realised = entry + shareDown(value, held, delta);
        }
        state.entryValues[perpetual] = (entry + value - realised).toInt128();
    }

    /// @return index `legCount` where there is no such leg.
    function find(AccountState storage state, Instrument instrument) private view returns (uint256 index, int256 size) {
        uint256 count = state.legCount;
        for (; index < count; ++index) {
            Position leg = state.legs[index];
            if (leg.instrument() == instrument) return (index, leg.size());
        }
    }

    /// @notice amount·|part|/|whole|, towards minus infinity; all of it for the whole.
    function shareDown(int256 amount, int256 part, int256 whole) internal pure returns (int256) {
        return SignedMulDiv.mulDivDown(amount, SignedMath.abs(part), SignedMath.abs(whole));
    }

    function long(int256 size) private pure returns (uint256) {
        return size > 0 ? uint256(size) : 0;
    }
}

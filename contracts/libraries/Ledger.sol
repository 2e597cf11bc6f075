// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { IClearinghouse } from "../interfaces/IClearinghouse.sol";
import { Portfolio } from "../interfaces/IMarginEngine.sol";
import { Account } from "../types/Account.sol";
import { Instrument, Kind } from "../types/Instrument.sol";
import { MAX_LEGS } from "../types/Limits.sol";
import { Position, PositionLibrary, toPosition } from "../types/Position.sol";
import { CashIndex, CashIndexState } from "./CashIndex.sol";
import { Funding, FundingState, PerpetualEntry } from "./Funding.sol";
import { LossRecords } from "./LossRecords.sol";
import { OpenInterest, OpenInterestState } from "./OpenInterest.sol";
import { SeriesRecords } from "./SeriesRecords.sol";
import { SignedMulDiv } from "./SignedMulDiv.sol";

/// @param cash Scaled, negative when owed: see `CashIndex`. @param legCount How many of `legs` are in use, from 0; at most `MAX_LEGS`.
/// @param tearUps How many tear-ups it has taken its share of, see `LossSharing`.
/// @param nextExpiry Unix seconds; no leg expires before it, 0 where none expires. In the word that every touch reads.
/// @param legs In no order. @param entries Of open perpetuals only.
struct AccountState {
    int128 cash;
    uint32 legCount;
    uint32 tearUps;
    uint32 nextExpiry;
    Position[MAX_LEGS] legs;
    mapping(Instrument perpetual => PerpetualEntry) entries;
}

/// @param openInterest Of derivatives on an underlying, with its average.
/// @param longs Units long of one derivative, which are as many as are short. Tear-ups count from when they are ordered.
/// @param recordedInTokens What the books say is in custody, token units. @param entryValues Of all accounts, USD WAD, as stored.
/// @param pending Cash that accounts are still to receive for trades of which the other side is booked already, USD WAD; negative: to pay.
/// @param funding Of perpetuals. @param fundingPaid Funding that entry values have paid less what they have received, USD WAD: what others have
/// still to receive, and what rounding leaves; part of the recorded cash.
/// @param cashIndex Interest on cash, and its totals. @param losses What is still to be shared.
/// @param series Expired instruments that are worth a fixed sum.
struct LedgerState {
    mapping(Account => AccountState) accounts;
    mapping(uint16 underlying => OpenInterestState) openInterest;
    mapping(Instrument derivative => uint256) longs;
    mapping(Instrument asset => uint256) recordedInTokens;
    int128 entryValues;
    int128 fundingPaid;
    int128 pending;
    mapping(uint16 underlying => FundingState) funding;
    CashIndexState cashIndex;
    LossRecords losses;
    SeriesRecords series;
}

/// @notice What one side of a trade did. @param held Units before. @param longs Change of its long units.
/// @param entryValue Change of its entry value, USD WAD.
struct Side {
    int256 held;
    int256 longs;
    int256 entryValue;
}

/// @dev A trade of a perpetual: units held before, units and USD WAD that it adds.
struct Change {
    Instrument perpetual;
    int256 held;
    int256 delta;
    int256 value;
}

/// @title Double-entry bookkeeping of cash, positions, entry values and open interest.
/// @notice Every function that moves value between accounts moves one number out of one and into the other: nothing is
/// rounded between them, so INV-1 and INV-2 hold to the unit. Interest is charged and earned by `CashIndex`.
library Ledger {
    using CashIndex for CashIndexState;
    using Funding for PerpetualEntry;
    using OpenInterest for OpenInterestState;
    using PositionLibrary for Position[MAX_LEGS];
    using SafeCast for int256;
    using SafeCast for uint256;

    Position private constant NO_POSITION = Position.wrap(0);

    /// @notice USD WAD with interest up to now, towards minus infinity.
    function cash(LedgerState storage self, Account account) internal view returns (int256) {
        return self.cashIndex.valueOf(self.accounts[account].cash);
    }

    /// @notice What custody and debts hold beyond what accounts own, USD WAD, rounded down: what it was funded with, its share of interest, and
    /// all that was ever rounded off. It is no account: it earns nothing, and does not count as supply.
    /// @param custody Cash in custody, USD WAD.
    function reserve(LedgerState storage self, uint256 custody) internal view returns (uint256) {
        int256 unowned =
            (custody.toInt256() - self.entryValues - self.fundingPaid - self.pending) * int256(CashIndex.SCALE);
        unowned -= self.cashIndex.ownedExactly();
        return unowned > 0 ? uint256(unowned) / CashIndex.SCALE : 0;
    }

    function addCash(LedgerState storage self, Account account, int256 amount) internal {
        addCash(self, self.accounts[account], amount);
    }

    function addCash(LedgerState storage self, AccountState storage state, int256 amount) private {
        if (amount != 0) state.cash = self.cashIndex.add(state.cash, amount);
    }

    /// @notice Notes that one side of a trade was booked alone, and received `value` USD WAD (negative: paid). The other side is to be noted
    /// with the opposite value once it is booked.
    function bookOneSide(LedgerState storage self, int256 value) internal {
        self.pending = (self.pending - value).toInt128();
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

    /// @notice With the funding since it was last written.
    function entryValue(
        LedgerState storage self,
        Account account,
        Instrument perpetual
    ) internal view returns (int256 value) {
        (value, ) = entryOf(self, account, perpetual, sizeOf(self, account, perpetual));
    }

    /// @param size Units held. @return value Entry value with all funding, USD WAD. @return received Funding that is not written yet.
    function entryOf(
        LedgerState storage self,
        Account account,
        Instrument perpetual,
        int256 size
    ) internal view returns (int256 value, int256 received) {
        PerpetualEntry memory entry = self.accounts[account].entries[perpetual];
        received = entry.received(size, self.funding[perpetual.underlying()].index);
        value = entry.value + received;
    }

    /// @notice As the margin engine sees the account: entry values count as cash.
    function portfolio(LedgerState storage self, Account account) internal view returns (Portfolio memory result) {
        unchecked {
            AccountState storage state = self.accounts[account];
            uint256 count = state.legCount;
            // With the entry values a sum of `MAX_LEGS` + 1 numbers of less than 129 bits: scaled cash times an index that is at most `SCALE`.
            int256 cash_ = self.cashIndex.valueOf(state.cash);
            (Position[] memory list, bool hasPerpetuals) = state.legs.load(count);
            for (uint256 i = 0; hasPerpetuals && i < count; ++i) {
                Instrument instrument = list[i].instrument();
                if (!instrument.isPerpetual()) continue;
                (int256 value, ) = entryOf(self, account, instrument, list[i].size());
                cash_ += value;
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
        AccountState storage state = self.accounts[account];
        side.held = changePosition(state, account, instrument, delta);
        if (instrument.kind() == Kind.Spot) {
            addCash(self, state, value);
            return side;
        }
        side.longs = long(side.held + delta).toInt256() - long(side.held).toInt256();
        if (instrument.kind() == Kind.Perpetual) {
            (value, side.entryValue) = changeEntryValue(self, account, Change(instrument, side.held, delta, value));
        }
        addCash(self, state, value);
    }

    /// @notice Writes down what every view of the account's perpetuals shows.
    function writeFunding(LedgerState storage self, Account account) internal {
        AccountState storage state = self.accounts[account];
        for (uint256 i = 0; i < state.legCount; ++i) {
            Position leg = state.legs[i];
            if (!leg.instrument().isPerpetual()) continue;
            (, int256 change) = changeEntryValue(self, account, Change(leg.instrument(), leg.size(), 0, 0));
            record(self, leg.instrument(), 0, change);
        }
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

    /// @notice Moves part of a position, which has the sign of the whole, and of a perpetual the share of its entry value. Reverts
    /// `InsufficientPosition` where `from` holds less; of an option that it could not open either (its legs are full, 128 bits are exceeded), that.
    /// @return entryMoved USD WAD.
    function move(
        LedgerState storage self,
        Account from,
        Account to,
        Instrument instrument,
        int256 size
    ) internal returns (int256 entryMoved) {
        require(size != 0, IClearinghouse.ZeroSize());
        // What is no instrument nobody holds.
        require(instrument.isWellFormed(), IClearinghouse.InsufficientPosition(from, instrument, 0, size));
        Kind kind = instrument.kind();
        // Of the others the trade tells what was held.
        if (kind == Kind.Perpetual || kind == Kind.Spot) {
            int256 held = sizeOf(self, from, instrument);
            requireReduction(from, instrument, held, size);
            if (kind == Kind.Perpetual) entryMoved = shareDown(entryValue(self, from, instrument), size, held);
        }
        Side memory out = trade(self, from, instrument, -size, -entryMoved);
        requireReduction(from, instrument, out.held, size);
        Side memory into = trade(self, to, instrument, size, entryMoved);
        record(self, instrument, out.longs + into.longs, out.entryValue + into.entryValue);
    }

    function requireReduction(Account from, Instrument instrument, int256 held, int256 size) private pure {
        require(isReduction(held, -size), IClearinghouse.InsufficientPosition(from, instrument, held, size));
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
                target.entries[instrument] = source.entries[instrument];
                delete source.entries[instrument];
            }
        }
        target.legCount = count;
        source.legCount = 0;
        target.nextExpiry = source.nextExpiry;
        if (target.cash == 0) {
            // As it is stored: nothing is rounded.
            (target.cash, source.cash) = (source.cash, 0);
        } else {
            int256 amount = cash(self, from);
            addCash(self, to, amount);
            addCash(self, from, -amount);
        }
    }

    /// @param account Whose `state` it is.
    function changePosition(
        AccountState storage state,
        Account account,
        Instrument instrument,
        int256 delta
    ) private returns (int256 held) {
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
            state.legCount = uint32(index + 1);
            noteExpiry(state, instrument.expiry());
        }
        state.legs[index] = toPosition(instrument, size.toInt128());
    }

    function noteExpiry(AccountState storage state, uint256 expiry) private {
        if (expiry == 0) return;
        uint32 next = state.nextExpiry;
        if (next == 0 || expiry < next) state.nextExpiry = expiryField(expiry);
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
    /// @return change Of the entry value as stored, with the funding that is written by the way.
    function changeEntryValue(
        LedgerState storage self,
        Account account,
        Change memory trade_
    ) private returns (int256 realised, int256 change) {
        (int256 held, int256 delta, int256 value) = (trade_.held, trade_.delta, trade_.value);
        (int256 entry, int256 received) = entryOf(self, account, trade_.perpetual, held);
        if (isReduction(held, delta)) {
            realised = shareDown(entry, delta, held) + value;
        } else if (held != 0 && (held > 0) != (delta > 0)) {
            realised = entry + shareDown(value, held, delta);
        }
        int128 index = held + delta == 0 ? int128(0) : self.funding[trade_.perpetual.underlying()].index;
        int128 afterwards = (entry + value - realised).toInt128();
        self.accounts[account].entries[trade_.perpetual] = PerpetualEntry(afterwards, index);
        change = afterwards - entry + received;
        if (received != 0) self.fundingPaid = (self.fundingPaid - received).toInt128();
    }

    /// @return index `legCount` where there is no such leg.
    function find(AccountState storage state, Instrument instrument) private view returns (uint256 index, int256 size) {
        unchecked {
            uint256 count = state.legCount;
            for (; index < count; ++index) {
                Position leg = state.legs.leg(index);
                if (leg.instrument() == instrument) return (index, leg.size());
            }
        }
    }

    /// @notice amount·|part|/|whole|, towards minus infinity; all of it for the whole.
    function shareDown(int256 amount, int256 part, int256 whole) internal pure returns (int256) {
        return SignedMulDiv.mulDivDown(amount, SignedMath.abs(part), SignedMath.abs(whole));
    }

    /// @notice An expiry in the bits that there are: what expires after 2106 is looked at from then on.
    function expiryField(uint256 expiry) internal pure returns (uint32) {
        return expiry < type(uint32).max ? uint32(expiry) : type(uint32).max;
    }

    function long(int256 size) private pure returns (uint256) {
        return size > 0 ? uint256(size) : 0;
    }
}

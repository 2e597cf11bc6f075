// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { IClearinghouse } from "../interfaces/IClearinghouse.sol";
import { Portfolio } from "../interfaces/IMarginEngine.sol";
import { Account } from "../types/Account.sol";
import { Instrument, Kind } from "../types/Instrument.sol";
import { MAX_UNSETTLED } from "../types/Limits.sol";
import { Position, toPosition } from "../types/Position.sol";
import { CashIndex, CashIndexState } from "./CashIndex.sol";
import { AccountState, Ledger, LedgerState, Side } from "./Ledger.sol";
import { LossRecords, LossShares, TearUp } from "./LossRecords.sol";
import { SeriesSettlement } from "./SeriesSettlement.sol";
import { SignedWad } from "./SignedWad.sol";

/// @notice An account with its shares of all losses taken. @param entryValues By position, USD WAD; 0 where there is none.
struct SettledAccount {
    int256 cash;
    Position[] positions;
    int256[] entryValues;
}

/// @param lacking What closing everything at mark would leave missing, USD WAD. @param owed To all whom the account owes on a derivative, USD
/// WAD. @param limit How many legs to close at most.
struct Shortfall {
    uint256 lacking;
    uint256 owed;
    uint256 limit;
}

/// @title The end of the waterfall: pro-rata deleveraging of the other side, then a share of positive cash.
/// @notice Ordering a loss costs the same however many share it. Of a tear-up an account takes its share when it is next touched; until
/// then every view shows it as if it had. A loss in cash lowers the index of all positive cash, at once and for everybody. Last come an
/// account's expired positions, see `SeriesSettlement`.
library LossSharing {
    using CashIndex for CashIndexState;
    using Ledger for LedgerState;
    using LossShares for LossRecords;
    using LossShares for TearUp;
    using SafeCast for int256;
    using SafeCast for uint256;
    using SeriesSettlement for LedgerState;
    using SignedWad for int256;

    /// @notice Whether the account is as every view shows it, so that `settle` has nothing to do.
    function isUpToDate(LedgerState storage self, Account account) internal view returns (bool) {
        AccountState storage state = self.accounts[account];
        return state.tearUps == self.losses.tearUpCount && !SeriesSettlement.isDue(state);
    }

    /// @notice Takes the account's share of every loss and the cash for what it holds of settled series; before anything else is done
    /// with it. Reverts where there are more than `MAX_UNSETTLED` of them: `settleSome` first.
    function settle(LedgerState storage self, Account account) internal {
        if (isUpToDate(self, account)) return;
        settleSome(self, account, MAX_UNSETTLED);
        require(self.accounts[account].tearUps == self.losses.tearUpCount, IClearinghouse.Unsettled(account));
    }

    /// @notice Takes the account's share of up to `limit` losses, and when it has taken all the cash for expired positions.
    function settleSome(LedgerState storage self, Account account, uint256 limit) internal {
        AccountState storage state = self.accounts[account];
        uint256 end = state.legCount > 0 ? Math.min(self.losses.tearUpCount, state.tearUps + limit) : type(uint256).max;
        for (uint256 i = state.tearUps; i < end && state.legCount > 0; ++i) takeTearUp(self, account, i);
        state.tearUps = Math.min(end, self.losses.tearUpCount).toUint32();
        if (state.tearUps == self.losses.tearUpCount && self.isDue(account)) self.settleLegs(account);
    }

    /// @notice The account with its shares taken and its expired positions settled, as `settle` would leave it; positions that it closes have size 0.
    function settled(LedgerState storage self, Account account) internal view returns (SettledAccount memory result) {
        AccountState storage state = self.accounts[account];
        uint256 count = state.legCount;
        result.cash = self.cash(account);
        result.positions = new Position[](count);
        result.entryValues = new int256[](count);
        for (uint256 i = 0; i < count; ++i) {
            Position leg = state.legs[i];
            result.positions[i] = leg;
            Instrument instrument = leg.instrument();
            if (!instrument.isPerpetual()) continue;
            (result.entryValues[i], ) = self.entryOf(account, instrument, leg.size());
        }
        if (count == 0) return result;
        LossRecords storage losses = self.losses;
        uint256 end = losses.tearUpCount;
        for (uint256 i = state.tearUps; i < end; ++i) applyTearUp(result, losses.tearUps[i]);
        if (self.isDue(account)) result.cash += self.settleImage(result.positions);
    }

    /// @notice As the margin engine sees the account, its shares taken.
    function settledPortfolio(
        LedgerState storage self,
        Account account
    ) internal view returns (Portfolio memory result) {
        if (isUpToDate(self, account)) return self.portfolio(account);
        SettledAccount memory image = settled(self, account);
        result.cash = image.cash;
        for (uint256 i = 0; i < image.entryValues.length; ++i) result.cash += image.entryValues[i];
        result.positions = withoutEmpty(image.positions);
    }

    /// @notice USD WAD, the account's shares taken.
    function settledCash(LedgerState storage self, Account account) internal view returns (int256) {
        return isUpToDate(self, account) ? self.cash(account) : settled(self, account).cash;
    }

    /// @notice Units of one instrument, the account's shares taken.
    function settledPosition(
        LedgerState storage self,
        Account account,
        Instrument instrument
    ) internal view returns (int256 size) {
        if (isUpToDate(self, account)) return self.sizeOf(account, instrument);
        SettledAccount memory image = settled(self, account);
        uint256 index = find(image.positions, instrument);
        if (index < image.positions.length) size = image.positions[index].size();
    }

    /// @notice Of one perpetual, USD WAD, the account's shares taken.
    function settledEntryValue(
        LedgerState storage self,
        Account account,
        Instrument perpetual
    ) internal view returns (int256 entryValue) {
        SettledAccount memory image = settled(self, account);
        uint256 index = find(image.positions, perpetual);
        if (index < image.positions.length) entryValue = image.entryValues[index];
    }

    /// @notice Closes up to `limit` derivative legs of a settled account, from the last one on, against all who hold the other
    /// side. What the account lacks is charged to those whom it owes: every leg in which it is a debtor is closed for the
    /// same share less than it owes. Closing in several calls at the same marks charges the same.
    /// @param values Of its positions at mark, USD WAD, negative when short; of those at least that are to be closed.
    /// @return charged USD WAD, at most what the account lacks.
    function tearUp(
        LedgerState storage self,
        Account account,
        int256[] memory values,
        Shortfall memory shortfall
    ) internal returns (uint256 charged) {
        SettledAccount memory image = settled(self, account);
        uint256 lacking = Math.min(shortfall.lacking, shortfall.owed);
        uint256 owed = shortfall.owed;
        uint256 limit = shortfall.limit;
        for (uint256 i = values.length; i > 0 && limit > 0; --i) {
            Position leg = image.positions[i - 1];
            if (leg.instrument().kind() == Kind.Spot) continue;
            --limit;
            uint256 claim = (values[i - 1] + image.entryValues[i - 1]).belowZero();
            uint256 charge = claim == 0 ? 0 : Math.min(lacking, Math.mulDiv(lacking, claim, Math.max(owed, claim)));
            (lacking, owed, charged) = (lacking - charge, Math.saturatingSub(owed, claim), charged + charge);
            close(self, account, leg, values[i - 1] + charge.toInt256());
        }
    }

    /// @notice Credits a settled account, which owes cash, with what it lacks and takes that from all who hold positive cash.
    /// @return amount USD WAD.
    function shareDebt(LedgerState storage self, Account account, uint256 lacking) internal returns (uint256 amount) {
        uint256 held;
        (amount, held) = self.cashIndex.take(lacking);
        self.addCash(account, amount.toInt256());
        emit IClearinghouse.LossShared(account, amount, held);
    }

    function close(LedgerState storage self, Account account, Position leg, int256 value) private {
        Instrument instrument = leg.instrument();
        int256 size = leg.size();
        uint256 held = self.longs[instrument];
        Side memory side = self.trade(account, instrument, -size, value);
        self.record(instrument, -SignedMath.abs(size).toInt256(), side.entryValue);
        self.bookOneSide(value);
        self.losses.add(
            TearUp({
                instrument: instrument,
                held: held.toUint128(),
                size: (-size).toInt128(),
                value: (-value).toInt128()
            })
        );
        emit IClearinghouse.Deleveraged(account, instrument, size, value, held);
    }

    function takeTearUp(LedgerState storage self, Account account, uint256 number) private {
        int256 position = self.sizeOf(account, self.losses.tearUps[number].instrument);
        if (position == 0) return;
        TearUp memory left = self.losses.tearUps[number];
        if (!left.concerns(position)) return;
        (int256 size, int256 value) = left.shareOf(position);
        self.losses.take(number, position, size, value);
        Side memory side = self.trade(account, left.instrument, -size, value);
        self.record(left.instrument, 0, side.entryValue);
        self.bookOneSide(value);
        emit IClearinghouse.LossTaken(account, left.instrument, -size, value);
    }

    /// @dev Most are of what the account does not hold, and then half of the record is not read.
    function applyTearUp(SettledAccount memory image, TearUp storage record) private view {
        uint256 index = find(image.positions, record.instrument);
        if (index == image.positions.length) return;
        TearUp memory left = record;
        int256 position = image.positions[index].size();
        if (!left.concerns(position)) return;
        (int256 size, int256 value) = left.shareOf(position);
        int256 realised = Ledger.shareDown(image.entryValues[index], size, position);
        image.entryValues[index] -= realised;
        image.cash += realised + value;
        image.positions[index] = toPosition(left.instrument, (position - size).toInt128());
    }

    /// @return index `positions.length` where there is no such leg.
    function find(Position[] memory positions, Instrument instrument) private pure returns (uint256 index) {
        while (index < positions.length && positions[index].instrument() != instrument) ++index;
    }

    function withoutEmpty(Position[] memory positions) private pure returns (Position[] memory list) {
        uint256 count = 0;
        for (uint256 i = 0; i < positions.length; ++i) if (positions[i].size() != 0) ++count;
        list = new Position[](count);
        for (uint256 i = positions.length; i > 0; --i) {
            if (positions[i - 1].size() != 0) list[--count] = positions[i - 1];
        }
    }
}

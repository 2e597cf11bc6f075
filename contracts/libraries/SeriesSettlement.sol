// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { IClearinghouse } from "../interfaces/IClearinghouse.sol";
import { Account } from "../types/Account.sol";
import { Instrument, Kind } from "../types/Instrument.sol";
import { Position, toPosition } from "../types/Position.sol";
import { AccountState, Ledger, LedgerState } from "./Ledger.sol";
import { SeriesRecord } from "./SeriesRecords.sol";
import { SignedMulDiv } from "./SignedMulDiv.sol";

/// @title Expired positions turned into cash at the value that their settlement price gives them.
/// @notice Settling a series costs the same however many hold it: its value is recorded, its open interest ends. An account turns
/// its positions into cash when it is next touched, or anybody makes it; until then every view shows it as if it had.
/// Each amount is rounded against the account. What the rounding leaves, less than the number of holders in smallest units, goes to
/// the reserve with the last of them.
library SeriesSettlement {
    using Ledger for LedgerState;
    using SafeCast for int256;
    using SafeCast for uint256;

    uint256 private constant WAD = 1e18;

    /// @notice Whether an account may hold what has expired.
    function isDue(LedgerState storage self, Account account) internal view returns (bool) {
        return isDue(self.accounts[account]);
    }

    function isDue(AccountState storage state) internal view returns (bool) {
        uint32 expiry = state.nextExpiry;
        return expiry != 0 && expiry <= block.timestamp;
    }

    /// @notice Records what an expired instrument is worth; once, and only where somebody holds it.
    /// @param price Settlement price of the underlying, USD WAD.
    function settleSeries(LedgerState storage self, Instrument instrument, uint256 price) internal {
        SeriesRecord storage series = self.series.records[instrument];
        uint256 held = self.longs[instrument];
        if (series.isSettled || held == 0) return;
        uint256 value = valueOf(instrument, price);
        (series.isSettled, series.value) = (true, value.toUint120());
        (series.long, series.short) = (held.toUint128(), held.toUint128());
        ++self.series.open;
        self.record(instrument, -held.toInt256(), 0);
        emit IClearinghouse.SeriesSettled(instrument, value, held);
    }

    /// @notice Turns the settled positions of an account into cash. The account has taken its share of every loss: a tear-up of a series
    /// was ordered before the series was settled.
    function settleLegs(LedgerState storage self, Account account) internal {
        AccountState storage state = self.accounts[account];
        uint256 next = type(uint256).max;
        for (uint256 i = state.legCount; i > 0; --i) {
            Position leg = state.legs[i - 1];
            uint256 expiry = leg.instrument().expiry();
            if (expiry == 0) continue;
            if (self.series.records[leg.instrument()].isSettled) settleLeg(self, account, leg);
            else next = Math.min(next, expiry);
        }
        state.nextExpiry = next == type(uint256).max ? 0 : Ledger.expiryField(next);
    }

    /// @notice What `settleLegs` does, to an image of an account. @return cash The sum that the positions turn into.
    function settleImage(LedgerState storage self, Position[] memory positions) internal view returns (int256 cash) {
        for (uint256 i = 0; i < positions.length; ++i) {
            Instrument instrument = positions[i].instrument();
            if (instrument.expiry() == 0) continue;
            SeriesRecord storage series = self.series.records[instrument];
            if (!series.isSettled) continue;
            cash += amountOf(series, positions[i].size());
            positions[i] = toPosition(instrument, 0);
        }
    }

    function settleLeg(LedgerState storage self, Account account, Position leg) private {
        Instrument instrument = leg.instrument();
        SeriesRecord storage series = self.series.records[instrument];
        int256 size = leg.size();
        int256 amount = amountOf(series, size);
        self.trade(account, instrument, -size, amount);
        if (size > 0) series.long -= SignedMath.abs(size).toUint128();
        else series.short -= SignedMath.abs(size).toUint128();
        int128 received = (series.received - amount).toInt128();
        self.bookOneSide(amount);
        emit IClearinghouse.Expired(account, instrument, size, amount);
        if (series.long == 0 && series.short == 0) {
            // Everybody's share was rounded down, so it is not negative. What is pending no longer is the reserve's.
            self.pending -= received;
            --self.series.open;
            emit IClearinghouse.SeriesClosed(instrument, uint128(received));
            received = 0;
        }
        series.received = received;
    }

    function amountOf(SeriesRecord storage series, int256 size) private view returns (int256) {
        return SignedMulDiv.mulDivDown(size, series.value, WAD);
    }

    /// @dev USD WAD a unit, exact.
    function valueOf(Instrument instrument, uint256 price) private pure returns (uint256) {
        Kind kind = instrument.kind();
        if (kind == Kind.Call) return Math.saturatingSub(price, instrument.strike());
        if (kind == Kind.Put) return Math.saturatingSub(instrument.strike(), price);
        return price;
    }
}

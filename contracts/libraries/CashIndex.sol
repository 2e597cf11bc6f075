// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { IClearinghouse } from "../interfaces/IClearinghouse.sol";
import { CashTotals, InterestRates } from "../interfaces/IInterest.sol";

/// @notice Two words. Cash is stored scaled: USD WAD · `SCALE` / index, by the supply index where it is positive, by the borrow index
/// where it is owed.
/// @param borrowIndex WAD, 1 when the clearinghouse opened. What a debt has grown by. @param supplyIndex Likewise what cash has.
/// @param updatedAt Unix seconds when both were last written; 32 bits hold it until 2106, when interest stops.
/// @param rateAtZeroInBp And the four after it: the `InterestRates` in force.
/// @param debts Scaled, of all accounts. @param supply Likewise all positive cash.
struct CashIndexState {
    uint80 borrowIndex;
    uint80 supplyIndex;
    uint32 updatedAt;
    uint16 rateAtZeroInBp;
    uint16 rateAtKinkInBp;
    uint16 rateAtFullInBp;
    uint8 kinkInPercent;
    uint8 reserveFactorInPercent;
    uint128 debts;
    uint128 supply;
}

/// @title Interest on cash: what debts pay and positive cash earns, by two indices.
/// @notice A rate holds between two writes: it depends on utilisation (debts / positive cash, at most 1) as the last write left it, along a
/// line with one kink, flat below and steep above it, which brings cash back where it is short. (The form is Compound's "jump rate
/// model", 2020.) A debt compounds at it by the first three terms of e^x; positive cash earns what debts pay, less the reserve's
/// factor, in proportion.
///
/// Nobody is credited more than others are charged: the supply index is rounded down and the borrow index up, and what that leaves
/// belongs to the reserve, which is whatever custody and debts hold beyond what accounts own (`Ledger.reserve`). A balance is
/// rounded against its account when it is read, by less than 1e-18 USD; what is stored is rounded so that exactly the number
/// that was written is read back, which takes less than `SCALE`'s last digit: see `toScaled`.
///
/// Nothing here reverts for a lapse of time: indices stop at `MAX_INDEX`, and a supply index never grows by a larger factor than
/// the borrow index, however little cash is left to earn.
library CashIndex {
    using SafeCast for int256;

    uint256 private constant WAD = 1e18;
    /// @dev Scaled units of a wei at an index of 1 are a million, so that up to an index of a million a unit is worth no more than a wei.
    /// An account holds up to 2^127 of them, 170 trillion USD at an index of 1 and 170 billion at `MIN_SUPPLY_INDEX`.
    uint256 internal constant SCALE = 1e24;
    /// @dev A unit of scaled cash is worth index / `SCALE` wei; above this a balance could not be read back as it was written. It takes a
    /// debt at the largest rate that can be set, 300 % a year, 4.6 years to get there, and at 10 % 138 years: ln(10^6) / rate.
    uint256 internal constant MAX_INDEX = SCALE;
    /// @dev Losses bring it no lower than a thousandth of where it began: below that it has too few digits left.
    uint256 internal constant MIN_SUPPLY_INDEX = WAD / 1000;
    /// @dev In which rates are given, as in the rest of the protocol.
    uint256 private constant YEAR_SECONDS = 365 days;
    uint256 private constant BP = 1e14;
    uint256 private constant PERCENT = 1e16;

    /// @notice Both indices at 1, from now on; without interest until rates are set.
    function open(CashIndexState storage self) internal {
        (self.borrowIndex, self.supplyIndex, self.updatedAt) = (uint80(WAD), uint80(WAD), timestamp());
    }

    /// @notice Interest up to now at the old rates, the new ones from now on. Their bounds are the caller's business.
    function setRates(CashIndexState storage self, InterestRates memory rates) internal {
        accrue(self);
        self.rateAtZeroInBp = rates.atZeroInBp;
        self.rateAtKinkInBp = rates.atKinkInBp;
        self.rateAtFullInBp = rates.atFullInBp;
        self.kinkInPercent = rates.kinkInPercent;
        self.reserveFactorInPercent = rates.reserveFactorInPercent;
    }

    /// @notice USD WAD with interest up to now, towards minus infinity.
    function valueOf(CashIndexState storage self, int256 scaled) internal view returns (int256) {
        if (scaled == 0) return 0;
        (uint256 borrowIndex, uint256 supplyIndex) = indices(self);
        return toCash(scaled, scaled < 0 ? borrowIndex : supplyIndex);
    }

    /// @notice Adds `amount` USD WAD to scaled cash that belongs to the totals, interest up to now included.
    /// @return afterwards Scaled; `valueOf` it is `valueOf` what it was and the amount, to the wei.
    function add(CashIndexState storage self, int256 scaled, int256 amount) internal returns (int128 afterwards) {
        (uint256 borrowIndex, uint256 supplyIndex) = accrue(self);
        int256 cash = toCash(scaled, scaled < 0 ? borrowIndex : supplyIndex) + amount;
        afterwards = toScaled(cash, cash < 0 ? borrowIndex : supplyIndex).toInt128();
        // Both share a word: what does not change is not written.
        if (scaled < 0 || afterwards < 0) self.debts = changed(self.debts, -scaled, -afterwards);
        if (scaled > 0 || afterwards > 0) self.supply = changed(self.supply, scaled, afterwards);
    }

    /// @notice Takes a loss from all positive cash in proportion, by lowering its index.
    /// @return amount USD WAD: the loss, or as much of it as cash can bear. @return held USD WAD: all positive cash before.
    function take(CashIndexState storage self, uint256 loss) internal returns (uint256 amount, uint256 held) {
        (uint256 borrowIndex, uint256 supplyIndex) = accrue(self);
        uint256 supply = self.supply;
        held = (supply * supplyIndex) / SCALE;
        uint256 bearable = supplyIndex > MIN_SUPPLY_INDEX ? supplyIndex - MIN_SUPPLY_INDEX : 0;
        amount = Math.min(loss, (supply * bearable) / SCALE);
        if (amount == 0) return (0, held);
        supplyIndex -= Math.ceilDiv(amount * SCALE, supply);
        self.supplyIndex = uint80(supplyIndex);
        emit IClearinghouse.CashIndexed(borrowIndex, supplyIndex);
    }

    /// @notice What accounts own of custody: positive cash less debts, in USD WAD · `SCALE`, exactly. Up to 2^208.
    function ownedExactly(CashIndexState storage self) internal view returns (int256) {
        (uint256 borrowIndex, uint256 supplyIndex) = indices(self);
        return int256(self.supply * supplyIndex) - int256(self.debts * borrowIndex);
    }

    function totals(CashIndexState storage self) internal view returns (CashTotals memory result) {
        (result.borrowIndex, result.supplyIndex) = indices(self);
        (result.scaledDebts, result.scaledSupply) = (self.debts, self.supply);
        uint256 owed = self.debts * result.borrowIndex;
        if (owed != 0) result.utilisation = utilisation(owed, self.supply * result.supplyIndex);
        result.borrowRate = rateAt(self, result.utilisation);
        result.supplyRate =
            (result.borrowRate * result.utilisation * (100 - self.reserveFactorInPercent)) / (WAD * 100);
    }

    function ratesOf(CashIndexState storage self) internal view returns (InterestRates memory) {
        return
            InterestRates(
                self.rateAtZeroInBp,
                self.rateAtKinkInBp,
                self.rateAtFullInBp,
                self.kinkInPercent,
                self.reserveFactorInPercent
            );
    }

    /// @notice Writes what `indices` shows, with its time.
    function accrue(CashIndexState storage self) internal returns (uint256 borrowIndex, uint256 supplyIndex) {
        (borrowIndex, supplyIndex) = indices(self);
        if (self.updatedAt == timestamp()) return (borrowIndex, supplyIndex);
        bool isChanged = borrowIndex != self.borrowIndex;
        (self.borrowIndex, self.supplyIndex, self.updatedAt) = (uint80(borrowIndex), uint80(supplyIndex), timestamp());
        if (isChanged) emit IClearinghouse.CashIndexed(borrowIndex, supplyIndex);
    }

    /// @notice The indices now, WAD: at most `MAX_INDEX`, so 80 bits hold them.
    function indices(CashIndexState storage self) internal view returns (uint256 borrowIndex, uint256 supplyIndex) {
        (borrowIndex, supplyIndex) = (self.borrowIndex, self.supplyIndex);
        if (self.updatedAt == timestamp()) return (borrowIndex, supplyIndex);
        return indicesNow(self);
    }

    /// @dev Totals have 128 bits, indices 80, rates at most 3e18, and a lapse of time 32 bits: growth stays below 2^84 and every product below
    /// 2^208.
    function indicesNow(CashIndexState memory self) private view returns (uint256 borrowIndex, uint256 supplyIndex) {
        unchecked {
            (borrowIndex, supplyIndex) = (self.borrowIndex, self.supplyIndex);
            (uint256 debts, uint256 supply) = (self.debts, self.supply);
            if (debts == 0) return (borrowIndex, supplyIndex);
            uint256 rate = rateAt(self, utilisation(debts * borrowIndex, supply * supplyIndex));
            uint256 growth = compounded((rate * (timestamp() - self.updatedAt)) / YEAR_SECONDS);
            uint256 charged = Math.min((borrowIndex * growth + WAD - 1) / WAD, MAX_INDEX - borrowIndex);
            // By no larger a factor than debts: of debts beyond all positive cash nobody here is the lender.
            uint256 earned = (supplyIndex * charged) / borrowIndex;
            if (supply != 0) earned = Math.min(earned, (debts * charged) / supply);
            earned = (earned * (100 - self.reserveFactorInPercent)) / 100;
            (borrowIndex, supplyIndex) = (borrowIndex + charged, Math.min(supplyIndex + earned, MAX_INDEX));
        }
    }

    /// @dev A year, WAD, at a utilisation of at most 1. Continuous at the kink.
    function rateAt(CashIndexState memory self, uint256 used) private pure returns (uint256) {
        unchecked {
            uint256 atKink = self.rateAtKinkInBp * BP;
            uint256 kink = self.kinkInPercent * PERCENT;
            if (used >= kink) return atKink + ((self.rateAtFullInBp * BP - atKink) * (used - kink)) / (WAD - kink);
            uint256 atZero = self.rateAtZeroInBp * BP;
            return atZero + ((atKink - atZero) * used) / kink;
        }
    }

    /// @dev Of both in the same unit, a 1e-42 of a USD, WAD, rounded down, at most 1. 1 where nothing is held.
    function utilisation(uint256 owed, uint256 held) private pure returns (uint256) {
        unchecked {
            return owed < held ? owed / (held / WAD + 1) : WAD;
        }
    }

    /// @dev e^x − 1 to the third term, rounded down, WAD; a month at 100 % a year is 2e-6 short. 136 years at 300 % make 1.2e25.
    function compounded(uint256 x) private pure returns (uint256) {
        unchecked {
            uint256 square = (x * x) / WAD;
            return x + square / 2 + (square * x) / (6 * WAD);
        }
    }

    /// @dev A total in which an account counts with what is above zero. @param before Of the account, scaled. @param afterwards Likewise.
    function changed(uint128 total, int256 before, int256 afterwards) private pure returns (uint128) {
        if (before > 0) total -= uint128(uint256(before));
        if (afterwards > 0) total += uint128(uint256(afterwards));
        return total;
    }

    /// @dev Towards minus infinity. Scaled cash has 128 bits and an index 80.
    function toCash(int256 scaled, uint256 index) private pure returns (int256 cash) {
        unchecked {
            int256 product = scaled * int256(index);
            cash = product / int256(SCALE);
            if (product % int256(SCALE) < 0) --cash;
        }
    }

    /// @dev The other way, so that `toCash` comes back to it: v ≤ scaled·index / SCALE < v + index / SCALE ≤ v + 1, also of a debt. So an
    /// account has up to index / SCALE wei of the reserve's, a millionth of one at an index of 1 (where it is nothing); whatever
    /// is read, and so whatever can be taken out, never has it.
    function toScaled(int256 cash, uint256 index) private pure returns (int256 scaled) {
        int256 product = cash * int256(SCALE);
        unchecked {
            scaled = product / int256(index);
            if (product % int256(index) > 0) ++scaled;
        }
    }

    function timestamp() private view returns (uint32) {
        return uint32(Math.min(block.timestamp, type(uint32).max));
    }
}

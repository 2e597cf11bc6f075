// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Portfolio, Risk } from "../interfaces/IMarginEngine.sol";
import { Instrument, Kind } from "../types/Instrument.sol";
import { Position } from "../types/Position.sol";
import { SignedWad } from "./SignedWad.sol";

/// @param committed In absorbed accounts, USD WAD. @param lost What still counted of losses at `lostAt`, USD WAD.
/// @param lostAt Unix seconds. @param forgottenAt Unix seconds when nothing of it counts any more.
struct Budget {
    uint128 committed;
    uint128 lost;
    uint40 lostAt;
    uint40 forgottenAt;
}

/// @param committed In all absorbed accounts, each once, USD WAD.
struct BudgetState {
    mapping(uint16 underlying => Budget) budgets;
    uint256 committed;
}

/// @title How much of the backstop may stand for one underlying.
/// @notice A set of underlyings is a word with 16 bits for each, from the lowest, without gaps. What a set is charged counts in full against each
/// of its underlyings. Limits are shares of the vault before its losses on the underlying, so that it makes no difference in how many steps they come.
library BackstopBudgets {
    using SafeCast for uint256;
    using SignedWad for int256;

    uint256 private constant WAD = 1e18;
    uint256 private constant UNDERLYING_BITS = 16;
    /// @dev Of the vault, for one underlying. Open interest is to be at most 20 times the vault, so half of it is 2.5 % of that: in March 2020 a
    /// backstop lost 1.5 % of the open interest where it hedged within 5 minutes and 5 % within 15. And whatever becomes of one
    /// underlying, as much as it took remains for the others.
    uint256 internal constant SHARE = 0.5e18;
    /// @dev Of what losses have left of a budget, and of the vault, at most committed by a new absorption: at least as much is free for
    /// deficits, before others pay for them, as stands as margin. More margin reaches others sooner, less of it closes more accounts
    /// against the other side: docs/decisions/0020-margin-leaves-room-for-deficits.md has figures.
    uint256 internal constant MARGIN_SHARE = 0.5e18;
    /// @dev A crash and its aftermath are over; the controller of margins forgets no faster (half-life 30 days).
    uint256 internal constant MEMORY_SECONDS = 30 days;

    /// @dev Of what the books of an account require, each underlying for itself: what requires less, and has lost less on its perpetual, does not count. At
    /// most four fit, so one always does. Measured by requirement, as a hedged book of any size adds next to nothing to it and so displaces no other.
    /// The loss counts beside it, because little is required of a long position that has lost nearly all. What does not count loses in a move of maintenance
    /// size less than a tenth of what the account does: beside its own half of the vault an underlying takes about a twentieth more at most.
    /// And who wants to use up another market's budget needs a tenth of his margin there, not a wei.
    uint256 internal constant LEAST_PART = 0.1e18;
    /// @dev For each underlying: all that is held on it, and its perpetual alone.
    uint256 private constant BOOKS = 2;

    /// @notice The underlyings of the positions.
    function underlyingsOf(Position[] memory positions) internal pure returns (uint64 set) {
        for (uint256 i = 0; i < positions.length; ++i) set = with(set, positions[i].instrument().underlying());
    }

    /// @notice For each underlying of the set, in its order, the positions on it, and then its perpetual, to which the entry value is to be added.
    function split(uint64 set, Position[] memory positions) internal pure returns (Portfolio[] memory books) {
        uint256 count = 0;
        for (uint64 rest = set; rest != 0; rest >>= UNDERLYING_BITS) ++count;
        books = new Portfolio[](count * BOOKS);
        for (uint256 i = 0; i < count; ++i) {
            uint16 underlying = uint16(set >> (i * UNDERLYING_BITS));
            books[i * BOOKS].positions = _on(underlying, positions, false);
            books[i * BOOKS + 1].positions = _on(underlying, positions, true);
        }
    }

    /// @notice The underlyings of the set that make up at least `LEAST_PART`. @param risks Of what `split` returns.
    /// @return counted All where nothing is required. @return required By all of them together, USD WAD.
    function counting(uint64 set, Risk[] memory risks) internal pure returns (uint64 counted, uint256 required) {
        for (uint256 i = 0; i < risks.length; i += BOOKS) required += risks[i].maintenanceBeforeFloor;
        for (uint256 i = 0; i < risks.length; i += BOOKS) {
            uint256 lost = risks[i + 1].equity.belowZero();
            bool counts = isPart(Math.max(risks[i].maintenanceBeforeFloor, lost), required);
            if (counts) counted = with(counted, uint16(set >> ((i / BOOKS) * UNDERLYING_BITS)));
        }
    }

    function isPart(uint256 amount, uint256 whole) internal pure returns (bool) {
        return amount * WAD >= whole * LEAST_PART;
    }

    /// @notice The set with one underlying, unless it is there. At most four fit: `MAX_UNDERLYINGS`.
    function with(uint64 set, uint16 underlying) internal pure returns (uint64) {
        uint256 place = 0;
        for (uint64 rest = set; rest != 0; rest >>= UNDERLYING_BITS) {
            if (uint16(rest) == underlying) return set;
            place += UNDERLYING_BITS;
        }
        return (set | (uint256(underlying) << place)).toUint64();
    }

    /// @notice What may still be put behind an account with these underlyings, at most `free`, the cash of the treasury. USD WAD, rounded down.
    function leftDown(BudgetState storage self, uint64 set, uint256 free) internal view returns (uint256 left) {
        left = free;
        for (; set != 0; set >>= UNDERLYING_BITS) {
            (uint256 committed, uint256 lost, uint256 limit) = usage(self, uint16(set), free);
            left = Math.min(left, Math.saturatingSub(limit, committed + lost));
        }
    }

    /// @notice What of `leftDown` may be committed to an account that is taken over. USD WAD, rounded down.
    function leftForMarginDown(
        BudgetState storage self,
        uint64 set,
        uint256 free
    ) internal view returns (uint256 left) {
        left = _marginDown(free + self.committed, self.committed);
        for (; set != 0; set >>= UNDERLYING_BITS) {
            (uint256 committed, uint256 lost, uint256 limit) = usage(self, uint16(set), free);
            left = Math.min(left, _marginDown(Math.saturatingSub(limit, lost), committed));
        }
    }

    /// @notice See `IBackstopVault.budget`; `free` is the cash of the treasury.
    function usage(
        BudgetState storage self,
        uint16 underlying,
        uint256 free
    ) internal view returns (uint256 committed, uint256 lost, uint256 limit) {
        Budget storage budget = self.budgets[underlying];
        committed = budget.committed;
        lost = lostUp(budget);
        limit = Math.mulDiv(free + self.committed + lost, SHARE, WAD);
    }

    function commit(BudgetState storage self, uint64 set, uint256 amount) internal {
        self.committed += amount;
        for (; set != 0; set >>= UNDERLYING_BITS) self.budgets[uint16(set)].committed += amount.toUint128();
    }

    /// @notice Ends a commitment. What did not come back is lost.
    function release(BudgetState storage self, uint64 set, uint256 committed, uint256 returned) internal {
        self.committed -= committed;
        lose(self, set, Math.saturatingSub(committed, returned));
        for (; set != 0; set >>= UNDERLYING_BITS) self.budgets[uint16(set)].committed -= committed.toUint128();
    }

    /// @notice Counts a loss, falling to nothing in a straight line over `MEMORY_SECONDS`. Losses of different age share a line that ends at
    /// the mean of their ends, weighted with what is left of them: the area beneath is that of the two, so a loss is not forgotten sooner through
    /// another, nor can specks keep an old one alive.
    function lose(BudgetState storage self, uint64 set, uint256 amount) internal {
        if (amount == 0) return;
        for (; set != 0; set >>= UNDERLYING_BITS) {
            Budget storage budget = self.budgets[uint16(set)];
            uint256 left = lostUp(budget);
            uint256 remainingSeconds = Math.saturatingSub(budget.forgottenAt, block.timestamp);
            uint256 meanSeconds = Math.ceilDiv(left * remainingSeconds + amount * MEMORY_SECONDS, left + amount);
            budget.lost = (left + amount).toUint128();
            budget.lostAt = uint40(block.timestamp);
            budget.forgottenAt = uint40(block.timestamp + meanSeconds);
        }
    }

    function lostUp(Budget storage budget) private view returns (uint256) {
        uint256 end = budget.forgottenAt;
        if (block.timestamp >= end) return 0;
        return Math.mulDiv(budget.lost, end - block.timestamp, end - budget.lostAt, Math.Rounding.Ceil);
    }

    function _marginDown(uint256 whole, uint256 committed) private pure returns (uint256) {
        return Math.saturatingSub(Math.mulDiv(whole, MARGIN_SHARE, WAD), committed);
    }

    function _on(
        uint16 underlying,
        Position[] memory positions,
        bool isPerpetual
    ) private pure returns (Position[] memory own) {
        own = new Position[](positions.length);
        uint256 count = 0;
        for (uint256 i = 0; i < positions.length; ++i) {
            Instrument instrument = positions[i].instrument();
            if (instrument.underlying() != underlying) continue;
            if (!isPerpetual || instrument.kind() == Kind.Perpetual) own[count++] = positions[i];
        }
        return _first(own, count);
    }

    function _first(Position[] memory positions, uint256 count) private pure returns (Position[] memory first) {
        first = new Position[](count);
        for (uint256 i = 0; i < count; ++i) first[i] = positions[i];
    }
}

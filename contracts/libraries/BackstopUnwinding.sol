// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { IBackstopVault } from "../interfaces/IBackstopVault.sol";
import { Risk } from "../interfaces/IMarginEngine.sol";
import { Account } from "../types/Account.sol";
import { Position, toPosition } from "../types/Position.sol";
import { AuctionCurve } from "./AuctionCurve.sol";
import { Ledger } from "./Ledger.sol";
import { LegGuards } from "./LegGuards.sol";
import { MarginRules } from "./MarginRules.sol";

/// @title What the backstop pays for legs of an absorbed account, and which legs it gives away.
library BackstopUnwinding {
    using LegGuards for Risk;
    using MarginRules for Risk;

    uint256 private constant WAD = 1e18;
    /// @dev Per USD of requirement removed: what a hedge of legs taken in haste costs, and the vault pays for less than haste.
    uint256 internal constant LIMIT_RATE = uint256(AuctionCurve.FAST_RATE);
    /// @dev The account meets initial margin and can wait, other than in an auction: 1.25 % of R an hour, so that several bidders see each step, in every
    /// time zone.
    uint256 internal constant LIMIT_SECONDS = 1 days;

    /// @notice Per USD of maintenance requirement removed, WAD, rounded down. Never falls with time, and never reaches 1: an account
    /// at or above maintenance gains health by whatever it pays for.
    function rateDown(uint256 elapsedSeconds) internal pure returns (uint256) {
        return (LIMIT_RATE * Math.min(elapsedSeconds, LIMIT_SECONDS)) / LIMIT_SECONDS;
    }

    /// @notice The most that winding up an account may cost, USD WAD, rounded up.
    function costUp(uint256 maintenance) internal pure returns (uint256) {
        return Math.mulDiv(maintenance, LIMIT_RATE, WAD, Math.Rounding.Ceil);
    }

    /// @notice The positions without the legs. Reverts `InsufficientPosition` where a leg goes beyond zero or is not held.
    function without(
        Position[] memory positions,
        Position[] calldata legs,
        Account account
    ) internal pure returns (Position[] memory remaining) {
        uint256 count = positions.length;
        Position[] memory sizes = new Position[](count);
        for (uint256 i = 0; i < count; ++i) sizes[i] = positions[i];
        uint256 closed = 0;
        for (uint256 i = 0; i < legs.length; ++i) {
            uint256 index = 0;
            while (index < count && sizes[index].instrument() != legs[i].instrument()) ++index;
            int256 held = index < count ? sizes[index].size() : int256(0);
            int256 size = legs[i].size();
            bool isPart = size != 0 && held != 0 && Ledger.isReduction(held, -size);
            require(isPart, IBackstopVault.InsufficientPosition(account, legs[i]));
            // Between `held` and 0.
            sizes[index] = toPosition(legs[i].instrument(), int128(held - size));
            if (held == size) ++closed;
        }
        remaining = new Position[](count - closed);
        uint256 next = 0;
        for (uint256 i = 0; i < count; ++i) if (sizes[i].size() != 0) remaining[next++] = sizes[i];
    }

    /// @notice The guards on the taker's choice. A floor-bound account goes whole, because only its last leg lowers its requirement; so dust that
    /// would hold a slot is worth taking, for what the floor pays.
    /// @param package Of the legs alone. @param remaining After the payment.
    function requireHelpful(Risk memory before, Risk memory package, Risk memory remaining) internal pure {
        uint256 removed = removedBy(before, remaining);
        package.requireOwnShare(removed);
        before.requireShare(removed);
        before.requireTail(remaining);
        require(
            before.keepsHealth(remaining),
            IBackstopVault.HealthLowered(before.equity, before.maintenance, remaining.equity, remaining.maintenance)
        );
    }

    function removedBy(Risk memory before, Risk memory remaining) internal pure returns (uint256) {
        return Math.saturatingSub(before.maintenance, remaining.maintenance);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { IBackstopVault } from "../interfaces/IBackstopVault.sol";
import { Risk } from "../interfaces/IMarginEngine.sol";
import { Account } from "../types/Account.sol";
import { Position, toPosition } from "../types/Position.sol";
import { AuctionCurve } from "./AuctionCurve.sol";
import { Ledger } from "./Ledger.sol";
import { MarginRules } from "./MarginRules.sol";

/// @title What the backstop pays for legs of an absorbed account, and which legs it gives away.
library BackstopUnwinding {
    using MarginRules for Risk;

    uint256 private constant WAD = 1e18;
    /// @dev Per USD of requirement removed: what a hedge of legs taken in haste costs, and the vault pays for less than haste.
    uint256 internal constant LIMIT_RATE = uint256(AuctionCurve.FAST_RATE);
    /// @dev The account meets initial margin and can wait, other than in an auction: 1.25 % of R an hour, so that several bidders see each step, in every
    /// time zone.
    uint256 internal constant LIMIT_SECONDS = 1 days;
    /// @dev A package that removes less than half of its own requirement was hedging the rest.
    uint256 internal constant MIN_OWN_SHARE = 0.5e18;
    /// @dev Of R, at least: twenty calls empty an account. A floor-bound one goes whole, because only its last leg lowers its R; so dust that would hold a
    /// slot is worth taking, for what the floor pays.
    uint256 internal constant MIN_SHARE = 0.05e18;

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

    /// @notice Whoever chooses legs at a mark that lags chooses those that it favours. So the account must be rid of more than their size: a hedge
    /// cannot be bled leg by leg (`HedgeStripped`), the tail not bared (`TailWorsened`), the choice not repeated in specks (`TooSmall`).
    /// @param package Of the legs alone. @param remaining After the payment.
    function requireHelpful(Risk memory before, Risk memory package, Risk memory remaining) internal pure {
        uint256 removed = removedBy(before, remaining);
        uint256 own = package.maintenanceBeforeFloor;
        require(removed * WAD >= own * MIN_OWN_SHARE, IBackstopVault.HedgeStripped(removed, own));
        require(removed * WAD >= before.maintenance * MIN_SHARE, IBackstopVault.TooSmall(removed, before.maintenance));
        require(
            remaining.stressLoss <= before.stressLoss || int256(remaining.stressLoss) <= remaining.equity,
            IBackstopVault.TailWorsened(before.stressLoss, remaining.stressLoss, remaining.equity)
        );
        require(
            before.keepsHealth(remaining),
            IBackstopVault.HealthLowered(before.equity, before.maintenance, remaining.equity, remaining.maintenance)
        );
    }

    function removedBy(Risk memory before, Risk memory remaining) internal pure returns (uint256) {
        return Math.saturatingSub(before.maintenance, remaining.maintenance);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { ILegGuards } from "../interfaces/ILegGuards.sol";
import { Risk } from "../interfaces/IMarginEngine.sol";

/// @title What legs must do for the account that gives them away at mark, whoever chooses them.
/// @notice Whoever chooses legs at a mark that lags chooses those that it favours. So the account must be rid of more than their
/// size. `removed` is the fall of its maintenance requirement, USD WAD.
library LegGuards {
    using SafeCast for uint256;

    uint256 private constant WAD = 1e18;
    /// @dev A package that removes less than half of its own requirement was hedging the rest.
    uint256 internal constant MIN_OWN_SHARE = 0.5e18;
    /// @dev Of R, at least, in one call: at most 20 calls empty an account, and none is worth less than its gas while the
    /// account floor is 20 times that.
    uint256 internal constant MIN_SHARE = 0.05e18;

    /// @notice A hedge cannot be bled leg by leg. @param package Of the legs alone.
    function requireOwnShare(Risk memory package, uint256 removed) internal pure {
        uint256 own = package.maintenanceBeforeFloor;
        require(removed * WAD >= own * MIN_OWN_SHARE, ILegGuards.HedgeStripped(removed, own));
    }

    /// @notice The choice cannot be repeated in specks. @param before Of the account.
    function requireShare(Risk memory before, uint256 removed) internal pure {
        require(removed * WAD >= before.maintenance * MIN_SHARE, ILegGuards.TooSmall(removed, before.maintenance));
    }

    /// @notice The tail cannot be bared. @param remaining Of the account, the payment made.
    function requireTail(Risk memory before, Risk memory remaining) internal pure {
        require(
            remaining.stressLoss <= before.stressLoss || remaining.stressLoss.toInt256() <= remaining.equity,
            ILegGuards.TailWorsened(before.stressLoss, remaining.stressLoss, remaining.equity)
        );
    }
}

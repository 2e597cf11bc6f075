// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";

/// @notice What has left of an asset and is not refilled yet, token units. @param updatedAt Unix seconds.
struct Outflow {
    uint128 usedInTokens;
    uint40 updatedAt;
}

/// @notice What an outflow is measured by. @param recordedInTokens In custody before it. @param minimumInTokens May leave whatever share
/// of custody it is. @param share Of custody that may leave at once, WAD.
struct Custody {
    uint256 recordedInTokens;
    uint256 minimumInTokens;
    uint256 share;
}

/// @title How fast tokens may leave: a twentieth of custody at once, refilled by another twentieth in a day, linearly.
/// @notice So in no 24 hours leaves more than a tenth of what is there at their start, net of what is deposited meanwhile, or twice the minimum if
/// that is more. A deposit refills, at most up to the full: who only pays in and out again takes nothing of what others may withdraw.
/// @dev The base is what is in custody and what has left and is not refilled: it does not fall by withdrawals, and rises only by deposits that
/// refill nothing. Rounding is against whoever withdraws.
library OutflowLimit {
    using FixedPointMathLib for uint256;

    uint256 private constant WAD = 1e18;
    /// @dev The share that may leave at once.
    uint256 internal constant SHARE = 0.05e18;
    uint256 internal constant REFILL_SECONDS = 1 days;

    /// @notice What may leave at once when nothing has left, token units.
    function capacityOf(Custody memory custody, uint256 usedInTokens) internal pure returns (uint256) {
        return (custody.recordedInTokens + usedInTokens).mulWad(custody.share).max(custody.minimumInTokens);
    }

    /// @notice What has left and is not refilled by `time`.
    function usedAt(Outflow memory self, Custody memory custody, uint256 time) internal pure returns (uint256 used) {
        used = self.usedInTokens;
        if (used == 0) return 0;
        used = used.zeroFloorSub(refillOf(custody, used).fullMulDiv(time - self.updatedAt, REFILL_SECONDS));
        if (custody.share != SHARE) return used;
        // Of what left while everybody could, no more counts than may leave at once otherwise.
        return used.min((custody.recordedInTokens * SHARE).divUp(WAD - SHARE).max(custody.minimumInTokens));
    }

    /// @notice Token units that may leave now.
    function available(Outflow memory self, Custody memory custody, uint256 time) internal pure returns (uint256) {
        uint256 used = usedAt(self, custody, time);
        return capacityOf(custody, used).zeroFloorSub(used).min(custody.recordedInTokens);
    }

    /// @notice When as much may leave as if nothing had left, Unix seconds, if nothing else leaves or arrives.
    function refilledAt(Outflow memory self, Custody memory custody, uint256 time) internal pure returns (uint256) {
        uint256 used = self.usedInTokens;
        if (used == 0) return time;
        return time.max(self.updatedAt + used.fullMulDivUp(REFILL_SECONDS, refillOf(custody, used).max(1)));
    }

    /// @notice The state after so much has left; the caller has asked what is `available`.
    function afterWithdrawal(
        Outflow memory self,
        Custody memory custody,
        uint256 amountInTokens
    ) internal view returns (Outflow memory) {
        return stateOf(usedAt(self, custody, block.timestamp) + amountInTokens);
    }

    /// @notice The state after so much has arrived.
    function afterDeposit(
        Outflow memory self,
        Custody memory custody,
        uint256 amountInTokens
    ) internal view returns (Outflow memory) {
        return stateOf(usedAt(self, custody, block.timestamp).zeroFloorSub(amountInTokens));
    }

    /// @dev In a whole period: all of it but while everybody may leave.
    function refillOf(Custody memory custody, uint256 used) private pure returns (uint256) {
        uint256 refill = (custody.recordedInTokens + used).mulWad(SHARE).max(custody.minimumInTokens);
        return custody.share == SHARE ? refill.max(used) : refill;
    }

    function stateOf(uint256 used) private view returns (Outflow memory) {
        // Not more than is or was in custody, which a token counts in 128 bits or is not listed.
        return Outflow(uint128(used.min(type(uint128).max)), uint40(block.timestamp));
    }
}

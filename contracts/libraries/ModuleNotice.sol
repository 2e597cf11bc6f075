// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IClearinghouse } from "../interfaces/IClearinghouse.sol";
import { OutflowLimit } from "./OutflowLimit.sol";

/// @notice Modules that are announced; the zero address where one stays. @param announcedAt Unix seconds; 0 while nothing is announced.
/// @param isSealed Whether anything was ever announced: exchanges need notice and outflows are limited from then on.
struct ModuleNoticeState {
    address marginEngine;
    uint40 announcedAt;
    bool isSealed;
    address liquidator;
}

/// @title Modules are exchanged after a notice that the clearinghouse itself keeps, whoever manages access to it.
/// @notice Everybody can leave while a change is announced. For the first day outflows stay limited: who has stolen the right to announce
/// wins nothing by it on that day. Then the share that may leave at once grows to all, a day before the change may take effect.
library ModuleNotice {
    uint256 private constant WAD = 1e18;
    uint256 internal constant NOTICE_SECONDS = 7 days;
    /// @dev Then the change lapses, and limits hold again.
    uint256 internal constant LAPSE_SECONDS = 14 days;
    uint256 internal constant FIRST_SECONDS = 1 days;
    uint256 internal constant WIDENING_SECONDS = 5 days;

    /// @notice Begins a notice, or ends one when both addresses are zero. @return Unix seconds at which it is over; 0 when it ends.
    function announce(
        ModuleNoticeState storage self,
        address marginEngine,
        address liquidator
    ) internal returns (uint256) {
        bool isEnd = marginEngine == address(0) && liquidator == address(0);
        (self.marginEngine, self.liquidator) = (marginEngine, liquidator);
        self.isSealed = true;
        self.announcedAt = isEnd ? 0 : uint40(block.timestamp);
        return isEnd ? 0 : block.timestamp + NOTICE_SECONDS;
    }

    /// @notice Uses up the announcement of one module, the other being the zero address. Reverts unless it is due.
    function use(ModuleNoticeState storage self, address marginEngine, address liquidator) internal {
        if (!self.isSealed) return;
        if (liquidator == address(0)) {
            requireDue(self, marginEngine, self.marginEngine);
            self.marginEngine = address(0);
        } else {
            requireDue(self, liquidator, self.liquidator);
            self.liquidator = address(0);
        }
        // Both are the zero address.
        if (self.marginEngine == self.liquidator) self.announcedAt = 0;
    }

    /// @notice Unix seconds from which on what is announced may take effect; 0 while nothing is announced or when it has lapsed.
    function dueAt(ModuleNoticeState storage self) internal view returns (uint256) {
        bool isRunning = block.timestamp - self.announcedAt < LAPSE_SECONDS;
        return isRunning ? self.announcedAt + NOTICE_SECONDS : 0;
    }

    /// @notice The share of custody that may leave at once, WAD.
    function shareNow(ModuleNoticeState storage self) internal view returns (uint256) {
        if (!self.isSealed) return WAD;
        uint256 elapsed = block.timestamp - self.announcedAt;
        if (elapsed <= FIRST_SECONDS || elapsed >= LAPSE_SECONDS) return OutflowLimit.SHARE;
        elapsed -= FIRST_SECONDS;
        if (elapsed >= WIDENING_SECONDS) return WAD;
        return OutflowLimit.SHARE + ((WAD - OutflowLimit.SHARE) * elapsed) / WIDENING_SECONDS;
    }

    function requireDue(ModuleNoticeState storage self, address module, address announced) private view {
        uint256 elapsed = block.timestamp - self.announcedAt;
        bool isAnnounced = module == announced && module != address(0) && elapsed < LAPSE_SECONDS;
        require(isAnnounced, IClearinghouse.ModuleNotAnnounced(module));
        require(elapsed >= NOTICE_SECONDS, IClearinghouse.NoticeNotOver(self.announcedAt + NOTICE_SECONDS));
    }
}

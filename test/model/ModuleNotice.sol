// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { ModuleNotice, ModuleNoticeState } from "../../contracts/libraries/ModuleNotice.sol";
import { OutflowLimit } from "../../contracts/libraries/OutflowLimit.sol";

/// What holds of a notice whenever it began, whatever was announced.
contract ModuleNoticeModel {
    using ModuleNotice for ModuleNoticeState;

    ModuleNoticeState private notice;
    /// Both at the same time: what a notice is later another one that began earlier is now.
    ModuleNoticeState private older;

    function shareIsBounded() external view {
        uint256 share = notice.shareNow();
        assert(share >= OutflowLimit.SHARE && share <= 1e18);
    }

    function shareNeverFallsUntilTheLapse() external view {
        if (!notice.isSealed || !older.isSealed || older.announcedAt > notice.announcedAt) return;
        if (block.timestamp - older.announcedAt >= 14 days) return;
        assert(older.shareNow() >= notice.shareNow());
    }

    function everythingMayLeaveADayBeforeTheEnd() external view {
        uint256 elapsed = block.timestamp - notice.announcedAt;
        if (elapsed < 6 days || elapsed >= 14 days) return;
        assert(notice.shareNow() == 1e18);
    }

    function firstDayIsLimited() external view {
        if (!notice.isSealed || block.timestamp - notice.announcedAt > 1 days) return;
        assert(notice.shareNow() == OutflowLimit.SHARE);
    }

    function lapsedNoticeIsLimited() external view {
        if (!notice.isSealed || block.timestamp - notice.announcedAt < 14 days) return;
        assert(notice.shareNow() == OutflowLimit.SHARE);
    }

    function onlyWhatWasAnnouncedIsUsed(address marginEngine, address liquidator) external {
        if (!notice.isSealed) return;
        bool isAnnounced =
            liquidator == address(0) ? marginEngine == notice.marginEngine : liquidator == notice.liquidator;
        notice.use(marginEngine, liquidator);
        assert(isAnnounced);
    }

    function nothingIsUsedWithinAWeek(address marginEngine, address liquidator) external {
        if (!notice.isSealed) return;
        uint256 elapsed = block.timestamp - notice.announcedAt;
        notice.use(marginEngine, liquidator);
        assert(elapsed >= 7 days);
    }

    function nothingIsUsedAfterTheLapse(address marginEngine, address liquidator) external {
        if (!notice.isSealed) return;
        uint256 elapsed = block.timestamp - notice.announcedAt;
        notice.use(marginEngine, liquidator);
        assert(elapsed < 14 days);
    }
}

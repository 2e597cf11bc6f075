// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IClearinghouse } from "../interfaces/IClearinghouse.sol";
import { Portfolio, Risk } from "../interfaces/IMarginEngine.sol";
import { Account } from "../types/Account.sol";
import { MAX_TOUCHED_ACCOUNTS } from "../types/Limits.sol";

/// @param legsBefore How many legs it had before the call. @param isReducing Named as reducing; `before` is its risk before.
/// @param isCharged Whether it gave something or took on a position. @param isDrained Whether value left without a trade.
/// @param isEvaluated Whether the margin engine is to see `portfolio`, which is how it stands afterwards.
struct TouchedAccount {
    Account account;
    uint256 legsBefore;
    bool isReducing;
    bool isCharged;
    bool isDrained;
    bool isEvaluated;
    Risk before;
    Portfolio portfolio;
}

/// @param lists The first `count` are in use, and have one account each, `lists[i][0]`: the others take no room.
struct TouchedSet {
    TouchedAccount[][] lists;
    uint256 count;
}

/// @title The accounts that one call touches, each once. In memory: it ends with the call.
library TouchedAccounts {
    function create() internal pure returns (TouchedSet memory set) {
        set.lists = new TouchedAccount[][](MAX_TOUCHED_ACCOUNTS);
    }

    /// @return list Its entry, alone: memory for a struct would be zeroed for every answer. A new one has no account's data yet when `isNew`.
    function touch(
        TouchedSet memory self,
        Account account
    ) internal pure returns (TouchedAccount[] memory list, bool isNew) {
        uint256 count = self.count;
        for (uint256 i = 0; i < count; ++i) {
            list = self.lists[i];
            if (list[0].account == account) return (list, false);
        }
        require(count < MAX_TOUCHED_ACCOUNTS, IClearinghouse.TooManyAccounts(MAX_TOUCHED_ACCOUNTS));
        list = new TouchedAccount[](1);
        (self.lists[count], self.count) = (list, count + 1);
        list[0].account = account;
        isNew = true;
    }

    /// @notice The portfolios that are to be evaluated, in the order of the entries.
    function portfolios(TouchedSet memory self) internal pure returns (Portfolio[] memory list) {
        uint256 count = 0;
        for (uint256 i = 0; i < self.count; ++i) if (self.lists[i][0].isEvaluated) ++count;
        list = new Portfolio[](count);
        uint256 next = 0;
        for (uint256 i = 0; i < self.count; ++i) {
            TouchedAccount memory entry = self.lists[i][0];
            if (entry.isEvaluated) list[next++] = entry.portfolio;
        }
    }
}

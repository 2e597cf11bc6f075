// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { DynamicArrayLib } from "solady/src/utils/DynamicArrayLib.sol";
import { IMarginModel } from "../interfaces/IMarginEngine.sol";
import { Instrument } from "../types/Instrument.sol";
import { MAX_EXPIRIES } from "../types/Limits.sol";
import { Position } from "../types/Position.sol";

/// @notice The options of a portfolio on one underlying, listed by expiry.
/// @param count How many expiries. @param expiries Unix seconds. @param heads By expiry: one more than the index of the position that
/// its list begins with. @param next By position: likewise of the position that follows; 0 ends a list.
/// @param nearest Index of the nearest expiry that has not passed. @param farthest Likewise; the same where there are no two.
/// @param shortUnits Units short, WAD.
struct OptionBook {
    uint256 count;
    uint256[] expiries;
    uint256[] heads;
    uint256[] next;
    uint256 nearest;
    uint256 farthest;
    uint256 shortUnits;
}

/// @title Sorting options by expiry, without moving them.
library OptionBooks {
    using DynamicArrayLib for uint256[];

    /// @notice Puts an option into the list of its expiry. Reverts `IMarginModel.TooManyExpiries`.
    /// @param index Of the position in its portfolio. @param positions How many that has.
    function add(OptionBook memory self, uint256 index, uint256 positions, Position position) internal view {
        unchecked {
            int256 size = position.size();
            if (size < 0) self.shortUnits += uint256(-size);
            Instrument instrument = position.instrument();
            uint256 expiry = instrument.expiry();
            uint256 count = self.count;
            if (count == 0) {
                // One more than there may be, so that the search below always ends.
                self.expiries = new uint256[](MAX_EXPIRIES + 1);
                self.heads = new uint256[](MAX_EXPIRIES + 1);
                self.next = new uint256[](positions);
            }
            uint256[] memory expiries = self.expiries;
            expiries.set(count, expiry);
            uint256 i = 0;
            while (expiries.get(i) != expiry) ++i;
            if (i == count) addExpiry(self, expiry, instrument.underlying());
            uint256[] memory heads = self.heads;
            self.next.set(index, heads.get(i));
            heads.set(i, index + 1);
        }
    }

    /// @notice Whether there are two expiries that have not passed.
    function isTwisted(OptionBook memory self) internal pure returns (bool) {
        return self.nearest != self.farthest;
    }

    function addExpiry(OptionBook memory self, uint256 expiry, uint16 underlying) private view {
        unchecked {
            uint256 count = self.count;
            require(count < MAX_EXPIRIES, IMarginModel.TooManyExpiries(underlying, MAX_EXPIRIES));
            self.count = count + 1;
            if (expiry <= block.timestamp) return;
            // Until the first that has not passed both point at one that has, or at this one.
            uint256[] memory expiries = self.expiries;
            uint256 last = expiries.get(self.farthest);
            if (last <= block.timestamp) (self.nearest, self.farthest) = (count, count);
            else if (expiry < expiries.get(self.nearest)) self.nearest = count;
            else if (expiry > last) self.farthest = count;
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { VOLATILITY_NODES } from "./ScenarioGrid.sol";

/// @notice A row of words for each volatility node, in one piece of memory: the bytes that a row takes; then row after row, each a
/// count of its prices and then a word for each. Rows of one set have equal places, so that a word of one is found from its
/// neighbour's by adding. The value is where the first row begins.
type ScenarioRows is uint256;

using ScenarioRowsLibrary for ScenarioRows global;
using { sameRows as == } for ScenarioRows global;

function sameRows(ScenarioRows a, ScenarioRows b) pure returns (bool) {
    return ScenarioRows.unwrap(a) == ScenarioRows.unwrap(b);
}

/// @title Rows of the scenario kernel. Part of it, and unchecked like it.
library ScenarioRowsLibrary {
    /// @notice Rows of zeros without prices. @param places How many prices a row has room for.
    function create(uint256 places) internal pure returns (ScenarioRows rows) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            let step := shl(5, add(places, 1))
            mstore(start, step)
            rows := add(start, 0x20)
            let size := mul(step, VOLATILITY_NODES)
            calldatacopy(rows, calldatasize(), size)
            mstore(0x40, add(rows, size))
        }
    }

    function exists(ScenarioRows self) internal pure returns (bool) {
        return ScenarioRows.unwrap(self) != 0;
    }

    /// @notice Rows of zeros as long as these.
    function emptied(ScenarioRows self) internal pure returns (ScenarioRows) {
        unchecked {
            return create(self.stride() / 0x20 - 1);
        }
    }

    function copied(ScenarioRows self) internal pure returns (ScenarioRows copy) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            let size := add(mul(mload(sub(self, 0x20)), VOLATILITY_NODES), 0x20)
            mcopy(start, sub(self, 0x20), size)
            mstore(0x40, add(start, size))
            copy := add(start, 0x20)
        }
    }

    /// @notice Adds `more` less `less`: rows with the same places, so that nothing is added to their counts.
    function addDifference(ScenarioRows self, ScenarioRows more, ScenarioRows less) internal pure {
        uint256 size;
        unchecked {
            size = self.stride() * VOLATILITY_NODES;
        }
        assembly ("memory-safe") {
            more := sub(more, self)
            less := sub(less, self)
            let end := add(self, size)
            // Three words at a time, for there are three rows.
            for {
                let word := self
            } lt(word, end) {
                word := add(word, 0x20)
            } {
                mstore(word, sub(add(mload(word), mload(add(word, more))), mload(add(word, less))))
                word := add(word, 0x20)
                mstore(word, sub(add(mload(word), mload(add(word, more))), mload(add(word, less))))
                word := add(word, 0x20)
                mstore(word, sub(add(mload(word), mload(add(word, more))), mload(add(word, less))))
            }
        }
    }

    /// @notice Makes every row a copy of the first.
    function spread(ScenarioRows self) internal pure {
        uint256 step = self.stride();
        assembly ("memory-safe") {
            mcopy(add(self, step), self, step)
            mcopy(add(self, shl(1, step)), self, step)
        }
    }

    /// @notice From the start of a row to that of the next, bytes.
    function stride(ScenarioRows self) internal pure returns (uint256 bytes_) {
        assembly ("memory-safe") {
            bytes_ := mload(sub(self, 0x20))
        }
    }

    /// @notice Where a row begins, with its count.
    function row(ScenarioRows self, uint256 volatility) internal pure returns (uint256) {
        unchecked {
            return ScenarioRows.unwrap(self) + volatility * self.stride();
        }
    }

    /// @notice How many prices the row has that begins there.
    function countAt(uint256 start) internal pure returns (uint256 count) {
        assembly ("memory-safe") {
            count := mload(start)
        }
    }

    /// @notice Appends a price to a row that has a place left.
    function push(ScenarioRows self, uint256 volatility, int256 word) internal pure {
        uint256 start = self.row(volatility);
        assembly ("memory-safe") {
            let count := add(mload(start), 1)
            mstore(start, count)
            mstore(add(start, shl(5, count)), word)
        }
    }

    /// @notice The word of a price.
    function cell(ScenarioRows self, uint256 volatility, uint256 index) internal pure returns (int256 word) {
        uint256 start = self.row(volatility);
        assembly ("memory-safe") {
            word := mload(add(start, shl(5, add(index, 1))))
        }
    }
}

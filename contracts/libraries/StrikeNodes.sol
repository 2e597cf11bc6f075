// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { MAX_STRIKE_NODES } from "../types/Limits.sol";
import { PriceNode, toPriceNode } from "../types/PriceNode.sol";

/// @notice The strikes nearest to the spot, nearest first; of two equally near ones the lower first. No two are equal.
/// @param isCut Whether there were more than fit.
struct NearestStrikes {
    uint256 count;
    bool isCut;
    PriceNode[] nodes;
}

/// @title Strikes as price nodes.
/// @notice Short-dated options hardly bend but at their strikes, and a sum of kinked lines is least at an end of an interval or
/// where it bends upwards: at a strike held long. There a butterfly hides its loss between the nodes of a grid.
library StrikeNodes {
    /// @notice Adds a strike, whatever the order. @param price Discounted strike, USD WAD. @param move ln(price/spot), WAD.
    function add(NearestStrikes memory self, uint256 price, int256 move) internal pure {
        unchecked {
            uint256 count = self.count;
            if (count == 0) self.nodes = new PriceNode[](MAX_STRIKE_NODES);
            PriceNode[] memory nodes = self.nodes;
            uint256 place = count;
            while (place > 0 && isNearer(move, nodes[place - 1].move())) --place;
            if (place > 0 && nodes[place - 1].move() == move) return;
            if (count == MAX_STRIKE_NODES) self.isCut = true;
            else self.count = ++count;
            PriceNode node = toPriceNode(price, move);
            for (; place < count; ++place) (nodes[place], node) = (node, nodes[place]);
        }
    }

    /// @notice Whether a strike that was added is not among the nodes.
    function isBeyond(NearestStrikes memory self, int256 move) internal pure returns (bool) {
        return self.isCut && isNearer(self.nodes[MAX_STRIKE_NODES - 1].move(), move);
    }

    /// @notice A list of `nodes` and then the strikes.
    function appendedTo(
        NearestStrikes memory self,
        PriceNode[] memory nodes
    ) internal pure returns (PriceNode[] memory all) {
        unchecked {
            all = new PriceNode[](nodes.length + self.count);
            for (uint256 i = 0; i < nodes.length; ++i) all[i] = nodes[i];
            for (uint256 i = 0; i < self.count; ++i) all[nodes.length + i] = self.nodes[i];
        }
    }

    function isNearer(int256 a, int256 b) private pure returns (bool) {
        uint256 distanceA = FixedPointMathLib.abs(a);
        uint256 distanceB = FixedPointMathLib.abs(b);
        return distanceA < distanceB || (distanceA == distanceB && a < b);
    }
}

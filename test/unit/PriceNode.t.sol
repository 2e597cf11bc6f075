// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { PriceNode, toPriceNode } from "../../contracts/types/PriceNode.sol";
import { Test } from "../helpers/Test.sol";

contract PriceNodeTest is Test {
    function testFuzz_GivesBackWhatWentIn(uint128 price, int128 move) external pure {
        PriceNode node = toPriceNode(price, move);
        assertEq(node.price(), price, "price");
        assertEq(node.move(), move, "move");
    }
}

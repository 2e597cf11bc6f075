// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Black76 } from "../libraries/Black76.sol";
import { OptionLeg } from "../libraries/OptionLegs.sol";
import { VOLATILITY_NODES } from "../libraries/ScenarioGrid.sol";
import { ScenarioKernel, ScenarioSet, ScenarioSums } from "../libraries/ScenarioKernel.sol";
import { Revaluation, ScenarioProfits } from "../libraries/ScenarioProfits.sol";
import { SignedWad } from "../libraries/SignedWad.sol";
import { TangentLattice } from "../libraries/TangentLattice.sol";
import { PriceNode, toPriceNode } from "../types/PriceNode.sol";

/// Opens the scenario kernel to tests, beside the plain prices that it stands for.
contract KernelHarness {
    using ScenarioProfits for Revaluation;
    using SignedWad for int256;

    /// A `PriceNode` for who has no types of Solidity.
    struct Scenario {
        uint256 price;
        int256 move;
    }

    /// A set before it is laid out.
    struct Market {
        uint256 spot;
        Scenario[] nodes;
        Scenario[] stresses;
        uint256[] stressVolatilities;
    }

    address private immutable TABLE;

    constructor(address table) {
        TABLE = table;
    }

    /// @return fast By the kernel. @return plain By `Black76`, each cell rounded down once. @return bounds What the kernel
    /// says that they may differ by. USD WAD.
    function compare(
        Market memory market,
        OptionLeg[] memory legs
    ) external view returns (int256[] memory fast, int256[] memory plain, uint256[] memory bounds) {
        Revaluation memory book;
        book.set = setOf(market);
        (ScenarioSet memory set, ScenarioSums memory sums) = (book.set, book.sums);
        ScenarioKernel.open(set, sums, false);
        for (uint256 i = 0; i < legs.length; ++i) ScenarioKernel.addOption(set, sums, legs[i]);
        book.revalue(0, 0);
        fast = valuesOf(book);
        plain = new int256[](fast.length);
        bounds = new uint256[](fast.length);
        for (uint256 i = 0; i < fast.length; ++i) {
            (PriceNode node, uint256 volatility) = scenario(set, i);
            bounds[i] = ScenarioKernel.errorBound(set, sums, node.price());
            int256 squared = 0;
            for (uint256 j = 0; j < legs.length; ++j)
                squared += legs[j].size * int256(priceOf(legs[j], node, volatility));
            plain[i] = squared.fromSquareDown();
        }
    }

    /// @return setUp Gas of loading the table and laying out the set. @return adding Gas of adding all legs. @return reading
    /// Gas of the values.
    function gas(
        Market memory market,
        OptionLeg[] memory legs
    ) external view returns (uint256 setUp, uint256 adding, uint256 reading) {
        setUp = gasleft();
        Revaluation memory book;
        book.set = setOf(market);
        (ScenarioSet memory set, ScenarioSums memory sums) = (book.set, book.sums);
        ScenarioKernel.open(set, sums, false);
        adding = gasleft();
        for (uint256 i = 0; i < legs.length; ++i) ScenarioKernel.addOption(set, sums, legs[i]);
        reading = gasleft();
        book.revalue(0, 0);
        (setUp, adding, reading) = (setUp - adding, adding - reading, reading - gasleft());
    }

    /// By cell, then by stress.
    function valuesOf(Revaluation memory book) private pure returns (int256[] memory values) {
        uint256 cells = VOLATILITY_NODES * book.set.nodes.length;
        values = new int256[](cells + book.stress.length);
        for (uint256 i = 0; i < cells; ++i) {
            values[i] = book.value + book.profitAt(i / VOLATILITY_NODES, i % VOLATILITY_NODES);
        }
        for (uint256 i = cells; i < values.length; ++i) values[i] = book.value + book.stress[i - cells];
    }

    function setOf(Market memory market) private view returns (ScenarioSet memory set) {
        TangentLattice.load(set.lattice, TABLE);
        set.spot = market.spot;
        set.nodes = packed(market.nodes);
        set.stresses = packed(market.stresses);
        set.stressVolatilities = market.stressVolatilities;
        ScenarioKernel.prepare(set);
    }

    function packed(Scenario[] memory scenarios) private pure returns (PriceNode[] memory nodes) {
        nodes = new PriceNode[](scenarios.length);
        for (uint256 i = 0; i < nodes.length; ++i) nodes[i] = toPriceNode(scenarios[i].price, scenarios[i].move);
    }

    function scenario(ScenarioSet memory set, uint256 index) private pure returns (PriceNode, uint256) {
        uint256 cells = VOLATILITY_NODES * set.nodes.length;
        if (index < cells) return (set.nodes[index / VOLATILITY_NODES], index % VOLATILITY_NODES);
        return (set.stresses[index - cells], set.stressVolatilities[index - cells]);
    }

    function priceOf(OptionLeg memory leg, PriceNode node, uint256 volatility) private pure returns (uint256) {
        int256 moneyness = leg.logMoneyness + node.move();
        return Black76.price(leg.isCall, node.price(), leg.strike, moneyness, leg.totalVolatilities[volatility]);
    }
}

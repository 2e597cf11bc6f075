// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IMarginScenarios, Portfolio, Scenarios, Witness } from "./interfaces/IMarginScenarios.sol";
import { IMarkets } from "./interfaces/IMarkets.sol";
import { IPriceOracle, Validity } from "./interfaces/IPriceOracle.sol";
import { IVolatilityOracle } from "./interfaces/IVolatilityOracle.sol";
import { MarginAddOns } from "./libraries/MarginAddOns.sol";
import { OptionBook } from "./libraries/OptionBooks.sol";
import { OptionLeg, OptionLegs, Tenor } from "./libraries/OptionLegs.sol";
import { MARK_VOLATILITY, PRICE_NODES, ScenarioGrid, VOLATILITY_NODES } from "./libraries/ScenarioGrid.sol";
import { ScenarioKernel, ScenarioSums } from "./libraries/ScenarioKernel.sol";
import { Revaluation, ScenarioProfits } from "./libraries/ScenarioProfits.sol";
import { SignedWad } from "./libraries/SignedWad.sol";
import { MarginModel } from "./MarginModel.sol";
import { PriceNode } from "./types/PriceNode.sol";

/// @title See `IMarginScenarios`.
contract MarginScenarios is IMarginScenarios, MarginModel {
    using OptionLegs for OptionLeg;
    using ScenarioKernel for ScenarioSums;
    using ScenarioProfits for Revaluation;
    using SignedWad for int256;

    constructor(
        IMarkets markets_,
        IPriceOracle priceOracle_,
        IVolatilityOracle volatilityOracle_,
        address kernelTable_
    ) MarginModel(markets_, priceOracle_, volatilityOracle_, kernelTable_) {}

    /// @inheritdoc IMarginScenarios
    function witness(
        Portfolio calldata portfolio,
        uint256 node,
        uint256 volatility
    ) external view returns (Witness memory result) {
        bool exists = node < PRICE_NODES && volatility < VOLATILITY_NODES;
        require(exists, UnknownScenario(node, volatility, PRICE_NODES));
        Standing memory standing;
        node = ScenarioGrid.fromLowest(node);
        int256 profit = 0;
        for (uint256 all = underlyingsOf(portfolio.positions); all != 0; all >>= UNDERLYING_BITS) {
            Market memory market = load(uint16(all));
            profit += witnessBook(standing, portfolio, market, node, volatility);
            if (market.validity > uint256(result.validity)) result.validity = Validity(market.validity);
        }
        result.equity = equityOf(standing, portfolio.cash);
        uint256 loss = profit < 0 ? uint256(-profit) : 0;
        uint256 floor = markets.accountParameters().floor;
        bool isLiable = portfolio.cash < 0 || standing.isLiable;
        result.initial = MarginAddOns.withFloor(loss + standing.addOns.initial, floor, isLiable);
        loss = ScenarioGrid.isInner(node) ? loss : 0;
        result.maintenance = MarginAddOns.withFloor(loss + standing.addOns.maintenance, floor, isLiable);
    }

    /// @inheritdoc IMarginScenarios
    function scenarios(
        Portfolio calldata portfolio,
        uint16 underlying
    ) external view returns (Scenarios memory result) {
        // Every leg is checked, of other underlyings too.
        underlyingsOf(portfolio.positions);
        Market memory market = load(underlying);
        Standing memory standing;
        Book memory book = read(standing, portfolio, market);
        Revaluation memory revaluation = revaluationOf(portfolio, market, book);
        PriceNode[] memory nodes = revaluation.set.nodes;
        result.columns = revaluation.sums.columnsOf();
        result.moves = new int256[](nodes.length);
        result.profits = new int256[](nodes.length * result.columns);
        uint256 grids = gridsOf(market) * PRICE_NODES;
        for (uint256 i = 0; i < nodes.length; ++i) {
            uint256 place = i < grids ? i - (i % PRICE_NODES) + ScenarioGrid.fromLowest(i % PRICE_NODES) : i;
            result.moves[i] = nodes[place].move();
            for (uint256 j = 0; j < result.columns; ++j) {
                result.profits[i * result.columns + j] = revaluation.profitAt(place, j);
            }
        }
        result.stressMoves = new int256[](revaluation.set.stresses.length);
        for (uint256 i = 0; i < result.stressMoves.length; ++i) {
            result.stressMoves[i] = revaluation.set.stresses[i].move();
        }
        result.stressProfits = revaluation.stress;
    }

    /// @dev What is held on one underlying: its value and its charges, added to the standing, and what it gains in one scenario.
    function witnessBook(
        Standing memory standing,
        Portfolio calldata portfolio,
        Market memory market,
        uint256 node,
        uint256 volatility
    ) private view returns (int256 profit) {
        Book memory book = read(standing, portfolio, market);
        PriceNode place = market.set.nodes[node];
        addShortOptionMinimum(standing.addOns, book, market);
        profit = (book.units * (int256(place.price()) - int256(market.spot))).fromSquareDown();
        profit += witnessOptions(standing, portfolio, market, book.options, place, volatility);
    }

    /// @dev The options of a book at mark, added to equity, and what they gain in one scenario, both by the plain formula.
    function witnessOptions(
        Standing memory standing,
        Portfolio calldata portfolio,
        Market memory market,
        OptionBook memory options,
        PriceNode place,
        uint256 volatility
    ) private view returns (int256 profit) {
        for (uint256 i = 0; i < options.count; ++i) {
            Tenor memory tenor = tenorOf(market, options.expiries[i])[0];
            for (uint256 next = options.heads[i]; next != 0; next = options.next[next - 1]) {
                market.leg.set(portfolio.positions[next - 1], tenor, market.logSpot);
                int256 value = int256(market.leg.valueOf(market.spot, 0, MARK_VOLATILITY));
                int256 size = market.leg.size;
                standing.equity += size.mulDown(value);
                profit += size * (int256(market.leg.valueOf(place.price(), place.move(), volatility)) - value);
            }
        }
        return profit.fromSquareDown();
    }
}

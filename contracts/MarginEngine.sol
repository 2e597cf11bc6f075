// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { DynamicArrayLib } from "solady/src/utils/DynamicArrayLib.sol";
import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { IMarginEngine, Portfolio, Risk } from "./interfaces/IMarginEngine.sol";
import { AccountParameters, IMarkets } from "./interfaces/IMarkets.sol";
import { IOpenInterest } from "./interfaces/IOpenInterest.sol";
import { IPriceOracle, Validity } from "./interfaces/IPriceOracle.sol";
import { IVolatilityOracle } from "./interfaces/IVolatilityOracle.sol";
import { MarginAddOns } from "./libraries/MarginAddOns.sol";
import { OptionBook } from "./libraries/OptionBooks.sol";
import { OptionLeg, OptionLegs, Tenor } from "./libraries/OptionLegs.sol";
import { Scan, ScanLoss, Tiers } from "./libraries/ScanLoss.sol";
import {
    LOWER_VOLATILITY,
    MARK_VOLATILITY,
    MIDDLE_NODE,
    NEAREST_ABOVE,
    NEAREST_BELOW,
    UPPER_VOLATILITY
} from "./libraries/ScenarioGrid.sol";
import { ScenarioKernel, ScenarioSet } from "./libraries/ScenarioKernel.sol";
import { Revaluation, ScenarioProfits } from "./libraries/ScenarioProfits.sol";
import { NearestStrikes, StrikeNodes } from "./libraries/StrikeNodes.sol";
import { SquareRoot } from "./libraries/SquareRoot.sol";
import { Lattice } from "./libraries/TangentLattice.sol";
import { MarginModel } from "./MarginModel.sol";
import { Instrument } from "./types/Instrument.sol";
import { Position, PositionLibrary, toPosition } from "./types/Position.sol";
import { PriceNode } from "./types/PriceNode.sol";

/// @title See `IMarginEngine`.
/// @dev An evaluation goes through the underlyings, loads the market data of each once, and adds to every portfolio what its legs
/// there contribute.
contract MarginEngine is IMarginEngine, MarginModel {
    using DynamicArrayLib for uint256[];
    using OptionLegs for OptionLeg;
    using PositionLibrary for Position[];
    using ScenarioProfits for Revaluation;
    using ScenarioKernel for ScenarioSet;
    using StrikeNodes for NearestStrikes;

    /// @dev Positions while they are evaluated. @param positionsHash Of the list; 0 for a portfolio alone. @param market Underlying of the
    /// book that was added last.
    struct Evaluation {
        bytes32 positionsHash;
        uint256 market;
        Standing standing;
        uint256 validity;
        uint256 validSince;
        Scan scan;
    }

    uint256 private constant WAD = 1e18;
    /// @dev Depths that the market's open interest counts for at most: whatever others trade, an exposure up to as much requires no more than
    /// five times κ of itself.
    uint256 private constant MAX_DEPTHS = 25;

    IOpenInterest public immutable openInterest;

    constructor(
        IMarkets markets_,
        IPriceOracle priceOracle_,
        IVolatilityOracle volatilityOracle_,
        IOpenInterest openInterest_,
        address kernelTable_
    ) MarginModel(markets_, priceOracle_, volatilityOracle_, kernelTable_) {
        openInterest = openInterest_;
    }

    /// @inheritdoc IMarginEngine
    function evaluate(Portfolio[] calldata portfolios) external view returns (Risk[] memory risks) {
        unchecked {
            uint256 all = 0;
            (uint256 largest, uint256 most) = (0, 0);
            Evaluation[] memory evaluations = new Evaluation[](portfolios.length);
            // As many as the caller pays for; the clearinghouse passes at most `MAX_TOUCHED_ACCOUNTS` and a few packages.
            for (uint256 i = 0; i < portfolios.length; ++i) {
                Position[] calldata positions = portfolios[i].positions;
                uint256 own = underlyingsOf(positions);
                if (portfolios.length > 1) share(evaluations, i, positions);
                if (positions.length >= most) (most, largest) = (positions.length, i);
                ScanLoss.open(evaluations[i].scan, own >> UNDERLYING_BITS != 0);
                for (; own != 0; own >>= UNDERLYING_BITS) all = withUnderlying(all, uint16(own));
            }
            Lattice memory lattice;
            for (; all != 0; all >>= UNDERLYING_BITS) {
                Market memory market = load(uint16(all));
                // One table for all.
                market.set.lattice = lattice;
                market.openInterest = openInterest.averageOpenInterest(market.underlying);
                // The largest last: keeping options costs gas, and nothing follows that could use them.
                for (uint256 i = 1; i <= portfolios.length; ++i) {
                    uint256 index = FixedPointMathLib.rawMod(largest + i, portfolios.length);
                    market.isFirst = i == 1;
                    market.isKept = i < portfolios.length;
                    Evaluation memory evaluation = evaluations[index];
                    if (evaluation.market != market.underlying) addBook(evaluation, portfolios[index], market);
                }
            }
            AccountParameters memory account = markets.accountParameters();
            risks = new Risk[](portfolios.length);
            for (uint256 i = 0; i < portfolios.length; ++i) {
                (Risk memory risk, Evaluation memory evaluation) = (risks[i], evaluations[i]);
                int256 cash = portfolios[i].cash;
                risk.equity = equityOf(evaluation.standing, cash);
                setRequirements(risk, evaluation, account, cash < 0);
            }
        }
    }

    /// @inheritdoc IMarginEngine
    function mark(Instrument instrument) external view returns (uint256 price, Validity validity) {
        require(instrument.isWellFormed(), UnknownInstrument(instrument));
        Market memory market = load(instrument.underlying());
        if (!instrument.isOption()) return (market.spot, Validity(market.validity));
        OptionLeg memory leg = market.leg;
        leg.set(toPosition(instrument, 0), tenorOf(market, instrument.expiry())[0], market.logSpot);
        return (leg.valueOf(market.spot, 0, MARK_VOLATILITY), Validity(market.validity));
    }

    /// @dev Lets portfolios of the same positions share one evaluation: a taker without positions holds what he takes.
    function share(Evaluation[] memory evaluations, uint256 index, Position[] calldata positions) private pure {
        unchecked {
            bytes32 positionsHash = positions.hash();
            uint256 first = 0;
            while (first < index && evaluations[first].positionsHash != positionsHash) ++first;
            Evaluation memory evaluation = evaluations[first];
            evaluation.positionsHash = positionsHash;
            evaluations[index] = evaluation;
        }
    }

    /// @dev Adds what a portfolio has on one underlying.
    function addBook(Evaluation memory evaluation, Portfolio calldata portfolio, Market memory market) private view {
        unchecked {
            evaluation.market = market.underlying;
            Standing memory standing = evaluation.standing;
            Book memory book = read(standing, portfolio, market);
            if (!book.isUsed) return;
            evaluation.validity = FixedPointMathLib.max(evaluation.validity, market.validity);
            evaluation.validSince = FixedPointMathLib.max(evaluation.validSince, market.validSince);
            Revaluation memory revaluation = revaluationOf(portfolio, market, book);
            standing.equity += revaluation.value;
            if (revaluation.sums.isOpen) {
                standing.equity -= int256(revaluation.set.errorBound(revaluation.sums, market.highestPrice));
            }
            addShortOptionMinimum(standing.addOns, book, market);
            addConcentration(standing.addOns, market, revaluation);
            ScanLoss.add(evaluation.scan, revaluation, gridsOf(market), market.parameters.stresses);
            if (book.strikes.isCut) addPinCharges(standing.addOns, portfolio, market, book);
        }
    }

    function setRequirements(
        Risk memory risk,
        Evaluation memory evaluation,
        AccountParameters memory account,
        bool hasDebt
    ) private pure {
        unchecked {
            Standing memory standing = evaluation.standing;
            bool isLiable = hasDebt || standing.isLiable;
            Tiers memory tiers;
            (tiers, risk.stressLoss) = ScanLoss.result(evaluation.scan, account.credit);
            risk.maintenanceBeforeFloor = tiers.maintenance + standing.addOns.maintenance;
            risk.maintenance = MarginAddOns.withFloor(risk.maintenanceBeforeFloor, account.floor, isLiable);
            uint256 initial = tiers.initial + standing.addOns.initial;
            risk.initial = MarginAddOns.withFloor(initial, account.floor, isLiable);
            risk.validity = Validity(evaluation.validity);
            risk.validSince = uint40(evaluation.validSince);
        }
    }

    /// @dev Delta is the slope between the two innermost nodes; a point's would jump at a strike on its last day.
    function addConcentration(Tiers memory addOns, Market memory market, Revaluation memory book) private pure {
        unchecked {
            uint256 spot = market.spot;
            uint256 rate = market.parameters.addOns.concentration();
            if (rate == 0 || spot == 0) return;
            uint256 vega = vegaOf(book);
            uint256 depth = market.parameters.addOns.vegaDepth() * WAD;
            addToBoth(addOns, MarginAddOns.concentration(vega, vega, depth, rate));
            int256 gain = book.profitAt(NEAREST_ABOVE, MARK_VOLATILITY) - book.profitAt(NEAREST_BELOW, MARK_VOLATILITY);
            PriceNode[] memory nodes = book.set.nodes;
            uint256 distance = nodes[NEAREST_ABOVE].price() - nodes[NEAREST_BELOW].price();
            uint256 delta = MarginAddOns.exposureUp(FixedPointMathLib.abs(gain), distance, spot);
            depth = market.parameters.addOns.depth() * spot;
            uint256 others = FixedPointMathLib.mulWadUp(market.openInterest, spot);
            others = FixedPointMathLib.min(others, MAX_DEPTHS * depth);
            addOns.initial += MarginAddOns.concentration(delta, others, depth, rate);
            addOns.maintenance += MarginAddOns.concentration(delta, delta, depth, rate);
        }
    }

    /// @dev The greater change of value between the volatility nodes, at the spot.
    function vegaOf(Revaluation memory book) private pure returns (uint256) {
        int256 lower = book.profitAt(MIDDLE_NODE, LOWER_VOLATILITY);
        int256 upper = book.profitAt(MIDDLE_NODE, UPPER_VOLATILITY);
        return FixedPointMathLib.max(FixedPointMathLib.abs(lower), FixedPointMathLib.abs(upper));
    }

    /// @dev For strikes that are no nodes, expiry by expiry.
    function addPinCharges(
        Tiers memory addOns,
        Portfolio calldata portfolio,
        Market memory market,
        Book memory book
    ) private view {
        unchecked {
            for (uint256 i = 0; i < book.options.count; ++i) {
                Tenor memory tenor = tenorOf(market, book.options.expiries[i])[0];
                uint256 variance = tenor.slice.variance;
                if (variance >= SHORT_DATED_VARIANCE) continue;
                (uint256 long, uint256 short) = pinnedUnits(portfolio, market, book, i);
                uint256 volatility = SquareRoot.sqrtWad(variance);
                uint256 inner = market.widest.maintenance / 3;
                uint256 outer = FixedPointMathLib.max(inner, (market.widest.initial - market.widest.maintenance) / 3);
                addOns.maintenance += MarginAddOns.pinCharge(market.spot, inner, volatility, long, short);
                addOns.initial += MarginAddOns.pinCharge(market.spot, outer, volatility, long, short);
            }
        }
    }

    /// @dev Units of one expiry inside the range: long at strikes that are no nodes, and all short.
    function pinnedUnits(
        Portfolio calldata portfolio,
        Market memory market,
        Book memory book,
        uint256 index
    ) private view returns (uint256 long, uint256 short) {
        unchecked {
            OptionBook memory options = book.options;
            Tenor memory tenor = tenorOf(market, options.expiries.get(index))[0];
            for (uint256 next = options.heads.get(index); next != 0; next = options.next.get(next - 1)) {
                Position position = portfolio.positions.leg(next - 1);
                int256 move = -OptionLegs.logMoneyness(position.instrument().strike(), tenor, market.logSpot);
                if (FixedPointMathLib.abs(move) > market.widest.initial) continue;
                int256 size = position.size();
                if (size < 0) short += uint256(-size);
                else if (book.strikes.isBeyond(move)) long += uint256(size);
            }
        }
    }
}

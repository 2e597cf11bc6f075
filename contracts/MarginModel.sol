// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { DynamicArrayLib } from "solady/src/utils/DynamicArrayLib.sol";
import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { IMarginModel, Portfolio } from "./interfaces/IMarginEngine.sol";
import { IMarkets } from "./interfaces/IMarkets.sol";
import { IPriceOracle, Price, Validity } from "./interfaces/IPriceOracle.sol";
import { IVolatilityOracle, VolatilitySnapshot } from "./interfaces/IVolatilityOracle.sol";
import { MarginAddOns } from "./libraries/MarginAddOns.sol";
import { KeptOption, KeptOptions } from "./libraries/KeptOptions.sol";
import { Logarithm } from "./libraries/Logarithm.sol";
import { OptionBook, OptionBooks } from "./libraries/OptionBooks.sol";
import { OptionLeg, OptionLegs, Tenor } from "./libraries/OptionLegs.sol";
import { Tiers } from "./libraries/ScanLoss.sol";
import { MARK_VOLATILITY, PRICE_NODES, Ranges, ScenarioGrid } from "./libraries/ScenarioGrid.sol";
import { ScenarioKernel, ScenarioSet, ScenarioSums } from "./libraries/ScenarioKernel.sol";
import { Revaluation, ScenarioProfits } from "./libraries/ScenarioProfits.sol";
import { SignedWad } from "./libraries/SignedWad.sol";
import { NearestStrikes, StrikeNodes } from "./libraries/StrikeNodes.sol";
import { Lattice, TangentLattice } from "./libraries/TangentLattice.sol";
import { Instrument } from "./types/Instrument.sol";
import { MAX_LEGS, MAX_STRESSES, MAX_UNDERLYINGS } from "./types/Limits.sol";
import { Position, PositionLibrary } from "./types/Position.sol";
import { PriceNode } from "./types/PriceNode.sol";
import { RiskWords, StressWord } from "./types/RiskWords.sol";

/// @title From a portfolio and market data to the sums of the scenario kernel: what margin and its explanation have in common.
/// @notice docs/margin.md has every formula.
abstract contract MarginModel is IMarginModel {
    using DynamicArrayLib for uint256[];
    using OptionBooks for OptionBook;
    using OptionLegs for OptionLeg;
    using OptionLegs for Tenor;
    using PositionLibrary for Position[];
    using ScenarioKernel for ScenarioSet;
    using ScenarioKernel for ScenarioSums;
    using ScenarioProfits for Revaluation;
    using SignedWad for int256;
    using StrikeNodes for NearestStrikes;

    /// @dev What an evaluation knows of an underlying. @param validity As `Validity`. @param widest Ranges of the widened grid while the
    /// price is overdue, else of the grid. @param highestPrice Of all nodes. @param set Without strike nodes; laid out when the first options are met.
    /// @param tenors Those met so far. @param leg Filled anew for each option. @param isFirst Whether it is the first portfolio's turn.
    /// @param isKept Whether options are kept for portfolios that follow. @param openInterest Average, WAD; 0 outside of the engine.
    struct Market {
        uint16 underlying;
        bool isFirst;
        bool isKept;
        bool isOverdue;
        uint256 validity;
        uint256 validSince;
        uint256 openInterest;
        uint256 spot;
        int256 logSpot;
        uint256 highestPrice;
        Ranges widest;
        VolatilitySnapshot volatilities;
        RiskWords parameters;
        ScenarioSet set;
        Tenor[] tenors;
        OptionLeg leg;
    }

    /// @dev The legs of one portfolio on one underlying. @param units Of spot, perpetuals and futures together.
    struct Book {
        bool isUsed;
        int256 units;
        OptionBook options;
        NearestStrikes strikes;
    }

    /// @dev What is known of a portfolio before its scenarios. @param equity Without cash. @param isLiable Whether it has a derivative.
    struct Standing {
        int256 equity;
        Tiers addOns;
        bool isLiable;
    }

    /// @dev Underlyings in order of their appearance, 16 bits each, the first in the lowest.
    uint256 internal constant UNDERLYING_BITS = 16;
    /// @dev The highest price that is reckoned with, USD WAD; a higher answer counts as this much, and as invalid. With sizes
    /// of 128 bits, 128 legs and a move by e, sums in squared WAD stay below 1e72.
    uint256 private constant MAX_PRICE = 1e30;
    /// @dev At-the-money variance of a total volatility of 10 %: shorter options bend at their strikes alone.
    uint256 internal constant SHORT_DATED_VARIANCE = 0.01e18;

    IMarkets public immutable markets;
    IPriceOracle public immutable priceOracle;
    IVolatilityOracle public immutable volatilityOracle;
    address private immutable kernelTable;

    constructor(
        IMarkets markets_,
        IPriceOracle priceOracle_,
        IVolatilityOracle volatilityOracle_,
        address kernelTable_
    ) {
        require(TangentLattice.isTable(kernelTable_), InvalidKernelTable(kernelTable_));
        markets = markets_;
        priceOracle = priceOracle_;
        volatilityOracle = volatilityOracle_;
        kernelTable = kernelTable_;
    }

    /// @dev Checked, for the cash of a hypothetical portfolio is any number; what its positions are worth is below 2^240.
    function equityOf(Standing memory standing, int256 cash) internal pure returns (int256) {
        return cash + standing.equity;
    }

    /// @dev The underlyings of the legs of a portfolio, which are checked. @return all See `UNDERLYING_BITS`.
    function underlyingsOf(Position[] calldata positions) internal pure returns (uint256 all) {
        unchecked {
            require(positions.length <= MAX_LEGS, TooManyLegs(positions.length));
            uint256 last = 0;
            for (uint256 i = 0; i < positions.length; ++i) {
                Instrument instrument = positions.leg(i).instrument();
                require(instrument.isWellFormed(), UnknownInstrument(instrument));
                uint256 underlying = instrument.underlying();
                if (underlying != last) all = withUnderlying(all, underlying);
                last = underlying;
            }
        }
    }

    /// @dev Adds one underlying, unless it is there.
    function withUnderlying(uint256 all, uint256 underlying) internal pure returns (uint256) {
        unchecked {
            uint256 place = 0;
            while (uint16(all >> place) != underlying && all >> place != 0) place += UNDERLYING_BITS;
            require(place < UNDERLYING_BITS * MAX_UNDERLYINGS, TooManyUnderlyings(MAX_UNDERLYINGS));
            return all | (underlying << place);
        }
    }

    /// @dev The legs on one underlying: lists the options, values what is linear. From the last on, so that a list has the order of the legs:
    /// where one is taken away the last takes its place, and what stays is a run for `ScenarioKernel.repeat` even so.
    function read(
        Standing memory standing,
        Portfolio calldata portfolio,
        Market memory market
    ) internal view returns (Book memory book) {
        unchecked {
            Position[] calldata positions = portfolio.positions;
            for (uint256 i = positions.length; i > 0;) {
                Position position = positions.leg(--i);
                Instrument instrument = position.instrument();
                if (instrument.underlying() != market.underlying) continue;
                book.isUsed = true;
                if (instrument.isOption()) {
                    book.options.add(i, positions.length, position);
                } else {
                    readLinear(standing, book, market, position);
                }
            }
            if (book.options.count != 0) standing.isLiable = true;
        }
    }

    function readLinear(
        Standing memory standing,
        Book memory book,
        Market memory market,
        Position position
    ) private view {
        unchecked {
            int256 size = position.size();
            book.units += size;
            standing.equity += size.mulDown(int256(market.spot));
            Instrument instrument = position.instrument();
            if (!instrument.isSpot()) {
                standing.isLiable = true;
            } else if (size > 0) {
                uint256 value = FixedPointMathLib.mulWadUp(uint256(size), market.spot);
                addToBoth(standing.addOns, MarginAddOns.haircut(value, markets.haircut(instrument)));
            }
        }
    }

    /// @return found A list that begins with it.
    function tenorOf(Market memory market, uint256 expiry) internal view returns (Tenor[] memory found) {
        found = market.tenors;
        while (found.length != 0) {
            Tenor memory listed = found[0];
            if (listed.expiry == expiry) return found;
            found = listed.others;
        }
        found = new Tenor[](1);
        Tenor memory tenor = found[0];
        tenor.others = market.tenors;
        tenor.set(market.volatilities.surface, market.parameters.shocks, expiry);
        market.tenors = found;
    }

    /// @dev Revalues a book in the scenarios of its market and at its strike nodes.
    function revaluationOf(
        Portfolio calldata portfolio,
        Market memory market,
        Book memory book
    ) internal view returns (Revaluation memory revaluation) {
        unchecked {
            OptionBook memory options = book.options;
            if (options.count == 0) {
                revaluation.set = market.set;
            } else {
                findStrikes(portfolio, market, book);
                setScenarios(revaluation, market, book.strikes);
                sumOptions(portfolio, market, options, revaluation);
            }
            revaluation.revalue(book.units, market.widest.maintenance);
        }
    }

    /// @dev First the options of the nearest expiry, last those of the farthest, so that the kernel can tell them from the others.
    function sumOptions(
        Portfolio calldata portfolio,
        Market memory market,
        OptionBook memory options,
        Revaluation memory revaluation
    ) private view {
        unchecked {
            ScenarioSums memory sums = revaluation.sums;
            bool isTwisted = options.isTwisted();
            revaluation.set.open(sums, isTwisted);
            if (isTwisted) {
                addOptions(portfolio, market, options, revaluation, options.nearest);
                ScenarioKernel.endNearest(sums);
            }
            for (uint256 i = 0; i < options.count; ++i) {
                bool isOuter = isTwisted && (i == options.nearest || i == options.farthest);
                if (!isOuter) addOptions(portfolio, market, options, revaluation, i);
            }
            if (isTwisted) {
                ScenarioKernel.beginFarthest(sums);
                addOptions(portfolio, market, options, revaluation, options.farthest);
            }
            ScenarioKernel.close(sums);
        }
    }

    /// @dev Finds the strike nodes of a book.
    function findStrikes(Portfolio calldata portfolio, Market memory market, Book memory book) private view {
        unchecked {
            OptionBook memory options = book.options;
            for (uint256 i = 0; i < options.count; ++i) {
                Tenor memory tenor = tenorOf(market, options.expiries.get(i))[0];
                if (tenor.slice.variance >= SHORT_DATED_VARIANCE || market.spot == 0) continue;
                for (uint256 next = options.heads.get(i); next != 0; next = options.next.get(next - 1)) {
                    Position position = portfolio.positions.leg(next - 1);
                    uint256 strike = position.instrument().strike();
                    int256 move = -OptionLegs.logMoneyness(strike, tenor, market.logSpot);
                    if (position.size() <= 0 || FixedPointMathLib.abs(move) > market.widest.initial) continue;
                    book.strikes.add(OptionLegs.discounted(strike, tenor), move);
                }
            }
        }
    }

    /// @dev Chooses the set of the market, or makes one with strike nodes, which is written over the empty one; laid out, whichever it is.
    function setScenarios(
        Revaluation memory revaluation,
        Market memory market,
        NearestStrikes memory strikes
    ) private view {
        ScenarioSet memory base = market.set;
        Lattice memory lattice = base.lattice;
        if (lattice.lowest == 0) TangentLattice.load(lattice, kernelTable);
        if (strikes.count != 0) {
            ScenarioSet memory set = revaluation.set;
            (set.spot, set.lattice, set.nodes) = (base.spot, lattice, strikes.appendedTo(base.nodes));
            (set.stresses, set.stressVolatilities) = (base.stresses, base.stressVolatilities);
            base = set;
        }
        // Once for the set of a market, whatever portfolios follow.
        if (!base.moves.exists()) base.prepare();
        revaluation.set = base;
    }

    /// @dev Adds the options of one expiry.
    function addOptions(
        Portfolio calldata portfolio,
        Market memory market,
        OptionBook memory options,
        Revaluation memory revaluation,
        uint256 index
    ) private view {
        unchecked {
            OptionLeg memory leg = market.leg;
            Tenor memory tenor = tenorOf(market, options.expiries.get(index))[0];
            Position[] calldata positions = portfolio.positions;
            // Strike nodes are a book's own.
            bool isCommon = revaluation.set.nodes.length == market.set.nodes.length;
            bool isShared = isCommon && (market.isKept || tenor.kept.length != 0);
            for (uint256 next = options.heads.get(index); next != 0; next = options.next.get(next - 1)) {
                Position position = positions.leg(next - 1);
                if (isShared) {
                    addShared(market, tenor, revaluation, position);
                } else {
                    leg.set(position, tenor, market.logSpot);
                    revaluation.set.addOption(revaluation.sums, leg);
                }
            }
        }
    }

    /// @dev Adds an option as it was added for an earlier portfolio, or keeps what it adds for the portfolios that follow.
    function addShared(
        Market memory market,
        Tenor memory tenor,
        Revaluation memory revaluation,
        Position position
    ) private pure {
        if (!market.isFirst) {
            KeptOption[] memory found = KeptOptions.find(tenor.kept, position);
            if (found.length != 0 && revaluation.sums.repeat(found[0], position)) return;
        }
        OptionLeg memory leg = market.leg;
        leg.set(position, tenor, market.logSpot);
        if (!market.isKept) return revaluation.set.addOption(revaluation.sums, leg);
        KeptOption[] memory list = new KeptOption[](1);
        KeptOption memory kept = list[0];
        (kept.position, kept.others) = (position, tenor.kept);
        revaluation.set.addAndKeep(revaluation.sums, leg, kept);
        if (kept.gross != 0) tenor.kept = list;
    }

    function addShortOptionMinimum(Tiers memory addOns, Book memory book, Market memory market) internal pure {
        uint256 rate = market.parameters.addOns.shortOptionMinimum();
        addToBoth(addOns, MarginAddOns.shortOptionMinimum(book.options.shortUnits, market.spot, rate));
    }

    function load(uint16 underlying) internal view returns (Market memory market) {
        unchecked {
            market.parameters.read(markets.riskParametersCode(underlying));
            Price memory price = priceOracle.price(underlying);
            market.volatilities = volatilityOracle.snapshot(underlying, price.value, price.updatedAt);
            uint256 spot = FixedPointMathLib.min(price.value, MAX_PRICE);
            market.underlying = underlying;
            market.validity = uint256(price.value > MAX_PRICE ? Validity.Invalid : price.validity);
            market.validSince = FixedPointMathLib.max(priceOracle.graceEnd(), market.volatilities.validSince);
            market.spot = spot;
            // Without any price ever, everything but puts is worth nothing, whatever logarithm stands in.
            market.logSpot = spot == 0 ? int256(0) : Logarithm.lnWad(spot);
            market.isOverdue = price.overdueSeconds != 0;
            market.set.spot = spot;
            setNodes(market, price.overdueSeconds);
            setStresses(market);
        }
    }

    /// @dev The grid, and while the price is overdue the widened one behind it.
    function setNodes(Market memory market, uint256 overdueSeconds) private pure {
        unchecked {
            uint256 grids = gridsOf(market);
            PriceNode[] memory nodes = new PriceNode[](grids * PRICE_NODES);
            for (uint256 i = 0; i < grids; ++i) {
                Ranges memory ranges = ScenarioGrid.rangesOf(
                    market.parameters,
                    market.volatilities,
                    i * overdueSeconds
                );
                ScenarioGrid.setGrid(nodes, i * PRICE_NODES, market.spot, ranges);
                market.widest = ranges;
            }
            market.set.nodes = nodes;
        }
    }

    /// @dev How many grids there are.
    function gridsOf(Market memory market) internal pure returns (uint256) {
        return market.isOverdue ? 2 : 1;
    }

    function setStresses(Market memory market) private pure {
        unchecked {
            StressWord[MAX_STRESSES] memory words = market.parameters.stresses;
            PriceNode[] memory stresses = ScenarioGrid.stressNodes(market.spot, words);
            uint256[] memory volatilities = new uint256[](stresses.length);
            // The upper of the last grid's farthest pair; only the middle follows.
            uint256 highest = market.set.nodes[market.set.nodes.length - 3].price();
            for (uint256 i = 0; i < stresses.length; ++i) {
                volatilities[i] = uint256(words[i].volatilityNode() + int256(MARK_VOLATILITY));
                highest = FixedPointMathLib.max(highest, stresses[i].price());
            }
            market.set.stresses = stresses;
            market.set.stressVolatilities = volatilities;
            market.highestPrice = highest;
        }
    }

    function addToBoth(Tiers memory addOns, uint256 amount) internal pure {
        unchecked {
            addOns.initial += amount;
            addOns.maintenance += amount;
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { IMarginEngine, Portfolio, Risk } from "./interfaces/IMarginEngine.sol";
import { AccountParameters, IMarkets, RiskParameters } from "./interfaces/IMarkets.sol";
import { IPriceOracle, Price, Validity } from "./interfaces/IPriceOracle.sol";
import { IVolatilityOracle, MarginVolatility, Surface } from "./interfaces/IVolatilityOracle.sol";
import { Black76 } from "./libraries/Black76.sol";
import { MarginAddOns } from "./libraries/MarginAddOns.sol";
import { OptionLeg, Revaluation } from "./libraries/Revaluation.sol";
import { Profits, ScanLoss, Tiers } from "./libraries/ScanLoss.sol";
import {
    CELLS,
    LOWER_VOLATILITY,
    MARK_VOLATILITY,
    PRICE_NODES,
    PriceNode,
    ScenarioGrid,
    UPPER_VOLATILITY,
    VOLATILITY_NODES
} from "./libraries/ScenarioGrid.sol";
import { SignedWad } from "./libraries/SignedWad.sol";
import { VolatilitySurface } from "./libraries/VolatilitySurface.sol";
import { Instrument, Kind, toInstrument } from "./types/Instrument.sol";
import { MAX_EXPIRIES, MAX_LEGS, MAX_STRESSES, MAX_UNDERLYINGS } from "./types/Limits.sol";
import { Position } from "./types/Position.sol";

contract MarginEngine is IMarginEngine {
    using SignedWad for int256;

    /// @dev What one evaluation knows of an underlying; loaded when the first leg on it is met, shared by all portfolios.
    /// @param overdueNodes Price nodes of the grid that an overdue price widens; empty while nothing is overdue.
    struct Market {
        bool isLoaded;
        Validity validity;
        uint40 validSince;
        uint256 spot;
        int256 logSpot;
        Surface surface;
        RiskParameters parameters;
        PriceNode[] nodes;
        PriceNode[] overdueNodes;
        PriceNode[] stressNodes;
    }

    /// @dev What options of one expiry share: at-the-money total variance and the factors of the volatility nodes, WAD.
    struct Tenor {
        uint40 expiry;
        uint256 variance;
        uint256 down;
        uint256 up;
    }

    /// @dev The legs of one portfolio on one underlying. @param linear Units of spot, perpetuals and futures together.
    struct Book {
        bool isUsed;
        int256 linear;
        uint256 shortOptions;
        uint256 tenorCount;
        Tenor[] tenors;
        Profits profits;
    }

    /// @dev What adds up over the legs of one portfolio. @param isLiable Whether it has a debt or a derivative.
    struct Totals {
        int256 equity;
        uint256 addOns;
        bool isLiable;
        uint256 underlyings;
    }

    /// @dev The highest price that is reckoned with, USD WAD; a higher answer counts as this much, and as invalid. With sizes
    /// of 128 bits, 128 legs and a move by e, sums in squared WAD stay below 1e72.
    uint256 private constant MAX_PRICE = 1e30;

    IMarkets public immutable markets;
    IPriceOracle public immutable priceOracle;
    IVolatilityOracle public immutable volatilityOracle;

    constructor(IMarkets markets_, IPriceOracle priceOracle_, IVolatilityOracle volatilityOracle_) {
        markets = markets_;
        priceOracle = priceOracle_;
        volatilityOracle = volatilityOracle_;
    }

    /// @inheritdoc IMarginEngine
    function evaluate(Portfolio[] calldata portfolios) external view returns (Risk[] memory risks) {
        uint16[] memory listed = listedUnderlyings();
        Market[] memory table = new Market[](listed.length);
        risks = new Risk[](portfolios.length);
        // As many as the caller pays for; the clearinghouse passes at most `MAX_TOUCHED_ACCOUNTS` and a few packages.
        for (uint256 i = 0; i < portfolios.length; ++i) risks[i] = riskOf(portfolios[i], listed, table);
    }

    /// @inheritdoc IMarginEngine
    function mark(Instrument instrument) external view returns (uint256 price, Validity validity) {
        uint16[] memory listed = listedUnderlyings();
        indexOf(instrument, listed);
        Market memory market;
        (market.spot, market.validity, ) = spotOf(instrument.underlying());
        if (!instrument.isOption()) return (market.spot, market.validity);
        market.logSpot = logOf(market.spot);
        market.surface = volatilityOracle.surface(instrument.underlying());
        uint256 variance = VolatilitySurface.atTheMoneyVariance(market.surface, timeToExpiry(instrument.expiry()));
        return (optionAtMark(instrument, market, variance).mark, market.validity);
    }

    /// @inheritdoc IMarginEngine
    function scenarios(
        Portfolio calldata portfolio,
        uint16 underlying
    ) external view returns (int256[] memory moves, int256[] memory profits) {
        uint16[] memory listed = listedUnderlyings();
        uint256 index = indexOf(toInstrument(underlying, Kind.Perpetual, 0, 0), listed);
        Market[] memory table = new Market[](listed.length);
        load(table[index], underlying);
        (Book[] memory books, ) = booksOf(portfolio, listed, table);
        bool isOverdue = table[index].overdueNodes.length != 0;
        PriceNode[] memory nodes = isOverdue ? table[index].overdueNodes : table[index].nodes;
        moves = new int256[](PRICE_NODES);
        for (uint256 i = 0; i < PRICE_NODES; ++i) moves[i] = nodes[i].move;
        profits = new int256[](CELLS);
        if (!books[index].isUsed) return (moves, profits);
        int256[] memory squared = isOverdue ? books[index].profits.widened : books[index].profits.grid;
        for (uint256 i = 0; i < CELLS; ++i) profits[i] = squared[i].fromSquareDown();
    }

    function riskOf(
        Portfolio calldata portfolio,
        uint16[] memory listed,
        Market[] memory table
    ) private view returns (Risk memory risk) {
        (Book[] memory books, Totals memory totals) = booksOf(portfolio, listed, table);
        Profits[] memory parts = new Profits[](totals.underlyings);
        for (uint256 i = 0; i < books.length; ++i) {
            if (!books[i].isUsed) continue;
            Market memory market = table[i];
            if (market.validity > risk.validity) risk.validity = market.validity;
            if (market.validSince > risk.validSince) risk.validSince = market.validSince;
            uint256 rate = market.parameters.shortOptionMinimum;
            totals.addOns += MarginAddOns.shortOptionMinimum(books[i].shortOptions, market.spot, rate);
            parts[--totals.underlyings] = books[i].profits;
        }
        AccountParameters memory account = markets.accountParameters();
        Tiers memory tiers;
        (tiers, risk.stressLoss) = ScanLoss.scan(parts, account.credit);
        risk.equity = totals.equity;
        risk.maintenanceBeforeFloor = tiers.maintenance + totals.addOns;
        risk.maintenance = MarginAddOns.withFloor(risk.maintenanceBeforeFloor, account.floor, totals.isLiable);
        risk.initial = MarginAddOns.withFloor(tiers.initial + totals.addOns, account.floor, totals.isLiable);
    }

    /// @dev Values every leg, now and in every scenario. @return books One for each listed underlying, used or not.
    function booksOf(
        Portfolio calldata portfolio,
        uint16[] memory listed,
        Market[] memory table
    ) private view returns (Book[] memory books, Totals memory totals) {
        Position[] calldata positions = portfolio.positions;
        require(positions.length <= MAX_LEGS, TooManyLegs(positions.length));
        books = new Book[](listed.length);
        totals.equity = portfolio.cash;
        totals.isLiable = portfolio.cash < 0;
        for (uint256 i = 0; i < positions.length; ++i) {
            Instrument instrument = positions[i].instrument();
            uint256 index = indexOf(instrument, listed);
            if (!table[index].isLoaded) load(table[index], instrument.underlying());
            if (!books[index].isUsed) {
                open(books[index], table[index]);
                ++totals.underlyings;
            }
            if (instrument.kind() != Kind.Spot) totals.isLiable = true;
            if (instrument.isOption()) addOption(books[index], table[index], totals, positions[i]);
            else addLinear(books[index], table[index], totals, positions[i]);
        }
        for (uint256 i = 0; i < books.length; ++i) if (books[i].isUsed) revalueLinear(books[i], table[i]);
    }

    function open(Book memory book, Market memory market) private pure {
        book.isUsed = true;
        book.tenors = new Tenor[](MAX_EXPIRIES);
        book.profits.grid = new int256[](CELLS);
        if (market.overdueNodes.length != 0) book.profits.widened = new int256[](CELLS);
        book.profits.stress = new int256[](MAX_STRESSES);
        book.profits.stresses = market.parameters.stresses;
    }

    function addLinear(Book memory book, Market memory market, Totals memory totals, Position position) private view {
        int256 size = position.size();
        book.linear += size;
        totals.equity += size.mulDown(int256(market.spot));
        Instrument instrument = position.instrument();
        if (instrument.kind() != Kind.Spot || size <= 0) return;
        uint256 value = FixedPointMathLib.mulWadUp(uint256(size), market.spot);
        totals.addOns += MarginAddOns.haircut(value, markets.collateral(instrument).haircut);
    }

    function revalueLinear(Book memory book, Market memory market) private pure {
        if (book.linear == 0) return;
        Profits memory profits = book.profits;
        Revaluation.addLinear(profits.grid, market.nodes, market.spot, book.linear, VOLATILITY_NODES);
        Revaluation.addLinear(profits.widened, market.overdueNodes, market.spot, book.linear, VOLATILITY_NODES);
        Revaluation.addLinear(profits.stress, market.stressNodes, market.spot, book.linear, 1);
    }

    function addOption(Book memory book, Market memory market, Totals memory totals, Position position) private view {
        Instrument instrument = position.instrument();
        Tenor memory tenor = tenorOf(book, market, instrument);
        OptionLeg memory leg = optionAtMark(instrument, market, tenor.variance);
        leg.size = position.size();
        if (leg.size < 0) book.shortOptions += uint256(-leg.size);
        totals.equity += leg.size.mulDown(int256(leg.mark));
        uint256 markVolatility = leg.totalVolatilities[MARK_VOLATILITY];
        leg.totalVolatilities[LOWER_VOLATILITY] = FixedPointMathLib.mulWad(markVolatility, tenor.down);
        leg.totalVolatilities[UPPER_VOLATILITY] = FixedPointMathLib.mulWad(markVolatility, tenor.up);
        Profits memory profits = book.profits;
        Revaluation.addOptionToGrid(profits.grid, market.nodes, leg);
        if (profits.widened.length != 0) Revaluation.addOptionToGrid(profits.widened, market.overdueNodes, leg);
        Revaluation.addOptionToStresses(profits.stress, market.stressNodes, profits.stresses, leg);
    }

    function tenorOf(
        Book memory book,
        Market memory market,
        Instrument instrument
    ) private view returns (Tenor memory) {
        uint40 expiry = instrument.expiry();
        for (uint256 i = 0; i < book.tenorCount; ++i) if (book.tenors[i].expiry == expiry) return book.tenors[i];
        require(book.tenorCount < MAX_EXPIRIES, TooManyExpiries(instrument.underlying(), MAX_EXPIRIES));
        Tenor memory tenor = book.tenors[book.tenorCount++];
        uint256 remaining = timeToExpiry(expiry);
        tenor.expiry = expiry;
        tenor.variance = VolatilitySurface.atTheMoneyVariance(market.surface, remaining);
        (tenor.down, tenor.up) = ScenarioGrid.volatilityFactors(market.parameters, remaining);
        return tenor;
    }

    /// @dev One unit now; of the volatilities only the mark's. Interest rates are zero: the forward is the spot.
    /// Expired, and not settled yet, there is no variance left and the option counts its intrinsic value.
    function optionAtMark(
        Instrument instrument,
        Market memory market,
        uint256 variance
    ) private pure returns (OptionLeg memory leg) {
        leg.isCall = instrument.kind() == Kind.Call;
        leg.strike = instrument.strike();
        leg.logMoneyness = market.logSpot - FixedPointMathLib.lnWad(int256(leg.strike));
        uint256 volatility = VolatilitySurface.totalVolatility(market.surface, variance, -leg.logMoneyness);
        leg.totalVolatilities[MARK_VOLATILITY] = volatility;
        leg.mark = Black76.price(leg.isCall, market.spot, leg.strike, leg.logMoneyness, volatility);
    }

    function load(Market memory market, uint16 underlying) private view {
        uint256 overdueSeconds;
        (market.spot, market.validity, overdueSeconds) = spotOf(underlying);
        market.isLoaded = true;
        market.logSpot = logOf(market.spot);
        market.surface = volatilityOracle.surface(underlying);
        market.parameters = markets.riskParameters(underlying);
        uint256 graceEnd = priceOracle.graceEnd();
        market.validSince = uint40(FixedPointMathLib.max(graceEnd, volatilityOracle.validSince(underlying)));
        MarginVolatility memory volatility = volatilityOracle.marginVolatility(underlying);
        market.nodes = nodesOf(market, volatility, 0);
        if (overdueSeconds != 0) market.overdueNodes = nodesOf(market, volatility, overdueSeconds);
        market.stressNodes = ScenarioGrid.stressNodes(market.spot, market.parameters.stresses);
    }

    /// @dev Whatever the two volatilities are, the initial range contains the maintenance range.
    function nodesOf(
        Market memory market,
        MarginVolatility memory volatility,
        uint256 overdueSeconds
    ) private pure returns (PriceNode[] memory) {
        RiskParameters memory parameters = market.parameters;
        uint256 maintenance = ScenarioGrid.scanRange(parameters.maintenance, volatility.maintenance, overdueSeconds);
        uint256 initial = ScenarioGrid.scanRange(parameters.initial, volatility.initial, overdueSeconds);
        return ScenarioGrid.priceNodes(market.spot, maintenance, FixedPointMathLib.max(initial, maintenance));
    }

    function spotOf(uint16 underlying) private view returns (uint256 spot, Validity validity, uint256 overdueSeconds) {
        Price memory price = priceOracle.price(underlying);
        if (price.value > MAX_PRICE) return (MAX_PRICE, Validity.Invalid, price.overdueSeconds);
        return (price.value, price.validity, price.overdueSeconds);
    }

    /// @dev Without any price ever, everything of the underlying is worth nothing, calls too, whatever logarithm stands in.
    function logOf(uint256 spot) private pure returns (int256) {
        return spot == 0 ? int256(0) : FixedPointMathLib.lnWad(int256(spot));
    }

    function timeToExpiry(uint40 expiry) private view returns (uint256) {
        return FixedPointMathLib.zeroFloorSub(expiry, block.timestamp);
    }

    function listedUnderlyings() private view returns (uint16[] memory listed) {
        listed = markets.underlyings();
        require(listed.length <= MAX_UNDERLYINGS, TooManyUnderlyings(MAX_UNDERLYINGS));
    }

    function indexOf(Instrument instrument, uint16[] memory listed) private pure returns (uint256 index) {
        require(instrument.isWellFormed(), UnknownInstrument(instrument));
        uint16 underlying = instrument.underlying();
        while (index < listed.length && listed[index] != underlying) ++index;
        require(index < listed.length, UnknownInstrument(instrument));
    }
}

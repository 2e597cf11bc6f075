// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { IClearinghouse } from "./interfaces/IClearinghouse.sol";
import {
    AccountView,
    Cell,
    Change,
    GreeksView,
    ILens,
    LegGreeks,
    LiquidationPreview,
    Preview,
    ScenarioView,
    Sensitivities
} from "./interfaces/ILens.sol";
import { ILiquidator } from "./interfaces/ILiquidator.sol";
import { IMarginEngine, IMarginModel, Portfolio, Risk } from "./interfaces/IMarginEngine.sol";
import { IMarginScenarios, Scenarios } from "./interfaces/IMarginScenarios.sol";
import { IMarketSources } from "./interfaces/IMarketSources.sol";
import { IMarkets } from "./interfaces/IMarkets.sol";
import { Surface } from "./interfaces/IVolatilityOracle.sol";
import { Compensation, Move } from "./libraries/Compensation.sol";
import { Greeks } from "./libraries/Greeks.sol";
import { Ledger } from "./libraries/Ledger.sol";
import { Logarithm } from "./libraries/Logarithm.sol";
import { MarginRules } from "./libraries/MarginRules.sol";
import { OptionLeg, OptionLegs, Tenor } from "./libraries/OptionLegs.sol";
import { INNER_NODES, PRICE_NODES } from "./libraries/ScenarioGrid.sol";
import { Liquidator } from "./Liquidator.sol";
import { Account } from "./types/Account.sol";
import { CASH, Instrument, Kind, toInstrument } from "./types/Instrument.sol";
import { MAX_LEGS } from "./types/Limits.sol";
import { Position, toPosition } from "./types/Position.sol";
import { RiskWords, ShockWord } from "./types/RiskWords.sol";

/// @title See `ILens`, which is the specification.
/// @dev Asks the clearinghouse for its modules at every call, so that it outlives their exchange. Only the bookkeeping of the
/// clearinghouse is here again, in memory; every amount of risk is the engine's.
contract Lens is ILens {
    using Compensation for Move;
    using Greeks for Sensitivities;
    using MarginRules for Risk;
    using OptionLegs for OptionLeg;
    using OptionLegs for Tenor;
    using SafeCast for int256;
    using SafeCast for uint256;

    /// @dev Market data as the Greeks need it, of one underlying.
    struct Market {
        uint256 spot;
        int256 logSpot;
        Surface surface;
        ShockWord shocks;
    }

    uint256 public constant MAX_ACCOUNTS = 1000;
    /// @dev Enough to close one full portfolio and to open another.
    uint256 public constant MAX_CHANGES = 2 * MAX_LEGS;
    uint256 private constant WAD = 1e18;
    /// @dev What errors call a hypothetical portfolio.
    Account private constant NOBODY = Account.wrap(0);
    /// @dev What one evaluation sees of a liquidation before anything moves, in this order.
    uint256 private constant ACCOUNT = 0;
    uint256 private constant TAKER = 1;
    uint256 private constant LEGS = 2;
    uint256 private constant LIQUIDATION_PORTFOLIOS = 3;

    IClearinghouse public immutable clearinghouse;
    IMarginScenarios public immutable marginScenarios;

    constructor(IClearinghouse clearinghouse_, IMarginScenarios marginScenarios_) {
        clearinghouse = clearinghouse_;
        marginScenarios = marginScenarios_;
    }

    /// @inheritdoc ILens
    function risks(Account[] calldata ids) external view returns (Risk[] memory) {
        return engine().evaluate(portfolios(ids));
    }

    /// @inheritdoc ILens
    function risksOf(Portfolio[] calldata supposed) external view returns (Risk[] memory) {
        require(supposed.length <= MAX_ACCOUNTS, TooManyAccounts(supposed.length, MAX_ACCOUNTS));
        return engine().evaluate(supposed);
    }

    /// @inheritdoc ILens
    function accounts(Account[] calldata ids) external view returns (AccountView[] memory views) {
        Portfolio[] memory held = portfolios(ids);
        Risk[] memory evaluated = engine().evaluate(held);
        ILiquidator liquidator_ = liquidator();
        views = new AccountView[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            views[i] = AccountView({
                account: ids[i],
                cash: clearinghouse.cash(ids[i]),
                portfolio: held[i],
                risk: evaluated[i],
                auction: liquidator_.auctionState(ids[i]),
                marginCalledAt: liquidator_.marginCalledAt(ids[i])
            });
        }
    }

    /// @inheritdoc ILens
    function preview(Account account, Change[] calldata changes) external view returns (Preview memory) {
        return changed(account, clearinghouse.portfolio(account), changes);
    }

    /// @inheritdoc ILens
    function previewOf(Portfolio calldata supposed, Change[] calldata changes) external view returns (Preview memory) {
        return changed(NOBODY, supposed, changes);
    }

    /// @inheritdoc ILens
    function previewLiquidation(
        Account account,
        Account taker,
        Position[] calldata legs
    ) external view returns (LiquidationPreview memory result) {
        require(taker.owner() != account.owner(), ILiquidator.SelfLiquidation(account, taker));
        result.account.portfolio = clearinghouse.portfolio(account);
        result.taker.portfolio = clearinghouse.portfolio(taker);
        moveLegs(result, account, taker, legs);
        result.rate = liquidator().compensationRate(account, result.account.before);
        settle(result);
    }

    /// @inheritdoc ILens
    function previewLiquidationOf(
        Portfolio calldata supposed,
        Portfolio calldata taker,
        Position[] calldata legs,
        int256 rate
    ) external view returns (LiquidationPreview memory result) {
        result.account.portfolio = supposed;
        result.taker.portfolio = taker;
        moveLegs(result, NOBODY, NOBODY, legs);
        result.rate = rate;
        settle(result);
    }

    /// @inheritdoc ILens
    function scenarios(Account account, uint16 underlying) external view returns (ScenarioView memory) {
        return worstOf(marginScenarios.scenarios(clearinghouse.portfolio(account), underlying));
    }

    /// @inheritdoc ILens
    function scenariosOf(Portfolio calldata supposed, uint16 underlying) external view returns (ScenarioView memory) {
        return worstOf(marginScenarios.scenarios(supposed, underlying));
    }

    /// @inheritdoc ILens
    function greeks(Account account, uint16 underlying) external view returns (GreeksView memory) {
        return greeksIn(clearinghouse.portfolio(account).positions, underlying);
    }

    /// @inheritdoc ILens
    function greeksOf(Portfolio calldata supposed, uint16 underlying) external view returns (GreeksView memory) {
        return greeksIn(supposed.positions, underlying);
    }

    function portfolios(Account[] calldata ids) private view returns (Portfolio[] memory held) {
        require(ids.length <= MAX_ACCOUNTS, TooManyAccounts(ids.length, MAX_ACCOUNTS));
        held = new Portfolio[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) held[i] = clearinghouse.portfolio(ids[i]);
    }

    function changed(
        Account account,
        Portfolio memory held,
        Change[] calldata changes
    ) private view returns (Preview memory result) {
        require(changes.length <= MAX_CHANGES, TooManyChanges(changes.length, MAX_CHANGES));
        result.portfolio = copyOf(held);
        for (uint256 i = 0; i < changes.length; ++i) make(result.portfolio, account, changes[i]);
        (result.before, result.afterwards) = evaluateBoth(held, result.portfolio);
    }

    function make(Portfolio memory portfolio, Account account, Change calldata change) private view {
        require(change.size != 0, IClearinghouse.ZeroSize());
        Instrument instrument = change.instrument;
        if (instrument == CASH && change.price == 0) {
            portfolio.cash += change.size;
            return;
        }
        int256 held = addUnits(portfolio, account, instrument, change.size);
        if (change.price == 0) return;
        // One number for both sides, as in a fill: what is rounded off is the buyer's.
        int256 value = ((change.price * SignedMath.abs(change.size)) / WAD).toInt256();
        portfolio.cash -= change.size > 0 ? value : -value;
        bool isOpening = !Ledger.isReduction(held, change.size);
        if (isOpening) IMarkets(clearinghouse.markets()).requireTradable(instrument);
    }

    /// @dev Moves the legs, and evaluates them and both sides as they were. Unlike in the clearinghouse the entry value of a perpetual stays
    /// behind: the taker pays for the legs with it, so it comes back as cash, and to margin both are cash.
    /// @param result Its portfolios are those from before.
    function moveLegs(
        LiquidationPreview memory result,
        Account account,
        Account taker,
        Position[] calldata legs
    ) private view {
        require(legs.length != 0, IClearinghouse.ZeroSize());
        require(legs.length <= MAX_LEGS, IMarginModel.TooManyLegs(legs.length));
        Portfolio[] memory seen = new Portfolio[](LIQUIDATION_PORTFOLIOS);
        (seen[ACCOUNT], seen[TAKER]) = (result.account.portfolio, result.taker.portfolio);
        seen[LEGS].positions = legs;
        Portfolio memory remaining = copyOf(seen[ACCOUNT]);
        Portfolio memory taken = copyOf(seen[TAKER]);
        for (uint256 i = 0; i < legs.length; ++i) {
            Instrument instrument = legs[i].instrument();
            int256 size = legs[i].size();
            require(size != 0, IClearinghouse.ZeroSize());
            (, int256 held) = find(remaining.positions, instrument);
            require(
                Ledger.isReduction(held, -size),
                IClearinghouse.InsufficientPosition(account, instrument, held, size)
            );
            addUnits(remaining, account, instrument, -size);
            addUnits(taken, taker, instrument, size);
        }
        Risk[] memory evaluated = engine().evaluate(seen);
        (result.account.before, result.taker.before) = (evaluated[ACCOUNT], evaluated[TAKER]);
        (result.account.portfolio, result.taker.portfolio) = (remaining, taken);
        result.legs = evaluated[LEGS];
    }

    /// @dev Makes both sides pay, as the clearinghouse does.
    function settle(LiquidationPreview memory result) private view {
        Portfolio memory account = result.account.portfolio;
        Portfolio memory taker = result.taker.portfolio;
        (int256 accountCash, int256 takerCash) = (account.cash, taker.cash);
        Move memory moved = Move(new Portfolio[](Compensation.PORTFOLIOS), new Risk[](Compensation.PORTFOLIOS));
        (moved.portfolios[Compensation.REMAINING], moved.portfolios[Compensation.TAKER]) = (account, taker);
        (moved.risks[Compensation.REMAINING], moved.risks[Compensation.TAKER]) = evaluateBoth(account, taker);
        moved.risks[Compensation.BEFORE] = result.account.before;
        moved.risks[Compensation.LEGS] = result.legs;
        int256 payment = moved.pay(engine(), result.rate);
        if (payment > 0) result.fee = (uint256(payment) * Liquidator(address(liquidator())).FEE_SHARE()) / WAD;
        int256 fee = result.fee.toInt256();
        account.cash = accountCash + result.legs.equity - payment;
        taker.cash = takerCash - result.legs.equity + payment - fee;
        result.payment = payment;
        result.account.afterwards = moved.risks[Compensation.REMAINING];
        result.taker.afterwards = moved.risks[Compensation.TAKER].withEquity(-fee);
    }

    function evaluateBoth(
        Portfolio memory first,
        Portfolio memory second
    ) private view returns (Risk memory, Risk memory) {
        Portfolio[] memory both = new Portfolio[](2);
        (both[0], both[1]) = (first, second);
        Risk[] memory evaluated = engine().evaluate(both);
        return (evaluated[0], evaluated[1]);
    }

    /// @dev What `Ledger` does to a stored position: it changes in place, joins at the end, or its place is taken by the last.
    /// @return held Units before.
    function addUnits(
        Portfolio memory portfolio,
        Account account,
        Instrument instrument,
        int256 delta
    ) private pure returns (int256 held) {
        requireWellFormed(instrument);
        Position[] memory legs = portfolio.positions;
        uint256 index;
        (index, held) = find(legs, instrument);
        int256 size = held + delta;
        require(
            size >= 0 || instrument.kind() != Kind.Spot,
            IClearinghouse.InsufficientPosition(account, instrument, held, delta)
        );
        if (size == 0) {
            legs[index] = legs[legs.length - 1];
            portfolio.positions = resized(legs, legs.length - 1);
            return held;
        }
        if (index == legs.length) {
            require(index < MAX_LEGS, IClearinghouse.TooManyPositions(account, MAX_LEGS));
            legs = resized(legs, index + 1);
            portfolio.positions = legs;
        }
        legs[index] = toPosition(instrument, size.toInt128());
    }

    /// @return index The number of legs where there is no such leg.
    function find(Position[] memory legs, Instrument instrument) private pure returns (uint256 index, int256 size) {
        for (; index < legs.length; ++index) {
            if (legs[index].instrument() == instrument) return (index, legs[index].size());
        }
    }

    function copyOf(Portfolio memory portfolio) private pure returns (Portfolio memory) {
        return Portfolio(portfolio.cash, resized(portfolio.positions, portfolio.positions.length));
    }

    /// @return copy With the first `length` legs, and room for more if there are fewer.
    function resized(Position[] memory legs, uint256 length) private pure returns (Position[] memory copy) {
        copy = new Position[](length);
        uint256 count = FixedPointMathLib.min(length, legs.length);
        for (uint256 i = 0; i < count; ++i) copy[i] = legs[i];
    }

    /// @dev The maintenance tier looks at the inner nodes of the grid, of the widened one where there is one (strike nodes are fewer
    /// than a grid has nodes), and at strikes between them.
    function worstOf(Scenarios memory vector) private pure returns (ScenarioView memory result) {
        result.vector = vector;
        uint256 count = vector.moves.length;
        if (count == 0) return result;
        uint256 grids = count >= 2 * PRICE_NODES ? 2 : 1;
        // From the lowest to the highest, with as many outer nodes on each side as there are pairs of them.
        uint256 outerNodes = (PRICE_NODES - 1 - INNER_NODES) / 2;
        int256 innerRange = vector.moves[grids * PRICE_NODES - outerNodes - 1];
        for (uint256 node = 0; node < count; ++node) {
            bool isInner = SignedMath.abs(vector.moves[node]) <= SignedMath.abs(innerRange);
            for (uint256 column = 0; column < vector.columns; ++column) {
                int256 profit = vector.profits[node * vector.columns + column];
                if (profit < result.initial.profit) result.initial = Cell(node, column, profit);
                if (isInner && profit < result.maintenance.profit) result.maintenance = Cell(node, column, profit);
            }
        }
    }

    function greeksIn(Position[] memory positions, uint16 underlying) private view returns (GreeksView memory result) {
        require(positions.length <= MAX_LEGS, IMarginModel.TooManyLegs(positions.length));
        Market memory market;
        // The engine's own reading of the price, with its bounds.
        (market.spot, result.validity) = engine().mark(toInstrument(underlying, Kind.Perpetual, 0, 0));
        // As the engine: nothing is multiplied with the logarithm of a price of 0.
        if (market.spot != 0) market.logSpot = Logarithm.lnWad(market.spot);
        IMarketSources sources = IMarketSources(address(engine()));
        market.surface = sources.volatilityOracle().surface(underlying);
        RiskWords memory words;
        words.read(sources.markets().riskParametersCode(underlying));
        market.shocks = words.shocks;
        result.spot = market.spot;
        result.legs = new LegGreeks[](legsOn(positions, underlying));
        uint256 next = 0;
        for (uint256 i = 0; i < positions.length; ++i) {
            if (positions[i].instrument().underlying() != underlying) continue;
            Sensitivities memory each = greeksOfLeg(positions[i], market);
            result.legs[next++] = LegGreeks(positions[i], each);
            result.total.add(each);
        }
    }

    function greeksOfLeg(Position position, Market memory market) private view returns (Sensitivities memory each) {
        Instrument instrument = position.instrument();
        if (!instrument.isOption()) {
            each.delta = position.size();
            return each;
        }
        Tenor memory tenor;
        tenor.set(market.surface, market.shocks, instrument.expiry());
        OptionLeg memory leg;
        leg.set(position, tenor, market.logSpot);
        return Greeks.ofUnit(leg, tenor, market.spot).times(leg.size);
    }

    function legsOn(Position[] memory positions, uint16 underlying) private pure returns (uint256 count) {
        for (uint256 i = 0; i < positions.length; ++i) {
            Instrument instrument = positions[i].instrument();
            requireWellFormed(instrument);
            if (instrument.underlying() == underlying) ++count;
        }
    }

    function requireWellFormed(Instrument instrument) private pure {
        require(instrument.isWellFormed(), IMarginModel.UnknownInstrument(instrument));
    }

    function engine() private view returns (IMarginEngine) {
        return IMarginEngine(clearinghouse.marginEngine());
    }

    function liquidator() private view returns (ILiquidator) {
        return ILiquidator(clearinghouse.liquidator());
    }
}

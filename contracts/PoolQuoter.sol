// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { IClearinghouse } from "./interfaces/IClearinghouse.sol";
import { IClearinghouseBooks } from "./interfaces/IClearinghouseBooks.sol";
import { IMarginEngine, Portfolio, Risk } from "./interfaces/IMarginEngine.sol";
import { IMarketSources } from "./interfaces/IMarketSources.sol";
import {
    BucketTerms,
    Exposure,
    IPoolQuoter,
    PoolParameters,
    PoolTerms,
    Proposal,
    Valuation
} from "./interfaces/IPoolQuoter.sol";
import { Validity } from "./interfaces/IPriceOracle.sol";
import { Ledger } from "./libraries/Ledger.sol";
import { PoolBounds } from "./libraries/PoolBounds.sol";
import { PoolInventory } from "./libraries/PoolInventory.sol";
import { PoolMarket, PoolQuote, Unit } from "./libraries/PoolQuote.sol";
import { PoolValuation } from "./libraries/PoolValuation.sol";
import { SignedMulDiv } from "./libraries/SignedMulDiv.sol";
import { SignedWad } from "./libraries/SignedWad.sol";
import { Account } from "./types/Account.sol";
import { Instrument } from "./types/Instrument.sol";
import { Position, toPosition } from "./types/Position.sol";

/// @title See `IPoolQuoter`, which is the specification.
/// @dev Asks the clearinghouse for its engine at every call, so that it outlives its exchange.
contract PoolQuoter is IPoolQuoter, AccessManaged {
    using PoolBounds for PoolParameters;
    using PoolQuote for PoolMarket;
    using PoolQuote for PoolParameters;
    using PoolQuote for Unit;
    using PoolValuation for Valuation;
    using SafeCast for int256;
    using SafeCast for uint256;
    using SignedMath for int256;

    /// @notice Legs of a bucket: it is evaluated in every trade, and all buckets together when the pool is valued.
    uint256 public constant MAX_BUCKET_LEGS = 64;
    /// @notice The settlement price averages the rounds of the last half hour: from then on it is known in part, and a mark at the spot is
    /// wrong. As much again before it, for an option near its end lives on gamma.
    uint256 public constant LAST_TRADE_SECONDS = 1 hours;
    uint256 private constant WAD = 1e18;
    /// @dev Of its initial requirement a bucket is to have: what prices may take before somebody has to refresh it.
    uint256 private constant BUFFERED = 1.25e18;
    /// @dev How often maintenance goes into initial margin at most: stress weighs twice as much, ranges are up to three times as wide.
    uint256 private constant INITIAL_MULTIPLE = 3;

    IClearinghouse public immutable clearinghouse;

    mapping(uint16 underlying => PoolParameters) private parametersOf;

    constructor(address authority, IClearinghouse clearinghouse_) AccessManaged(authority) {
        clearinghouse = clearinghouse_;
    }

    /// @inheritdoc IPoolQuoter
    function setParameters(uint16 underlying, PoolParameters calldata parameters_) external restricted {
        PoolParameters memory checked = parameters_;
        checked.requireInBounds();
        // At the rate so far. Where no funding accrues, there is nothing to bring up to date.
        // solhint-disable-next-line no-empty-blocks
        try IClearinghouseBooks(address(clearinghouse)).accrueFunding(underlying) {} catch {}
        parametersOf[underlying] = checked;
        emit ParametersSet(underlying, checked);
    }

    /// @inheritdoc IPoolQuoter
    function parameters(uint16 underlying) external view returns (PoolParameters memory) {
        return parametersOf[underlying];
    }

    /// @inheritdoc IPoolQuoter
    function terms(Proposal calldata proposal) external view returns (PoolTerms memory result) {
        Instrument instrument = proposal.instrument;
        require(proposal.size != 0, ZeroSize());
        _requireTradable(instrument);
        PoolParameters memory set = _parametersOf(instrument.underlying());
        IMarginEngine engine = _engine();
        PoolMarket memory market = PoolQuote.marketOf(_sourcesOf(engine), instrument.underlying(), set);
        Position added = toPosition(instrument, -proposal.size);
        bool isFirst;
        (result.isReduction, isFirst) = _placeOf(added, proposal.bucket);
        bool isOpen = instrument.isOption() ? market.isOpenForOptions : market.isOpen;
        require(market.validity != Validity.Invalid && (isOpen || result.isReduction), FeedNotFresh());
        Unit memory unit = market.unitOf(instrument, proposal.size > 0);
        result.change = Exposure({
            delta: SignedWad.mulDown(-proposal.size, unit.delta).toInt128(),
            vega: SignedWad.mulDown(-proposal.size, unit.vega).toInt128()
        });
        _requireLimits(set, proposal.total, result.change);
        int256 share = PoolQuote.addedShare(proposal.held, result.change);
        int256 margin;
        (margin, result.commitment) = _marginUp(engine, added, share, isFirst);
        margin = SignedMulDiv.mulDivUp(margin, set.marginRate, WAD);
        result.quote = unit.priced(proposal.size, set.skewUp(market.spot, proposal.total, result.change), margin);
    }

    /// @inheritdoc IPoolQuoter
    function bucketTerms(Account bucket) external view returns (BucketTerms memory result) {
        Portfolio[] memory portfolios = new Portfolio[](1);
        portfolios[0] = clearinghouse.portfolio(bucket);
        if (portfolios[0].positions.length == 0) {
            result.isEmpty = true;
            return result;
        }
        uint16 underlying = PoolInventory.underlyingOf(bucket);
        IMarginEngine engine = _engine();
        PoolMarket memory market = PoolQuote.marketOf(_sourcesOf(engine), underlying, _parametersOf(underlying));
        require(market.validity != Validity.Invalid, FeedNotFresh());
        Risk memory risk = engine.evaluate(portfolios)[0];
        result.exposure = market.exposureOf(portfolios[0].positions);
        result.target = _bufferedUp(risk.initial);
        result.missing = result.target.toInt256() - risk.equity;
    }

    /// @inheritdoc IPoolQuoter
    function valuation(
        int256 cash,
        Account[] calldata buckets,
        Exposure[] calldata exposures
    ) external view returns (Valuation memory value) {
        value.start(cash);
        if (buckets.length == 0) return value;
        Portfolio[] memory portfolios = new Portfolio[](buckets.length);
        for (uint256 i = 0; i < buckets.length; ++i) portfolios[i] = clearinghouse.portfolio(buckets[i]);
        IMarginEngine engine = _engine();
        value.addAll(engine.evaluate(portfolios));
        for (uint256 i = 0; i < buckets.length; ++i) {
            if (!PoolValuation.isFirst(buckets, portfolios, i)) continue;
            uint16 underlying = PoolInventory.underlyingOf(buckets[i]);
            value.addMarket(
                PoolQuote.marketOf(_sourcesOf(engine), underlying, _parametersOf(underlying)),
                exposures[i]
            );
        }
    }

    /// @inheritdoc IPoolQuoter
    function premium(uint16 underlying, int256 delta) external view returns (int256) {
        return PoolQuote.premium(parametersOf[underlying], delta);
    }

    /// @dev The margin that a leg adds, USD WAD, rounded up, negative where it takes some off; and the cash that it commits. That of the leg alone,
    /// times how far it adds to the exposure of the bucket: to evaluate a bucket before and after would cost 12,000 gas more for each of its legs.
    /// @param isFirst Of the bucket.
    function _marginUp(
        IMarginEngine engine,
        Position added,
        int256 addedShare,
        bool isFirst
    ) private view returns (int256 margin, uint256 commitment) {
        Portfolio[] memory alone = new Portfolio[](1);
        alone[0].positions = new Position[](1);
        alone[0].positions[0] = added;
        Risk memory risk = engine.evaluate(alone)[0];
        uint256 required = risk.initial;
        // The floor is for accounts, and a bucket has it once.
        bool isFloored = risk.maintenance > risk.maintenanceBeforeFloor && risk.initial == risk.maintenance;
        if (isFloored) required = Math.min(required, risk.maintenanceBeforeFloor * INITIAL_MULTIPLE);
        margin = SignedMulDiv.mulDivUp(addedShare, required, WAD);
        if (isFirst) required = risk.initial;
        if (addedShare > 0) commitment = _bufferedUp(Math.mulDiv(required, addedShare.toUint256(), WAD));
    }

    /// @param added What the bucket is to hold more.
    /// @return isReduction Whether it takes off a leg that is there.
    /// @return isFirst Whether there is none at all.
    function _placeOf(Position added, Account bucket) private view returns (bool isReduction, bool isFirst) {
        int256 held = clearinghouse.position(bucket, added.instrument());
        if (held != 0) return (Ledger.isReduction(held, added.size()), false);
        uint256 legs = clearinghouse.positions(bucket).length;
        require(legs < MAX_BUCKET_LEGS, TooManyLegs(MAX_BUCKET_LEGS));
        return (false, legs == 0);
    }

    function _parametersOf(uint16 underlying) private view returns (PoolParameters storage set) {
        set = parametersOf[underlying];
        require(set.deltaLimit != 0, NotQuoted(underlying));
    }

    function _engine() private view returns (IMarginEngine) {
        return IMarginEngine(clearinghouse.marginEngine());
    }

    function _sourcesOf(IMarginEngine engine) private pure returns (IMarketSources) {
        return IMarketSources(address(engine));
    }

    function _requireTradable(Instrument instrument) private view {
        if (instrument.isPerpetual()) return;
        require(instrument.isOption(), UnsupportedKind(instrument));
        uint256 earliest = block.timestamp + LAST_TRADE_SECONDS;
        require(instrument.expiry() > earliest, TooCloseToExpiry(instrument.expiry(), earliest));
    }

    function _requireLimits(PoolParameters memory set, Exposure memory before, Exposure memory change) private pure {
        Exposure memory afterwards = PoolInventory.sum(before, change);
        require(
            _isWithin(before.delta, afterwards.delta, set.deltaLimit),
            DeltaLimitExceeded(afterwards.delta, set.deltaLimit)
        );
        require(
            _isWithin(before.vega, afterwards.vega, set.vegaLimit),
            VegaLimitExceeded(afterwards.vega, set.vegaLimit)
        );
    }

    function _isWithin(int256 before, int256 afterwards, uint256 limit) private pure returns (bool) {
        return afterwards.abs() <= limit || afterwards.abs() <= before.abs();
    }

    function _bufferedUp(uint256 initial) private pure returns (uint256) {
        return Math.mulDiv(initial, BUFFERED, WAD, Math.Rounding.Ceil);
    }
}

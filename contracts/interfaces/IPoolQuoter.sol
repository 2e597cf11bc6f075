// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../types/Account.sol";
import { Instrument } from "../types/Instrument.sol";

/// @notice How the pool quotes one underlying. WAD; hard bounds are in `PoolBounds`.
/// @param deviation Move of the price, as a share of it, that brings about a round of its feed: what the feed may be off by.
/// @param deviationPerHour Added to it for each hour of the price's age.
/// @param volatilitySpread Share of the mark volatility that it may be off by. @param volatilitySpreadPerHour Added to it for each hour of
/// the surface's age. @param standInSpread In place of both while no fresh surface marks options; 0 refuses to open options then.
/// @param deltaSkew Share of the price by which quotes are shifted when net delta stands at its limit.
/// @param vegaSkew Volatility (0.01 is a point) by which they are when net vega does.
/// @param marginRate Price of the initial margin that a trade adds, per USD, paid once.
/// @param deltaLimit Most net delta, units. @param vegaLimit Most net vega, USD per 1.00 of volatility. Both either way.
struct PoolParameters {
    uint64 deviation;
    uint64 deviationPerHour;
    uint64 volatilitySpread;
    uint64 volatilitySpreadPerHour;
    uint64 standInSpread;
    uint64 deltaSkew;
    uint64 vegaSkew;
    uint64 marginRate;
    uint128 deltaLimit;
    uint128 vegaLimit;
}

/// @notice A quote with its parts, USD WAD a unit. Whoever buys pays mark + spread + max(skew + margin, 0), whoever sells gets mark − spread −
/// max(skew + margin, 0), at least 0; rounded against the trader.
/// @param spread From the mark to its worst value for the pool within what price and volatility may be off by.
/// @param skew For the inventory that the trade adds; negative where it takes some off. @param margin For the initial margin, likewise.
struct Quote {
    uint256 price;
    uint256 mark;
    uint256 spread;
    int256 skew;
    int256 margin;
}

/// @notice Net delta, units, and net vega, USD per 1.00 of volatility. WAD.
struct Exposure {
    int128 delta;
    int128 vega;
}

/// @notice What a trade would do. @param bucket Of the pool. @param total Its exposure on the underlying, and @param held that of the bucket alone.
/// @param size Of the trader, signed.
struct Proposal {
    Account bucket;
    Instrument instrument;
    int128 size;
    Exposure total;
    Exposure held;
}

/// @param change Of the pool's exposure. @param commitment Cash that the bucket is to get for the margin that the trade adds, USD WAD.
/// @param isReduction Whether it takes the bucket's position towards zero and not beyond.
struct PoolTerms {
    Quote quote;
    Exposure change;
    uint256 commitment;
    bool isReduction;
}

/// @notice How a bucket stands. @param target Equity that it is to have, USD WAD: its initial requirement and a buffer. @param missing Of it;
/// negative where more is there.
struct BucketTerms {
    bool isEmpty;
    Exposure exposure;
    uint256 target;
    int256 missing;
}

/// @notice What the pool is worth, USD WAD. @param equity At mark. @param owned Without buckets that owe more than they own.
/// @param cost What closing everything may cost, with what price and volatility may be off by. @param isFresh Whether every feed
/// is. @param roundAt Unix seconds of the oldest among the newest rounds that the value depends on; at the end of time where it depends on none.
struct Valuation {
    int256 equity;
    int256 owned;
    uint256 cost;
    bool isFresh;
    uint256 roundAt;
}

/// @title What the liquidity pool asks for a trade, and what its buckets are worth. Holds its parameters and nothing else.
/// @notice Reads market data where the margin engine of the clearinghouse does, and reverts `Locked` of the clearinghouse where that is.
interface IPoolQuoter {
    event ParametersSet(uint16 indexed underlying, PoolParameters parameters);

    /// @notice A parameter outside its hard bound.
    error OutOfBounds(bytes32 parameter, uint256 value, uint256 min, uint256 max);
    /// @notice No parameters are set.
    error NotQuoted(uint16 underlying);
    /// @notice Neither a perpetual nor an option.
    error UnsupportedKind(Instrument instrument);
    /// @notice The pool trades only options that expire after `earliest`, Unix seconds, an hour from now; not even to close them.
    error TooCloseToExpiry(uint40 expiry, uint256 earliest);
    /// @notice A quote for 0 units.
    error ZeroSize();
    /// @notice The price is older than its heartbeat, or invalid, or no surface is fresh and the stand-in is not quoted.
    error FeedNotFresh();
    /// @notice The trade would bring the pool's net delta to `delta`, beyond the limit and farther out than it is, both units WAD.
    error DeltaLimitExceeded(int256 delta, uint256 limit);
    /// @notice The trade would bring the pool's net vega beyond the limit and farther out than it is, both USD WAD per 1.00 of volatility.
    error VegaLimitExceeded(int256 vega, uint256 limit);
    /// @notice The bucket holds `limit` instruments already: only those still trade in it.
    error TooManyLegs(uint256 limit);

    /// @notice Sets how an underlying is quoted. Restricted, with the delay for risk parameters; hard bounds hold whoever calls.
    function setParameters(uint16 underlying, PoolParameters calldata parameters_) external;

    function parameters(uint16 underlying) external view returns (PoolParameters memory);

    /// @notice The quote for a trade, and what it does to the pool. Reverts where the pool refuses it.
    function terms(Proposal calldata proposal) external view returns (PoolTerms memory);

    /// @notice How a bucket stands now. Reverts `FeedNotFresh` on an invalid price.
    function bucketTerms(Account bucket) external view returns (BucketTerms memory);

    /// @notice What a pool with these buckets is worth. @param cash Of its treasury, USD WAD. @param exposures Net on the
    /// underlying of each bucket.
    function valuation(
        int256 cash,
        Account[] calldata buckets,
        Exposure[] calldata exposures
    ) external view returns (Valuation memory);

    /// @notice What the mid of the quotes is above the price at a net delta, as a share of it, WAD; 0 where nothing is quoted. From storage alone.
    function premium(uint16 underlying, int256 delta) external view returns (int256);
}

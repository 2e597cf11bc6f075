// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../types/Account.sol";
import { Instrument } from "../types/Instrument.sol";
import { IERC7540Deposit } from "./IERC7540.sol";
import { IFundingSource } from "./IFundingSource.sol";
import { Exposure, IPoolQuoter, Quote } from "./IPoolQuoter.sol";
import { IRequestVault } from "./IRequestVault.sol";

/// @notice A trade with the pool. @param account Has approved the pool as operator that may trade; the caller may trade it too.
/// @param size Units, WAD; positive buys from the pool, negative sells to it. @param limitPrice USD WAD a unit: at most when
/// buying, at least when selling. @param deadline Unix seconds, inclusive. @param reduceOnly Only towards zero, and the account is margined as
/// reducing.
struct PoolOrder {
    Account account;
    Instrument instrument;
    int128 size;
    uint256 limitPrice;
    uint40 deadline;
    bool reduceOnly;
}

/// @title ERC-4626 market maker: quotes any listed option and perpetual, on the margin of its depositors.
/// @notice Its money lies in clearinghouse accounts of its own: account 0 is its treasury; each underlying and expiry has a bucket, perpetuals
/// have the one with expiry 0. It is an operator that traders approve, without privilege. Whatever reads or moves money reverts `Locked` while the
/// clearinghouse is.
///
/// **No trade makes its trader richer at any price and volatility within the spread.** A quote starts from the worst value that the
/// instrument has for the pool where the price is off by `deviation` and the volatility by `volatilitySpread`, either way and both widened with
/// their age; what skew and margin add is never negative. So who knows the next round gains, by a trade of q units, at most
/// q·S·max(0, |next / S − 1| − deviation), and by the next surface what it moves beyond `volatilitySpread`, times vega. Whoever closes against
/// the pool pays the spread again.
///
/// **Refused**: the last hour of an option, in which its settlement price is becoming known; opening on a price that is not fresh; all on an
/// invalid one; trades that would take |net delta| or |net vega| beyond its limit and do not bring it nearer to zero.
///
/// **Entry and exit** are requests (ERC-7540), executed in order, by anyone, once every underlying on which the pool holds positions has a
/// round that is newer than the request, at the worse of two share values for the mover: at the request and at the execution. Who enters pays
/// for net asset value at mark *plus* what closing everything could cost, who leaves gets it *less* that. What leaves is bounded by
/// the treasury's cash less a reserve; the rest of a request waits. A request may be cancelled while it waits: that wins nothing, as no
/// execution is at a better price than the present one.
interface ILiquidityPool is IRequestVault, IERC7540Deposit, IFundingSource {
    /// @param size Of the trader, signed. @param exposure Net, of the pool on the underlying, afterwards.
    event Traded(Account indexed account, Instrument indexed instrument, int128 size, Quote quote, Exposure exposure);
    /// @param moved Cash from the treasury into the bucket, USD WAD; negative: back.
    event BucketRefreshed(Account indexed bucket, Exposure exposure, uint256 committed, int256 moved);
    event BucketCollected(Account indexed bucket, int256 cash);
    event DepositExecuted(address indexed controller, uint256 assets, uint256 shares);
    event RedeemExecuted(address indexed controller, uint256 assets, uint256 shares);
    /// @notice What had been pledged went to `receiver`.
    event DepositRequestCancelled(address indexed controller, address indexed receiver, uint256 assets);
    event RedeemRequestCancelled(address indexed controller, address indexed receiver, uint256 shares);

    /// @notice The order came after its `deadline`, Unix seconds; send it again with a later one.
    error Expired(uint40 deadline);
    /// @notice The caller is neither the owner of the account nor an operator who may trade it.
    error NotAuthorised(Account account, address caller);
    /// @notice The quote is above the limit when buying, or below it when selling, both USD WAD a unit: quote again.
    error PriceBeyondLimit(uint256 price, uint256 limitPrice);
    /// @notice The pool has all `limit` buckets in use, and this expiry has none: `refresh` those that are empty first.
    error TooManyBuckets(uint256 limit);
    /// @notice The pool has no positions and no bucket for this underlying and expiry: a trade begins one.
    error UnknownBucket(Account bucket);
    /// @notice Too little of the treasury would be left free of what is committed, USD WAD.
    error InsufficientFreeCash(uint256 left, uint256 needed);

    /// @notice A deposit or redemption of 0 was requested.
    error ZeroAmount();
    /// @notice After the cost of closing all, nothing is left for who leaves: a request at that price could never be paid, and those after it wait.
    error NothingLeft();
    /// @notice The pool owes more than it owns.
    error Insolvent(int256 equity);

    /// @notice Trades with the pool at its quote. Both sides keep the margin rules of `IClearinghouse.batch`: a bucket that the market has
    /// moved against reverts `BelowInitialMargin` until it is refreshed.
    function trade(PoolOrder calldata order) external returns (Quote memory);

    /// @notice What `trade` would do now. @param size As in `PoolOrder`.
    function quote(Instrument instrument, int128 size) external view returns (Quote memory);

    /// @notice Reckons the Greeks of a bucket anew and moves cash between it and the treasury, so that its equity is its initial requirement and a
    /// buffer. A bucket without positions, settled or taken over, returns what it has and is forgotten. Anyone.
    /// @param expiry Unix seconds; 0 for perpetuals.
    function refresh(uint16 underlying, uint40 expiry) external;

    /// @notice Executes the requests that are ready, in order, at most so many of each kind. Anyone. @return deposits Executed. @return redemptions
    /// Executed, the last of them perhaps in part.
    function execute(uint256 most) external returns (uint256 deposits, uint256 redemptions);

    /// @notice Returns what waits of a request. Controller or operator.
    function cancelDeposit(address receiver, address controller) external returns (uint256 assets);

    /// @notice Net exposure on an underlying, as stored: each bucket's as of its last refresh and the trades since.
    function exposure(uint16 underlying) external view returns (Exposure memory);
    /// @notice The account of a bucket, whether it is in use or not. @param expiry 0 for perpetuals.
    function bucket(uint16 underlying, uint40 expiry) external view returns (Account);
    function buckets() external view returns (Account[] memory);
    /// @notice USD WAD that all buckets are to have, buffers included, as of their last refresh and the trades since.
    function committed() external view returns (uint256);
    /// @notice Token units that redemptions could take now.
    function freeAssets() external view returns (uint256);
    /// @notice Says what the pool asks and what its buckets are worth.
    function quoter() external view returns (IPoolQuoter);
}

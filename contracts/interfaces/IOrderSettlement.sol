// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../types/Account.sol";
import { Instrument } from "../types/Instrument.sol";

/// @notice What one unit of an order buys or sells of one instrument.
/// @param ratio Units of the instrument in a unit of the order, a whole number: positive buys, negative sells.
struct Leg {
    Instrument instrument;
    int64 ratio;
}

/// @notice A limit order for one instrument or for several at one net price.
/// @param legs At most `MAX_ORDER_LEGS`, in strictly ascending order of their instruments.
/// @param size Units of the order, WAD. @param limitPrice USD WAD a unit of the order, fees apart: positive pays at most that,
/// negative receives at least that.
/// @param maxFee The most that the account lets itself be charged, USD WAD a unit of the order.
/// @param expiry Unix seconds, inclusive. @param salt Distinguishes orders; all below the signer's `minSalt` are cancelled.
/// @param reduceOnly Every leg fills only towards zero, and the account is margined as reducing.
struct Order {
    Account account;
    Leg[] legs;
    uint128 size;
    int128 limitPrice;
    uint128 maxFee;
    uint40 expiry;
    uint256 salt;
    bool reduceOnly;
}

/// @param signature By the owner, or an address with MAY_TRADE on the account; a contract's by ERC-1271. Empty if `signer` is the caller.
struct SignedOrder {
    Order order;
    address signer;
    bytes signature;
}

/// @notice How two crossing orders are filled.
/// @param size Units of the maker's order, WAD.
/// @param legPrices USD WAD a unit of each leg's instrument. Weighted with the maker's ratios they are the maker's limit price, to the wei.
struct Execution {
    uint128 size;
    uint128[] legPrices;
}

/// @notice Shares of the index value of what is traded, WAD, and the most of an option's premium that is taken.
/// @param linear Of spot, perpetuals and futures. @param option Of options.
struct FeeRates {
    uint256 makerLinear;
    uint256 takerLinear;
    uint256 makerOption;
    uint256 takerOption;
    uint256 premiumShare;
}

/// @title EIP-712 orders become fills. An operator that owners approve; it holds nothing and has no privilege.
/// @notice Two orders match where their legs are the same up to a positive factor, with opposite signs. They fill at the maker's
/// price. Both pay a fee to the protocol's reserve, at rates that never change: those of another contract need another approval.
interface IOrderSettlement {
    /// @param size Units of the order, WAD. @param paid For all its legs, fees apart, USD WAD; negative: received.
    event OrderFilled(bytes32 indexed orderHash, Account indexed account, uint128 size, int256 paid);
    event OrderCancelled(bytes32 indexed orderHash, address indexed signer);
    event OrdersCancelledBelow(address indexed signer, uint256 minSalt);

    /// @notice The order was good until `expiry`, Unix seconds, inclusive: the signer signs another.
    error OrderExpired(bytes32 orderHash, uint40 expiry);
    /// @notice The signer cancelled this order for good; the same with another salt is another order.
    error OrderIsCancelled(bytes32 orderHash);
    /// @notice The signer cancelled every order whose salt is below `minSalt`.
    error SaltBelowMinimum(bytes32 orderHash, uint256 salt, uint256 minSalt);
    /// @notice `signer` did not sign this order for this contract and chain. Without a signature the signer calls himself.
    error InvalidSignature(bytes32 orderHash, address signer);
    /// @notice The signer is neither the owner nor allowed to trade the account.
    error SignerNotAuthorised(Account account, address signer);
    /// @notice The order would be filled by `filled` in all, more than its size, both units of the order, WAD: fill less.
    error OverFilled(bytes32 orderHash, uint256 filled, uint256 size);
    /// @notice The fee of this fill is more than the order allows for so many units, USD WAD.
    error FeeTooHigh(bytes32 orderHash, uint256 fee, uint256 limit);
    /// @notice An order has at least one leg and at most `limit`.
    error LegCountOutOfRange(uint256 legs, uint256 limit);
    /// @notice The orders have so many legs each, and match only leg by leg.
    error LegCountsDiffer(uint256 maker, uint256 taker);
    /// @notice The instrument of leg `leg` is not after the one before it: legs are sorted by instrument, each at most once.
    error LegsNotAscending(uint256 leg, Instrument previous, Instrument instrument);
    /// @notice In one of the two orders leg `leg` (from 0) neither buys nor sells.
    error ZeroRatio(uint256 leg);
    /// @notice At one place the orders are for different instruments: they match only leg by leg.
    error InstrumentsDiffer(Instrument maker, Instrument taker);
    /// @notice The legs are not the same up to one factor.
    error RatiosDiffer(uint256 leg, int64 maker, int64 taker);
    /// @notice Both orders buy the first leg, or both sell it: a maker and a taker are on opposite sides.
    error SameSide();
    /// @notice `size` units of the maker's order are not a whole number of 1e-18 units of the taker's.
    error SizeNotDivisible(uint256 size, uint256 makerRatio, uint256 takerRatio);
    /// @notice The maker's price, in units of his order, is outside the taker's limit, in units of his.
    error PricesDoNotCross(int128 makerPrice, int128 takerPrice);
    /// @notice The execution gives `prices` prices for `legs` legs; it takes one for each.
    error LegPriceCountDiffers(uint256 prices, uint256 legs);
    /// @notice The prices of the legs come to another net price than the maker's.
    error LegPricesDoNotAddUp(int256 sum, int256 makerPrice);
    /// @notice In an order of several legs a perpetual enters near its index: further away, whoever brings the orders together
    /// could move cash between the two accounts.
    error LegPriceOffIndex(Instrument perpetual, uint256 price, uint256 index);
    /// @notice There is no valid index to hold the price of a perpetual against.
    error IndexInvalid(uint16 underlying);
    /// @notice A reduce-only order would open, add to or turn a position; `held` and signed `size` of the fill in units, WAD.
    error NotReducing(Account account, Instrument instrument, int256 held, int256 size);
    /// @notice The execution fills 0 units.
    error ZeroSize();
    /// @notice Lowering it would bring cancelled orders back.
    error MinSaltNotRaised(uint256 minSalt, uint256 current);
    /// @notice A fee above the hard bound, at deployment.
    error FeeRateTooHigh(uint256 rate, uint256 limit);

    /// @notice Fills two crossing orders at the maker's price. Anyone may bring them together, and names the prices of the legs.
    /// The value of a leg is rounded down to 1e-18 USD. Each side pays `feeUp`, except that a reduce-only order pays none where
    /// its reduction would fail for it.
    function fill(SignedOrder calldata maker, SignedOrder calldata taker, Execution calldata execution) external;

    /// @notice Cancels one of the caller's own orders, or all with a salt below `minSalt`.
    function cancel(Order calldata order) external;
    function cancelBelow(uint256 minSalt) external;

    /// @notice EIP-712 digest that is signed.
    function hashOrder(Order calldata order) external view returns (bytes32);
    /// @notice Units of the order filled so far, WAD; `type(uint256).max` once cancelled.
    function filled(address signer, bytes32 orderHash) external view returns (uint256);
    function minSalt(address signer) external view returns (uint256);
    function feeRates() external view returns (FeeRates memory);
    /// @notice What one side pays for one order's fill at present, USD WAD rounded up: of each leg the index value times the rate, of
    /// an option that is traded alone at most the named share of its premium; nothing where the index is invalid.
    function feeUp(Order calldata order, Execution calldata execution, bool isMaker) external view returns (uint256);
}

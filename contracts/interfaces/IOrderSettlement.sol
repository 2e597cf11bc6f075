// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../types/Account.sol";
import { Instrument } from "../types/Instrument.sol";

/// @notice A limit order on one instrument.
/// @param size Units, WAD; positive buys, negative sells. @param limitPrice USD WAD a unit: at most when buying, at least when selling.
/// @param expiry Unix seconds, inclusive. @param salt Distinguishes orders; all below `minSalt` of the account's signer are cancelled.
/// @param reduceOnly Fills only towards zero, and the account is margined as reducing.
struct Order {
    Account account;
    Instrument instrument;
    int128 size;
    uint256 limitPrice;
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

/// @title EIP-712 orders become fills. An operator that owners approve; it holds nothing and has no privilege.
interface IOrderSettlement {
    event OrderFilled(bytes32 indexed orderHash, Account indexed account, int128 size, uint256 price);
    event OrderCancelled(bytes32 indexed orderHash, address indexed signer);
    event OrdersCancelledBelow(address indexed signer, uint256 minSalt);

    error OrderExpired(bytes32 orderHash, uint40 expiry);
    error OrderIsCancelled(bytes32 orderHash);
    error SaltBelowMinimum(bytes32 orderHash, uint256 salt, uint256 minSalt);
    error InvalidSignature(bytes32 orderHash, address signer);
    /// @notice The signer is neither the owner nor allowed to trade the account.
    error SignerNotAuthorised(Account account, address signer);
    error OverFilled(bytes32 orderHash, uint256 filled, uint256 size);
    error InstrumentsDiffer(Instrument maker, Instrument taker);
    error SameSide();
    /// @notice The maker's price is outside the taker's limit.
    error PricesDoNotCross(uint256 makerPrice, uint256 takerPrice);
    error NotReducing(Account account, Instrument instrument, int256 held, int128 size);
    error ZeroSize();
    /// @notice Lowering it would bring cancelled orders back.
    error MinSaltNotRaised(uint256 minSalt, uint256 current);

    /// @notice Fills `size` units (WAD) of two crossing orders at the maker's price. Anyone may bring them together.
    function fill(SignedOrder calldata maker, SignedOrder calldata taker, uint128 size) external;

    /// @notice Cancels one of the caller's own orders, or all with a salt below `minSalt`.
    function cancel(Order calldata order) external;
    function cancelBelow(uint256 minSalt) external;

    /// @notice EIP-712 digest that is signed.
    function hashOrder(Order calldata order) external view returns (bytes32);
    /// @notice Units filled so far, WAD; `type(uint256).max` once cancelled.
    function filled(address signer, bytes32 orderHash) external view returns (uint256);
    function minSalt(address signer) external view returns (uint256);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { IOrderSettlement, Order, SignedOrder } from "./interfaces/IOrderSettlement.sol";
import { Batch, Fill, IClearinghouse, MAY_TRADE } from "./interfaces/IClearinghouse.sol";
import { Account } from "./types/Account.sol";

/// @title See `IOrderSettlement`, which is the specification.
contract OrderSettlement is IOrderSettlement, EIP712 {
    using SignedMath for int256;

    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(uint256 account,uint128 instrument,int128 size,uint256 limitPrice,uint40 expiry,uint256 salt,bool reduceOnly)"
    );

    /// @dev Stands in `filled` for an order that was cancelled: no size can be added to it.
    uint256 private constant CANCELLED = type(uint256).max;

    IClearinghouse public immutable clearinghouse;

    /// @inheritdoc IOrderSettlement
    mapping(address signer => mapping(bytes32 orderHash => uint256)) public filled;
    /// @inheritdoc IOrderSettlement
    mapping(address signer => uint256) public minSalt;

    constructor(IClearinghouse clearinghouse_) EIP712("Plimsoll", "1") {
        clearinghouse = clearinghouse_;
    }

    /// @inheritdoc IOrderSettlement
    function fill(SignedOrder calldata maker, SignedOrder calldata taker, uint128 size) external {
        require(size != 0, ZeroSize());
        requireCrossing(maker.order, taker.order);
        uint256 price = maker.order.limitPrice;
        consume(maker, size, price);
        consume(taker, size, price);

        bool makerBuys = maker.order.size > 0;
        Batch memory actions;
        actions.reducing = reducingAccounts(maker.order, taker.order);
        actions.fills = new Fill[](1);
        actions.fills[0] = Fill({
            buyer: makerBuys ? maker.order.account : taker.order.account,
            seller: makerBuys ? taker.order.account : maker.order.account,
            instrument: maker.order.instrument,
            size: size,
            price: price
        });
        clearinghouse.batch(actions);
    }

    /// @inheritdoc IOrderSettlement
    function cancel(Order calldata order) external {
        bytes32 orderHash = hashOrder(order);
        filled[msg.sender][orderHash] = CANCELLED;
        emit OrderCancelled(orderHash, msg.sender);
    }

    /// @inheritdoc IOrderSettlement
    function cancelBelow(uint256 minSalt_) external {
        uint256 current = minSalt[msg.sender];
        require(minSalt_ > current, MinSaltNotRaised(minSalt_, current));
        minSalt[msg.sender] = minSalt_;
        emit OrdersCancelledBelow(msg.sender, minSalt_);
    }

    /// @inheritdoc IOrderSettlement
    function hashOrder(Order calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ORDER_TYPEHASH, order)));
    }

    /// @dev Everything that makes one side valid, and its bookkeeping. Written before any position moves.
    function consume(SignedOrder calldata signed, uint128 size, uint256 price) private {
        Order calldata order = signed.order;
        bytes32 orderHash = hashOrder(order);
        require(block.timestamp <= order.expiry, OrderExpired(orderHash, order.expiry));
        uint256 lowest = minSalt[signed.signer];
        require(order.salt >= lowest, SaltBelowMinimum(orderHash, order.salt, lowest));
        requireSigned(signed, orderHash);

        uint256 before = filled[signed.signer][orderHash];
        require(before != CANCELLED, OrderIsCancelled(orderHash));
        uint256 total = before + size;
        uint256 limit = int256(order.size).abs();
        require(total <= limit, OverFilled(orderHash, total, limit));
        filled[signed.signer][orderHash] = total;

        // Both sides bound the size by their own and have opposite signs, so it fits.
        int128 signedSize = order.size > 0 ? int128(size) : -int128(size);
        if (order.reduceOnly) requireReducing(order, signedSize);
        emit OrderFilled(orderHash, order.account, signedSize, price);
    }

    function requireSigned(SignedOrder calldata signed, bytes32 orderHash) private view {
        bool isOwnCall = signed.signature.length == 0 && signed.signer == msg.sender;
        require(
            isOwnCall || SignatureChecker.isValidSignatureNowCalldata(signed.signer, orderHash, signed.signature),
            InvalidSignature(orderHash, signed.signer)
        );
        Account account = signed.order.account;
        require(
            clearinghouse.isAuthorised(account, signed.signer, MAY_TRADE),
            SignerNotAuthorised(account, signed.signer)
        );
    }

    /// @dev Towards zero and never beyond, so that a stop that comes late cannot open the opposite position.
    function requireReducing(Order calldata order, int128 signedSize) private view {
        int256 held = clearinghouse.position(order.account, order.instrument);
        bool isOpposite = (held > 0) != (signedSize > 0);
        require(
            isOpposite && held.abs() >= int256(signedSize).abs(),
            NotReducing(order.account, order.instrument, held, signedSize)
        );
    }

    function requireCrossing(Order calldata maker, Order calldata taker) private pure {
        require(maker.instrument == taker.instrument, InstrumentsDiffer(maker.instrument, taker.instrument));
        require((maker.size > 0) != (taker.size > 0), SameSide());
        (uint256 bid, uint256 ask) = maker.size > 0
            ? (maker.limitPrice, taker.limitPrice)
            : (taker.limitPrice, maker.limitPrice);
        require(bid >= ask, PricesDoNotCross(maker.limitPrice, taker.limitPrice));
    }

    function reducingAccounts(Order calldata maker, Order calldata taker) private pure returns (Account[] memory list) {
        list = new Account[]((maker.reduceOnly ? 1 : 0) + (taker.reduceOnly ? 1 : 0));
        if (maker.reduceOnly) list[0] = maker.account;
        if (taker.reduceOnly) list[list.length - 1] = taker.account;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Batch, Fill, IClearinghouse, MAY_TRADE, Transfer } from "./interfaces/IClearinghouse.sol";
import { Execution, FeeRates, IOrderSettlement, Leg, Order, SignedOrder } from "./interfaces/IOrderSettlement.sol";
import { IPriceOracle, Price, Validity } from "./interfaces/IPriceOracle.sol";
import { Ledger } from "./libraries/Ledger.sol";
import { OrderMatching } from "./libraries/OrderMatching.sol";
import { Account, RESERVE } from "./types/Account.sol";
import { CASH, Instrument } from "./types/Instrument.sol";

/// @title See `IOrderSettlement`, which is the specification.
contract OrderSettlement is IOrderSettlement, EIP712 {
    using FixedPointMathLib for uint256;
    using SafeCast for uint256;

    /// @dev What a fill is to one of its two orders. @param size Units of that order. @param paid For all legs, USD WAD.
    struct Part {
        Account account;
        uint128 size;
        int256 paid;
        uint256 fee;
    }

    bytes32 private constant LEG_TYPEHASH = keccak256("Leg(uint128 instrument,int64 ratio)");
    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(uint256 account,Leg[] legs,uint128 size,int128 limitPrice,uint128 maxFee,uint40 expiry,uint256 salt,bool reduceOnly)"
        "Leg(uint128 instrument,int64 ratio)"
    );

    /// @dev Stands in `filled` for an order that was cancelled: no size can be added to it.
    uint256 private constant CANCELLED = type(uint256).max;
    /// @notice Hard bound of a rate, WAD: twice what the dearest large venue takes of a taker.
    uint256 public constant MAX_RATE = 0.001e18;
    /// @notice Hard bound of the share of a premium, WAD: an eighth, as is usual.
    uint256 public constant MAX_PREMIUM_SHARE = 0.125e18;
    /// @notice How far from the index a perpetual may enter as one leg of several, WAD of the index. Ten times the deviation at which a feed is
    /// renewed, so that an honest price passes; and what a fill can move between an entry value and cash is no more than that.
    uint256 public constant MAX_INDEX_DEVIATION = 0.05e18;

    IClearinghouse public immutable clearinghouse;
    IPriceOracle public immutable priceOracle;

    uint256 private immutable makerLinear;
    uint256 private immutable takerLinear;
    uint256 private immutable makerOption;
    uint256 private immutable takerOption;
    uint256 private immutable premiumShare;

    /// @inheritdoc IOrderSettlement
    mapping(address signer => mapping(bytes32 orderHash => uint256)) public filled;
    /// @inheritdoc IOrderSettlement
    mapping(address signer => uint256) public minSalt;

    constructor(
        IClearinghouse clearinghouse_,
        IPriceOracle priceOracle_,
        FeeRates memory rates
    ) EIP712("Plimsoll", "1") {
        clearinghouse = clearinghouse_;
        priceOracle = priceOracle_;
        makerLinear = bounded(rates.makerLinear, MAX_RATE);
        takerLinear = bounded(rates.takerLinear, MAX_RATE);
        makerOption = bounded(rates.makerOption, MAX_RATE);
        takerOption = bounded(rates.takerOption, MAX_RATE);
        premiumShare = bounded(rates.premiumShare, MAX_PREMIUM_SHARE);
    }

    /// @inheritdoc IOrderSettlement
    function fill(SignedOrder calldata maker, SignedOrder calldata taker, Execution calldata execution) external {
        require(execution.size != 0, ZeroSize());
        Part memory makers;
        Part memory takers;
        (makers.account, takers.account) = (maker.order.account, taker.order.account);
        makers.size = execution.size;
        takers.size = OrderMatching.requireMatching(maker.order, taker.order, execution.size);
        Fill[] memory fills = OrderMatching.fillsOf(maker.order, takers.account, execution);
        makers.paid = OrderMatching.requireNetPrice(maker.order, fills);
        takers.paid = -makers.paid;
        (makers.fee, takers.fee) = feesUp(fills);
        consume(maker, makers);
        consume(taker, takers);
        if (maker.order.reduceOnly) requireReducing(maker.order, fills);
        if (taker.order.reduceOnly) requireReducing(taker.order, fills);

        Batch memory actions;
        actions.fills = fills;
        actions.reducing = reducingAccounts(maker.order, taker.order);
        actions.transfers = payments(makers, takers);
        if (actions.reducing.length == 0 || actions.transfers.length == 0) {
            clearinghouse.batch(actions);
            return;
        }
        try clearinghouse.batch(actions) {} catch {
            // The fee must not keep an account from reducing: whatever else was wrong is so without it, too.
            if (maker.order.reduceOnly) makers.fee = 0;
            if (taker.order.reduceOnly) takers.fee = 0;
            actions.transfers = payments(makers, takers);
            clearinghouse.batch(actions);
        }
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
    function feeRates() external view returns (FeeRates memory) {
        return FeeRates(makerLinear, takerLinear, makerOption, takerOption, premiumShare);
    }

    /// @inheritdoc IOrderSettlement
    function feeUp(Order calldata order, Execution calldata execution, bool isMaker) external view returns (uint256) {
        (uint256 makerFee, uint256 takerFee) = feesUp(OrderMatching.fillsOf(order, order.account, execution));
        return isMaker ? makerFee : takerFee;
    }

    /// @inheritdoc IOrderSettlement
    function hashOrder(Order calldata order) public view returns (bytes32) {
        uint256 count = order.legs.length;
        bytes32[] memory legs = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            Leg calldata leg = order.legs[i];
            legs[i] = keccak256(abi.encode(LEG_TYPEHASH, leg.instrument, leg.ratio));
        }
        bytes memory content = abi.encode(
            ORDER_TYPEHASH,
            order.account,
            keccak256(abi.encodePacked(legs)),
            order.size,
            order.limitPrice,
            order.maxFee,
            order.expiry,
            order.salt,
            order.reduceOnly
        );
        return _hashTypedDataV4(keccak256(content));
    }

    /// @dev Everything that makes one side valid, and its bookkeeping. Written before any position moves.
    function consume(SignedOrder calldata signed, Part memory part) private {
        Order calldata order = signed.order;
        bytes32 orderHash = hashOrder(order);
        require(block.timestamp <= order.expiry, OrderExpired(orderHash, order.expiry));
        uint256 lowest = minSalt[signed.signer];
        require(order.salt >= lowest, SaltBelowMinimum(orderHash, order.salt, lowest));
        requireSigned(signed, orderHash);

        uint256 before = filled[signed.signer][orderHash];
        require(before != CANCELLED, OrderIsCancelled(orderHash));
        uint256 total = before + part.size;
        require(total <= order.size, OverFilled(orderHash, total, order.size));
        filled[signed.signer][orderHash] = total;
        uint256 maxFee = uint256(order.maxFee).mulWad(part.size);
        require(part.fee <= maxFee, FeeTooHigh(orderHash, part.fee, maxFee));
        emit OrderFilled(orderHash, order.account, part.size, part.paid);
    }

    function requireSigned(SignedOrder calldata signed, bytes32 orderHash) private view {
        bool isOwnCall = signed.signature.length == 0 && signed.signer == msg.sender;
        require(
            isOwnCall || SignatureChecker.isValidSignatureNowCalldata(signed.signer, orderHash, signed.signature),
            InvalidSignature(orderHash, signed.signer)
        );
        Account account = signed.order.account;
        // An owner may do everything with an account, so only others are asked about.
        require(
            signed.signer == account.owner() || clearinghouse.isAuthorised(account, signed.signer, MAY_TRADE),
            SignerNotAuthorised(account, signed.signer)
        );
    }

    /// @dev Towards zero and never beyond, so that a stop that comes late cannot open the opposite position.
    function requireReducing(Order calldata order, Fill[] memory fills) private view {
        for (uint256 i = 0; i < fills.length; ++i) {
            Instrument instrument = fills[i].instrument;
            int256 size = uint256(fills[i].size).toInt256();
            if (order.legs[i].ratio < 0) size = -size;
            int256 held = clearinghouse.position(order.account, instrument);
            require(Ledger.isReduction(held, size), NotReducing(order.account, instrument, held, size));
        }
    }

    /// @dev Of both sides, USD WAD. Holds the legs against the index on the way, which it has read.
    function feesUp(Fill[] memory fills) private view returns (uint256 makerFee, uint256 takerFee) {
        bool isAlone = fills.length == 1;
        uint16 underlying;
        Price memory index;
        for (uint256 i = 0; i < fills.length; ++i) {
            Fill memory leg = fills[i];
            if (i == 0 || leg.instrument.underlying() != underlying) {
                underlying = leg.instrument.underlying();
                index = priceOracle.price(underlying);
            }
            if (!isAlone && leg.instrument.isPerpetual()) requireNearIndex(leg, index);
            // Without a valid price there is nothing but reduction.
            if (index.validity == Validity.Invalid) continue;
            uint256 value = index.value.mulWadUp(leg.size);
            if (leg.instrument.isOption()) {
                uint256 most = isAlone ? leg.price.mulWad(leg.size).mulWad(premiumShare) : type(uint256).max;
                makerFee += FixedPointMathLib.min(value.mulWadUp(makerOption), most);
                takerFee += FixedPointMathLib.min(value.mulWadUp(takerOption), most);
            } else {
                makerFee += value.mulWadUp(makerLinear);
                takerFee += value.mulWadUp(takerLinear);
            }
        }
    }

    function requireNearIndex(Fill memory leg, Price memory index) private pure {
        require(index.validity != Validity.Invalid, IndexInvalid(leg.instrument.underlying()));
        require(
            leg.price.dist(index.value) <= index.value.mulWad(MAX_INDEX_DEVIATION),
            LegPriceOffIndex(leg.instrument, leg.price, index.value)
        );
    }

    /// @dev Nothing where nothing is due.
    function payments(Part memory maker, Part memory taker) private pure returns (Transfer[] memory list) {
        list = new Transfer[]((maker.fee > 0 ? 1 : 0) + (taker.fee > 0 ? 1 : 0));
        if (maker.fee > 0) list[0] = Transfer(maker.account, RESERVE, CASH, maker.fee.toUint128());
        if (taker.fee > 0) list[list.length - 1] = Transfer(taker.account, RESERVE, CASH, taker.fee.toUint128());
    }

    function reducingAccounts(Order calldata maker, Order calldata taker) private pure returns (Account[] memory list) {
        list = new Account[]((maker.reduceOnly ? 1 : 0) + (taker.reduceOnly ? 1 : 0));
        if (maker.reduceOnly) list[0] = maker.account;
        if (taker.reduceOnly) list[list.length - 1] = taker.account;
    }

    function bounded(uint256 rate, uint256 limit) private pure returns (uint256) {
        require(rate <= limit, FeeRateTooHigh(rate, limit));
        return rate;
    }
}

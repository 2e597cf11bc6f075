// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { OrderSettlement } from "../../contracts/OrderSettlement.sol";
import { Batch, Fill, IClearinghouse, MAY_TRADE, Transfer } from "../../contracts/interfaces/IClearinghouse.sol";
import { Execution, FeeRates, Leg, Order, SignedOrder } from "../../contracts/interfaces/IOrderSettlement.sol";
import { MockPriceOracle } from "../../contracts/mocks/MockPriceOracle.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Test } from "./Test.sol";

/// What orders ask of the clearinghouse, and a record of what they tell it.
contract RecordingClearinghouse {
    Batch private last;
    uint256 public calls;
    bool private refusesFees;

    error FeeRefused();

    mapping(Account account => mapping(Instrument instrument => int256)) public position;
    mapping(Account account => mapping(address operator => bool)) private allowed;

    function batch(Batch calldata actions) external {
        require(!refusesFees || actions.transfers.length == 0, FeeRefused());
        last = actions;
        ++calls;
    }

    function refuseFees() external {
        refusesFees = true;
    }

    function setPosition(Account account, Instrument instrument, int256 size) external {
        position[account][instrument] = size;
    }

    function allow(Account account, address operator) external {
        allowed[account][operator] = true;
    }

    function isAuthorised(Account account, address caller, uint8 permission) external view returns (bool) {
        return permission == MAY_TRADE && (caller == account.owner() || allowed[account][caller]);
    }

    function lastFill() external view returns (Fill memory) {
        return last.fills[last.fills.length - 1];
    }

    function lastFills() external view returns (Fill[] memory) {
        return last.fills;
    }

    function lastTransfers() external view returns (Transfer[] memory) {
        return last.transfers;
    }

    function lastReducing() external view returns (Account[] memory) {
        return last.reducing;
    }
}

abstract contract OrderSettlementTest is Test {
    struct Trader {
        Account account;
        address owner;
        uint256 privateKey;
    }

    uint256 internal constant INDEX = 2000e18;

    Instrument internal immutable PERPETUAL = toInstrument(1, Kind.Perpetual, 0, 0);
    Instrument internal immutable CALL = toInstrument(1, Kind.Call, 1_800_000_000, 2500e8);
    Instrument internal immutable HIGHER_CALL = toInstrument(1, Kind.Call, 1_800_000_000, 3000e8);
    Instrument internal immutable PUT = toInstrument(1, Kind.Put, 1_800_000_000, 1500e8);

    RecordingClearinghouse internal clearinghouse;
    MockPriceOracle internal prices;
    OrderSettlement internal settlement;
    Trader internal alice;
    Trader internal bob;

    function setUp() public {
        vm.warp(1_700_000_000);
        clearinghouse = new RecordingClearinghouse();
        prices = new MockPriceOracle();
        prices.setPrice(1, INDEX);
        settlement = deploySettlement(feeRates());
        alice = makeTrader("alice");
        bob = makeTrader("bob");
    }

    /// None, but where a test is about fees.
    function feeRates() internal pure virtual returns (FeeRates memory) {}

    function deploySettlement(FeeRates memory rates) internal returns (OrderSettlement) {
        return
            OrderSettlement(
                deploy("OrderSettlement", abi.encode(IClearinghouse(address(clearinghouse)), address(prices), rates))
            );
    }

    function makeTrader(string memory name) internal returns (Trader memory) {
        (address owner, uint256 privateKey) = makeAddrAndKey(name);
        return Trader({ account: toAccount(owner, 7), owner: owner, privateKey: privateKey });
    }

    function ask(uint128 size, uint128 price) internal view returns (Order memory) {
        return order(alice.account, size, one(PERPETUAL, -1), -int128(price));
    }

    function bid(uint128 size, uint128 price) internal view returns (Order memory) {
        return order(bob.account, size, one(PERPETUAL, 1), int128(price));
    }

    function order(
        Account account,
        uint128 size,
        Leg[] memory legs,
        int128 limitPrice
    ) internal pure returns (Order memory) {
        return
            Order({
                account: account,
                legs: legs,
                size: size,
                limitPrice: limitPrice,
                maxFee: type(uint128).max,
                expiry: type(uint40).max,
                salt: 1,
                reduceOnly: false
            });
    }

    function one(Instrument instrument, int64 ratio) internal pure returns (Leg[] memory legs) {
        legs = new Leg[](1);
        legs[0] = Leg(instrument, ratio);
    }

    function two(Leg memory first, Leg memory second) internal pure returns (Leg[] memory legs) {
        legs = new Leg[](2);
        (legs[0], legs[1]) = (first, second);
    }

    function pricedAt(uint128 size, uint128 price) internal pure returns (Execution memory execution) {
        execution = Execution(size, new uint128[](1));
        execution.legPrices[0] = price;
    }

    function pricedAt(uint128 size, uint128 first, uint128 second) internal pure returns (Execution memory execution) {
        execution = Execution(size, new uint128[](2));
        (execution.legPrices[0], execution.legPrices[1]) = (first, second);
    }

    /// Of orders for one leg, at the maker's price.
    function fill(SignedOrder memory maker, SignedOrder memory taker, uint128 size) internal {
        int128 price = maker.order.limitPrice;
        settlement.fill(maker, taker, pricedAt(size, uint128(price < 0 ? -price : price)));
    }

    function signed(Trader memory trader, Order memory order_) internal view returns (SignedOrder memory) {
        return sign(order_, trader.owner, trader.privateKey);
    }

    function sign(Order memory order_, address signer, uint256 privateKey) internal view returns (SignedOrder memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, settlement.hashOrder(order_));
        return SignedOrder({ order: order_, signer: signer, signature: abi.encodePacked(r, s, v) });
    }
}

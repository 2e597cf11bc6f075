// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { OrderSettlement } from "../../contracts/OrderSettlement.sol";
import { Batch, Fill, IClearinghouse, MAY_TRADE } from "../../contracts/interfaces/IClearinghouse.sol";
import { Order, SignedOrder } from "../../contracts/interfaces/IOrderSettlement.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Test } from "./Test.sol";

/// What orders ask of the clearinghouse, and a record of what they tell it.
contract RecordingClearinghouse {
    Batch private last;
    mapping(Account account => mapping(Instrument instrument => int256)) public position;
    mapping(Account account => mapping(address operator => bool)) private allowed;

    function batch(Batch calldata actions) external {
        last = actions;
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

    Instrument internal immutable PERPETUAL = toInstrument(1, Kind.Perpetual, 0, 0);

    RecordingClearinghouse internal clearinghouse;
    OrderSettlement internal settlement;
    Trader internal alice;
    Trader internal bob;

    function setUp() public {
        vm.warp(1_700_000_000);
        clearinghouse = new RecordingClearinghouse();
        settlement = OrderSettlement(deploy("OrderSettlement", abi.encode(IClearinghouse(address(clearinghouse)))));
        alice = makeTrader("alice");
        bob = makeTrader("bob");
    }

    function makeTrader(string memory name) internal returns (Trader memory) {
        (address owner, uint256 privateKey) = makeAddrAndKey(name);
        return Trader({ account: toAccount(owner, 7), owner: owner, privateKey: privateKey });
    }

    function ask(int128 size, uint256 price) internal view returns (Order memory) {
        return order(alice.account, -size, price);
    }

    function bid(int128 size, uint256 price) internal view returns (Order memory) {
        return order(bob.account, size, price);
    }

    function order(Account account, int128 size, uint256 price) private view returns (Order memory) {
        return
            Order({
                account: account,
                instrument: PERPETUAL,
                size: size,
                limitPrice: price,
                expiry: type(uint40).max,
                salt: 1,
                reduceOnly: false
            });
    }

    function signed(Trader memory trader, Order memory order_) internal view returns (SignedOrder memory) {
        return sign(order_, trader.owner, trader.privateKey);
    }

    function sign(Order memory order_, address signer, uint256 privateKey) internal view returns (SignedOrder memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, settlement.hashOrder(order_));
        return SignedOrder({ order: order_, signer: signer, signature: abi.encodePacked(r, s, v) });
    }
}

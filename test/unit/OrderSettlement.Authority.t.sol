// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IERC5267 } from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import { IOrderSettlement, Order, SignedOrder } from "../../contracts/interfaces/IOrderSettlement.sol";
import { ContractWallet } from "../../contracts/mocks/ContractWallet.sol";
import { toAccount } from "../../contracts/types/Account.sol";
import { OrderSettlementTest } from "../helpers/OrderSettlementTest.sol";

contract OrderSettlementAuthorityTest is OrderSettlementTest {
    function test_RefusesASignatureOverAnythingElse() public {
        Order memory sell = ask(1e18, 1990e18);
        SignedOrder memory maker = signed(alice, sell);
        maker.order.limitPrice -= 1;
        SignedOrder memory taker = signedBid();
        expectInvalidSignature(maker);
        settlement.fill(maker, taker, 1e18);
    }

    function test_RefusesASignatureByAnotherKey() public {
        SignedOrder memory maker = signed(bob, ask(1e18, 1990e18));
        maker.signer = alice.owner;
        SignedOrder memory taker = signedBid();
        expectInvalidSignature(maker);
        settlement.fill(maker, taker, 1e18);
    }

    function test_RefusesASignatureForAnotherChain() public {
        SignedOrder memory maker = signed(alice, ask(1e18, 1990e18));
        SignedOrder memory taker = signedBid();
        vm.chainId(block.chainid + 1);
        expectInvalidSignature(maker);
        settlement.fill(maker, taker, 1e18);
    }

    function test_TakesTheCallersWordForItsOwnOrderOnly() public {
        SignedOrder memory maker = signed(alice, ask(2e18, 1990e18));
        maker.signature = "";
        SignedOrder memory taker = signedBid();
        vm.prank(alice.owner);
        settlement.fill(maker, taker, 1e18);

        expectInvalidSignature(maker);
        vm.prank(bob.owner);
        settlement.fill(maker, taker, 1e18);
    }

    function test_AcceptsTheKeyOfAnApprovedTraderAndCountsItsFillsApart() public {
        (address sessionKey, uint256 privateKey) = makeAddrAndKey("session key");
        Order memory sell = ask(1e18, 1990e18);
        SignedOrder memory maker = sign(sell, sessionKey, privateKey);
        SignedOrder memory taker = signedBid();
        vm.expectRevert(
            abi.encodeWithSelector(IOrderSettlement.SignerNotAuthorised.selector, alice.account, sessionKey)
        );
        settlement.fill(maker, taker, 1e18);

        clearinghouse.allow(alice.account, sessionKey);
        settlement.fill(maker, taker, 1e18);
        assertEq(settlement.filled(sessionKey, settlement.hashOrder(sell)), 1e18);
        assertEq(settlement.filled(alice.owner, settlement.hashOrder(sell)), 0);
    }

    function test_AcceptsTheOrderOfAContractWalletByErc1271() public {
        (address owner, uint256 privateKey) = makeAddrAndKey("owner of a contract wallet");
        ContractWallet wallet = new ContractWallet(owner);
        Order memory sell = ask(1e18, 1990e18);
        sell.account = toAccount(address(wallet), 0);
        SignedOrder memory taker = signedBid();
        SignedOrder memory forged = sign(sell, address(wallet), alice.privateKey);
        expectInvalidSignature(forged);
        settlement.fill(forged, taker, 1e18);

        settlement.fill(sign(sell, address(wallet), privateKey), taker, 1e18);
        assertTrue(clearinghouse.lastFill().seller == sell.account);
    }

    function test_ACancelledOrderIsNeverFilled() public {
        Order memory sell = ask(1e18, 1990e18);
        SignedOrder memory maker = signed(alice, sell);
        SignedOrder memory taker = signedBid();
        bytes32 orderHash = settlement.hashOrder(sell);
        vm.prank(bob.owner);
        settlement.cancel(sell);
        assertEq(settlement.filled(alice.owner, orderHash), 0);

        vm.expectEmit(address(settlement));
        emit IOrderSettlement.OrderCancelled(orderHash, alice.owner);
        vm.prank(alice.owner);
        settlement.cancel(sell);
        assertEq(settlement.filled(alice.owner, orderHash), type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.OrderIsCancelled.selector, orderHash));
        settlement.fill(maker, taker, 1e18);
    }

    function test_CancelsAllBelowASalt() public {
        Order memory sell = ask(1e18, 1990e18);
        sell.salt = 41;
        Order memory later = ask(1e18, 1990e18);
        later.salt = 42;
        SignedOrder memory maker = signed(alice, sell);
        SignedOrder memory taker = signedBid();
        bytes32 orderHash = settlement.hashOrder(sell);
        vm.expectEmit(address(settlement));
        emit IOrderSettlement.OrdersCancelledBelow(alice.owner, 42);
        vm.prank(alice.owner);
        settlement.cancelBelow(42);

        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.SaltBelowMinimum.selector, orderHash, 41, 42));
        settlement.fill(maker, taker, 1e18);
        settlement.fill(signed(alice, later), taker, 1e18);
    }

    function test_NeverBringsCancelledSaltsBack() public {
        vm.startPrank(alice.owner);
        settlement.cancelBelow(42);
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.MinSaltNotRaised.selector, 42, 42));
        settlement.cancelBelow(42);
    }

    function test_HashesByEip712() public view {
        Order memory order = ask(1e18, 1990e18);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Plimsoll"),
                keccak256("1"),
                block.chainid,
                address(settlement)
            )
        );
        bytes32 content = keccak256(
            abi.encode(
                keccak256(
                    "Order(uint256 account,uint128 instrument,int128 size,uint256 limitPrice,uint40 expiry,uint256 salt,bool reduceOnly)"
                ),
                order.account,
                order.instrument,
                order.size,
                order.limitPrice,
                order.expiry,
                order.salt,
                order.reduceOnly
            )
        );
        assertEq(settlement.hashOrder(order), keccak256(abi.encodePacked(hex"1901", domain, content)));
        (, string memory name, string memory version, , address verifier, , ) = IERC5267(address(settlement))
            .eip712Domain();
        assertEq(name, "Plimsoll");
        assertEq(version, "1");
        assertEq(verifier, address(settlement));
    }

    function signedBid() private view returns (SignedOrder memory) {
        return signed(bob, bid(10e18, 2000e18));
    }

    function expectInvalidSignature(SignedOrder memory order) private {
        bytes32 orderHash = settlement.hashOrder(order.order);
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.InvalidSignature.selector, orderHash, order.signer));
    }
}

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
        maker.order.limitPrice += 1;
        SignedOrder memory taker = signedBid();
        expectInvalidSignature(maker);
        fill(maker, taker, 1e18);
    }

    function test_RefusesASignatureByAnotherKey() public {
        SignedOrder memory maker = signed(bob, ask(1e18, 1990e18));
        maker.signer = alice.owner;
        SignedOrder memory taker = signedBid();
        expectInvalidSignature(maker);
        fill(maker, taker, 1e18);
    }

    function test_RefusesASignatureForAnotherChain() public {
        SignedOrder memory maker = signed(alice, ask(1e18, 1990e18));
        SignedOrder memory taker = signedBid();
        vm.chainId(block.chainid + 1);
        expectInvalidSignature(maker);
        fill(maker, taker, 1e18);
    }

    function test_TakesTheCallersWordForItsOwnOrderOnly() public {
        SignedOrder memory maker = signed(alice, ask(2e18, 1990e18));
        maker.signature = "";
        SignedOrder memory taker = signedBid();
        vm.prank(alice.owner);
        fill(maker, taker, 1e18);

        expectInvalidSignature(maker);
        vm.prank(bob.owner);
        fill(maker, taker, 1e18);
    }

    function test_AcceptsTheKeyOfAnApprovedTraderAndCountsItsFillsApart() public {
        (address sessionKey, uint256 privateKey) = makeAddrAndKey("session key");
        Order memory sell = ask(1e18, 1990e18);
        SignedOrder memory maker = sign(sell, sessionKey, privateKey);
        SignedOrder memory taker = signedBid();
        vm.expectRevert(
            abi.encodeWithSelector(IOrderSettlement.SignerNotAuthorised.selector, alice.account, sessionKey)
        );
        fill(maker, taker, 1e18);

        clearinghouse.allow(alice.account, sessionKey);
        fill(maker, taker, 1e18);
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
        fill(forged, taker, 1e18);

        fill(sign(sell, address(wallet), privateKey), taker, 1e18);
        assertTrue(clearinghouse.lastFill().seller == sell.account);
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
        bytes32 leg = keccak256(
            abi.encode(keccak256("Leg(uint128 instrument,int64 ratio)"), order.legs[0].instrument, order.legs[0].ratio)
        );
        bytes32 content = keccak256(
            abi.encode(
                keccak256(
                    "Order(uint256 account,Leg[] legs,uint128 size,int128 limitPrice,uint128 maxFee,uint40 expiry,uint256 salt,bool reduceOnly)"
                    "Leg(uint128 instrument,int64 ratio)"
                ),
                order.account,
                keccak256(abi.encode(leg)),
                order.size,
                order.limitPrice,
                order.maxFee,
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

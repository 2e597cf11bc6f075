// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Approval } from "../../contracts/interfaces/IClearinghouse.sol";
import { Approvals } from "../../contracts/interfaces/IClearinghouseBooks.sol";
import { ClearinghouseTest } from "./ClearinghouseTest.sol";

/// The keys of Alice and Bob, and what they sign for the clearinghouse.
abstract contract ApprovalSigning is ClearinghouseTest {
    uint256 internal aliceKey;
    uint256 internal bobKey;

    function setUp() public virtual override {
        super.setUp();
        (, aliceKey) = makeAddrAndKey("alice");
        (, bobKey) = makeAddrAndKey("bob");
    }

    function approvalsOf(Approval[] memory list) internal pure returns (Approvals memory) {
        return Approvals(list, 0, 1_700_000_600);
    }

    /// By EIP-712, written out.
    function signApprovals(Approvals memory approvals, uint256 privateKey) internal view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Plimsoll Clearinghouse"),
                keccak256("1"),
                block.chainid,
                address(clearinghouse)
            )
        );
        bytes memory items;
        for (uint256 i = 0; i < approvals.approvals.length; ++i) {
            Approval memory item = approvals.approvals[i];
            bytes32 typeHash = keccak256("Approval(uint256 account,address operator,uint8 permissions,uint40 expiry)");
            bytes memory fields = abi.encode(typeHash, item.account, item.operator, item.permissions, item.expiry);
            items = bytes.concat(items, keccak256(fields));
        }
        bytes32 content = keccak256(
            abi.encode(
                keccak256(
                    "Approvals(Approval[] approvals,uint256 nonce,uint256 deadline)"
                    "Approval(uint256 account,address operator,uint8 permissions,uint40 expiry)"
                ),
                keccak256(items),
                approvals.nonce,
                approvals.deadline
            )
        );
        return signDigest(keccak256(abi.encodePacked(hex"1901", domain, content)), privateKey);
    }

    function signDigest(bytes32 digest, uint256 privateKey) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, digest);
        return abi.encodePacked(r, s, v);
    }

    function two(Approval memory first, Approval memory second) internal pure returns (Approval[] memory list) {
        list = new Approval[](2);
        (list[0], list[1]) = (first, second);
    }
}

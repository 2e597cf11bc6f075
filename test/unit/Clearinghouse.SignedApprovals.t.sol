// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {
    Approval,
    IClearinghouse,
    MAY_MOVE,
    MAY_TRADE,
    MAY_WITHDRAW
} from "../../contracts/interfaces/IClearinghouse.sol";
import { Approvals } from "../../contracts/interfaces/IClearinghouseBooks.sol";
import { ContractWallet } from "../../contracts/mocks/ContractWallet.sol";
import { toAccount } from "../../contracts/types/Account.sol";
import { ApprovalSigning } from "../helpers/ApprovalSigning.sol";

/// Whoever brings them, owners' signatures set operators.
contract ClearinghouseSignedApprovalsTest is ApprovalSigning {
    address private operator = makeAddr("operator");

    function test_setWhatTheOwnerSignedForSeveralAccounts() public {
        Approvals memory approvals = approvalsOf(two(approval(MAY_TRADE), approval(MAY_MOVE)));
        approvals.approvals[1].account = alicesOther;
        bytes memory signature = signApprovals(approvals, aliceKey);
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.OperatorSet(alices, operator, MAY_TRADE, 1_700_001_000);
        vm.prank(carol);
        books.approveBySignature(approvals, signature);
        assertTrue(clearinghouse.isAuthorised(alices, operator, MAY_TRADE));
        assertTrue(clearinghouse.isAuthorised(alicesOther, operator, MAY_MOVE));
        assertFalse(clearinghouse.isAuthorised(alices, operator, MAY_WITHDRAW));
        assertEq(books.approvalNonce(alice), 1);
    }

    function test_countOnce() public {
        Approvals memory approvals = approvalsOf(one(approval(MAY_TRADE)));
        bytes memory signature = signApprovals(approvals, aliceKey);
        books.approveBySignature(approvals, signature);
        approve(alices, operator, 0);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.NonceNotNext.selector, alice, 0, 1));
        books.approveBySignature(approvals, signature);
    }

    function test_holdThroughTheirDeadline() public {
        Approvals memory approvals = approvalsOf(one(approval(MAY_TRADE)));
        bytes memory signature = signApprovals(approvals, aliceKey);
        vm.warp(approvals.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.ApprovalsExpired.selector, approvals.deadline));
        books.approveBySignature(approvals, signature);
        vm.warp(approvals.deadline);
        books.approveBySignature(approvals, signature);
    }

    function test_areOfTheOwnerAlone() public {
        Approvals memory approvals = approvalsOf(one(approval(MAY_TRADE)));
        bytes memory signature = signApprovals(approvals, bobKey);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.InvalidApprovalSignature.selector, alice));
        books.approveBySignature(approvals, signature);
        assertEq(books.approvalNonce(alice), 0);
    }

    function test_areOfAccountsOfOneOwner() public {
        Approvals memory approvals = approvalsOf(two(approval(MAY_TRADE), approval(MAY_TRADE)));
        approvals.approvals[1].account = bobs;
        bytes memory signature = signApprovals(approvals, aliceKey);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.NotOwner.selector, bobs, alice));
        books.approveBySignature(approvals, signature);
        assertFalse(clearinghouse.isAuthorised(alices, operator, MAY_TRADE));
    }

    function testFuzz_holdForNothingElseThanWhatWasSigned(uint8 field, uint256 change) public {
        change = bound(change, 1, 100);
        Approvals memory approvals = approvalsOf(one(approval(MAY_TRADE)));
        bytes memory signature = signApprovals(approvals, aliceKey);
        Approval memory item = approvals.approvals[0];
        uint256 which = bound(uint256(field), 0, 4);
        if (which == 0) item.account = toAccount(alice, uint96(1 + change));
        if (which == 1) item.operator = address(uint160(item.operator) + uint160(change));
        if (which == 2) item.permissions ^= uint8(change);
        if (which == 3) item.expiry += uint40(change);
        if (which == 4) approvals.deadline += change;
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.InvalidApprovalSignature.selector, alice));
        books.approveBySignature(approvals, signature);
    }

    function test_areForOneChain() public {
        Approvals memory approvals = approvalsOf(one(approval(MAY_TRADE)));
        bytes memory signature = signApprovals(approvals, aliceKey);
        vm.chainId(block.chainid + 1);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.InvalidApprovalSignature.selector, alice));
        books.approveBySignature(approvals, signature);
    }

    function test_ofNothingAreRefused() public {
        vm.expectRevert(IClearinghouse.ZeroSize.selector);
        books.approveBySignature(approvalsOf(new Approval[](0)), "");
    }

    function test_comeFromAContractWalletByErc1271() public {
        ContractWallet wallet = new ContractWallet(alice);
        Approval memory item = approval(MAY_TRADE);
        item.account = toAccount(address(wallet), 0);
        Approvals memory approvals = approvalsOf(one(item));
        bytes memory forged = signApprovals(approvals, bobKey);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.InvalidApprovalSignature.selector, address(wallet)));
        books.approveBySignature(approvals, forged);
        books.approveBySignature(approvals, signApprovals(approvals, aliceKey));
        assertTrue(clearinghouse.isAuthorised(item.account, operator, MAY_TRADE));
    }

    function test_areSignedInTheDomainOfTheClearinghouse() public view {
        (, string memory name, string memory version, uint256 chainId, address verifier, , ) = books.eip712Domain();
        assertEq(name, "Plimsoll Clearinghouse");
        assertEq(version, "1");
        assertEq(chainId, block.chainid);
        assertEq(verifier, address(clearinghouse));
    }

    function approval(uint8 permissions) private view returns (Approval memory) {
        return Approval(alices, operator, permissions, 1_700_001_000);
    }
}

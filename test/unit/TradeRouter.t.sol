// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { OrderSettlement } from "../../contracts/OrderSettlement.sol";
import { TradeRouter } from "../../contracts/TradeRouter.sol";
import { Approval, Deposit, IClearinghouse, MAY_MOVE, MAY_TRADE } from "../../contracts/interfaces/IClearinghouse.sol";
import {
    Execution,
    FeeRates,
    IOrderSettlement,
    Leg,
    Order,
    SignedOrder
} from "../../contracts/interfaces/IOrderSettlement.sol";
import { PoolOrder } from "../../contracts/interfaces/ILiquidityPool.sol";
import { ITradedPool, ITradeRouter, Permit, Preparation } from "../../contracts/interfaces/ITradeRouter.sol";
import { MockPriceOracle } from "../../contracts/mocks/MockPriceOracle.sol";
import { Account } from "../../contracts/types/Account.sol";
import { CASH, Instrument } from "../../contracts/types/Instrument.sol";
import { ApprovalSigning } from "../helpers/ApprovalSigning.sol";

/// Asks whether its caller may trade the account, as the liquidity pool does.
contract RecordingPool is ITradedPool {
    IClearinghouse private immutable clearinghouse;
    PoolOrder public last;

    error NotAuthorised(address caller);

    constructor(IClearinghouse clearinghouse_) {
        clearinghouse = clearinghouse_;
    }

    function trade(PoolOrder calldata order) external {
        require(clearinghouse.isAuthorised(order.account, msg.sender, MAY_TRADE), NotAuthorised(msg.sender));
        last = order;
    }
}

/// Alice enters with a wallet that has signed three things; Bob's offer of a call at 100 waits for her.
contract TradeRouterTest is ApprovalSigning {
    uint256 private constant AMOUNT = 1000 * USDC;

    OrderSettlement private settlement;
    TradeRouter private router;
    RecordingPool private pool;

    function setUp() public override {
        super.setUp();
        MockPriceOracle prices = new MockPriceOracle();
        prices.setPrice(ETH, 2000 * USD);
        FeeRates memory rates;
        settlement = OrderSettlement(deploy("OrderSettlement", abi.encode(clearinghouse, prices, rates)));
        router = TradeRouter(deploy("TradeRouter", abi.encode(clearinghouse, settlement)));
        pool = new RecordingPool(clearinghouse);
        deposit(bobs, CASH, 10_000 * USDC);
        approve(bobs, address(settlement), MAY_TRADE);
    }

    function test_permitDepositApprovalsAndFillAreOneTransaction() public {
        SignedOrder memory offer = offered();
        Preparation memory preparation = prepared();
        vm.prank(alice);
        router.fill(preparation, offer, callersBid(alices), execution());
        assertEq(position(alices, CALL), 1e18);
        assertEq(cash(alices), 900e18);
        assertEq(usdc.balanceOf(address(router)), 0);
        assertEq(usdc.allowance(address(router), address(clearinghouse)), 0);
        assertEq(usdc.allowance(alice, address(router)), 0);
    }

    function test_aPermitThatSomebodyElseBroughtDoesNoHarm() public {
        SignedOrder memory offer = offered();
        Preparation memory preparation = prepared();
        Permit memory permit = preparation.permit;
        vm.prank(carol);
        usdc.permit(alice, address(router), permit.value, permit.deadline, permit.v, permit.r, permit.s);
        vm.prank(alice);
        router.fill(preparation, offer, callersBid(alices), execution());
        assertEq(position(alices, CALL), 1e18);
    }

    function test_approvalsThatSomebodyElseBroughtDoNoHarm() public {
        SignedOrder memory offer = offered();
        Preparation memory preparation = prepared();
        vm.prank(carol);
        books.approveBySignature(preparation.approvals, preparation.approvalSignature);
        vm.prank(alice);
        router.fill(preparation, offer, callersBid(alices), execution());
        assertEq(position(alices, CALL), 1e18);
    }

    function test_wrongApprovalsAreRefused() public {
        Preparation memory preparation = prepared();
        preparation.approvalSignature = signApprovals(preparation.approvals, bobKey);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.InvalidApprovalSignature.selector, alice));
        vm.prank(alice);
        router.prepare(preparation);
    }

    function test_withoutPermitItNeedsAnAllowance() public {
        Preparation memory preparation = prepared();
        preparation.permit.v ^= 1;
        vm.expectRevert(abi.encodeWithSelector(ITradeRouter.AllowanceTooSmall.selector, alice, 0, AMOUNT));
        vm.prank(alice);
        router.prepare(preparation);

        vm.startPrank(alice);
        usdc.approve(address(router), AMOUNT);
        router.prepare(preparation);
        assertEq(cash(alices), 1000e18);
    }

    function test_paysIntoAccountsOfItsCallerOnly() public {
        Preparation memory preparation = prepared();
        preparation.deposit.account = bobs;
        vm.expectRevert(abi.encodeWithSelector(ITradeRouter.NotOwner.selector, bobs, alice));
        vm.prank(alice);
        router.prepare(preparation);
    }

    function test_takesTokensOfItsCallerOnly() public {
        Preparation memory preparation = prepared();
        Permit memory permit = preparation.permit;
        usdc.permit(alice, address(router), permit.value, permit.deadline, permit.v, permit.r, permit.s);
        // Carol has given no allowance; Alice's is not hers to use.
        Preparation memory theft = nothing();
        theft.deposit = Deposit(carols, CASH, AMOUNT);
        vm.expectRevert(abi.encodeWithSelector(ITradeRouter.AllowanceTooSmall.selector, carol, 0, AMOUNT));
        vm.prank(carol);
        router.prepare(theft);
    }

    function test_itsWordStandsForItsCallersAccountOnly() public {
        Preparation memory preparation = prepared();
        vm.prank(alice);
        router.prepare(preparation);
        SignedOrder memory offer = offered();
        SignedOrder memory bid = callersBid(alices);
        vm.expectRevert(abi.encodeWithSelector(ITradeRouter.NotOwner.selector, alices, carol));
        vm.prank(carol);
        router.fill(nothing(), offer, bid, execution());

        bytes32 orderHash = settlement.hashOrder(bid.order);
        vm.expectRevert(abi.encodeWithSelector(IOrderSettlement.InvalidSignature.selector, orderHash, address(router)));
        vm.prank(carol);
        settlement.fill(offer, bid, execution());
    }

    function test_makersAreHeldToTheSameRule() public {
        Preparation memory preparation = prepared();
        vm.prank(alice);
        router.prepare(preparation);
        SignedOrder memory bid = callersBid(alices);
        SignedOrder memory offer = offered();
        vm.expectRevert(abi.encodeWithSelector(ITradeRouter.NotOwner.selector, alices, carol));
        vm.prank(carol);
        router.fill(nothing(), bid, offer, execution());
    }

    function test_tradesWithAPoolForItsCallerOnly() public {
        PoolOrder memory order = PoolOrder(alices, CALL, 1e18, 100e18, type(uint40).max, false);
        Preparation memory preparation = prepared();
        vm.prank(alice);
        router.tradeWithPool(preparation, pool, order);
        (Account account, Instrument instrument, int128 size, uint256 limitPrice, , ) = pool.last();
        assertTrue(account == alices && instrument == CALL);
        assertEq(int256(size), 1e18);
        assertEq(limitPrice, 100e18);

        vm.expectRevert(abi.encodeWithSelector(ITradeRouter.NotOwner.selector, alices, carol));
        vm.prank(carol);
        router.tradeWithPool(nothing(), pool, order);
    }

    function test_aTokenThatTheAccountDoesNotHoldYetNeedsLeaveToMove() public {
        vm.prank(alice);
        weth.approve(address(router), 1 ether);
        Preparation memory preparation = prepared();
        preparation.deposit = Deposit(alices, WETH, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.ForeignAccount.selector, alices, WETH));
        vm.prank(alice);
        router.prepare(preparation);

        preparation.approvals.approvals[0].permissions |= MAY_MOVE;
        preparation.approvalSignature = signApprovals(preparation.approvals, aliceKey);
        vm.prank(alice);
        router.prepare(preparation);
        assertEq(position(alices, WETH), 1e18);
    }

    function offered() private view returns (SignedOrder memory) {
        Order memory order = orderOf(bobs, -1, -100e18);
        return SignedOrder(order, bob, signDigest(settlement.hashOrder(order), bobKey));
    }

    /// Unsigned: the router vouches for its caller.
    function callersBid(Account account) private view returns (SignedOrder memory) {
        return SignedOrder(orderOf(account, 1, 100e18), address(router), "");
    }

    function orderOf(Account account, int64 ratio, int128 price) private view returns (Order memory) {
        Leg[] memory legs = new Leg[](1);
        legs[0] = Leg(CALL, ratio);
        return Order(account, legs, 1e18, price, 0, type(uint40).max, 1, false);
    }

    function execution() private pure returns (Execution memory result) {
        result = Execution(1e18, new uint128[](1));
        result.legPrices[0] = 100e18;
    }

    function nothing() private pure returns (Preparation memory) {}

    /// A permit for a deposit of 1,000 USDC, and leave to trade for the router and for the settlement.
    function prepared() private view returns (Preparation memory preparation) {
        preparation.deposit = Deposit(alices, CASH, AMOUNT);
        Approval memory forRouter = Approval(alices, address(router), MAY_TRADE, type(uint40).max);
        Approval memory forSettlement = Approval(alices, address(settlement), MAY_TRADE, type(uint40).max);
        preparation.approvals = approvalsOf(two(forRouter, forSettlement));
        preparation.approvalSignature = signApprovals(preparation.approvals, aliceKey);
        preparation.permit = permitOf(AMOUNT);
    }

    function permitOf(uint256 amount) private view returns (Permit memory) {
        bytes32 typeHash = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        );
        uint256 deadline = 1_700_000_600;
        bytes32 content = keccak256(abi.encode(typeHash, alice, router, amount, usdc.nonces(alice), deadline));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), content));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(aliceKey, digest);
        return Permit(amount, deadline, v, r, s);
    }
}

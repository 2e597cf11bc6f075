// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { BackstopVault } from "../../contracts/BackstopVault.sol";
import { Clearinghouse } from "../../contracts/Clearinghouse.sol";
import { Liquidator } from "../../contracts/Liquidator.sol";
import { Approval, Batch, Deposit, Fill, MAY_TRADE, Withdrawal } from "../../contracts/interfaces/IClearinghouse.sol";
import { AuctionState, Liquidation } from "../../contracts/interfaces/ILiquidator.sol";
import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH, Instrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { EngineFixture } from "../helpers/EngineFixture.sol";

/// Random books of options and perpetuals on the real margin engine, and any legs that a keeper might propose.
contract LiquidatorHealthTest is EngineFixture {
    uint256 private constant WAD = 1e18;
    uint40 private constant LATER = EXPIRY + 28 days;
    uint256 private constant INSTRUMENTS = 12;

    TestToken private usdc;
    Clearinghouse private clearinghouse;
    BackstopVault private vault;
    Liquidator private liquidator;
    address private alice = makeAddr("alice");
    address private bob = makeAddr("bob");
    Account private debtor = toAccount(alice, 0);
    Account private keeper = toAccount(bob, 0);
    Account private maker = toAccount(address(this), 0);
    uint256 private entropy;

    function setUp() public override {
        super.setUp();
        usdc = new TestToken("USD Coin", "USDC", 6);
        clearinghouse = Clearinghouse(
            deploy("Clearinghouse", abi.encode(address(manager), address(usdc), address(markets)))
        );
        clearinghouse.setMarginEngine(address(engine));
        vault = BackstopVault(deploy("BackstopVault", abi.encode(clearinghouse)));
        liquidator = Liquidator(deploy("Liquidator", abi.encode(clearinghouse, vault)));
        clearinghouse.setLiquidator(address(liquidator));
        usdc.approve(address(clearinghouse), type(uint256).max);
        fund(maker, 1e9);
        fund(keeper, 1e9);
        fund(debtor, 1e8);
        Batch memory actions;
        actions.approvals = new Approval[](1);
        actions.approvals[0] = Approval(debtor, address(this), MAY_TRADE, type(uint40).max);
        vm.prank(alice);
        clearinghouse.batch(actions);
    }

    /// INV-4, INV-1, INV-2, and what the guards promise, after every call that goes through.
    function testFuzz_anyLegsNeverLowerEquityOverRequirement(uint256 seed) public {
        entropy = seed;
        openBook(1 + random(8));
        setEquityShare(random(0.999e18));
        if (!isBelow()) return; // rounding of a tiny book
        liquidator.startAuction(debtor);
        for (uint256 i = 0; i < 4 && isAuctioned(); i++) {
            vm.warp(vm.getBlockTimestamp() + random(4 minutes));
            Position[] memory legs = anyLegs();
            if (legs.length == 0) continue;
            Risk memory before = riskOf(debtor);
            (bool isDone, ) = liquidate(legs);
            if (isDone) requireHealthier(before);
            requireConserved();
        }
    }

    /// The same slice of every leg is homogeneous: it must pass every guard while c < E/R, so nothing makes a book
    /// impossible to liquidate. It cures the account, unless so little is left (E/R little above c) that the floor stands above it: then health has
    /// risen as well, and if that is not enough the rest is offered whole.
    function testFuzz_sliceOfTheWholeBookIsAlwaysPossible(uint256 seed) public {
        entropy = seed;
        openBook(1 + random(8));
        setEquityShare(0.1e18 + random(0.85e18));
        Risk memory before = riskOf(debtor);
        if (!isBelow() || before.maintenance < 1000e18) return; // the floor is another test's
        liquidator.startAuction(debtor);
        vm.warp(vm.getBlockTimestamp() + random(100)); // c < 0.1
        AuctionState memory state = liquidator.auctionState(debtor);
        if (state.isWhole) return;
        // Up to 1.14: (E - c f R) = 1.14 (1 - f) R  <=>  f = (1.14 - E/R) / (1.14 - c)
        int256 health = (before.equity * 1e18) / int256(before.maintenance);
        uint256 share = uint256(((1.14e18 - health) * 1e18) / (1.14e18 - state.rate));
        (bool isDone, bytes memory reason) = liquidate(slice(share));
        if (!isDone) assertEq(reason, ""); // shows why a fair slice was refused
        requireHealthier(before);
        requireConserved();
        Risk memory remaining = riskOf(debtor);
        if (remaining.maintenanceBeforeFloor < remaining.maintenance && isBelow()) {
            assertGe(remaining.equity, int256(remaining.maintenanceBeforeFloor), "cured but for the floor");
            assertTrue(liquidator.auctionState(debtor).isWhole, "the rest is offered whole");
        } else {
            assertFalse(isBelow(), "cured");
            assertFalse(isAuctioned(), "ended");
        }
    }

    function liquidate(Position[] memory legs) private returns (bool, bytes memory) {
        Liquidation memory order = Liquidation(debtor, keeper, legs, type(int256).min, uint40(vm.getBlockTimestamp()));
        vm.prank(bob);
        try liquidator.liquidate(order) {
            return (true, "");
        } catch (bytes memory reason) {
            return (false, reason);
        }
    }

    function requireHealthier(Risk memory before) private view {
        Risk memory remaining = riskOf(debtor);
        assertGe(
            remaining.equity * int256(before.maintenance),
            before.equity * int256(remaining.maintenance),
            "INV-4: E/R fell"
        );
        assertLt(remaining.maintenance, before.maintenance, "nothing was removed");
        if (remaining.stressLoss > before.stressLoss) {
            assertLe(int256(remaining.stressLoss), remaining.equity, "tail under the equity");
        }
        bool isFloorBound = before.maintenance > before.maintenanceBeforeFloor;
        if (isFloorBound) assertEq(remaining.maintenance, 0, "in part");
        else assertLe(remaining.equity, int256((remaining.maintenance * 115) / 100 + 1e18), "too much");
        Risk memory taker = riskOf(keeper);
        assertGe(taker.equity, int256(taker.initial), "taker");
    }

    function requireConserved() private view {
        Account[4] memory accounts = [debtor, keeper, maker, vault.treasury()];
        int256 owned = int256(clearinghouse.reserve());
        for (uint256 i = 0; i < accounts.length; i++) owned += clearinghouse.portfolio(accounts[i]).cash;
        assertEq(owned, int256(clearinghouse.recordedInTokens(CASH) * 1e12), "INV-1");
        for (uint256 n = 0; n < INSTRUMENTS; n++) {
            int256 net = 0;
            for (uint256 i = 0; i < accounts.length; i++) net += clearinghouse.position(accounts[i], instrumentAt(n));
            assertEq(net, 0, "INV-2");
        }
    }

    /// Trades at mark. The checks of the clearinghouse are suspended: what matters is where the account stands.
    function openBook(uint256 legs) private {
        suspendMargin();
        for (uint256 i = 0; i < legs; i++) {
            Instrument instrument = instrumentAt(random(INSTRUMENTS));
            uint128 size = uint128(0.1e18 + random(50e18));
            if (instrument.underlying() == BTC) size /= 20;
            (uint256 price, ) = engine.mark(instrument);
            Batch memory actions;
            actions.fills = new Fill[](1);
            actions.fills[0] =
                random(2) == 0
                    ? Fill(debtor, maker, instrument, size, price)
                    : Fill(maker, debtor, instrument, size, price);
            clearinghouse.batch(actions);
        }
        vm.clearMockedCalls();
    }

    /// Takes cash out until E is this share of R, WAD.
    function setEquityShare(uint256 share) private {
        Risk memory risk = riskOf(debtor);
        if (risk.maintenance == 0) return;
        // What leaves may turn cash into debt, and a book that is long options only into one with the floor.
        int256 excess = risk.equity - int256((risk.maintenance * share) / WAD);
        suspendMargin();
        Batch memory actions;
        actions.withdrawals = new Withdrawal[](1);
        actions.withdrawals[0] = Withdrawal(debtor, CASH, uint256(excess) / 1e12, alice);
        vm.prank(alice);
        clearinghouse.batch(actions);
        vm.clearMockedCalls();
    }

    function suspendMargin() private {
        Risk[] memory fine = new Risk[](2);
        (fine[0].equity, fine[1].equity) = (1e30, 1e30);
        vm.mockCall(address(engine), abi.encodeWithSelector(engine.evaluate.selector), abi.encode(fine));
    }

    function anyLegs() private returns (Position[] memory legs) {
        Position[] memory held = clearinghouse.positions(debtor);
        Position[] memory chosen = new Position[](held.length);
        uint256 count = 0;
        for (uint256 i = 0; i < held.length; i++) {
            if (random(2) == 0) continue;
            int256 size = (int256(held[i].size()) * int256(1 + random(100))) / 100;
            if (size != 0) chosen[count++] = toPosition(held[i].instrument(), int128(size));
        }
        legs = new Position[](count);
        for (uint256 i = 0; i < count; i++) legs[i] = chosen[i];
    }

    function slice(uint256 share) private view returns (Position[] memory legs) {
        legs = clearinghouse.positions(debtor);
        for (uint256 i = 0; i < legs.length; i++) {
            legs[i] = toPosition(legs[i].instrument(), int128((legs[i].size() * int256(share)) / 1e18));
        }
    }

    function instrumentAt(uint256 index) private pure returns (Instrument) {
        uint16 underlying = index % 2 == 0 ? ETH : BTC;
        uint256 strike = underlying == ETH ? 2000 : 40_000;
        uint256 form = index / 2;
        if (form == 0) return perpetual(underlying);
        if (form == 1) return call(underlying, EXPIRY, strike);
        if (form == 2) return put(underlying, EXPIRY, (strike * 9) / 10);
        if (form == 3) return call(underlying, LATER, (strike * 12) / 10);
        if (form == 4) return put(underlying, LATER, strike);
        return call(underlying, LATER, (strike * 8) / 10);
    }

    function random(uint256 below) private returns (uint256) {
        entropy = uint256(keccak256(abi.encode(entropy)));
        return entropy % below;
    }

    function isBelow() private view returns (bool) {
        Risk memory risk = riskOf(debtor);
        return risk.equity < int256(risk.maintenance);
    }

    function isAuctioned() private view returns (bool) {
        return liquidator.auctionState(debtor).auction.startedAt != 0;
    }

    function riskOf(Account account) private view returns (Risk memory) {
        return evaluate(clearinghouse.portfolio(account));
    }

    function fund(Account account, uint256 dollars) private {
        usdc.mint(address(this), dollars * 1e6);
        Batch memory actions;
        actions.deposits = new Deposit[](1);
        actions.deposits[0] = Deposit(account, CASH, dollars * 1e6);
        clearinghouse.batch(actions);
    }
}

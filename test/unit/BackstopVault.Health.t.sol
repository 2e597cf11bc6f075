// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { BackstopVault } from "../../contracts/BackstopVault.sol";
import { Clearinghouse } from "../../contracts/Clearinghouse.sol";
import { Unwinding } from "../../contracts/interfaces/IBackstopVault.sol";
import { Approval, Batch, Deposit, Fill, MAY_TRADE, Transfer } from "../../contracts/interfaces/IClearinghouse.sol";
import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH, Instrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { EngineFixture } from "../helpers/EngineFixture.sol";

/// Random absorbed books of options and perpetuals on the real margin engine, and any legs that a taker might choose. The test is the
/// liquidator, and deals the vault its book.
contract BackstopVaultHealthTest is EngineFixture {
    uint256 private constant WAD = 1e18;
    uint40 private constant LATER = EXPIRY + 28 days;
    uint256 private constant INSTRUMENTS = 10;

    TestToken private usdc;
    Clearinghouse private clearinghouse;
    BackstopVault private vault;
    Account private taker = toAccount(makeAddr("bob"), 0);
    Account private maker = toAccount(address(this), 0);
    Account private book;
    uint256 private entropy;

    function setUp() public override {
        super.setUp();
        usdc = new TestToken("USD Coin", "USDC", 6);
        clearinghouse = Clearinghouse(deployClearinghouse(address(manager), address(usdc), address(markets)));
        clearinghouse.setMarginEngine(address(engine));
        clearinghouse.setLiquidator(address(this));
        vault = BackstopVault(deploy("BackstopVault", abi.encode(clearinghouse)));
        usdc.approve(address(clearinghouse), type(uint256).max);
        (book, ) = vault.prepareAbsorption(maker, 0, 0);
        fund(maker, 1e9);
        fund(taker, 1e9);
        fund(book, 1e8);
        approve(taker, address(vault));
        approve(book, address(this));
    }

    function testFuzz_anyLegsNeverLowerEquityOverRequirement(uint256 seed) public {
        entropy = seed;
        openBook(1 + random(8));
        setEquityShare(1e18 + random(0.6e18));
        for (uint256 i = 0; i < 4; i++) {
            vm.warp(vm.getBlockTimestamp() + random(12 hours));
            Position[] memory legs = anyLegs();
            Risk memory before = riskOf(book);
            (bool isDone, uint256 payment, ) = unwind(legs);
            if (isDone) requireHealthier(before, payment);
            requireConserved();
        }
    }

    /// The same slice of every leg passes every guard at any time, so no book is stuck in the vault.
    function testFuzz_sliceOfTheWholeBookIsAlwaysPossible(uint256 seed) public {
        entropy = seed;
        openBook(1 + random(8));
        setEquityShare(1.01e18 + random(0.6e18));
        Risk memory before = riskOf(book);
        if (before.maintenance < 5000e18) return; // the floor is another test's
        vm.warp(vm.getBlockTimestamp() + random(2 days));
        before = riskOf(book);
        if (before.equity < int256(before.maintenance)) return; // time has passed for its options
        (bool isDone, uint256 payment, bytes memory reason) = unwind(slice(0.06e18 + random(0.9e18)));
        if (!isDone) assertEq(reason, ""); // shows why a fair slice was refused
        requireHealthier(before, payment);
        (isDone, payment, reason) = unwind(slice(1e18));
        if (!isDone) assertEq(reason, "");
        assertEq(clearinghouse.positions(book).length, 0, "nothing is left");
        vault.releaseEmpty();
        assertEq(vault.absorbed().length, 0);
        requireConserved();
    }

    function unwind(Position[] memory legs) private returns (bool, uint256, bytes memory) {
        Unwinding memory order = Unwinding(book, taker, legs, 0, uint40(vm.getBlockTimestamp()));
        vm.prank(taker.owner());
        try vault.unwind(order) returns (uint256 payment) {
            return (true, payment, "");
        } catch (bytes memory reason) {
            return (false, 0, reason);
        }
    }

    function requireHealthier(Risk memory before, uint256 payment) private view {
        Risk memory remaining = riskOf(book);
        assertGe(
            remaining.equity * int256(before.maintenance),
            before.equity * int256(remaining.maintenance),
            "E/R fell"
        );
        // Worthless long options require nothing.
        if (before.maintenance == 0) assertEq(remaining.maintenance, 0, "a requirement");
        else assertLt(remaining.maintenance, before.maintenance, "nothing was removed");
        uint256 removed = before.maintenance - remaining.maintenance;
        assertLe(payment * 10, removed * 3, "more than the limit");
        // Marks are good to the kernel's bound, 3.3e-10 of notionals of up to 100,000 USD a leg.
        assertApproxEqAbs(before.equity - remaining.equity, int256(payment), 1e15, "not at mark");
        if (remaining.stressLoss > before.stressLoss) {
            assertLe(int256(remaining.stressLoss), remaining.equity, "tail under the equity");
        }
        bool isInitial = remaining.equity >= int256(remaining.initial);
        assertTrue(isInitial || remaining.initial <= before.initial, "margin");
    }

    function requireConserved() private view {
        Account[4] memory accounts = [book, taker, maker, vault.treasury()];
        int256 owned = 0;
        for (uint256 i = 0; i < accounts.length; i++) owned += clearinghouse.portfolio(accounts[i]).cash;
        assertEq(owned, int256(clearinghouse.recordedInTokens(CASH) * 1e12), "INV-1");
        for (uint256 n = 0; n < INSTRUMENTS; n++) {
            int256 net = 0;
            for (uint256 i = 0; i < accounts.length; i++) net += clearinghouse.position(accounts[i], instrumentAt(n));
            assertEq(net, 0, "INV-2");
        }
    }

    /// Trades at mark. The checks of the clearinghouse are suspended: what matters is where the book stands.
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
                    ? Fill(book, maker, instrument, size, price)
                    : Fill(maker, book, instrument, size, price);
            clearinghouse.batch(actions);
        }
        vm.clearMockedCalls();
    }

    /// Takes cash out to the treasury until E is this share of R, WAD.
    function setEquityShare(uint256 share) private {
        Risk memory risk = riskOf(book);
        int256 excess = risk.equity - int256((risk.maintenance * share) / WAD);
        suspendMargin();
        Batch memory actions;
        actions.transfers = new Transfer[](1);
        actions.transfers[0] = Transfer(book, vault.treasury(), CASH, uint128(uint256(excess)));
        vm.prank(address(vault));
        clearinghouse.batch(actions);
        vm.clearMockedCalls();
    }

    function suspendMargin() private {
        Risk[] memory fine = new Risk[](2);
        (fine[0].equity, fine[1].equity) = (1e30, 1e30);
        vm.mockCall(address(engine), abi.encodeWithSelector(engine.evaluate.selector), abi.encode(fine));
    }

    function anyLegs() private returns (Position[] memory legs) {
        Position[] memory held = clearinghouse.positions(book);
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
        legs = clearinghouse.positions(book);
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
        return put(underlying, LATER, strike);
    }

    function random(uint256 below) private returns (uint256) {
        entropy = uint256(keccak256(abi.encode(entropy)));
        return entropy % below;
    }

    function riskOf(Account account) private view returns (Risk memory) {
        return evaluate(clearinghouse.portfolio(account));
    }

    function approve(Account account, address operator) private {
        Batch memory actions;
        actions.approvals = new Approval[](1);
        actions.approvals[0] = Approval(account, operator, MAY_TRADE, type(uint40).max);
        vm.prank(account.owner());
        clearinghouse.batch(actions);
    }

    function fund(Account account, uint256 dollars) private {
        usdc.mint(address(this), dollars * 1e6);
        Batch memory actions;
        actions.deposits = new Deposit[](1);
        actions.deposits[0] = Deposit(account, CASH, dollars * 1e6);
        clearinghouse.batch(actions);
    }
}

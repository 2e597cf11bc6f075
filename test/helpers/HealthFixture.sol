// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { BackstopVault } from "../../contracts/BackstopVault.sol";
import { Clearinghouse } from "../../contracts/Clearinghouse.sol";
import { Liquidator } from "../../contracts/Liquidator.sol";
import { Approval, Batch, Deposit, Fill, MAY_TRADE, Withdrawal } from "../../contracts/interfaces/IClearinghouse.sol";
import { Liquidation } from "../../contracts/interfaces/ILiquidator.sol";
import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Collateral, RiskParameters } from "../../contracts/interfaces/IMarkets.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH, Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { EngineFuzz } from "./EngineFuzz.sol";

/// Books of options, perpetuals and collateral on the real margin engine, clearinghouse and liquidator, brought to any share of equity.
abstract contract HealthFixture is EngineFuzz {
    uint256 internal constant WAD = 1e18;
    uint64 internal constant CONCENTRATION = 0.03e18;
    uint256 private constant COLLATERAL_TOKEN = 1;

    TestToken internal usdc;
    TestToken internal weth;
    Clearinghouse internal clearinghouse;
    BackstopVault internal vault;
    Liquidator internal liquidator;
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    Account internal debtor = toAccount(alice, 0);
    Account internal keeper = toAccount(bob, 0);
    Account internal maker = toAccount(address(this), 0);
    Instrument internal collateral = toInstrument(ETH, Kind.Spot, 0, uint64(COLLATERAL_TOKEN));

    function setUp() public virtual override {
        super.setUp();
        usdc = new TestToken("USD Coin", "USDC", 6);
        weth = new TestToken("Wrapped Ether", "WETH", 18);
        markets.listCollateral(collateral, Collateral(address(weth), 18, 0.02e18, 1e30));
        setConcentration(CONCENTRATION);
        clearinghouse = Clearinghouse(deployClearinghouse(address(manager), address(usdc), address(markets)));
        clearinghouse.setMarginEngine(address(engine));
        vault = BackstopVault(deploy("BackstopVault", abi.encode(clearinghouse)));
        liquidator = Liquidator(deploy("Liquidator", abi.encode(clearinghouse, vault, views)));
        clearinghouse.setLiquidator(address(liquidator));
        usdc.approve(address(clearinghouse), type(uint256).max);
        fund(maker, 1e11);
        fund(keeper, 1e11);
        fund(debtor, 1e11);
        Batch memory actions;
        actions.approvals = new Approval[](1);
        actions.approvals[0] = Approval(debtor, address(this), MAY_TRADE, type(uint40).max);
        vm.prank(alice);
        clearinghouse.batch(actions);
    }

    function setConcentration(uint64 concentration) internal {
        RiskParameters memory parameters = ethParameters();
        parameters.concentration = concentration;
        changeRisk(markets, ETH, parameters);
        parameters = btcParameters();
        parameters.concentration = concentration;
        changeRisk(markets, BTC, parameters);
    }

    function fund(Account account, uint256 dollars) internal {
        usdc.mint(address(this), dollars * 1e6);
        deposit(Deposit(account, CASH, dollars * 1e6));
    }

    /// Only its owner may give an account a token that it does not hold.
    function pledgeEther(uint256 amount) internal {
        weth.mint(alice, amount);
        vm.startPrank(alice);
        weth.approve(address(clearinghouse), amount);
        deposit(Deposit(debtor, collateral, amount));
        vm.stopPrank();
    }

    function deposit(Deposit memory action) private {
        Batch memory actions;
        actions.deposits = new Deposit[](1);
        actions.deposits[0] = action;
        clearinghouse.batch(actions);
    }

    /// Trades the debtor's book with the maker at mark. The checks of the clearinghouse are suspended: what matters is where the
    /// account stands.
    function openBook(Position[] memory legs) internal {
        Batch memory actions;
        actions.fills = new Fill[](legs.length);
        for (uint256 i = 0; i < legs.length; i++) {
            (Instrument instrument, int256 size) = (legs[i].instrument(), legs[i].size());
            (uint256 price, ) = engine.mark(instrument);
            actions.fills[i] =
                size > 0
                    ? Fill(debtor, maker, instrument, uint128(uint256(size)), price)
                    : Fill(maker, debtor, instrument, uint128(uint256(-size)), price);
        }
        suspendMargin();
        clearinghouse.batch(actions);
        vm.clearMockedCalls();
    }

    /// Takes cash out of the debtor's account until E is this share of R, WAD.
    function setEquityShare(uint256 share) internal {
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

    function liquidate(Position[] memory legs) internal returns (bool, bytes memory) {
        Liquidation memory order = Liquidation(debtor, keeper, legs, type(int256).min, uint40(vm.getBlockTimestamp()));
        vm.prank(bob);
        try liquidator.liquidate(order) {
            return (true, "");
        } catch (bytes memory reason) {
            return (false, reason);
        }
    }

    /// INV-4 and what the guards promise, after a call that went through. @param book What the debtor held before it.
    function requireHealthier(Portfolio memory book) internal view {
        Portfolio[] memory portfolios = new Portfolio[](3);
        portfolios[0] = book;
        portfolios[1] = clearinghouse.portfolio(debtor);
        portfolios[2] = clearinghouse.portfolio(keeper);
        Risk[] memory risks = engine.evaluate(portfolios);
        (Risk memory before, Risk memory remaining, Risk memory taker) = (risks[0], risks[1], risks[2]);
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
        assertGe(taker.equity, int256(taker.initial), "taker");
    }

    /// INV-1 for cash, and INV-2 for the instruments of the book.
    function requireConserved(Position[] memory book) internal view {
        Account[4] memory accounts = [debtor, keeper, maker, vault.treasury()];
        int256 owned = int256(clearinghouse.reserve());
        for (uint256 i = 0; i < accounts.length; i++) owned += clearinghouse.portfolio(accounts[i]).cash;
        assertEq(owned, int256(clearinghouse.recordedInTokens(CASH) * 1e12), "INV-1");
        for (uint256 n = 0; n < book.length; n++) {
            Instrument instrument = book[n].instrument();
            int256 net = 0;
            for (uint256 i = 0; i < accounts.length; i++) net += clearinghouse.position(accounts[i], instrument);
            assertEq(net, 0, "INV-2");
        }
    }

    /// The same share of every leg of the debtor, WAD.
    function slice(uint256 share) internal view returns (Position[] memory legs) {
        legs = clearinghouse.positions(debtor);
        for (uint256 i = 0; i < legs.length; i++) {
            legs[i] = toPosition(legs[i].instrument(), int128((legs[i].size() * int256(share)) / 1e18));
        }
    }

    function isBelow() internal view returns (bool) {
        Risk memory risk = riskOf(debtor);
        return risk.equity < int256(risk.maintenance);
    }

    function isAuctioned() internal view returns (bool) {
        return liquidator.auctionState(debtor).auction.startedAt != 0;
    }

    function riskOf(Account account) internal view returns (Risk memory) {
        return evaluate(clearinghouse.portfolio(account));
    }
}

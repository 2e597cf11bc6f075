// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import { BackstopVault } from "../../contracts/BackstopVault.sol";
import { Clearinghouse } from "../../contracts/Clearinghouse.sol";
import { Liquidator } from "../../contracts/Liquidator.sol";
import { Approval, Batch, Deposit, Fill, MAY_MOVE, MAY_TRADE } from "../../contracts/interfaces/IClearinghouse.sol";
import { IClearinghouseBooks } from "../../contracts/interfaces/IClearinghouseBooks.sol";
import { IClearinghouseForce } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { Liquidation, WholeTakeOver } from "../../contracts/interfaces/ILiquidator.sol";
import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Collateral, Underlying } from "../../contracts/interfaces/IMarkets.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { MockMarkets } from "../../contracts/mocks/MockMarkets.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH, Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { ScenarioEngine } from "./ScenarioEngine.sol";
import { Test } from "./Test.sol";

/// The real clearinghouse, liquidator and backstop over an engine whose scenarios are set by hand. `debtor` is who gets
/// into trouble, `maker` takes the other side of everything, `keeper` and `rival` liquidate.
abstract contract LiquidationFixture is Test {
    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant WAD = 1e18;
    uint256 internal constant USDC = 1e6;
    uint256 internal constant SPOT = 2000e18;

    TestToken internal usdc;
    TestToken internal weth;
    MockMarkets internal markets;
    ScenarioEngine internal engine;
    Clearinghouse internal clearinghouse;
    IClearinghouseForce internal force;
    IClearinghouseBooks internal books;
    BackstopVault internal vault;
    Liquidator internal liquidator;

    address internal alice = makeAddr("alice");
    address internal market = makeAddr("market maker");
    address internal bob = makeAddr("bob");
    address internal carol = makeAddr("carol");
    address internal lender = makeAddr("lender");
    address internal stranger = makeAddr("stranger");
    Account internal debtor = toAccount(alice, 1);
    Account internal maker = toAccount(market, 0);
    Account internal keeper = toAccount(bob, 0);
    Account internal rival = toAccount(carol, 0);

    Instrument internal perpetual = toInstrument(1, Kind.Perpetual, 0, 0);
    Instrument internal call = toInstrument(1, Kind.Call, uint40(START + 30 days), 2000e8);
    Instrument internal put = toInstrument(1, Kind.Put, uint40(START + 30 days), 1500e8);
    Instrument internal spot = toInstrument(1, Kind.Spot, 0, 0);

    function setUp() public virtual {
        vm.warp(START);
        usdc = newUsdc();
        weth = new TestToken("Wrapped Ether", "WETH", 18);
        markets = new MockMarkets();
        markets.setCollateral(spot, Collateral(address(weth), 18, 0, 1e30));
        markets.setUnderlying(1, Underlying("ETH", 1e8, 400 days, 1e30, false));
        engine = new ScenarioEngine();
        AccessManager manager = AccessManager(deploy("AccessManager", abi.encode(address(this))));
        clearinghouse = Clearinghouse(deployClearinghouse(address(manager), address(usdc), address(markets)));
        force = IClearinghouseForce(address(clearinghouse));
        books = IClearinghouseBooks(address(clearinghouse));
        clearinghouse.setMarginEngine(address(engine));
        vault = BackstopVault(deploy("BackstopVault", abi.encode(clearinghouse)));
        liquidator = Liquidator(deploy("Liquidator", abi.encode(clearinghouse, vault, engine)));
        clearinghouse.setLiquidator(address(liquidator));

        engine.setMark(perpetual, SPOT);
        engine.setMark(call, 100e18);
        engine.setMark(put, 20e18);
        engine.setMark(spot, SPOT);
        engine.setProfits(perpetual, 200e18, -200e18, -1000e18);
        engine.setProfits(call, 190e18, -100e18, -100e18);
        engine.setProfits(put, -5e18, 5e18, 900e18);
        engine.setProfits(spot, 200e18, -200e18, -1000e18);
        engine.setValidity(Validity.Fresh, uint40(START - 1 days));

        fund(maker, 100_000_000);
        fund(keeper, 1_000_000);
        fund(rival, 1_000_000);
        operate(maker);
    }

    function newUsdc() internal virtual returns (TestToken) {
        return new TestToken("USD Coin", "USDC", 6);
    }

    /// Ten perpetuals long on 3,000 USD: requirement 2,000, below it from a mark under 1,900.
    function openLong() internal {
        fund(debtor, 3000);
        operate(debtor);
        buy(debtor, perpetual, 10e18, SPOT);
    }

    /// Moves the perpetual so that the ten of `openLong` leave this equity, whole USD.
    function setEquity(int256 equity) internal {
        engine.setMark(perpetual, uint256(int256(SPOT) + ((equity - 3000) * 1e18) / 10));
        assertEq(riskOf(debtor).equity, equity * 1e18, "fixture: equity");
    }

    function openAuction(int256 equity) internal {
        openLong();
        setEquity(equity);
        liquidator.startAuction(debtor);
    }

    function fund(Account account, uint256 dollars) internal {
        usdc.mint(address(this), dollars * USDC);
        usdc.approve(address(clearinghouse), dollars * USDC);
        Batch memory actions;
        actions.deposits = new Deposit[](1);
        actions.deposits[0] = Deposit(account, CASH, dollars * USDC);
        clearinghouse.batch(actions);
    }

    function fundReserve(uint256 dollars) internal {
        usdc.mint(address(this), dollars * USDC);
        usdc.approve(address(clearinghouse), dollars * USDC);
        clearinghouse.fundReserve(dollars * USDC);
    }

    function fundBackstop(address depositor, uint256 dollars) internal returns (uint256 shares) {
        usdc.mint(depositor, dollars * USDC);
        vm.startPrank(depositor);
        usdc.approve(address(vault), dollars * USDC);
        shares = vault.deposit(dollars * USDC, depositor);
        vm.stopPrank();
    }

    /// Lets the test trade and move the account.
    function operate(Account account) internal {
        Batch memory actions;
        actions.approvals = new Approval[](1);
        actions.approvals[0] = Approval(account, address(this), MAY_TRADE | MAY_MOVE, type(uint40).max);
        vm.prank(account.owner());
        clearinghouse.batch(actions);
    }

    function buy(Account account, Instrument instrument, uint128 size, uint256 price) internal {
        trade(account, maker, instrument, size, price);
    }

    function sell(Account account, Instrument instrument, uint128 size, uint256 price) internal {
        trade(maker, account, instrument, size, price);
    }

    function trade(Account buyer, Account seller, Instrument instrument, uint128 size, uint256 price) internal {
        Batch memory actions;
        actions.fills = new Fill[](1);
        actions.fills[0] = Fill(buyer, seller, instrument, size, price);
        clearinghouse.batch(actions);
    }

    function riskOf(Account account) internal view returns (Risk memory) {
        Portfolio[] memory portfolios = new Portfolio[](1);
        portfolios[0] = clearinghouse.portfolio(account);
        return engine.evaluate(portfolios)[0];
    }

    function leg(Instrument instrument, int128 size) internal pure returns (Position[] memory legs) {
        legs = new Position[](1);
        legs[0] = toPosition(instrument, size);
    }

    function legs2(
        Instrument first,
        int128 firstSize,
        Instrument second,
        int128 secondSize
    ) internal pure returns (Position[] memory legs) {
        legs = new Position[](2);
        legs[0] = toPosition(first, firstSize);
        legs[1] = toPosition(second, secondSize);
    }

    function liquidation(Position[] memory legs) internal view returns (Liquidation memory) {
        return Liquidation(debtor, keeper, legs, type(int256).min, uint40(vm.getBlockTimestamp()));
    }

    function liquidateAsKeeper(Position[] memory legs) internal returns (int256 payment) {
        Liquidation memory order = liquidation(legs);
        vm.prank(bob);
        return liquidator.liquidate(order);
    }

    /// Into a new account of the keeper, with so much of its cash, whole USD.
    function wholeOrder(uint256 funding) internal view returns (WholeTakeOver memory) {
        return
            WholeTakeOver({
                account: debtor,
                taker: toAccount(bob, 7),
                funder: keeper,
                funding: funding * 1e18,
                minPayment: type(int256).min,
                deadline: uint40(vm.getBlockTimestamp())
            });
    }

    function takeOverAsKeeper(uint256 funding) internal returns (int256 payment) {
        WholeTakeOver memory order = wholeOrder(funding);
        vm.prank(bob);
        return liquidator.takeOver(order);
    }

    function skip(uint256 elapsed) internal {
        vm.warp(vm.getBlockTimestamp() + elapsed);
    }

    /// Keeps the auction alive across a longer time than an unattended one lasts.
    function skipConfirmed(uint256 elapsed) internal {
        uint256 step = liquidator.LAPSE_SECONDS();
        for (; elapsed > step; elapsed -= step) {
            skip(step);
            liquidator.confirmAuction(debtor);
        }
        skip(elapsed);
    }

    /// INV-1 for cash, over every account that the tests use: what custody records is what accounts and the reserve own.
    function assertConserved() internal view {
        int256 owned = int256(clearinghouse.reserve());
        Account[9] memory accounts = [
            debtor,
            maker,
            keeper,
            rival,
            toAccount(bob, 7),
            toAccount(carol, 7),
            vault.treasury(),
            toAccount(stranger, 0),
            toAccount(address(this), 0)
        ];
        for (uint256 i = 0; i < accounts.length; i++) owned += cashOf(accounts[i]);
        Account[] memory absorbed = vault.absorbed();
        for (uint256 i = 0; i < absorbed.length; i++) owned += cashOf(absorbed[i]);
        int256 rounded = int256(clearinghouse.recordedInTokens(CASH) * 1e12) - owned;
        assertGe(rounded, 0, "INV-1: created");
        // Less than a unit an account, once a loss has moved the index.
        bool isMoved = books.cashTotals().supplyIndex != 1e18;
        assertLe(rounded, isMoved ? int256(accounts.length + absorbed.length + 1) : int256(0), "INV-1: lost");
        assertLe(clearinghouse.recordedInTokens(CASH), usdc.balanceOf(address(clearinghouse)), "custody");
    }

    /// Cash and entry values.
    function cashOf(Account account) internal view returns (int256) {
        return clearinghouse.portfolio(account).cash;
    }
}

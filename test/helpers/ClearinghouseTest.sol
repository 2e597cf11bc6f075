// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import { Clearinghouse } from "../../contracts/Clearinghouse.sol";
import {
    Approval,
    Batch,
    Deposit,
    Fill,
    MAY_TRADE,
    Transfer,
    Withdrawal
} from "../../contracts/interfaces/IClearinghouse.sol";
import { IClearinghouseBooks } from "../../contracts/interfaces/IClearinghouseBooks.sol";
import { IClearinghouseForce } from "../../contracts/interfaces/IClearinghouseForce.sol";
import { Collateral, Underlying } from "../../contracts/interfaces/IMarkets.sol";
import { Line, MockMarginEngine } from "../../contracts/mocks/MockMarginEngine.sol";
import { MockMarkets } from "../../contracts/mocks/MockMarkets.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position } from "../../contracts/types/Position.sol";
import { Test } from "./Test.sol";

/// A clearinghouse on linear margins: ETH at 2000 USD needs 20 % initially and 10 % to stay, per unit of any ETH instrument
/// but the call, which is marked at 100 USD and needs 300 and 150. BTC collateral is at 40000.
abstract contract ClearinghouseTest is Test {
    uint16 internal constant ETH = 1;
    uint16 internal constant BTC = 2;
    uint256 internal constant USD = 1e18;
    uint256 internal constant USDC = 1e6;
    uint128 internal constant UNIT = 1e18;
    uint128 internal constant OPEN_INTEREST_CAP = 1e6 * UNIT;
    uint256 internal constant FLOOR = 100 * USD;

    Instrument internal immutable WETH = toInstrument(ETH, Kind.Spot, 0, 0);
    Instrument internal immutable WBTC = toInstrument(BTC, Kind.Spot, 0, 0);
    Instrument internal immutable PERPETUAL = toInstrument(ETH, Kind.Perpetual, 0, 0);
    Instrument internal immutable CALL = toInstrument(ETH, Kind.Call, 1_800_000_000, 2500e8);

    AccessManager internal manager;
    Clearinghouse internal clearinghouse;
    IClearinghouseForce internal force;
    IClearinghouseBooks internal books;
    MockMarginEngine internal engine;
    MockMarkets internal markets;
    TestToken internal usdc;
    TestToken internal weth;
    TestToken internal wbtc;

    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal carol = makeAddr("carol");
    address internal liquidator = makeAddr("liquidator");
    Account internal alices = toAccount(alice, 1);
    Account internal alicesOther = toAccount(alice, 2);
    Account internal bobs = toAccount(bob, 1);
    Account internal carols = toAccount(carol, 1);
    Account internal feeTo = toAccount(makeAddr("backstop"), 0);

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        manager = AccessManager(deploy("AccessManager", abi.encode(address(this))));
        engine = MockMarginEngine(deploy("MockMarginEngine"));
        markets = new MockMarkets();
        usdc = new TestToken("USD Coin", "USDC", 6);
        weth = new TestToken("Wrapped Ether", "WETH", 18);
        wbtc = new TestToken("Wrapped Bitcoin", "WBTC", 8);
        clearinghouse = Clearinghouse(deployClearinghouse(address(manager), address(usdc), address(markets)));
        force = IClearinghouseForce(address(clearinghouse));
        books = IClearinghouseBooks(address(clearinghouse));
        clearinghouse.setMarginEngine(address(engine));
        clearinghouse.setLiquidator(liquidator);
        listCollateral(WETH, weth);
        listCollateral(WBTC, wbtc);
        markets.setUnderlying(ETH, Underlying("ETH", 1, 0, OPEN_INTEREST_CAP, false));
        markets.setUnderlying(BTC, Underlying("BTC", 1, 0, OPEN_INTEREST_CAP, false));
        setEthPrice(2000 * USD);
        engine.setLine(WBTC, Line(40_000 * USD, 8_000 * USD, 4_000 * USD));
        engine.setLine(CALL, Line(100 * USD, 300 * USD, 150 * USD));
        engine.setFloor(FLOOR);
        equip(alice);
        equip(bob);
        equip(carol);
        approve(alices, address(this), MAY_TRADE);
        approve(alicesOther, address(this), MAY_TRADE);
        approve(bobs, address(this), MAY_TRADE);
        approve(carols, address(this), MAY_TRADE);
    }

    function setEthPrice(uint256 price) internal {
        engine.setLine(WETH, Line(price, price / 5, price / 10));
        engine.setLine(PERPETUAL, Line(price, price / 5, price / 10));
    }

    function listCollateral(Instrument asset, TestToken token) internal {
        markets.setCollateral(asset, Collateral(address(token), token.decimals(), 0, 1e6 * UNIT));
    }

    /// Plenty of every token, and leave for the clearinghouse to take it.
    function equip(address owner) internal {
        equip(owner, usdc, 1e9 * USDC);
        equip(owner, weth, 1e5 ether);
        equip(owner, wbtc, 1e5 * 1e8);
    }

    function equip(address owner, TestToken token, uint256 amountInTokens) internal {
        token.mint(owner, amountInTokens);
        vm.prank(owner);
        token.approve(address(clearinghouse), type(uint256).max);
    }

    function deposit(Account account, Instrument asset, uint256 amountInTokens) internal {
        depositAs(account.owner(), account, asset, amountInTokens);
    }

    function depositAs(address caller, Account account, Instrument asset, uint256 amountInTokens) internal {
        Batch memory actions;
        actions.deposits = one(Deposit(account, asset, amountInTokens));
        vm.prank(caller);
        clearinghouse.batch(actions);
    }

    function withdraw(Account account, Instrument asset, uint256 amountInTokens) internal {
        withdrawAs(account.owner(), account, asset, amountInTokens, account.owner());
    }

    function withdrawAs(
        address caller,
        Account account,
        Instrument asset,
        uint256 amountInTokens,
        address to
    ) internal {
        Batch memory actions;
        actions.withdrawals = one(Withdrawal(account, asset, amountInTokens, to));
        vm.prank(caller);
        clearinghouse.batch(actions);
    }

    function transfer(Account from, Account to, Instrument asset, uint128 size) internal {
        transferAs(from.owner(), from, to, asset, size);
    }

    function transferAs(address caller, Account from, Account to, Instrument asset, uint128 size) internal {
        Batch memory actions;
        actions.transfers = one(Transfer(from, to, asset, size));
        vm.prank(caller);
        clearinghouse.batch(actions);
    }

    function approve(Account account, address operator, uint8 permissions, uint40 expiry) internal {
        Batch memory actions;
        actions.approvals = one(Approval(account, operator, permissions, expiry));
        vm.prank(account.owner());
        clearinghouse.batch(actions);
    }

    function approve(Account account, address operator, uint8 permissions) internal {
        approve(account, operator, permissions, type(uint40).max);
    }

    /// By the test, which may trade every account here.
    function fill(Account buyer, Account seller, Instrument instrument, uint128 size, uint256 price) internal {
        Batch memory actions;
        actions.fills = one(Fill(buyer, seller, instrument, size, price));
        clearinghouse.batch(actions);
    }

    function position(Account account, Instrument instrument) internal view returns (int256) {
        return clearinghouse.position(account, instrument);
    }

    function cash(Account account) internal view returns (int256) {
        return clearinghouse.cash(account);
    }

    function one(Deposit memory item) internal pure returns (Deposit[] memory list) {
        list = new Deposit[](1);
        list[0] = item;
    }

    function one(Withdrawal memory item) internal pure returns (Withdrawal[] memory list) {
        list = new Withdrawal[](1);
        list[0] = item;
    }

    function one(Transfer memory item) internal pure returns (Transfer[] memory list) {
        list = new Transfer[](1);
        list[0] = item;
    }

    function one(Approval memory item) internal pure returns (Approval[] memory list) {
        list = new Approval[](1);
        list[0] = item;
    }

    function one(Fill memory item) internal pure returns (Fill[] memory list) {
        list = new Fill[](1);
        list[0] = item;
    }

    function one(Account item) internal pure returns (Account[] memory list) {
        list = new Account[](1);
        list[0] = item;
    }

    function two(Account first, Account second) internal pure returns (Account[] memory list) {
        list = new Account[](2);
        (list[0], list[1]) = (first, second);
    }

    function one(Position item) internal pure returns (Position[] memory list) {
        list = new Position[](1);
        list[0] = item;
    }
}

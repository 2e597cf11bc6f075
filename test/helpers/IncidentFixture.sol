// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { BackstopVault } from "../../contracts/BackstopVault.sol";
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
import { Liquidation, WholeTakeOver } from "../../contracts/interfaces/ILiquidator.sol";
import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { AccountParameters, Collateral, RiskParameters, Underlying } from "../../contracts/interfaces/IMarkets.sol";
import { Feed } from "../../contracts/interfaces/IPriceOracle.sol";
import { Liquidator } from "../../contracts/Liquidator.sol";
import { Markets } from "../../contracts/Markets.sol";
import { AggregatorProxy } from "../../contracts/mocks/AggregatorProxy.sol";
import { MockAggregator } from "../../contracts/mocks/MockAggregator.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH, Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { ParameterChanges } from "./ParameterChanges.sol";
import { PublisherTest } from "./PublisherTest.sol";
import { StartingParameters } from "./StartingParameters.sol";

/// The whole venue on real contracts, and the verbs that stories are told with. ETH has the starting parameters; THIN is a token that
/// few trade, at 0.038 USD. Of both, open interest and collateral are capped at five depths. `crowd` is everybody else: a billion USD,
/// and the other side of every trade. `keeper` liquidates, `lender` stands behind the backstop with ten million.
/// What may be refused is tried: the story then says what it led to, in USD, whether it was refused or not.
abstract contract IncidentFixture is PublisherTest, ParameterChanges, StartingParameters {
    uint256 internal constant WAD = 1e18;
    uint16 internal constant THIN = 2;
    int256 internal constant THIN_PRICE = 0.038e8;
    /// Units that slip by `CONCENTRATION` when they are closed in haste.
    uint128 internal constant ETH_DEPTH = 20_000e18;
    uint128 internal constant THIN_DEPTH = 5_000_000e18;
    uint256 internal constant CONCENTRATION = 0.03e18;
    uint128 private constant CAP_IN_DEPTHS = 5;
    uint256 private constant TOKENS_TO_WAD = 1e12;
    /// 08:00 UTC, 30.4 days after START.
    uint40 internal constant EXPIRY = 1_702_627_200;

    Instrument internal immutable WETH = toInstrument(ETH, Kind.Spot, 0, 0);
    Instrument internal immutable ETH_PERPETUAL = toInstrument(ETH, Kind.Perpetual, 0, 0);
    Instrument internal immutable THIN_TOKEN = toInstrument(THIN, Kind.Spot, 0, 0);
    Instrument internal immutable THIN_PERPETUAL = toInstrument(THIN, Kind.Perpetual, 0, 0);

    TestToken internal usdc;
    TestToken internal weth;
    TestToken internal thinToken;
    MockAggregator internal thinAggregator;
    Markets internal markets;
    Clearinghouse internal clearinghouse;
    BackstopVault internal vault;
    Liquidator internal liquidator;
    Account internal crowd;
    Account internal keeper;
    address internal lender;

    function setUp() public virtual override {
        super.setUp();
        usdc = newUsdc();
        weth = new TestToken("Wrapped Ether", "WETH", 18);
        thinToken = new TestToken("Thin", "THIN", 18);
        deployCore();
        list(ETH, WETH, weth, ETH_DEPTH);
        listThinFeed();
        list(THIN, THIN_TOKEN, thinToken, THIN_DEPTH);
        send(three(flatReport(REALISED)));

        crowd = open("crowd");
        keeper = open("keeper");
        lender = makeAddr("lender");
        pay(crowd, 1_000_000_000);
        pay(keeper, 100_000_000);
        stake(10_000_000);
    }

    function stake(uint256 dollars) internal {
        usdc.mint(lender, dollars * 1e6);
        vm.startPrank(lender);
        usdc.approve(address(vault), dollars * 1e6);
        vault.deposit(dollars * 1e6, lender);
        vm.stopPrank();
    }

    function newUsdc() internal virtual returns (TestToken) {
        return new TestToken("USD Coin", "USDC", 6);
    }

    function deployCore() private {
        markets = Markets(deploy("Markets", abi.encode(address(manager), AccountParameters(100e18, 0.4e18))));
        clearinghouse = Clearinghouse(deployClearinghouse(address(manager), address(usdc), address(markets)));
        address table = deploy("KernelTable");
        clearinghouse.setMarginEngine(
            deploy("MarginEngine", abi.encode(markets, prices, oracle, clearinghouse, table))
        );
        vault = BackstopVault(deploy("BackstopVault", abi.encode(clearinghouse)));
        liquidator = Liquidator(deploy("Liquidator", abi.encode(clearinghouse, vault, address(0))));
        clearinghouse.setLiquidator(address(liquidator));
    }

    function list(uint16 id, Instrument spot, TestToken token, uint128 depth) private {
        RiskParameters memory risk = ethParameters();
        risk.concentration = CONCENTRATION;
        risk.depth = depth / WAD;
        markets.listUnderlying(id, Underlying("", 1e6, 400 days, CAP_IN_DEPTHS * depth, false), risk);
        markets.listCollateral(spot, Collateral(address(token), 18, 0.02e18, CAP_IN_DEPTHS * depth));
    }

    function withoutConcentration() internal pure returns (RiskParameters memory risk) {
        risk = ethParameters();
        risk.depth = ETH_DEPTH / WAD;
    }

    function listThinFeed() private {
        thinAggregator = new MockAggregator(8, "THIN / USD");
        thinAggregator.push(THIN_PRICE);
        address proxy_ = address(new AggregatorProxy(address(thinAggregator)));
        prices.setFeed(THIN, Feed(proxy_, 8, HEARTBEAT, MAX_AGE, 0.01e8, MAX_ANSWER));
        oracle.list(THIN, parameters(), REALISED, STRESSED);
    }

    /// Account 0 of a new wallet, which the test may trade for.
    function open(string memory name) internal returns (Account) {
        return open(makeAddr(name), 0);
    }

    function open(address wallet, uint96 subId) internal returns (Account account) {
        account = toAccount(wallet, subId);
        Batch memory actions;
        actions.approvals = new Approval[](1);
        actions.approvals[0] = Approval(account, address(this), MAY_TRADE, type(uint40).max);
        vm.startPrank(wallet);
        usdc.approve(address(clearinghouse), type(uint256).max);
        weth.approve(address(clearinghouse), type(uint256).max);
        thinToken.approve(address(clearinghouse), type(uint256).max);
        clearinghouse.batch(actions);
        vm.stopPrank();
    }

    function moveEth(uint256 dollars) internal {
        pushAfter(1 minutes, int256(dollars * 1e8));
    }

    /// A round a minute, so that the other feed stays fresh.
    function moveThin(int256 answer) internal {
        skip(1 minutes);
        thinAggregator.push(answer, vm.getBlockTimestamp());
    }

    /// Time passes; both feeds repeat their prices at their heartbeats, and publishers their surface.
    function pass(uint256 elapsed) internal {
        (, int256 eth, , , ) = aggregator.latestRoundData();
        (, int256 thin, , , ) = thinAggregator.latestRoundData();
        for (uint256 step = 30 minutes; elapsed > 0; elapsed -= step) {
            if (step > elapsed) step = elapsed;
            pushAfter(step, eth);
            thinAggregator.push(thin, vm.getBlockTimestamp());
            send(three(flatReport(REALISED)));
        }
    }

    function pay(Account account, uint256 dollars) internal {
        usdc.mint(account.owner(), dollars * 1e6);
        assertTrue(tryDeposit(account, CASH, dollars * 1e6), "fixture: deposit");
    }

    function tryDeposit(Account account, Instrument asset, uint256 amountInTokens) internal returns (bool) {
        Batch memory actions;
        actions.deposits = new Deposit[](1);
        actions.deposits[0] = Deposit(account, asset, amountInTokens);
        return tryBatch(account.owner(), actions);
    }

    /// Cash to the owner's wallet. @param size USD WAD, rounded down to tokens.
    function tryWithdraw(Account account, uint256 size) internal returns (bool) {
        Batch memory actions;
        actions.withdrawals = new Withdrawal[](1);
        actions.withdrawals[0] = Withdrawal(account, CASH, size / TOKENS_TO_WAD, account.owner());
        return tryBatch(account.owner(), actions);
    }

    function tryTransfer(Account from, Account to, uint256 size) internal returns (bool) {
        Batch memory actions;
        actions.transfers = new Transfer[](1);
        actions.transfers[0] = Transfer(from, to, CASH, uint128(size));
        return tryBatch(from.owner(), actions);
    }

    function tryTrade(
        Account buyer,
        Account seller,
        Instrument instrument,
        uint128 size,
        uint256 price
    ) internal returns (bool) {
        Batch memory actions;
        actions.fills = new Fill[](1);
        actions.fills[0] = Fill(buyer, seller, instrument, size, price);
        return tryBatch(address(this), actions);
    }

    function buy(Account account, Instrument instrument, uint128 size, uint256 price) internal {
        assertTrue(tryTrade(account, crowd, instrument, size, price), "fixture: buy");
    }

    function sell(Account account, Instrument instrument, uint128 size, uint256 price) internal {
        assertTrue(tryTrade(crowd, account, instrument, size, price), "fixture: sell");
    }

    /// Withdraws all that the venue lets go: everything, down to the maintenance or to the initial requirement, which itself depends on
    /// whether a debt is left.
    function withdrawAll(Account account) internal {
        bool isDone = true;
        for (uint256 i = 0; i < 3 && isDone; ++i) {
            Risk memory risk = riskOf(account);
            isDone = tryWithdrawOver(account, risk, 0);
            isDone = isDone || tryWithdrawOver(account, risk, risk.maintenance);
            isDone = isDone || tryWithdrawOver(account, risk, risk.initial);
        }
    }

    function tryWithdrawOver(Account account, Risk memory risk, uint256 kept) private returns (bool) {
        int256 most = risk.equity - int256(kept);
        return most > int256(TOKENS_TO_WAD) && tryWithdraw(account, uint256(most));
    }

    function tryLiquidate(Account account, Instrument instrument, int128 size) internal returns (bool) {
        return tryLiquidate(account, keeper, instrument, size);
    }

    function tryLiquidate(Account account, Account taker, Instrument instrument, int128 size) internal returns (bool) {
        Position[] memory legs = new Position[](1);
        legs[0] = toPosition(instrument, size);
        Liquidation memory order = Liquidation(account, taker, legs, type(int256).min, type(uint40).max);
        return attempt(taker.owner(), address(liquidator), abi.encodeCall(liquidator.liquidate, (order)));
    }

    /// Into account 1 of the keeper, with so much of its cash, USD WAD.
    function tryTakeOver(Account account, uint256 funding) internal returns (bool) {
        address owner = keeper.owner();
        WholeTakeOver memory order = WholeTakeOver({
            account: account,
            taker: toAccount(owner, 1),
            funder: keeper,
            funding: funding,
            minPayment: type(int256).min,
            deadline: type(uint40).max
        });
        return attempt(owner, address(liquidator), abi.encodeCall(liquidator.takeOver, (order)));
    }

    function tryStartAuction(Account account) internal returns (bool) {
        return attempt(address(this), address(liquidator), abi.encodeCall(liquidator.startAuction, (account)));
    }

    /// Somebody shows that the account is still below maintenance.
    function confirm(Account account) internal returns (bool) {
        return attempt(address(this), address(liquidator), abi.encodeCall(liquidator.confirmAuction, (account)));
    }

    /// Nobody takes anything until the backstop may, which anybody then makes it do.
    function leaveToBackstop(Account account) internal returns (bool isAbsorbed) {
        for (uint256 waited = 0; waited < 4 hours; waited += 15 minutes) {
            if (tryAbsorb(account)) return true;
            pass(15 minutes);
            confirm(account);
        }
    }

    /// The backstop takes it, or the other side closes it.
    function tryAbsorb(Account account) internal returns (bool) {
        return attempt(address(this), address(liquidator), abi.encodeCall(liquidator.absorb, (account)));
    }

    function attempt(address caller, address target, bytes memory data) internal returns (bool isDone) {
        vm.prank(caller);
        // solhint-disable-next-line avoid-low-level-calls
        (isDone, ) = target.call(data);
    }

    function tryBatch(address caller, Batch memory actions) internal returns (bool) {
        return attempt(caller, address(clearinghouse), abi.encodeCall(clearinghouse.batch, (actions)));
    }

    function riskOf(Account account) internal view returns (Risk memory) {
        return clearinghouse.risk(account);
    }

    function equityOf(Account account) internal view returns (int256) {
        return riskOf(account).equity;
    }

    /// What the account is worth to its owner, who walks away from a debt. USD WAD.
    function claimOf(Account account) internal view returns (int256) {
        int256 equity = equityOf(account);
        return equity > 0 ? equity : int256(0);
    }

    /// USD WAD.
    function walletOf(Account account) internal view returns (int256) {
        return int256(usdc.balanceOf(account.owner()) * TOKENS_TO_WAD);
    }

    /// What the account owes and does not have, USD WAD.
    function holeOf(Account account) internal view returns (int256) {
        int256 equity = equityOf(account);
        return equity < 0 ? -equity : int256(0);
    }
}

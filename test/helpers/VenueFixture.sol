// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { BackstopVault } from "../../contracts/BackstopVault.sol";
import { Clearinghouse } from "../../contracts/Clearinghouse.sol";
import { Approval, Batch, Deposit, Fill, MAY_TRADE, Withdrawal } from "../../contracts/interfaces/IClearinghouse.sol";
import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { AccountParameters, Collateral, RiskParameters, Underlying } from "../../contracts/interfaces/IMarkets.sol";
import { Liquidator } from "../../contracts/Liquidator.sol";
import { Markets } from "../../contracts/Markets.sol";
import { TestToken } from "../../contracts/mocks/TestToken.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { CASH, Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { PublisherTest } from "./PublisherTest.sol";
import { StartingParameters } from "./StartingParameters.sol";

/// The whole venue on the real oracles with the starting parameters of ETH: feed, three publishers, engine, clearinghouse, liquidator. The
/// surface is fresh, at the realised 60 %. Every account but `hedged` has an equity of 1.2 × its initial requirement.
/// `long` and `short` hold ten perpetuals, `straddle` is short ten calls and puts, `hedged` has ten ether and is short as many perpetuals.
abstract contract VenueFixture is PublisherTest, StartingParameters {
    uint256 internal constant LEVEL = REALISED;
    uint128 private constant UNITS = 10e18;
    uint256 private constant SPOT = 2000e18;
    /// 08:00 UTC, 30.4 days after START.
    uint40 private constant EXPIRY = 1_702_627_200;

    Markets private markets;
    TestToken private usdc;
    TestToken private weth;
    Clearinghouse internal clearinghouse;
    Liquidator internal liquidator;

    address private wallet = makeAddr("wallet");
    Account private maker = toAccount(address(this), 0);
    Account internal long = toAccount(wallet, 1);
    Account internal short = toAccount(wallet, 2);
    Account internal straddle = toAccount(wallet, 3);
    Account internal hedged = toAccount(wallet, 4);

    Instrument private perpetual = toInstrument(ETH, Kind.Perpetual, 0, 0);
    Instrument private spot = toInstrument(ETH, Kind.Spot, 0, 0);

    function setUp() public virtual override {
        super.setUp();
        usdc = new TestToken("USD Coin", "USDC", 6);
        weth = new TestToken("Wrapped Ether", "WETH", 18);
        markets = Markets(deploy("Markets", abi.encode(address(manager), AccountParameters(100e18, 0.4e18))));
        markets.listUnderlying(ETH, Underlying("ETH", 1e8, 400 days, 1e30, false), riskParameters());
        markets.listCollateral(spot, Collateral(address(weth), 18, 0.02e18, 1e30));
        clearinghouse = Clearinghouse(deployClearinghouse(address(manager), address(usdc), address(markets)));
        address table = deploy("KernelTable", "");
        clearinghouse.setMarginEngine(
            deploy("MarginEngine", abi.encode(markets, prices, oracle, clearinghouse, table))
        );
        BackstopVault vault = BackstopVault(deploy("BackstopVault", abi.encode(clearinghouse)));
        liquidator = Liquidator(deploy("Liquidator", abi.encode(clearinghouse, vault, address(0))));
        clearinghouse.setLiquidator(address(liquidator));
        send(three(flatReport(LEVEL)));
        openBooks();
    }

    function riskParameters() private pure returns (RiskParameters memory parameters) {
        parameters = ethParameters();
        parameters.concentration = 0.03e18;
    }

    function openBooks() private {
        fund(maker, 1e9);
        Account[4] memory all = [long, short, straddle, hedged];
        for (uint256 i = 0; i < all.length; ++i) {
            if (i < 3) fund(all[i], 1e6);
            Batch memory actions;
            actions.approvals = new Approval[](1);
            actions.approvals[0] = Approval(all[i], address(this), MAY_TRADE, type(uint40).max);
            if (i == 3) actions.deposits = depositOf(all[i], spot, weth, UNITS, wallet);
            vm.prank(wallet);
            clearinghouse.batch(actions);
        }
        trade(long, maker, perpetual, SPOT);
        trade(maker, short, perpetual, SPOT);
        trade(maker, hedged, perpetual, SPOT);
        trade(maker, straddle, toInstrument(ETH, Kind.Call, EXPIRY, 2000e8), 160e18);
        trade(maker, straddle, toInstrument(ETH, Kind.Put, EXPIRY, 2000e8), 160e18);
        leaveEquity(long);
        leaveEquity(short);
        leaveEquity(straddle);
    }

    function trade(Account buyer, Account seller, Instrument instrument, uint256 price) private {
        Batch memory actions;
        actions.fills = new Fill[](1);
        actions.fills[0] = Fill(buyer, seller, instrument, UNITS, price);
        clearinghouse.batch(actions);
    }

    function fund(Account account, uint256 dollars) private {
        Batch memory actions;
        actions.deposits = depositOf(account, CASH, usdc, dollars * 1e6, address(this));
        clearinghouse.batch(actions);
    }

    function depositOf(
        Account account,
        Instrument asset,
        TestToken token,
        uint256 amountInTokens,
        address from
    ) private returns (Deposit[] memory deposits) {
        token.mint(from, amountInTokens);
        vm.prank(from);
        token.approve(address(clearinghouse), amountInTokens);
        deposits = new Deposit[](1);
        deposits[0] = Deposit(account, asset, amountInTokens);
    }

    /// Withdraws what is above 1.2 × initial.
    function leaveEquity(Account account) private {
        Risk memory risk = clearinghouse.risk(account);
        uint256 surplus = uint256(risk.equity) - (risk.initial * 12) / 10;
        Batch memory actions;
        actions.withdrawals = new Withdrawal[](1);
        actions.withdrawals[0] = Withdrawal(account, CASH, surplus / 1e12, wallet);
        vm.prank(wallet);
        clearinghouse.batch(actions);
    }

    /// Rounds at the feed's heartbeat that repeat the price, and honest reports, until so much time has passed.
    function pass(uint256 elapsed) internal {
        for (uint256 done = 0; done < elapsed; done += 30 minutes) {
            pushAfter(30 minutes, ETH_PRICE);
            send(three(flatReport(LEVEL)));
        }
    }
}

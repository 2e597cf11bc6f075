// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Batch, Transfer } from "../../contracts/interfaces/IClearinghouse.sol";
import { IClearinghouseBooks } from "../../contracts/interfaces/IClearinghouseBooks.sol";
import { InterestRates } from "../../contracts/interfaces/IInterest.sol";
import { ILiquidator, WholeTakeOver } from "../../contracts/interfaces/ILiquidator.sol";
import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { SurfaceReport } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Account, RESERVE, toAccount } from "../../contracts/types/Account.sol";
import { CASH, Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position } from "../../contracts/types/Position.sol";
import { PoolFixture } from "../helpers/PoolFixture.sol";
import { Vm } from "../helpers/Vm.sol";
import { Books } from "./BalancedBooks.sol";

/// Random calls on a whole venue of real contracts: traders against the liquidity pool and each other, a market that jumps, a keeper, the
/// waterfall, depositors of pool and backstop, interest, funding by the pool's quotes, fees and expiries. It checks what each call of the
/// liquidator did to the value of all accounts, and counts what succeeded. Of all losses together it keeps the sum.
contract VenueHandler is PoolFixture {
    uint256 private constant TRADERS = 4;
    uint256 private constant KEEPER_ACCOUNTS = 6;
    /// Enough for a jump to leave more than half of the backstop missing.
    uint256 private constant DOLLARS_EACH = 5_000_000;
    uint256 private constant MAX_UNITS = 20_000e18;
    uint40 private constant LATER = EXPIRY + 91 days;
    /// What an equity may leave out: 1e-9 of the spot per unit of an option, at 8,000 USD and the cap of 100,000 units. USD WAD.
    int256 private constant DUST = 0.8e18;
    /// Starting and finishing an auction pay at most half of the account floor.
    int256 private constant REWARDS = 50e18;
    uint256 private constant ODDS_OF_EXPIRY = 16;

    IClearinghouseBooks private books;
    Account[] private traders;
    Account[] private accounts;
    mapping(Account => bool) private isKnown;
    Instrument[] private derivatives;

    /// What the last steps of the waterfall made up for, and what reserve, backstop and everybody else paid; USD WAD.
    int256 public badDebt;
    int256 public borne;
    mapping(bytes32 action => uint256) public successes;

    constructor() {
        setUp();
    }

    function setUp() public override {
        super.setUp();
        books = IClearinghouseBooks(address(clearinghouse));
        clearinghouse.setFundingSource(address(pool));
        clearinghouse.setInterestRates(InterestRates(300, 2_000, 30_000, 60, 15));
        derivatives.push(ETH_PERPETUAL);
        for (uint256 i = 0; i < 2; ++i) {
            uint40 expiry = i == 0 ? EXPIRY : LATER;
            derivatives.push(toInstrument(ETH, Kind.Call, expiry, 2200e8));
            derivatives.push(toInstrument(ETH, Kind.Put, expiry, 1800e8));
        }
        string[TRADERS] memory names = ["ann", "ben", "cid", "dot"];
        for (uint256 i = 0; i < TRADERS; ++i) {
            traders.push(openForPool(names[i]));
            pay(traders[i], DOLLARS_EACH);
            know(traders[i]);
        }
        know(crowd);
        know(trader);
        know(keeper);
        for (uint96 i = 1; i <= KEEPER_ACCOUNTS; ++i) know(open(keeper.owner(), i));
        know(toAccount(address(this), 0));
        know(vault.treasury());
        know(pool.treasury());
        know(pool.bucket(ETH, 0));
        know(pool.bucket(ETH, EXPIRY));
        know(pool.bucket(ETH, LATER));
    }

    function deposit(uint256 who, uint256 amount, bool isToken) external {
        Account account = traderOf(who);
        if (!isToken) return count("deposit", tryPay(account, CASH, bound(amount, 1, DOLLARS_EACH * USDC)));
        count("depositToken", tryPay(account, WETH, bound(amount, 1, MAX_UNITS / 40)));
    }

    function withdraw(uint256 who, uint256 size) external {
        count("withdraw", tryWithdraw(traderOf(who), bound(size, 1e12, DOLLARS_EACH * WAD)));
    }

    /// With the pool, at its quote.
    function trade(uint256 who, uint256 what, uint256 size, bool isBuy) external {
        (Account account, Instrument instrument) = (traderOf(who), derivatives[what % derivatives.length]);
        int256 signed = int256(bound(size, 1e15, MAX_UNITS / 20)) * (isBuy ? int256(1) : -1);
        trader = account;
        if (!tryTake(instrument, signed)) return;
        count("trade", true);
        assertGe(equityOf(account), int256(riskOf(account).initial), "INV-3: trader");
    }

    /// With the crowd or each other, at up to a tenth beside the mark.
    function fill(uint256 who, uint256 with, uint256 what, uint256 size, uint256 price) external {
        (Account buyer, Account seller) = (traderOf(who), with % 3 == 0 ? traderOf(with >> 8) : crowd);
        if (with % 2 == 0) (buyer, seller) = (seller, buyer);
        Instrument instrument = derivatives[what % derivatives.length];
        uint256 mark = markOf(instrument);
        price = bound(price, (mark * 9) / 10, (mark * 11) / 10);
        count("fill", tryTrade(buyer, seller, instrument, uint128(bound(size, 1e15, MAX_UNITS)), price));
    }

    function payFee(uint256 who, uint256 size) external {
        Batch memory actions;
        actions.transfers = new Transfer[](1);
        actions.transfers[0] = Transfer(traderOf(who), RESERVE, CASH, uint128(bound(size, 1, 1000e18)));
        count("payFee", tryBatch(address(this), actions));
    }

    function fundReserve(uint256 amount) external {
        amount = bound(amount, 1, 100_000 * USDC);
        usdc.mint(address(this), amount);
        usdc.approve(address(clearinghouse), amount);
        clearinghouse.fundReserve(amount);
        count("fundReserve", true);
    }

    /// By −45 % to +45 %, three times in four by a tenth of that, in a minute to two hours.
    function move(uint256 seed, uint256 elapsed) external {
        int256 percent = int256(seed % 91) - 45;
        if ((seed >> 64) % 4 != 0) percent /= 10;
        int256 price = (priceNow() * (100 + percent)) / 100;
        if (price < 500e8) price = 500e8;
        if (price > 8000e8) price = 8000e8;
        tick(bound(elapsed, 1 minutes, 2 hours), price);
        count("move", true);
    }

    /// The keeper takes a share of one leg.
    function liquidate(uint256 who, uint256 leg, uint256 share) external {
        Account account = belowMaintenance(who);
        Position[] memory held = clearinghouse.positions(account);
        if (held.length == 0) return;
        Position taken = held[leg % held.length];
        tryStartAuction(account);
        int256 size = (int256(taken.size()) * int256(bound(share, 5, 100))) / 100;
        Risk memory before = riskOf(account);
        int256 value = valueOfAll();
        if (!tryLiquidate(account, taken.instrument(), int128(size))) return;
        count("liquidate", true);
        Risk memory left = riskOf(account);
        assertGe(left.equity * int256(before.maintenance), before.equity * int256(left.maintenance), "INV-4");
        assertGe(equityOf(keeper), int256(riskOf(keeper).initial), "INV-3: keeper");
        assertSameValue(value);
    }

    function takeOver(uint256 who, uint256 funding) external {
        Account account = belowMaintenance(who);
        tryStartAuction(account);
        Account into = emptyOfKeeper();
        WholeTakeOver memory order = WholeTakeOver({
            account: account,
            taker: into,
            funder: keeper,
            funding: bound(funding, 0, 10_000_000e18),
            minPayment: type(int256).min,
            deadline: type(uint40).max
        });
        bool isBankrupt = liquidator.auctionState(account).isBankrupt;
        (int256 value, int256 reserve) = (valueOfAll(), reserveOf());
        if (!attempt(keeper.owner(), address(liquidator), abi.encodeCall(liquidator.takeOver, (order)))) return;
        count("takeOver", true);
        assertEq(clearinghouse.positions(account).length, 0, "INV-4: positions left behind");
        assertEq(clearinghouse.cash(account), 0, "INV-4: cash left behind");
        assertSameValue(value);
        if (!isBankrupt) assertGe(reserveOf(), reserve, "INV-5: public money before bankruptcy");
    }

    /// An hour or four without a keeper, then the last steps of the waterfall, and what each of them paid.
    function absorb(uint256 who, uint256 elapsed) external {
        Account account = belowMaintenance(who);
        tryStartAuction(account);
        for (uint256 i = 0; i <= elapsed % 12; ++i) {
            tick(15 minutes, priceNow());
            confirm(account);
        }
        tryEnd(account);
    }

    /// A depositor of pool or backstop enters or asks to leave; requests of the pool are executed and claimed when they are ready.
    function requestDeposit(uint256 who, uint256 dollars) external {
        address wallet = depositorOf(who);
        uint256 amount = bound(dollars, 1, 1_000_000) * USDC;
        endow(wallet, address(pool), amount);
        count(
            "requestDeposit",
            attempt(wallet, address(pool), abi.encodeCall(pool.requestDeposit, (amount, wallet, wallet)))
        );
    }

    function requestRedeem(uint256 who, uint256 share) external {
        address wallet = depositorOf(who);
        uint256 shares = (pool.balanceOf(wallet) * bound(share, 1, 100)) / 100;
        count(
            "requestRedeem",
            attempt(wallet, address(pool), abi.encodeCall(pool.requestRedeem, (shares, wallet, wallet)))
        );
    }

    function execute(uint256 most) external {
        count("execute", attempt(address(this), address(pool), abi.encodeCall(pool.execute, (bound(most, 1, 4)))));
        for (uint256 i = 0; i < 2; ++i) {
            address wallet = depositorOf(i);
            uint256 shares = pool.maxMint(wallet);
            if (shares != 0) {
                vm.prank(wallet);
                pool.mint(shares, wallet);
            }
            uint256 assets = pool.maxWithdraw(wallet);
            if (assets != 0)
                count("claim", attempt(wallet, address(pool), abi.encodeCall(pool.withdraw, (assets, wallet, wallet))));
        }
    }

    function refresh(uint256 seed) external {
        uint40[3] memory expiries = [0, EXPIRY, LATER];
        count(
            "refresh",
            attempt(address(this), address(pool), abi.encodeCall(pool.refresh, (ETH, expiries[seed % 3])))
        );
    }

    function stakeMore(uint256 who, uint256 dollars) external {
        address wallet = depositorOf(who);
        uint256 amount = bound(dollars, 1, 1_000_000) * USDC;
        endow(wallet, address(vault), amount);
        count("stake", attempt(wallet, address(vault), abi.encodeCall(vault.deposit, (amount, wallet))));
    }

    /// Asks, waits the cooldown or does not, and claims what is due; what happened meanwhile is in the price.
    function unstake(uint256 who, uint256 share) external {
        address wallet = depositorOf(who);
        uint256 shares = (vault.balanceOf(wallet) * bound(share, 1, 50)) / 100;
        attempt(wallet, address(vault), abi.encodeCall(vault.requestRedeem, (shares, wallet, wallet)));
        // One time in four, for it is long.
        if (share % 4 == 0) {
            tick(vault.COOLDOWN_SECONDS(), priceNow());
        }
        uint256 claimable = vault.maxRedeem(wallet);
        if (claimable == 0) return;
        count("unstake", attempt(wallet, address(vault), abi.encodeCall(vault.redeem, (claimable, wallet, wallet))));
    }

    /// At the rate that the pool's quotes have brought about.
    function accrueFunding(uint256 elapsed) external {
        skip(bound(elapsed, 0, 30 minutes));
        (int256 before, , ) = books.funding(ETH);
        books.accrueFunding(ETH);
        (int256 index, , ) = books.funding(ETH);
        count("accrueFunding", index != before);
    }

    /// One time in sixteen the next expiry comes; its options are settled, and some of their holders.
    function expire(uint256 seed) external {
        if (seed % ODDS_OF_EXPIRY != 0) return;
        uint40 expiry = vm.getBlockTimestamp() < EXPIRY ? EXPIRY : LATER;
        if (vm.getBlockTimestamp() >= expiry) return;
        uint256 start = expiry - 31 minutes;
        if (vm.getBlockTimestamp() < start) tick(start - vm.getBlockTimestamp(), priceNow());
        uint80 first = aggregator.latestRound();
        tick(expiry + 1 minutes - vm.getBlockTimestamp(), priceNow());
        while (first > 1 && pushedAt(first) > start) --first;
        attempt(
            address(this),
            address(prices),
            abi.encodeCall(prices.proveSettlement, (ETH, expiry, (uint80(1) << 64) | first, 128))
        );
        Instrument[] memory series = new Instrument[](2);
        series[0] = derivatives[expiry == EXPIRY ? 1 : 3];
        series[1] = derivatives[expiry == EXPIRY ? 2 : 4];
        Account[] memory some = new Account[](1);
        some[0] = traderOf(seed >> 8);
        int256 value = valueOfAll();
        if (!attempt(address(this), address(books), abi.encodeCall(books.settleExpired, (series, some)))) return;
        count("expire", true);
        assertSameValue(value);
    }

    function settle(uint256 who, uint256 limit) external {
        books.settle(accounts[who % accounts.length], bound(limit, 1, 4));
        count("settle", true);
    }

    /// Not a random call: the books are balanced to the wei when everybody has taken his share.
    function settleAll() external {
        for (uint256 i = 0; i < accounts.length; ++i) books.settle(accounts[i], 1000);
    }

    /// Not a random call: nobody trades while the waterfall goes to its end for everyone who owes more than he owns.
    function endAll() external returns (bool isDone) {
        isDone = true;
        // The backstop and whom the other side's share brings under come last.
        for (uint256 round = 0; round < 3; ++round) {
            for (uint256 i = 0; i < accounts.length; ++i) if (isUnder(accounts[i])) end(accounts[i]);
        }
        for (uint256 i = 0; i < accounts.length; ++i) if (isUnder(accounts[i])) isDone = false;
    }

    function allBooks() external view returns (Books memory) {
        return Books(clearinghouse, accounts, derivatives);
    }

    /// Token units that the pool has taken in or paid out for depositors who have not claimed them.
    function owedByPool() external view returns (uint256 owed, uint256 held) {
        for (uint256 i = 0; i < 2; ++i) {
            address wallet = depositorOf(i);
            owed += pool.pendingDepositRequest(0, wallet) + pool.maxWithdraw(wallet);
        }
        held = usdc.balanceOf(address(pool));
    }

    function recorded() external view returns (uint256[2] memory inBooks, uint256[2] memory inCustody) {
        inBooks = [clearinghouse.recordedInTokens(CASH), clearinghouse.recordedInTokens(WETH)];
        inCustody = [usdc.balanceOf(address(clearinghouse)), weth.balanceOf(address(clearinghouse))];
    }

    function end(Account account) private {
        tryStartAuction(account);
        for (uint256 i = 0; i < 16; ++i) {
            if (tryEnd(account) && !isUnder(account)) return;
            tick(15 minutes, priceNow());
            confirm(account);
        }
    }

    function tryEnd(Account account) private returns (bool) {
        Risk memory before = riskOf(account);
        (int256 value, int256 reserve, int256 backstop) = (valueOfAll(), reserveOf(), valueOfBackstop());
        bool isItsOwn = account.owner() == address(vault);
        vm.recordLogs();
        if (!tryAbsorb(account)) return false;
        (bool isClosed, uint256 paidByBackstop, uint256 charged) = closingIn(vm.getRecordedLogs());
        Account[] memory absorbed = vault.absorbed();
        for (uint256 i = 0; i < absorbed.length; ++i) know(absorbed[i]);
        count(charged != 0 ? bytes32("share") : bytes32("absorb"), true);
        assertSameValue(value);
        if (isItsOwn) return true;
        int256 fromReserve = reserve - reserveOf();
        // Of an account that is closed the backstop may hold the other side, and bears its share of that besides.
        int256 fromBackstop = isClosed ? int256(paidByBackstop) : backstop - valueOfBackstop();
        requireOrder(before.equity, fromReserve, fromBackstop, int256(charged));
        int256 equity = equityOf(account);
        // INV-11
        assertTrue(equity >= -DUST || !hasDerivatives(account), "INV-11: a deficit with open positions");
        // Nobody came for an account that still has something: the backstop gains.
        if (before.equity >= 0) return true;
        badDebt += deficitOf(before.equity) - deficitOf(equity);
        borne += fromReserve + fromBackstop + int256(charged);
        return true;
    }

    /// INV-5: reserve, then backstop, then everybody else, each as far as it goes, and the last no more than what is missing and 1 % of it.
    function requireOrder(int256 equity, int256 fromReserve, int256 fromBackstop, int256 charged) private view {
        if (fromBackstop > DUST) assertLe(reserveOf(), DUST, "INV-5: backstop before reserve");
        if (charged == 0) return;
        assertLe(reserveOf(), DUST, "INV-5: others before the reserve");
        assertLe(freeOfBackstop(), DUST, "INV-5: others before the backstop");
        int256 missing = deficitOf(equity) + REWARDS - fromReserve - fromBackstop;
        assertLe(charged, (missing * 101) / 100 + DUST, "INV-5: charged more than what is missing");
    }

    /// What the backstop may still pay for deficits on the underlying whose budget has least left.
    function freeOfBackstop() private view returns (int256 least) {
        least = clearinghouse.cash(vault.treasury());
        uint16[2] memory underlyings = [ETH, THIN];
        for (uint256 i = 0; i < underlyings.length; ++i) {
            (uint256 committed, uint256 lost, uint256 limit) = vault.budget(underlyings[i]);
            int256 left = int256(limit) - int256(committed + lost);
            if (left < least) least = left;
        }
    }

    /// Nothing is lost or made but what an equity leaves out.
    function assertSameValue(int256 before) private view {
        assertApproxEqAbs(valueOfAll(), before, uint256(DUST), "value created or destroyed");
    }

    function closingIn(
        Vm.Log[] memory logs
    ) private view returns (bool isClosed, uint256 fromBackstop, uint256 charged) {
        for (uint256 i = 0; i < logs.length; ++i) {
            bool isIt = logs[i].topics.length != 0 && logs[i].topics[0] == ILiquidator.AccountDeleveraged.selector;
            if (!isIt || logs[i].emitter != address(liquidator)) continue;
            isClosed = true;
            (, , fromBackstop, charged) = abi.decode(logs[i].data, (int256, uint256, uint256, uint256));
        }
    }

    /// Both feeds report, and the publishers where they may.
    function tick(uint256 elapsed, int256 price) private {
        pushAfter(elapsed, price);
        thinAggregator.push(THIN_PRICE, vm.getBlockTimestamp());
        attempt(address(this), address(oracle), abi.encodeCall(oracle.walk, (ETH, 128)));
        SurfaceReport[] memory reports = three(flatReport(REALISED));
        attempt(address(this), address(oracle), abi.encodeCall(oracle.report, (reports, signAll(oracle, reports))));
    }

    function priceNow() private view returns (int256 price) {
        (, price, , , ) = aggregator.latestRoundData();
    }

    function pushedAt(uint80 round) private view returns (uint256 updatedAt) {
        (, , , updatedAt, ) = aggregator.getRoundData(round);
    }

    function tryPay(Account account, Instrument asset, uint256 amountInTokens) private returns (bool) {
        (asset == CASH ? usdc : weth).mint(account.owner(), amountInTokens);
        return tryDeposit(account, asset, amountInTokens);
    }

    function endow(address wallet, address spender, uint256 amount) private {
        usdc.mint(wallet, amount);
        vm.prank(wallet);
        usdc.approve(spender, amount);
    }

    function know(Account account) private {
        if (isKnown[account]) return;
        isKnown[account] = true;
        accounts.push(account);
    }

    function count(bytes32 action, bool isDone) private {
        if (isDone) ++successes[action];
    }

    function traderOf(uint256 seed) private view returns (Account) {
        return traders[seed % TRADERS];
    }

    function depositorOf(uint256 seed) private view returns (address) {
        return seed % 2 == 0 ? provider : lender;
    }

    /// The next account below maintenance, or any.
    function belowMaintenance(uint256 seed) private view returns (Account account) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            account = accounts[((seed % accounts.length) + i) % accounts.length];
            Risk memory risk = riskOf(account);
            if (risk.equity < int256(risk.maintenance)) return account;
        }
    }

    function emptyOfKeeper() private view returns (Account account) {
        for (uint96 i = 1; i <= KEEPER_ACCOUNTS; ++i) {
            account = toAccount(keeper.owner(), i);
            if (clearinghouse.positions(account).length == 0) return account;
        }
    }

    function isUnder(Account account) private view returns (bool) {
        return hasDerivatives(account) && equityOf(account) < 0;
    }

    function hasDerivatives(Account account) private view returns (bool) {
        Position[] memory held = clearinghouse.positions(account);
        for (uint256 i = 0; i < held.length; ++i) if (held[i].instrument().kind() != Kind.Spot) return true;
        return false;
    }

    function valueOfAll() private view returns (int256 value) {
        value = reserveOf();
        for (uint256 i = 0; i < accounts.length; ++i) value += equityOf(accounts[i]);
    }

    function valueOfBackstop() private view returns (int256 value) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (accounts[i].owner() == address(vault)) value += equityOf(accounts[i]);
        }
    }

    function reserveOf() private view returns (int256) {
        return int256(clearinghouse.reserve());
    }

    function deficitOf(int256 equity) private pure returns (int256) {
        return equity < 0 ? -equity : int256(0);
    }
}

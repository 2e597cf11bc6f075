// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { LiquidityPool } from "../../contracts/LiquidityPool.sol";
import { Approval, Batch, MAY_TRADE } from "../../contracts/interfaces/IClearinghouse.sol";
import { PoolOrder } from "../../contracts/interfaces/ILiquidityPool.sol";
import { IMarginEngine } from "../../contracts/interfaces/IMarginEngine.sol";
import { PoolParameters, Quote } from "../../contracts/interfaces/IPoolQuoter.sol";
import { PoolQuoter } from "../../contracts/PoolQuoter.sol";
import { Account } from "../../contracts/types/Account.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { IncidentFixture } from "./IncidentFixture.sol";

/// A venue on real contracts with a liquidity pool of ten million, and a trader with ten million.
abstract contract PoolFixture is IncidentFixture {
    uint256 internal constant DEVIATION = 0.005e18;
    uint256 internal constant VOLATILITY_SPREAD = 0.02e18;
    uint256 internal constant SPOT = 2000e18;
    uint256 internal constant USDC = 1e6;
    uint256 internal constant POOL_DOLLARS = 10_000_000;
    /// What the engine may leave out of an equity, per unit of an option: 1e-9 of the spot, each way.
    uint256 internal constant ENGINE_ERROR = (2 * SPOT) / 1e9;

    LiquidityPool internal pool;
    PoolQuoter internal quoter;
    address internal provider = makeAddr("provider");
    Account internal trader;

    Instrument internal atmCall = toInstrument(ETH, Kind.Call, EXPIRY, 2000e8);
    Instrument internal atmPut = toInstrument(ETH, Kind.Put, EXPIRY, 2000e8);

    function setUp() public virtual override {
        super.setUp();
        quoter = PoolQuoter(deploy("PoolQuoter", abi.encode(address(manager), clearinghouse)));
        pool = LiquidityPool(deploy("LiquidityPool", abi.encode(clearinghouse, quoter)));
        quoter.setParameters(ETH, poolParameters());
        enter(provider, POOL_DOLLARS);
        trader = openForPool("trader");
        pay(trader, 10_000_000);
    }

    function poolParameters() internal pure virtual returns (PoolParameters memory) {
        return
            PoolParameters({
                deviation: uint64(DEVIATION),
                deviationPerHour: 0.0025e18,
                volatilitySpread: uint64(VOLATILITY_SPREAD),
                volatilitySpreadPerHour: 0.05e18,
                standInSpread: 0,
                deltaSkew: 0.005e18,
                vegaSkew: 0.05e18,
                marginRate: 0.01e18,
                deltaLimit: 2000e18,
                vegaLimit: 1_000_000e18
            });
    }

    /// Account 0 of a new wallet, for which the test may trade with the pool.
    function openForPool(string memory name) internal returns (Account account) {
        account = open(name);
        Batch memory actions;
        actions.approvals = new Approval[](1);
        actions.approvals[0] = Approval(account, address(pool), MAY_TRADE, type(uint40).max);
        vm.prank(account.owner());
        clearinghouse.batch(actions);
    }

    function pledge(address wallet, uint256 dollars) internal {
        usdc.mint(wallet, dollars * USDC);
        vm.startPrank(wallet);
        usdc.approve(address(pool), dollars * USDC);
        pool.requestDeposit(dollars * USDC, wallet, wallet);
        vm.stopPrank();
    }

    /// Request, execution and claim, where nothing has to be waited for.
    function enter(address wallet, uint256 dollars) internal returns (uint256 shares) {
        pledge(wallet, dollars);
        pool.execute(1);
        shares = pool.maxMint(wallet);
        vm.prank(wallet);
        pool.mint(shares, wallet);
    }

    function ask(address wallet, uint256 shares) internal {
        vm.prank(wallet);
        pool.requestRedeem(shares, wallet, wallet);
    }

    function claimAll(address wallet) internal returns (uint256 assets) {
        assets = pool.maxWithdraw(wallet);
        vm.prank(wallet);
        pool.withdraw(assets, wallet, wallet);
    }

    function orderOf(Instrument instrument, int256 size) internal view returns (PoolOrder memory) {
        uint256 limit = size > 0 ? type(uint256).max : 0;
        return PoolOrder(trader, instrument, int128(size), limit, uint40(vm.getBlockTimestamp()), false);
    }

    function take(Instrument instrument, int256 size) internal returns (Quote memory) {
        return pool.trade(orderOf(instrument, size));
    }

    function tryTake(Instrument instrument, int256 size) internal returns (bool) {
        return attempt(address(this), address(pool), abi.encodeCall(pool.trade, (orderOf(instrument, size))));
    }

    function markOf(Instrument instrument) internal view returns (uint256 price) {
        (price, ) = IMarginEngine(clearinghouse.marginEngine()).mark(instrument);
    }

    function optionOf(Kind kind, uint256 strike) internal pure returns (Instrument) {
        return toInstrument(ETH, kind, EXPIRY, uint64(strike * 1e8));
    }

    function poolEquity() internal view returns (int256 equity) {
        equity = clearinghouse.cash(pool.treasury());
        Account[] memory all = pool.buckets();
        for (uint256 i = 0; i < all.length; ++i) equity += riskOf(all[i]).equity;
    }
}

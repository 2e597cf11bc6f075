// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { PoolParameters } from "../../contracts/interfaces/IPoolQuoter.sol";
import { Instrument, Kind } from "../../contracts/types/Instrument.sol";
import { PoolFixture } from "../helpers/PoolFixture.sol";

/// Who sees the next price, and who enters or leaves around it.
contract LiquidityPoolAttacksTest is PoolFixture {
    address private attacker = makeAddr("attacker");

    /// Whatever he trades, in whatever order, at the next price he is no richer than if he had not: within the deviation not at all, beyond it by the
    /// rest of the jump on what he trades. Prices between the trades follow each other in rounds.
    /// hardhat-config: fuzz.runs = 48
    function testFuzz_noTradeMakesRicherAtTheNextPrice(uint256 seed) public {
        int256 price = ETH_PRICE;
        for (uint256 i = 0; i < 4; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            // Within the deviation three times of four, else up to three times as far.
            int256 most = seed % 4 == 0 ? int256(150) : int256(50);
            int256 jump = (int256(seed >> 200) % (2 * most + 1)) - most;
            int256 next = price + (price * jump) / 10_000;
            requireNoGain(instrumentOf(seed >> 8), int256((seed >> 16) % 200e18) - 100e18, price, next);
            price = next;
            pushAfter(1 minutes, price);
        }
    }

    function requireNoGain(Instrument instrument, int256 size, int256 price, int256 next) private {
        uint256 snapshot = vm.snapshotState();
        aggregator.push(next);
        int256 without = equityOf(trader);
        vm.revertToState(snapshot);
        if (!tryTake(instrument, size)) return;
        uint256 traded = vm.snapshotState();
        aggregator.push(next);
        int256 withTrade = equityOf(trader);
        vm.revertToState(traded);
        uint256 units = uint256(size > 0 ? size : -size) / 1e18 + 1;
        int256 jump = next > price ? next - price : price - next;
        int256 beyond = jump - (price * int256(DEVIATION)) / 1e18;
        int256 bound_ = int256(units * 100 * ENGINE_ERROR);
        if (beyond > 0) bound_ += int256(units) * beyond * 1e10;
        assertLe(withTrade - without, bound_, "the next price paid");
    }

    function instrumentOf(uint256 seed) private view returns (Instrument) {
        if (seed % 3 == 0) return ETH_PERPETUAL;
        uint256 strike = 1000 + 50 * ((seed >> 8) % 60);
        return optionOf(seed % 3 == 1 ? Kind.Call : Kind.Put, strike);
    }

    /// In and out with both prices known.
    /// hardhat-config: fuzz.runs = 64
    function testFuzz_aRoundTripAroundAKnownRoundLoses(uint256 seed, int256 jump, int256 size) public {
        jump = bound(jump, -100, 100);
        size = bound(size, -100e18, 100e18);
        Instrument instrument = instrumentOf(seed);
        int256 before = equityOf(trader);
        if (!tryTake(instrument, size)) return;
        aggregator.push(ETH_PRICE + (ETH_PRICE * jump) / 10_000);
        if (!tryTake(instrument, -size)) return;
        // The spread is paid twice: two deviations.
        assertLe(equityOf(trader), before, "a round trip paid");
    }

    /// Request, trades of his own in between, execution, a known round, and out again.
    /// hardhat-config: fuzz.runs = 48
    function testFuzz_nobodyGainsByEnteringAndLeavingAroundARound(uint256 seed, int256 inventory, int256 jump) public {
        inventory = bound(inventory, -1500e18, 1500e18);
        jump = bound(jump, -50, 50);
        if (inventory != 0) take(ETH_PERPETUAL, inventory);
        take(atmCall, int256(seed % 300e18) + 1e18);
        pool.refresh(ETH, EXPIRY);
        uint256 dollars = 1_000_000 + ((seed >> 128) % 20_000_000);
        pledge(attacker, dollars);
        pushAfter(1 minutes, ETH_PRICE);
        pool.execute(10);
        uint256 shares = pool.maxMint(attacker);
        vm.prank(attacker);
        pool.mint(shares, attacker);
        pushAfter(1 minutes, ETH_PRICE + (ETH_PRICE * jump) / 10_000);
        ask(attacker, shares);
        pushAfter(1 minutes, ETH_PRICE + (ETH_PRICE * jump) / 10_000);
        pool.execute(10);
        uint256 waiting = pool.pendingRedeemRequest(0, attacker);
        uint256 paid = claimAll(attacker);
        // What waits is worth no more than what he gave for it.
        assertLe(paid + (dollars * USDC * waiting) / shares, dollars * USDC, "the sandwich paid");
    }

    /// A standing request that is executed when a gain is known.
    /// hardhat-config: fuzz.runs = 32
    function testFuzz_choosingTheMomentOfTheExecutionDoesNotPay(int256 jump) public {
        jump = bound(jump, -50, 50);
        take(ETH_PERPETUAL, 1500e18);
        pledge(attacker, 5_000_000);
        moveEth(2005);
        moveEth(2000);
        // He sees the next round, and executes before it.
        pool.execute(10);
        uint256 shares = pool.maxMint(attacker);
        moveEth(uint256(2000 + (2000 * jump) / 10_000));
        uint256 worth = (pool.totalAssets() * shares) / pool.totalSupply();
        assertLe(worth, 5_000_000 * USDC, "the next round paid");
    }

    /// A trader who owns shares of the pool pays part of the spread to himself, and never gets more than he pays.
    /// hardhat-config: fuzz.runs = 32
    function testFuzz_tradingWithOnesOwnSharesDoesNotPay(uint256 seed, int256 size) public {
        size = bound(size, -300e18, 300e18);
        uint256 dollars = 1000 + (seed % 50_000_000);
        uint256 shares = enter(attacker, dollars);
        int256 before = equityOf(trader) + shareOf(shares);
        if (!tryTake(instrumentOf(seed), size)) return;
        assertLe(equityOf(trader) + shareOf(shares), before + 1e12, "his own spread paid him");
    }

    function shareOf(uint256 shares) private view returns (int256) {
        return int256((pool.totalAssets() * 1e12 * shares) / pool.totalSupply());
    }

    function test_churningDoesNotDrainTheTreasuryForGood() public {
        int256 before = clearinghouse.cash(pool.treasury());
        for (uint256 i = 0; i < 5; ++i) {
            take(ETH_PERPETUAL, 500e18);
            take(ETH_PERPETUAL, -500e18);
        }
        pool.refresh(ETH, 0);
        assertGt(clearinghouse.cash(pool.treasury()), before);
    }

    /// The floor of an account is set aside for a bucket, not for each of a thousand specks.
    function test_specksDoNotCommitTheTreasury() public {
        take(ETH_PERPETUAL, 1e18);
        uint256 before = pool.committed();
        for (uint256 i = 0; i < 20; ++i) take(ETH_PERPETUAL, 1e9);
        assertLt(pool.committed() - before, 1e15);
    }

    function test_stolenKeysOfTheQuoterCannotMakeItPay() public {
        // The narrowest that the hard bounds allow is still on the pool's side of the mark.
        PoolParameters memory set = poolParameters();
        (set.deviation, set.volatilitySpread, set.deltaSkew, set.vegaSkew, set.marginRate) = (5e14, 2e15, 0, 0, 0);
        quoter.setParameters(ETH, set);
        assertGt(pool.quote(ETH_PERPETUAL, 1e18).price, SPOT);
        assertLt(pool.quote(ETH_PERPETUAL, -1e18).price, SPOT);
    }
}

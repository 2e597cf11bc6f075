// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { PoolFixture } from "../helpers/PoolFixture.sol";

/// GMX, AVAX, September 2022: a pool filled any size at the price of its feed. The attacker took a position there, pushed the thin
/// market that the feed follows, and closed at the new price: 565 thousand USD.
/// Here: whatever the pool fills is filled the feed's deviation away from its price, and no more of it than the market is deep enough for.
contract GmxZeroSlippageIncidentTest is PoolFixture {
    uint256 private constant HUNDREDTHS = 100;

    function test_pushingTheMarketAfterATradeDoesNotPay() public {
        for (uint256 percent = 1; percent <= 12; ++percent) {
            for (uint256 parts = 1; parts <= 4; ++parts) tryPush(int256(percent), 500e18 * parts);
        }
    }

    /// hardhat-config: fuzz.runs = 16
    function testFuzz_pushingTheMarketAroundAnySequenceDoesNotPay(uint256 seed) public {
        int256 before = equityOf(trader);
        uint256 cost = 0;
        int256 held = 0;
        for (uint256 i = 0; i < 4; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            int256 size = int256(seed % 2000e18) - 1000e18;
            if (tryTake(ETH_PERPETUAL, size)) held += size;
            uint256 percent = (seed >> 128) % 10;
            uint256 price = (2000 * (HUNDREDTHS + percent)) / HUNDREDTHS;
            cost += pushCost(percent);
            moveEth(price);
        }
        if (held != 0) take(ETH_PERPETUAL, -held);
        assertLe(equityOf(trader) - before, int256(cost), "the push paid");
    }

    function tryPush(int256 percent, uint256 units) private {
        uint256 snapshot = vm.snapshotState();
        int256 before = equityOf(trader);
        if (tryTake(ETH_PERPETUAL, int256(units))) {
            moveEth(uint256(20 * (int256(HUNDREDTHS) + percent)));
            take(ETH_PERPETUAL, -int256(units));
        }
        assertLe(equityOf(trader) - before, int256(pushCost(uint256(percent))), "the push paid");
        vm.revertToState(snapshot);
    }

    /// What it costs to push a constant-product market up so far and to let it come back, USD WAD. A depth slips by κ, so depth/κ lie on
    /// the token's side of it.
    function pushCost(uint256 percent) private pure returns (uint256) {
        uint256 root = FixedPointMathLib.sqrtWad(WAD + (percent * WAD) / HUNDREDTHS);
        uint256 inMarket = (uint256(ETH_DEPTH) * SPOT) / CONCENTRATION;
        uint256 paid = (inMarket * (root - WAD)) / WAD;
        uint256 bought = inMarket - (inMarket * WAD) / root;
        return paid - bought;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { MarginVolatility } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Account } from "../../contracts/types/Account.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

/// Aave, 10 March 2026: a limiter against manipulated prices kept a ratio and the time of the ratio, which were written apart. It lowered
/// a price by 2.85 %, and 27 million USD of healthy positions were liquidated.
/// Here: the one limiter, on how fast the volatility behind maintenance rises, only ever asks for less than the unlimited one would; a
/// value and its time are one word; and the price itself is not limited.
contract AaveCapoIncidentTest is IncidentFixture {
    uint256 private constant RISE_PER_HOUR = 0.02e18;
    uint256 private constant STEPS = 60;

    /// A storm, a calm of a month, a storm: in any order of walks, reports and silences.
    /// hardhat-config: fuzz.runs = 8
    function testFuzz_theLimiterNeverAsksForMoreThanTheFreshValue(uint256 seed) public {
        for (uint256 i = 0; i < STEPS; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            bool isCalm = i > 20 && i < 40;
            int256 swing = isCalm ? int256(0) : int256(seed % 200e8) - 100e8;
            pushAfter(isCalm ? 1 days : 10 minutes + ((seed >> 64) % 50 minutes), ETH_PRICE + swing);
            if ((seed >> 128) % 3 == 0) oracle.walk(ETH, 1 + ((seed >> 160) % 5));
            if ((seed >> 192) % 4 == 0) oracle.walk(ETH, 128);
            MarginVolatility memory volatility = oracle.marginVolatility(ETH);
            assertLe(volatility.maintenance, volatility.target, "the limiter asks for more than the fresh value");
        }
    }

    /// The calm after a storm: an account that the fresh value calls healthy is left alone.
    function test_nobodyIsLiquidatedByWhatTheLimiterRemembers() public {
        shake(12 hours);
        skipCalm(120 days);
        Account trader = open("trader");
        pay(trader, 100_000);
        buy(trader, ETH_PERPETUAL, 100e18, 2000e18);
        withdrawAll(trader);
        // Down to 3 % above what the fresh value requires to stay: nobody may start anything.
        Risk memory risk = riskOf(trader);
        MarginVolatility memory volatility = oracle.marginVolatility(ETH);
        assertLe(volatility.maintenance, volatility.target, "the limiter asks for more than the fresh value");
        moveEth(uint256(2000e18 - ((risk.equity - (103 * int256(risk.maintenance)) / 100) / 100)) / 1e18);
        assertFalse(tryStartAuction(trader), "the limiter liquidated a healthy account");
    }

    /// A storm is followed at the published speed, from the time of the last value and not from an older one.
    function test_noStepIsFasterThanPublished() public {
        uint256 most = oracle.marginVolatility(ETH).maintenance;
        for (uint256 i = 0; i < STEPS; ++i) {
            pushAfter(20 minutes, i % 2 == 0 ? int256(2200e8) : ETH_PRICE);
            oracle.walk(ETH, 128);
            // A third of an hour at 2 % an hour.
            most = (most * 1.00663e18) / 1e18;
            assertLe(oracle.marginVolatility(ETH).maintenance, most, "the limiter let more through than it says");
        }
        assertGt(
            oracle.marginVolatility(ETH).maintenance,
            oracle.marginVolatility(ETH).target / 2,
            "fixture: it rises"
        );
    }

    /// The price is passed on as it is, up and down, at once.
    function test_noPriceIsLimited() public {
        uint256[4] memory dollars = [uint256(1943), 2600, 1200, 2000];
        for (uint256 i = 0; i < dollars.length; ++i) {
            moveEth(dollars[i]);
            assertEq(prices.price(ETH).value, dollars[i] * 1e18, "the price is not the feed's");
        }
    }

    function shake(uint256 elapsed) private {
        for (uint256 done = 0; done < elapsed; done += 20 minutes) {
            pushAfter(20 minutes, done % 40 minutes == 0 ? int256(2200e8) : ETH_PRICE);
        }
        pushAfter(1, ETH_PRICE);
        oracle.walk(ETH, 128);
    }

    function skipCalm(uint256 elapsed) private {
        skip(elapsed);
        aggregator.push(ETH_PRICE);
        thinAggregator.push(THIN_PRICE);
        oracle.walk(ETH, 128);
        pass(2 days);
        oracle.walk(ETH, 128);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../../contracts/types/Account.sol";
import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { IncidentFixture } from "../helpers/IncidentFixture.sol";

/// Hyperliquid, 12 March 2025: a whale long of ether for 340 million USD withdrew his profit down to the maintenance margin and let the
/// venue's pool liquidate what no market could take at that price. He won, the pool lost 4 million.
/// Here: what stays behind a large position is what closing it in haste costs, so that the pool is left with a gain.
contract HyperliquidWithdrawalIncidentTest is IncidentFixture {
    /// Four depths: 160 million USD.
    uint128 private constant UNITS = 80_000e18;

    function test_whoeverTakesTheWhaleOverCanCloseItWithoutLoss() public {
        Account whale = open("whale");
        pay(whale, 60_000_000);
        buy(whale, ETH_PERPETUAL, UNITS, 2000e18);
        moveEth(2200);
        withdrawAll(whale);

        // He waits until he is liquidated, and the market gives way as far as that pushes it: κ·√(4 depths / depth), 6 %.
        uint256 price = 2200;
        while (!tryStartAuction(whale)) moveEth(price -= 5);
        uint256 slip = (CONCENTRATION * FixedPointMathLib.sqrt(uint256(UNITS / ETH_DEPTH) * 1e18)) / 1e9;
        moveEth((price * (1e18 - slip)) / 1e18);
        assertGt(equityOf(whale), 0, "the pool inherits a loss");

        // Nobody comes, the backstop takes all of it; a quarter of it may stand as margin on ether.
        stake(90_000_000);
        int256 stakes = int256(vault.totalAssets());
        assertTrue(leaveToBackstop(whale), "fixture: the backstop takes it");
        assertEq(vault.absorbed().length, 1, "fixture: it was deleveraged");
        assertGe(int256(vault.totalAssets()), stakes, "the pool lost by his exit");
    }

    /// What must stay is the fall of a bad day, 11.7 %, and what closing costs: 3 % of one depth, 0.7 % of a twentieth, 6 % of four.
    function test_whatMayBeWithdrawnDependsOnTheSize() public {
        assertApproxEqRel(leverageFor(UNITS), 5.65e18, 0.01e18, "a whale's leverage");
        assertApproxEqRel(leverageFor(1000e18), 8.09e18, 0.01e18, "a minnow's leverage");
    }

    function leverageFor(uint128 units) private returns (uint256) {
        Account account = open(string.concat("trader of ", vm.toString(uint256(units))));
        pay(account, 60_000_000);
        buy(account, ETH_PERPETUAL, units, 2000e18);
        withdrawAll(account);
        return (uint256(units) * 2000e18) / uint256(equityOf(account));
    }
}

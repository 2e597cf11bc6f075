// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { EngineFuzz } from "../helpers/EngineFuzz.sol";

/// Portfolios that are evaluated together share market data, and those of the same positions one evaluation: each is what it is alone.
contract MarginEngineSharedTest is EngineFuzz {
    function requireAsAlone(Portfolio[] memory portfolios) private view {
        Risk[] memory risks = engine.evaluate(portfolios);
        assertEq(risks.length, portfolios.length);
        for (uint256 i = 0; i < risks.length; ++i) {
            assertEq(keccak256(abi.encode(risks[i])), keccak256(abi.encode(evaluate(portfolios[i]))), vm.toString(i));
        }
    }

    function testFuzz_EachPortfolioIsWhatItIsAlone(uint256 seed) external {
        anyMarket(derive(seed, 0));
        Portfolio[] memory portfolios = new Portfolio[](6);
        portfolios[0] = anyPortfolio(derive(seed, 1));
        portfolios[1] = anyPortfolio(derive(seed, 2));
        // The same positions with other cash, next to each other and not.
        portfolios[2] = Portfolio(int256(draw(seed, 3, 0, 2e24)) - 1e24, portfolios[0].positions);
        portfolios[3] = Portfolio(-portfolios[2].cash, portfolios[0].positions);
        portfolios[4] = union(portfolios[0], portfolios[1]);
        portfolios[5] = portfolio(portfolios[2].cash);
        requireAsAlone(portfolios);
    }

    /// Without a derivative only a debt asks for the floor.
    function test_ADebtIsThePortfoliosOwn() external view {
        Portfolio[] memory portfolios = new Portfolio[](3);
        for (uint256 i = 0; i < portfolios.length; ++i) portfolios[i] = with(portfolio(0), spot(ETH), 1e15);
        portfolios[1].cash = -1;
        requireAsAlone(portfolios);
        Risk[] memory risks = engine.evaluate(portfolios);
        assertEq(risks[1].maintenance, 100e18);
        assertLt(risks[0].maintenance, 100e18);
        assertEq(risks[2].maintenance, risks[0].maintenance);
    }

    /// The order of legs decides nothing but whether the work is shared.
    function test_TheSameLegsInAnotherOrder() external view {
        Portfolio[] memory portfolios = new Portfolio[](2);
        portfolios[0] = with(with(portfolio(5e18), call(ETH, EXPIRY, 2_000), 1e18), put(ETH, EXPIRY, 1_800), -2e18);
        portfolios[1] = with(with(portfolio(5e18), put(ETH, EXPIRY, 1_800), -2e18), call(ETH, EXPIRY, 2_000), 1e18);
        requireAsAlone(portfolios);
    }
}

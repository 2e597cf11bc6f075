// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Position } from "../../contracts/types/Position.sol";
import { EngineFuzz } from "../helpers/EngineFuzz.sol";

/// Portfolios that are evaluated together share market data, those of the same positions one evaluation, and
/// options that several hold are valued once: each is what it is alone.
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

    /// What an option adds is repeated for the next portfolio that holds it or its opposite, in runs or one by one, and near the limit of
    /// the kernel's domain, where one portfolio has room for a leg and another has not.
    function testFuzz_OptionsThatSeveralHold(uint256 seed) external {
        anyMarket(derive(seed, 0));
        uint256 multiple = draw(seed, 1, 0, 3) == 0 ? 1e6 : 1;
        uint40[3] memory expiries = [EXPIRY, EXPIRY + 30 days, EXPIRY + 60 days];
        Portfolio[] memory portfolios = new Portfolio[](5);
        for (uint256 i = 0; i < portfolios.length; ++i) portfolios[i] = portfolio(1e24);
        for (uint256 i = 0; i < 9; ++i) {
            Position leg = anyLegOn(derive(seed, i + 2), ETH, expiries[i % 3]);
            if (leg.instrument().isSpot()) continue;
            int128 size = leg.size() * int128(int256(multiple));
            portfolios[0] = with(portfolios[0], leg.instrument(), size);
            portfolios[1] = with(portfolios[1], leg.instrument(), -size);
            uint256 choice = draw(seed, i + 20, 0, 5);
            if (choice != 0) portfolios[2] = with(portfolios[2], leg.instrument(), size);
            portfolios[3] = with(portfolios[3], leg.instrument(), choice < 3 ? size : -size);
            if (choice < 2) portfolios[4] = with(portfolios[4], leg.instrument(), choice == 0 ? size : size / 2 + 1);
        }
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

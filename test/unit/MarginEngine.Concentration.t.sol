// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Scenarios } from "../../contracts/interfaces/IMarginScenarios.sol";
import { RiskParameters } from "../../contracts/interfaces/IMarkets.sol";
import { EngineFuzz } from "../helpers/EngineFuzz.sol";

/// What closing a large position costs: κ = 2 %, depths of 20,000 ether and 2,000,000 USD of vega.
contract MarginEngineConcentrationTest is EngineFuzz {
    uint256 private constant KAPPA = 0.02e18;
    uint256 private constant DEPTH = 20_000 * 2_000e18;
    uint256 private constant VEGA_DEPTH = 2_000_000e18;
    /// Depths that everyone else's open interest counts for at most: √25 is five times κ.
    uint256 private constant MAX_DEPTHS = 25;
    /// The root is rounded up to 1e-18 and the slope to a few wei: less than a billionth of a cent on ten million.
    uint256 private constant TOLERANCE = 1e9;

    function setUp() public override {
        super.setUp();
        setConcentration(KAPPA);
    }

    function setConcentration(uint256 kappa) private {
        RiskParameters memory parameters = ethParameters();
        parameters.concentration = uint64(kappa);
        changeRisk(markets, ETH, parameters);
    }

    /// Requirements with less those without.
    function chargesOf(Portfolio memory book) private returns (uint256 initial, uint256 maintenance) {
        setConcentration(KAPPA);
        Risk memory charged = evaluate(book);
        setConcentration(0);
        Risk memory bare = evaluate(book);
        setConcentration(KAPPA);
        assertEq(charged.equity, bare.equity);
        assertEq(charged.stressLoss, bare.stressLoss);
        return (charged.initial - bare.initial, charged.maintenanceBeforeFloor - bare.maintenanceBeforeFloor);
    }

    /// κ·x·√(y/depth)
    function charge(uint256 exposure, uint256 market, uint256 depth) private pure returns (uint256) {
        uint256 root = FixedPointMathLib.sqrtWad((market * 1e18) / depth);
        return (((exposure * root) / 1e18) * KAPPA) / 1e18;
    }

    /// Δ = 5,000 ether, 1e7 USD, a quarter of the depth: 0.02·1e7·0.5.
    function test_APerpetualPaysByTheSquareRootLaw() external {
        (uint256 initial, uint256 maintenance) = chargesOf(with(portfolio(0), perpetual(ETH), 5_000e18));
        assertApproxEqAbs(initial, 100_000e18, TOLERANCE);
        assertApproxEqAbs(maintenance, 100_000e18, TOLERANCE);
        (initial, ) = chargesOf(with(portfolio(0), perpetual(ETH), -5_000e18));
        assertApproxEqAbs(initial, 100_000e18, TOLERANCE);
    }

    function test_LinearLegsAreNetted() external {
        Portfolio memory book = with(with(portfolio(0), perpetual(ETH), 5_000e18), spot(ETH), 20_000e18);
        (uint256 initial, ) = chargesOf(with(book, perpetual(ETH), -20_000e18));
        assertApproxEqAbs(initial, 100_000e18, TOLERANCE);
    }

    /// 20,000 ether on average, the whole depth: 0.02·1e7·1 for initial.
    function test_EveryoneElsesOpenInterestCountsForInitialAlone() external {
        openInterest.setAverageOpenInterest(ETH, 20_000e18);
        (uint256 initial, uint256 maintenance) = chargesOf(with(portfolio(0), perpetual(ETH), 5_000e18));
        assertApproxEqAbs(initial, 200_000e18, TOLERANCE);
        assertApproxEqAbs(maintenance, 100_000e18, TOLERANCE);
    }

    function test_OpenInterestBelowOnesOwnChangesNothing() external {
        openInterest.setAverageOpenInterest(ETH, 4_999e18);
        (uint256 initial, ) = chargesOf(with(portfolio(0), perpetual(ETH), 5_000e18));
        assertApproxEqAbs(initial, 100_000e18, TOLERANCE);
    }

    /// Whatever others hold, five times κ: 0.02·1e7·√25.
    function test_TheLargestOpenInterestIsStillANumber() external {
        openInterest.setAverageOpenInterest(ETH, type(uint128).max);
        (uint256 initial, uint256 maintenance) = chargesOf(with(portfolio(0), perpetual(ETH), 5_000e18));
        assertApproxEqAbs(initial, 1_000_000e18, TOLERANCE);
        assertApproxEqAbs(maintenance, 100_000e18, TOLERANCE);
    }

    /// 25 depths are 500,000 ether: up to there each ether counts.
    function test_OpenInterestCountsForAtMostTwentyFiveDepths() external {
        Portfolio memory book = with(portfolio(0), perpetual(ETH), 5_000e18);
        openInterest.setAverageOpenInterest(ETH, 480_200e18);
        (uint256 initial, ) = chargesOf(book);
        assertApproxEqAbs(initial, 980_000e18, TOLERANCE, "24.01 depths");
        openInterest.setAverageOpenInterest(ETH, 500_000e18);
        (uint256 most, ) = chargesOf(book);
        assertApproxEqAbs(most, 1_000_000e18, TOLERANCE, "25 depths");
        openInterest.setAverageOpenInterest(ETH, 500_001e18);
        (initial, ) = chargesOf(book);
        assertEq(initial, most, "and one ether");
    }

    /// Nobody else's: an exposure of 36 depths of one's own pays six times κ in both tiers.
    function test_OnesOwnExposureCountsBeyond() external {
        openInterest.setAverageOpenInterest(ETH, type(uint128).max);
        (uint256 initial, uint256 maintenance) = chargesOf(with(portfolio(0), perpetual(ETH), 720_000e18));
        // 0.02·1.44e9·6.
        assertApproxEqAbs(initial, 172_800_000e18, 144 * TOLERANCE);
        assertApproxEqAbs(maintenance, 172_800_000e18, 144 * TOLERANCE);
    }

    function test_NothingHeldPaysNothingWhateverTheOpenInterest() external {
        openInterest.setAverageOpenInterest(ETH, type(uint128).max);
        (uint256 initial, uint256 maintenance) = chargesOf(portfolio(1e18));
        assertEq(initial + maintenance, 0);
        (initial, maintenance) = chargesOf(with(portfolio(0), perpetual(BTC), 1e18));
        assertEq(initial + maintenance, 0, "of another underlying");
    }

    /// By hand from `scenarios`: delta the slope between the innermost nodes, vega the larger profit or loss of the middle node.
    function byHand(Portfolio memory book) private view returns (uint256 delta, uint256 vega) {
        Scenarios memory all = views.scenarios(book, ETH);
        uint256 spotPrice = prices.price(ETH).value;
        int256 gain = all.profits[7 * all.columns + 1] - all.profits[5 * all.columns + 1];
        uint256 upper = (spotPrice * uint256(FixedPointMathLib.expWad(all.moves[7]))) / 1e18;
        uint256 lower = (spotPrice * uint256(FixedPointMathLib.expWad(all.moves[5]))) / 1e18;
        delta = (FixedPointMathLib.abs(gain) * spotPrice) / (upper - lower);
        uint256 down = FixedPointMathLib.abs(all.profits[6 * all.columns]);
        vega = FixedPointMathLib.max(down, FixedPointMathLib.abs(all.profits[6 * all.columns + 2]));
    }

    function requireByHand(Portfolio memory book, uint256 average) private {
        openInterest.setAverageOpenInterest(ETH, average);
        (uint256 delta, uint256 vega) = byHand(book);
        (uint256 initial, uint256 maintenance) = chargesOf(book);
        uint256 depth = 20_000 * prices.price(ETH).value;
        uint256 others = FixedPointMathLib.min((average * prices.price(ETH).value) / 1e18, MAX_DEPTHS * depth);
        uint256 ofVega = charge(vega, vega, VEGA_DEPTH);
        uint256 expected = ofVega + charge(delta, delta, depth);
        assertApproxEqAbs(maintenance, expected, expected / 1e9 + TOLERANCE);
        expected = ofVega + charge(delta, FixedPointMathLib.max(delta, others), depth);
        assertApproxEqAbs(initial, expected, expected / 1e9 + TOLERANCE);
    }

    function test_AnOptionBookPaysForDeltaAndVegaInBothTiers() external {
        Portfolio memory straddle = with(portfolio(0), call(ETH, EXPIRY, 2_000), -3_000e18);
        straddle = with(straddle, put(ETH, EXPIRY, 2_000), -3_000e18);
        (, uint256 vega) = byHand(straddle);
        // Up by e^(0.4·1.403): 0.75 of two at-the-money options of 104 each, 3,000 times.
        assertApproxEqRel(vega, 467_000e18, 0.01e18);
        requireByHand(straddle, 0);
        requireByHand(straddle, 70_000e18);
        // Long vega pays likewise.
        straddle = with(with(portfolio(0), call(ETH, EXPIRY, 2_000), 3e21), put(ETH, EXPIRY, 2_000), 3e21);
        requireByHand(straddle, 0);
    }

    /// Twisted books have more columns, and only the parallel shift is the book's vega.
    function test_ACalendarPaysForTheParallelShift() external {
        Portfolio memory calendar = with(portfolio(0), call(ETH, EXPIRY, 2_000), -9_000e18);
        requireByHand(with(calendar, call(ETH, EXPIRY + 91 days, 2_300), 5_000e18), 1e21);
    }

    function testFuzz_AnyBookPaysByTheFormula(uint256 market, uint256 seed, uint256 average) external {
        anyMarket(market);
        requireByHand(anyPortfolio(seed), bound(average, 0, 1e24));
    }

    function testFuzz_NobodyElsesTradeRaisesAMaintenanceRequirement(
        uint256 market,
        uint256 seed,
        uint256 less,
        uint256 more
    ) external {
        anyMarket(market);
        Portfolio memory book = anyPortfolio(seed);
        (less, more) = (bound(less, 0, 1e25), bound(more, 0, type(uint128).max));
        openInterest.setAverageOpenInterest(ETH, FixedPointMathLib.min(less, more));
        Risk memory before = evaluate(book);
        openInterest.setAverageOpenInterest(ETH, FixedPointMathLib.max(less, more));
        Risk memory later = evaluate(book);
        assertEq(later.maintenance, before.maintenance);
        assertEq(later.maintenanceBeforeFloor, before.maintenanceBeforeFloor);
        assertEq(later.equity, before.equity);
        assertGe(later.initial, before.initial);
    }

    function testFuzz_InitialIsNeverBelowMaintenance(uint256 market, uint256 seed, uint256 average) external {
        anyMarket(market);
        openInterest.setAverageOpenInterest(ETH, bound(average, 0, 1e25));
        Risk memory risk = evaluate(anyPortfolio(seed));
        assertGe(risk.initial, risk.maintenance);
    }
}

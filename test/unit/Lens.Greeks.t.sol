// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { GreeksView, Sensitivities } from "../../contracts/interfaces/ILens.sol";
import { IMarginModel, Portfolio } from "../../contracts/interfaces/IMarginEngine.sol";
import { IMarkets } from "../../contracts/interfaces/IMarkets.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Surface } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { OptionLeg, OptionLegs, Tenor } from "../../contracts/libraries/OptionLegs.sol";
import { MARK_VOLATILITY } from "../../contracts/libraries/ScenarioGrid.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { MAX_LEGS } from "../../contracts/types/Limits.sol";
import { toPosition } from "../../contracts/types/Position.sol";
import { toRiskWords } from "../../contracts/types/RiskWords.sol";
import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { LensFixture } from "../helpers/LensFixture.sol";

/// An option of the fuzzer: of ETH at 2,000, 9.7 days before its expiry.
struct Sample {
    Instrument option;
    uint256 volatility;
    int64 rate;
    uint256 strike;
}

contract LensGreeksTest is LensFixture {
    using OptionLegs for OptionLeg;

    int256 private constant WAD = 1e18;
    int256 private constant DAY = 1 days;
    uint256 private constant REMAINING = EXPIRY - NOW;
    /// What the greatest Greeks are multiplied with to be a tolerance: steps are chosen so that neither the curvature nor the last digits
    /// of a mark count for more.
    uint256 private constant TOLERANCE = 1e-5 * 1e18;

    function testFuzz_DeltaIsTheSlopeOfTheMark(uint256 seed) external {
        Sample memory sample = sampleOf(seed);
        int256 step = 0.05e18;
        (int256 above, int256 below) = (markAtPrice(sample, step), markAtPrice(sample, -step));
        assertApproxEqAbs(greeksOf(sample.option).delta, ((above - below) * WAD) / (2 * step), 1e11);
    }

    function testFuzz_GammaIsTheCurvatureOfTheMark(uint256 seed) external {
        Sample memory sample = sampleOf(seed);
        int256 step = 0.5e18;
        int256 curve = markAtPrice(sample, step) + markAtPrice(sample, -step);
        curve -= 2 * markAtPrice(sample, 0);
        int256 expected = (((curve * WAD) / step) * WAD) / step;
        // φ(0)/(S·v)
        uint256 greatest = (0.4e18 * 1e36) / (ETH_PRICE * totalVolatility(sample));
        assertApproxEqAbs(greeksOf(sample.option).gamma, expected, greatest / 1e4);
    }

    function testFuzz_VegaIsTheSlopeOfTheMarkInVolatility(uint256 seed) external {
        Sample memory sample = sampleOf(seed);
        int256 vega = greeksOf(sample.option).vega;
        int256 step = 0.0005e18;
        setFlat(sample.volatility + uint256(step), sample.rate);
        int256 above = signedMarkOf(sample.option);
        setFlat(sample.volatility - uint256(step), sample.rate);
        // S·φ(0)·√T
        assertApproxEqAbs(vega, ((above - signedMarkOf(sample.option)) * WAD) / (2 * step), share(130e18));
    }

    function testFuzz_ThetaIsWhatTheMarkChangesByInADay(uint256 seed) external {
        Sample memory sample = sampleOf(seed);
        int256 theta = greeksOf(sample.option).theta;
        vm.warp(NOW + 300);
        int256 later = signedMarkOf(sample.option);
        vm.warp(NOW - 300);
        // S·φ(0)·v/2 per T
        uint256 greatest = (800e18 * totalVolatility(sample)) / 1e18 / 19 + 3e18;
        assertApproxEqAbs(theta, ((later - signedMarkOf(sample.option)) * DAY) / 600, share(greatest));
    }

    function testFuzz_RhoIsTheSlopeOfTheMarkInTheRate(uint256 seed) external {
        Sample memory sample = sampleOf(seed);
        int256 rho = greeksOf(sample.option).rho;
        int64 step = 0.001e18;
        setFlat(sample.volatility, sample.rate + step);
        int256 above = signedMarkOf(sample.option);
        setFlat(sample.volatility, sample.rate - step);
        // T·K
        assertApproxEqAbs(rho, ((above - signedMarkOf(sample.option)) * WAD) / (2 * step), share(80e18));
    }

    function testFuzz_PutAndCallDifferByTheForward(uint256 seed) external {
        Sample memory sample = sampleOf(seed);
        Sensitivities memory ofCall = greeksOf(call(ETH, EXPIRY, sample.strike));
        Sensitivities memory ofPut = greeksOf(put(ETH, EXPIRY, sample.strike));
        assertEq(ofCall.delta - ofPut.delta, WAD);
        assertEq(ofCall.gamma, ofPut.gamma);
        assertEq(ofCall.vega, ofPut.vega);
        int256 time = int256((REMAINING * 1e18) / 365 days);
        int256 carry = (sample.rate * time) / WAD;
        int256 strike = (int256(sample.strike) * 1e18 * FixedPointMathLib.expWad(-carry)) / WAD;
        assertApproxEqAbs(ofCall.rho - ofPut.rho, (strike * time) / WAD, 1e5);
        assertApproxEqAbs(ofCall.theta - ofPut.theta, -(strike * sample.rate) / WAD / 365, 1e5);
    }

    /// Sticky strike: what counts of a smile is the volatility that it gives the strike.
    function testFuzz_OnASmileTheyAreThoseOfTheStrikesOwnVolatility(uint256 seed) external {
        Sample memory sample = sampleOf(seed);
        Surface memory smile = volatilities.surface(ETH);
        (smile.rho, smile.eta) = (-0.4e18, 0.7e18);
        volatilities.setSurface(ETH, smile);
        Sensitivities memory onSmile = greeksOf(sample.option);
        Tenor memory tenor;
        OptionLegs.set(tenor, smile, toRiskWords(markets.riskParameters(ETH)).shocks, EXPIRY);
        OptionLeg memory leg;
        leg.set(toPosition(sample.option, 1e18), tenor, FixedPointMathLib.lnWad(int256(ETH_PRICE)));
        uint256 volatility = leg.totalVolatilities[MARK_VOLATILITY];
        (smile.eta, smile.tenorSeconds[0]) = (0, uint32(REMAINING));
        smile.totalVariance[0] = uint64((volatility * volatility) / 1e18);
        volatilities.setSurface(ETH, smile);
        Sensitivities memory flat = greeksOf(sample.option);
        assertApproxEqAbs(onSmile.delta, flat.delta, 1e6);
        assertApproxEqAbs(onSmile.gamma, flat.gamma, 1e6);
        assertApproxEqAbs(onSmile.vega, flat.vega, 1e9);
        assertApproxEqAbs(onSmile.theta, flat.theta, 1e9);
        assertApproxEqAbs(onSmile.rho, flat.rho, 1e9);
    }

    function test_ExpiredOptionsAreAllOrNothing() external {
        setFlat(0.8e18, 0.05e18);
        vm.warp(EXPIRY);
        assertOnlyDelta(call(ETH, EXPIRY, 1_999), WAD);
        assertOnlyDelta(call(ETH, EXPIRY, 2_001), 0);
        assertOnlyDelta(put(ETH, EXPIRY, 1_999), 0);
        assertOnlyDelta(put(ETH, EXPIRY, 2_001), -WAD);
        vm.warp(EXPIRY + 1 days);
        assertOnlyDelta(call(ETH, EXPIRY, 1_999), WAD);
    }

    function test_InTheLastSecondTheyAreStillNumbers() external {
        setFlat(0.8e18, 0.05e18);
        vm.warp(EXPIRY - 1);
        Sensitivities memory greeks = greeksOf(call(ETH, EXPIRY, 2_000));
        assertApproxEqAbs(greeks.delta, 0.5e18, 1e15);
        // φ(0)/(2,000·0.8·√(1 s/1 y))
        assertApproxEqRel(greeks.gamma, 1.4002e18, 1e14);
        assertLt(greeks.theta, 0);
    }

    function test_WithoutVolatilityOnlyTheDiscountIsLeft() external {
        Surface memory none;
        none.rate = 0.05e18;
        volatilities.setSurface(ETH, none);
        Sensitivities memory greeks = greeksOf(call(ETH, EXPIRY, 1_500));
        assertEq(greeks.delta, WAD);
        assertEq(greeks.gamma, 0);
        assertEq(greeks.vega, 0);
        // 0.0265855 y of 1,498.007 USD; 5 % of that a year.
        assertApproxEqRel(greeks.rho, 39.8252e18, 1e14);
        assertApproxEqRel(greeks.theta, -0.205206e18, 1e14);
    }

    function test_WithoutAPriceCallsAreNothingAndPutsAreShortTheUnderlying() external {
        prices.setPrice(ETH, 0);
        assertEq(greeksOf(call(ETH, EXPIRY, 2_000)).delta, 0);
        assertEq(greeksOf(put(ETH, EXPIRY, 2_000)).delta, -WAD);
        assertEq(greeksOf(put(ETH, EXPIRY, 2_000)).gamma, 0);
    }

    function test_AddsUpTheLegsOnOneUnderlying() external {
        prices.setOverdue(ETH, 1);
        Portfolio memory held = with(with(portfolio(5e18), perpetual(BTC), 9e18), spot(ETH), 2e18);
        held = with(with(held, call(ETH, EXPIRY, 2_200), -5e18), perpetual(ETH), -3e18);
        held = with(held, put(ETH, EXPIRY, 1_800), 7e18);
        book.store(held);
        GreeksView memory stored = lens.greeks(account, ETH);
        assertEq(abi.encode(stored), abi.encode(lens.greeksOf(held, ETH)));
        assertEq(stored.spot, ETH_PRICE);
        assertTrue(stored.validity == Validity.Late);
        assertEq(stored.legs.length, 4);
        assertTrue(stored.legs[0].position.instrument() == spot(ETH));
        assertEq(stored.legs[0].greeks.delta, 2e18);
        assertEq(stored.legs[2].greeks.delta, -3e18);
        assertEq(stored.legs[2].greeks.gamma, 0);
        Sensitivities memory ofCall = greeksOf(call(ETH, EXPIRY, 2_200));
        Sensitivities memory ofPut = greeksOf(put(ETH, EXPIRY, 1_800));
        assertApproxEqAbs(stored.legs[1].greeks.vega, -5 * ofCall.vega, 1);
        assertApproxEqAbs(stored.total.delta, -1e18 - 5 * ofCall.delta + 7 * ofPut.delta, 2);
        assertApproxEqAbs(stored.total.gamma, -5 * ofCall.gamma + 7 * ofPut.gamma, 2);
        assertApproxEqAbs(stored.total.vega, -5 * ofCall.vega + 7 * ofPut.vega, 2);
        assertApproxEqAbs(stored.total.theta, -5 * ofCall.theta + 7 * ofPut.theta, 2);
        assertApproxEqAbs(stored.total.rho, -5 * ofCall.rho + 7 * ofPut.rho, 2);
        assertEq(lens.greeksOf(held, BTC).total.delta, 9e18);
    }

    function test_RefusesWhatTheEngineRefuses() external {
        Instrument unknown = toInstrument(ETH, Kind.Call, EXPIRY, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginModel.UnknownInstrument.selector, unknown));
        lens.greeksOf(with(portfolio(0), unknown, 1e18), BTC);
        vm.expectRevert(abi.encodeWithSelector(IMarkets.UnderlyingNotListed.selector, uint16(9)));
        lens.greeksOf(portfolio(0), 9);
        Portfolio memory tooMany = portfolio(0);
        for (uint256 i = 0; i <= MAX_LEGS; ++i) tooMany = with(tooMany, call(ETH, EXPIRY, 1_000 + i), 1e18);
        vm.expectRevert(abi.encodeWithSelector(IMarginModel.TooManyLegs.selector, MAX_LEGS + 1));
        lens.greeksOf(tooMany, ETH);
    }

    /// Volatility 30 to 150 %, rate −20 to 40 %, strikes 1,200 to 3,000; set as market data.
    function sampleOf(uint256 seed) private returns (Sample memory sample) {
        sample.volatility = bound(uint256(keccak256(abi.encode(seed, 0))), 0.3e18, 1.5e18);
        sample.rate = int64(bound(int256(uint256(keccak256(abi.encode(seed, 1))) >> 1), -0.2e18, 0.4e18));
        sample.strike = bound(uint256(keccak256(abi.encode(seed, 2))), 1_200, 3_000);
        sample.option = seed % 2 == 0 ? call(ETH, EXPIRY, sample.strike) : put(ETH, EXPIRY, sample.strike);
        setFlat(sample.volatility, sample.rate);
    }

    function setFlat(uint256 volatility, int64 rate) private {
        volatilities.setFlatSurface(ETH, volatility);
        volatilities.setRate(ETH, rate);
    }

    function totalVolatility(Sample memory sample) private pure returns (uint256) {
        return (sample.volatility * FixedPointMathLib.sqrt((REMAINING * 1e36) / 365 days)) / 1e18;
    }

    function markAtPrice(Sample memory sample, int256 step) private returns (int256 value) {
        prices.setPrice(ETH, uint256(int256(ETH_PRICE) + step));
        value = signedMarkOf(sample.option);
        prices.setPrice(ETH, ETH_PRICE);
    }

    function signedMarkOf(Instrument option) private view returns (int256) {
        return int256(markOf(option));
    }

    function greeksOf(Instrument option) private view returns (Sensitivities memory) {
        return lens.greeksOf(with(portfolio(0), option, 1e18), ETH).total;
    }

    function share(uint256 greatest) private pure returns (uint256) {
        return (greatest * TOLERANCE) / 1e18;
    }

    function assertOnlyDelta(Instrument option, int256 delta) private view {
        assertEq(abi.encode(greeksOf(option)), abi.encode(Sensitivities(delta, 0, 0, 0, 0)));
    }
}

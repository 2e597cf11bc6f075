// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Sensitivities } from "../interfaces/ILens.sol";
import { NormalDistribution } from "./NormalDistribution.sol";
import { OptionLeg, Tenor } from "./OptionLegs.sol";
import { MARK_VOLATILITY } from "./ScenarioGrid.sol";
import { SignedWad } from "./SignedWad.sol";

/// @title Greeks of an option under Black-76.
/// @notice The value of a unit is V = S·a − K·D·b with a call's a = N(d1), b = N(d2), d1 = ln(F/K)/v + v/2, d2 = d1 − v, and a put's each
/// lower by 1. Since S·φ(d1) = K·D·φ(d2), with v = σ√T, T in years and D = e^(−rT):
///
///     delta = ∂V/∂S = a                     vega = ∂V/∂σ = S·φ(d1)·√T      rho = ∂V/∂r = T·K·D·b
///     gamma = ∂²V/∂S² = φ(d1)/(S·v)         theta = −∂V/∂T = −S·φ(d1)·v/(2T) − r·K·D·b, of which a day is 1/365
///
/// after Black, "The pricing of commodity contracts" (1976), and Hull, "Options, Futures, and Other Derivatives", ch. 19. The volatility
/// of a strike stays what it is (sticky strike) while price, time and rate move: how the surface would roll is not in them.
/// @dev Rounding is towards zero for a unit and down for a position; it is below the error of N(x), 2e-15 of S or K.
library Greeks {
    using SignedWad for int256;

    int256 private constant WAD = 1e18;
    uint256 private constant YEAR = 365 days;

    /// @notice Of one unit of an option; `leg.size` has no part in it. Expired, or without volatility, it is worth its intrinsic
    /// value: delta is all or nothing, and nothing but the discount of the strike can change it.
    /// @param spot USD WAD.
    function ofUnit(
        OptionLeg memory leg,
        Tenor memory tenor,
        uint256 spot
    ) internal view returns (Sensitivities memory greeks) {
        (int256 asset, int256 strike, uint256 density) = weights(leg, spot);
        greeks.delta = asset;
        uint256 remaining = FixedPointMathLib.zeroFloorSub(tenor.expiry, block.timestamp);
        if (remaining == 0) return greeks;
        int256 strikeLeg = (int256(leg.strike) * strike) / WAD;
        int256 carry = (tenor.carry * strikeLeg) / WAD;
        greeks.rho = (strikeLeg * int256(remaining)) / int256(YEAR);
        if (density != 0) {
            uint256 volatility = leg.totalVolatilities[MARK_VOLATILITY];
            greeks.gamma = int256((density * uint256(WAD * WAD)) / (spot * volatility));
            greeks.vega = vegaOf(spot, density, remaining);
            carry += int256(FixedPointMathLib.mulWad(FixedPointMathLib.mulWad(spot, density), volatility / 2));
        }
        greeks.theta = (-carry * int256(1 days)) / int256(remaining);
    }

    /// @notice Delta and vega of one unit as in `ofUnit`, without what only the others need.
    function deltaAndVega(
        OptionLeg memory leg,
        Tenor memory tenor,
        uint256 spot
    ) internal view returns (int256 delta, int256 vega) {
        int256 volatility = int256(leg.totalVolatilities[MARK_VOLATILITY]);
        if (volatility == 0 || spot == 0) {
            delta = intrinsicWeight(leg, spot);
        } else {
            (uint256 weight, uint256 density) = NormalDistribution.cdfAndDensity(d1Of(leg, volatility));
            delta = int256(weight);
            vega = vegaOf(spot, density, FixedPointMathLib.zeroFloorSub(tenor.expiry, block.timestamp));
        }
        if (!leg.isCall) delta -= WAD;
    }

    /// @notice Of `size` units (WAD, signed).
    function times(Sensitivities memory greeks, int256 size) internal pure returns (Sensitivities memory) {
        return
            Sensitivities({
                delta: size.mulDown(greeks.delta),
                gamma: size.mulDown(greeks.gamma),
                vega: size.mulDown(greeks.vega),
                theta: size.mulDown(greeks.theta),
                rho: size.mulDown(greeks.rho)
            });
    }

    /// @notice Adds in place.
    function add(Sensitivities memory total, Sensitivities memory greeks) internal pure {
        total.delta += greeks.delta;
        total.gamma += greeks.gamma;
        total.vega += greeks.vega;
        total.theta += greeks.theta;
        total.rho += greeks.rho;
    }

    /// @return asset a. @return strike b. @return density φ(d1); 0 where the value is intrinsic. WAD.
    function weights(
        OptionLeg memory leg,
        uint256 spot
    ) private pure returns (int256 asset, int256 strike, uint256 density) {
        int256 volatility = int256(leg.totalVolatilities[MARK_VOLATILITY]);
        if (volatility == 0 || spot == 0) {
            asset = intrinsicWeight(leg, spot);
            strike = asset;
        } else {
            int256 d1 = d1Of(leg, volatility);
            asset = int256(NormalDistribution.cdf(d1));
            strike = int256(NormalDistribution.cdf(d1 - volatility));
            density = NormalDistribution.density(d1);
        }
        if (!leg.isCall) (asset, strike) = (asset - WAD, strike - WAD);
    }

    /// @param density φ(d1). @param remaining T in seconds; without time there is none.
    function vegaOf(uint256 spot, uint256 density, uint256 remaining) private pure returns (int256) {
        uint256 curved = FixedPointMathLib.mulWad(spot, density);
        return int256(FixedPointMathLib.mulWad(curved, FixedPointMathLib.sqrt((remaining * 1e36) / YEAR)));
    }

    /// @return a of a call without time value.
    function intrinsicWeight(OptionLeg memory leg, uint256 spot) private pure returns (int256) {
        return spot > leg.strike ? WAD : int256(0);
    }

    function d1Of(OptionLeg memory leg, int256 volatility) private pure returns (int256) {
        return (leg.logMoneyness * WAD) / volatility + volatility / 2;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { AccountParameters, RiskParameters, Stress, Tier } from "../../contracts/interfaces/IMarkets.sol";
import { MAX_STRESSES } from "../../contracts/types/Limits.sol";
import { EngineFuzz } from "./EngineFuzz.sol";

/// Parameters drawn from one fuzzed word, anywhere inside their hard bounds.
abstract contract AnyParameters is EngineFuzz {
    function anyRisk(uint256 seed) internal pure returns (RiskParameters memory parameters) {
        Tier memory maintenance = anyTier(derive(seed, 0), Tier(0.5e18, 1 hours, 0.01e18, 0.01e18));
        parameters.maintenance = maintenance;
        parameters.initial = anyTier(derive(seed, 1), maintenance);
        parameters.volatilityUp = draw(seed, 2, 0.05e18, 1.5e18);
        parameters.volatilityDown = draw(seed, 3, 0.05e18, 1.5e18);
        parameters.exponentShort = draw(seed, 4, 0, 0.5e18);
        parameters.exponentLong = draw(seed, 5, 0, 0.5e18);
        parameters.shortOptionMinimum = draw(seed, 6, 0.01e18, 0.2e18);
        parameters.concentration = draw(seed, 7, 0, 0.25e18);
        parameters.depth = draw(seed, 8, 1, 10) ** draw(seed, 9, 0, 12);
        parameters.vegaDepth = draw(seed, 10, 1, 10) ** draw(seed, 11, 0, 15);
        uint256 used = draw(seed, 12, 0, MAX_STRESSES);
        for (uint256 i = 0; i < used; ++i) parameters.stresses[i] = anyStress(derive(seed, 20 + i));
    }

    /// Some parameters of `base` and some of their own.
    function anyChange(RiskParameters memory base, uint256 seed) internal pure returns (RiskParameters memory changed) {
        changed = anyRisk(derive(seed, 0));
        if (draw(seed, 1, 0, 1) == 0) (changed.initial, changed.maintenance) = (base.initial, base.maintenance);
        if (draw(seed, 2, 0, 1) == 0) {
            (changed.volatilityUp, changed.volatilityDown) = (base.volatilityUp, base.volatilityDown);
        }
        if (draw(seed, 3, 0, 1) == 0) changed.concentration = base.concentration;
        if (draw(seed, 4, 0, 1) == 0) (changed.depth, changed.vegaDepth) = (base.depth, base.vegaDepth);
        if (draw(seed, 5, 0, 2) == 0) return changed;
        for (uint256 i = 0; i < MAX_STRESSES; ++i) {
            if (base.stresses[i].initialWeight == 0 || changed.stresses[i].initialWeight == 0) continue;
            changed.stresses[i].move = base.stresses[i].move;
            changed.stresses[i].volatilityNode = base.stresses[i].volatilityNode;
        }
    }

    function anyAccount(uint256 seed) internal pure returns (AccountParameters memory) {
        return AccountParameters(uint128(draw(seed, 0, 1e18, 10_000e18)), uint64(draw(seed, 1, 0, 0.4e18)));
    }

    /// At or above `least`.
    function anyTier(uint256 seed, Tier memory least) private pure returns (Tier memory tier) {
        tier.z = draw(seed, 0, least.z, 10e18);
        tier.horizonSeconds = draw(seed, 1, least.horizonSeconds, 14 days);
        tier.rangeMin = draw(seed, 2, least.rangeMin, 1e18);
        tier.rangeMax = draw(seed, 3, FixedPointMathLib.max(tier.rangeMin, least.rangeMax), 1e18);
    }

    function anyStress(uint256 seed) private pure returns (Stress memory stress) {
        stress.move = int256(draw(seed, 0, 0, 3.95e18)) - 0.95e18;
        stress.volatilityNode = int256(draw(seed, 1, 0, 2)) - 1;
        stress.initialWeight = draw(seed, 2, 1, 1e18);
        stress.maintenanceWeight = draw(seed, 3, 0, stress.initialWeight);
    }
}

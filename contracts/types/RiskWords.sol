// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { RiskParameters, Stress, Tier } from "../interfaces/IMarkets.sol";
import { MAX_STRESSES } from "./Limits.sol";

/// @notice A margin tier, most significant first: z 64 · horizonSeconds 64 · rangeMin 64 · rangeMax 64.
type TierWord is uint256;

/// @notice The volatility nodes: volatilityUp 64 · volatilityDown 64 · exponentShort 64 · exponentLong 64.
type ShockWord is uint256;

/// @notice shortOptionMinimum 64 · concentration 64 · depth 64 · vegaDepth 64.
type AddOnWord is uint256;

/// @notice move 64, signed · volatilityNode 64, signed · initialWeight 64 · maintenanceWeight 64.
type StressWord is uint256;

using RiskWordsLibrary for TierWord global;
using RiskWordsLibrary for ShockWord global;
using RiskWordsLibrary for AddOnWord global;
using RiskWordsLibrary for StressWord global;
using RiskWordsLibrary for RiskWords global;

/// @notice `RiskParameters` packed, as every evaluation reads them. Inside their hard bounds all fit: 64 bits hold 18 in WAD.
struct RiskWords {
    TierWord initial;
    TierWord maintenance;
    ShockWord shocks;
    AddOnWord addOns;
    StressWord[MAX_STRESSES] stresses;
}

/// @dev Packs parameters inside their hard bounds.
function toRiskWords(RiskParameters memory parameters) pure returns (RiskWords memory words) {
    words.initial = toTierWord(parameters.initial);
    words.maintenance = toTierWord(parameters.maintenance);
    words.shocks = ShockWord.wrap(
        packed(parameters.volatilityUp, parameters.volatilityDown, parameters.exponentShort, parameters.exponentLong)
    );
    words.addOns = AddOnWord.wrap(
        packed(parameters.shortOptionMinimum, parameters.concentration, parameters.depth, parameters.vegaDepth)
    );
    for (uint256 i = 0; i < MAX_STRESSES; ++i) {
        Stress memory stress = parameters.stresses[i];
        (uint64 move, uint64 node) = (uint64(int64(stress.move)), uint64(int64(stress.volatilityNode)));
        words.stresses[i] = StressWord.wrap(packed(move, node, stress.initialWeight, stress.maintenanceWeight));
    }
}

function toTierWord(Tier memory tier) pure returns (TierWord) {
    return TierWord.wrap(packed(tier.z, tier.horizonSeconds, tier.rangeMin, tier.rangeMax));
}

/// @dev Four numbers below 2^64.
function packed(uint256 first, uint256 second, uint256 third, uint256 fourth) pure returns (uint256) {
    return (first << 192) | (second << 128) | (third << 64) | fourth;
}

library RiskWordsLibrary {
    /// @notice Fills the words from a contract whose code is a STOP byte and then they, one after the other.
    function read(RiskWords memory self, address code) internal view {
        StressWord[MAX_STRESSES] memory stresses = self.stresses;
        assembly ("memory-safe") {
            extcodecopy(code, self, 1, 0x80)
            extcodecopy(code, stresses, 0x81, 0x80)
        }
    }

    function unpacked(RiskWords memory self) internal pure returns (RiskParameters memory parameters) {
        parameters.initial = unpacked(self.initial);
        parameters.maintenance = unpacked(self.maintenance);
        parameters.volatilityUp = self.shocks.up();
        parameters.volatilityDown = self.shocks.down();
        parameters.exponentShort = self.shocks.exponentShort();
        parameters.exponentLong = self.shocks.exponentLong();
        parameters.shortOptionMinimum = self.addOns.shortOptionMinimum();
        parameters.concentration = self.addOns.concentration();
        parameters.depth = self.addOns.depth();
        parameters.vegaDepth = self.addOns.vegaDepth();
        for (uint256 i = 0; i < MAX_STRESSES; ++i) {
            StressWord stress = self.stresses[i];
            parameters.stresses[i] = Stress(
                stress.move(),
                stress.volatilityNode(),
                stress.initialWeight(),
                stress.maintenanceWeight()
            );
        }
    }

    function unpacked(TierWord word) internal pure returns (Tier memory) {
        return Tier(word.z(), word.horizonSeconds(), word.rangeMin(), word.rangeMax());
    }

    function z(TierWord word) internal pure returns (uint256) {
        return TierWord.unwrap(word) >> 192;
    }

    function horizonSeconds(TierWord word) internal pure returns (uint256) {
        return uint64(TierWord.unwrap(word) >> 128);
    }

    function rangeMin(TierWord word) internal pure returns (uint256) {
        return uint64(TierWord.unwrap(word) >> 64);
    }

    function rangeMax(TierWord word) internal pure returns (uint256) {
        return uint64(TierWord.unwrap(word));
    }

    function up(ShockWord word) internal pure returns (uint256) {
        return ShockWord.unwrap(word) >> 192;
    }

    function down(ShockWord word) internal pure returns (uint256) {
        return uint64(ShockWord.unwrap(word) >> 128);
    }

    function exponentShort(ShockWord word) internal pure returns (uint256) {
        return uint64(ShockWord.unwrap(word) >> 64);
    }

    function exponentLong(ShockWord word) internal pure returns (uint256) {
        return uint64(ShockWord.unwrap(word));
    }

    function shortOptionMinimum(AddOnWord word) internal pure returns (uint256) {
        return AddOnWord.unwrap(word) >> 192;
    }

    function concentration(AddOnWord word) internal pure returns (uint256) {
        return uint64(AddOnWord.unwrap(word) >> 128);
    }

    function depth(AddOnWord word) internal pure returns (uint256) {
        return uint64(AddOnWord.unwrap(word) >> 64);
    }

    function vegaDepth(AddOnWord word) internal pure returns (uint256) {
        return uint64(AddOnWord.unwrap(word));
    }

    function move(StressWord word) internal pure returns (int256) {
        return int64(uint64(StressWord.unwrap(word) >> 192));
    }

    function volatilityNode(StressWord word) internal pure returns (int256) {
        return int64(uint64(StressWord.unwrap(word) >> 128));
    }

    function initialWeight(StressWord word) internal pure returns (uint256) {
        return uint64(StressWord.unwrap(word) >> 64);
    }

    function maintenanceWeight(StressWord word) internal pure returns (uint256) {
        return uint64(StressWord.unwrap(word));
    }

    /// @notice Whether it weighs nothing; unused ones come last.
    function isUnused(StressWord word) internal pure returns (bool) {
        return word.initialWeight() == 0;
    }
}

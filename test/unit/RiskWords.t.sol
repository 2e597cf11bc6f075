// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SSTORE2 } from "solady/src/utils/SSTORE2.sol";
import { RiskParameters, Stress, Tier } from "../../contracts/interfaces/IMarkets.sol";
import { MAX_STRESSES } from "../../contracts/types/Limits.sol";
import { RiskWords, toRiskWords } from "../../contracts/types/RiskWords.sol";
import { Test } from "../helpers/Test.sol";

/// Risk parameters through their packed words and back. Every field takes all that its 64 bits hold, which is more than the hard bounds let in.
contract RiskWordsTest is Test {
    function field(uint256 seed, uint256 index) private pure returns (uint256) {
        uint256 drawn = uint256(keccak256(abi.encode(seed, index)));
        uint64[4] memory values = [0, 1, type(uint64).max, uint64(drawn)];
        return values[(drawn >> 64) % 4];
    }

    function tier(uint256 seed, uint256 index) private pure returns (Tier memory) {
        return Tier(field(seed, index), field(seed, index + 1), field(seed, index + 2), field(seed, index + 3));
    }

    function anyParameters(uint256 seed) private pure returns (RiskParameters memory parameters) {
        parameters.initial = tier(seed, 0);
        parameters.maintenance = tier(seed, 4);
        parameters.volatilityUp = field(seed, 8);
        parameters.volatilityDown = field(seed, 9);
        parameters.exponentShort = field(seed, 10);
        parameters.exponentLong = field(seed, 11);
        parameters.shortOptionMinimum = field(seed, 12);
        parameters.concentration = field(seed, 13);
        parameters.depth = field(seed, 14);
        parameters.vegaDepth = field(seed, 15);
        for (uint256 i = 0; i < MAX_STRESSES; ++i) {
            int256 move = int64(uint64(field(seed, 16 + 4 * i)));
            int256 node = int64(uint64(field(seed, 17 + 4 * i)));
            parameters.stresses[i] = Stress(move, node, field(seed, 18 + 4 * i), field(seed, 19 + 4 * i));
        }
    }

    function testFuzz_UnpackToWhatWasPacked(uint256 seed) external pure {
        RiskParameters memory parameters = anyParameters(seed);
        assertEq(abi.encode(toRiskWords(parameters).unpacked()), abi.encode(parameters));
    }

    function testFuzz_AreReadFromTheCodeOfAContract(uint256 seed) external {
        RiskWords memory words = toRiskWords(anyParameters(seed));
        RiskWords memory found;
        found.read(SSTORE2.write(abi.encode(words)));
        assertEq(abi.encode(found), abi.encode(words));
    }

    function test_AStressScenarioIsUnusedWithoutInitialWeight() external pure {
        RiskParameters memory parameters;
        parameters.stresses[1] = Stress(-0.5e18, 1, 0.1e18, 0);
        RiskWords memory words = toRiskWords(parameters);
        assertTrue(words.stresses[0].isUnused());
        assertFalse(words.stresses[1].isUnused());
    }
}

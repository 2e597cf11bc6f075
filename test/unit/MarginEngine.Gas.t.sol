// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Portfolio } from "../../contracts/interfaces/IMarginEngine.sol";
import { Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { EngineFixture } from "../helpers/EngineFixture.sol";

/// What an evaluation costs. The limit is one transaction, with room for what surrounds the engine.
contract MarginEngineGasTest is EngineFixture {
    function book(uint256 options) private pure returns (Portfolio memory result) {
        result = Portfolio(1_000_000e18, new Position[](options));
        for (uint256 i = 0; i < options; ++i) {
            uint40 expiry = EXPIRY + uint40((i % 4) * 7 days);
            uint64 strike = uint64((1_200 + 100 * (i % 16)) * 1e8);
            Kind kind = i % 2 == 0 ? Kind.Call : Kind.Put;
            int128 size = i % 3 == 0 ? int128(-1e18) : int128(2e18);
            result.positions[i] = toPosition(toInstrument(ETH, kind, expiry, strike), size);
        }
    }

    function measure(uint256 options) private returns (uint256 gas) {
        Portfolio[] memory portfolios = new Portfolio[](1);
        portfolios[0] = book(options);
        uint256 before = gasleft();
        engine.evaluate(portfolios);
        gas = before - gasleft();
        vm.snapshotValue("MarginEngine", string.concat("evaluate", vm.toString(options)), gas);
    }

    function test_OneOption() external {
        measure(1);
    }

    function test_FourOptions() external {
        measure(4);
    }

    function test_SixteenOptions() external {
        measure(16);
    }

    function test_SixtyFourOptions() external {
        measure(64);
    }

    function test_AHundredAndTwentyEightOptionsFitInATransaction() external {
        assertLt(measure(128), 16_000_000);
    }
}

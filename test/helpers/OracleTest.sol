// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import { Feed } from "../../contracts/interfaces/IPriceOracle.sol";
import { ControllerParameters, SurfaceReport } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { AggregatorProxy } from "../../contracts/mocks/AggregatorProxy.sol";
import { MockAggregator } from "../../contracts/mocks/MockAggregator.sol";
import { PriceOracle } from "../../contracts/PriceOracle.sol";
import { VolatilityOracle } from "../../contracts/VolatilityOracle.sol";
import { Test } from "./Test.sol";

/// A feed of one underlying behind a proxy, and both oracles over it. The test holds every role.
abstract contract OracleTest is Test {
    uint16 internal constant ETH = 1;
    uint256 internal constant START = 1_700_000_000;
    int256 internal constant ETH_PRICE = 2000e8;
    uint32 internal constant HEARTBEAT = 1 hours;
    uint32 internal constant MAX_AGE = 4 hours;
    int128 internal constant MIN_ANSWER = 1e8;
    int128 internal constant MAX_ANSWER = 1_000_000e8;
    uint256 internal constant REALISED = 0.6e18;
    uint256 internal constant STRESSED = 2.07e18;
    uint256 private constant STATES_SLOT = 3;
    uint256 internal constant CONTROLLED_WORDS = 4;

    AccessManager internal manager;
    MockAggregator internal aggregator;
    AggregatorProxy internal proxy;
    PriceOracle internal prices;
    VolatilityOracle internal oracle;

    function setUp() public virtual {
        vm.warp(START);
        manager = AccessManager(deploy("AccessManager", abi.encode(address(this))));
        aggregator = new MockAggregator(8, "ETH / USD");
        aggregator.push(ETH_PRICE);
        proxy = new AggregatorProxy(address(aggregator));
        prices = PriceOracle(deploy("PriceOracle", abi.encode(address(manager), address(0), 0)));
        prices.setFeed(ETH, ethFeed());
        oracle = newOracle();
    }

    function newOracle() internal returns (VolatilityOracle created) {
        created = VolatilityOracle(deploy("VolatilityOracle", abi.encode(address(manager), address(prices))));
        created.list(ETH, parameters(), REALISED, STRESSED);
    }

    function ethFeed() internal view returns (Feed memory) {
        return Feed(address(proxy), 8, HEARTBEAT, MAX_AGE, MIN_ANSWER, MAX_ANSWER);
    }

    function parameters() internal pure returns (ControllerParameters memory) {
        return
            ControllerParameters({
                realisedHalfLifeSeconds: 30 days,
                initialHalfLifeSeconds: 72 hours,
                floor: 0.55e18,
                stressedWeight: 0.4e18,
                maintenanceRisePerHour: 0.02e18
            });
    }

    /// Anywhere inside the hard bounds.
    function randomParameters(uint256 seed) internal pure returns (ControllerParameters memory) {
        seed = uint256(keccak256(abi.encode(seed, "parameters")));
        return
            ControllerParameters(
                uint32(7 days + (seed % 83 days)),
                uint32(6 hours + ((seed >> 32) % 29 days)),
                uint64(0.1e18 + ((seed >> 64) % 1.9e18)),
                uint64(0.25e18 + ((seed >> 128) % 0.75e18)),
                uint64(0.005e18 + ((seed >> 192) % 0.095e18))
            );
    }

    function skip(uint256 elapsedSeconds) internal {
        vm.warp(vm.getBlockTimestamp() + elapsedSeconds);
    }

    function pushAfter(uint256 elapsedSeconds, int256 answer) internal {
        skip(elapsedSeconds);
        aggregator.push(answer, vm.getBlockTimestamp());
    }

    function switchTo(MockAggregator next) internal {
        proxy.proposeAggregator(address(next));
        proxy.confirmAggregator(address(next));
    }

    /// The stored words of the walk: both averages, controller and parameters.
    function wordOf(VolatilityOracle of_, uint256 index) internal view returns (bytes32) {
        uint256 base = uint256(keccak256(abi.encode(uint256(ETH), STATES_SLOT)));
        return vm.load(address(of_), bytes32(base + index));
    }

    function assertSameState(VolatilityOracle a, VolatilityOracle b) internal view {
        for (uint256 i = 0; i < CONTROLLED_WORDS; ++i) {
            bytes32 word = wordOf(a, i);
            assertTrue(word != 0, "state lies elsewhere");
            assertEq(wordOf(b, i), word, string.concat("word ", vm.toString(i)));
        }
    }

    function walkAll(VolatilityOracle of_) internal {
        while (of_.walk(ETH, 128) == 128) {}
    }

    function sign(
        VolatilityOracle for_,
        SurfaceReport memory report,
        uint256 key
    ) internal view returns (bytes memory) {
        (, string memory name, string memory version, uint256 chainId, address verifier, , ) = for_.eip712Domain();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chainId,
                verifier
            )
        );
        bytes32 content = keccak256(
            abi.encode(
                keccak256(
                    "SurfaceReport(uint16 underlying,uint40 timestamp,uint64[4] totalVariance,int64 rho,uint64 eta,int64 rate)"
                ),
                report.underlying,
                report.timestamp,
                keccak256(abi.encode(report.totalVariance)),
                report.rho,
                report.eta,
                report.rate
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, content)));
        return abi.encodePacked(r, s, v);
    }

    /// A report of the same at-the-money volatility at every tenor.
    function flatReport(uint256 volatility) internal view returns (SurfaceReport memory report) {
        report.underlying = ETH;
        report.timestamp = uint40(vm.getBlockTimestamp());
        uint256[4] memory tenorDays = [uint256(7), 30, 90, 180];
        for (uint256 i = 0; i < 4; ++i) {
            report.totalVariance[i] = uint64((volatility * volatility * tenorDays[i]) / 365 / 1e18);
        }
        report.rho = -0.2e18;
        report.eta = 0.8e18;
        report.rate = 0.05e18;
    }
}

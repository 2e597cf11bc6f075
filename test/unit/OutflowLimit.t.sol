// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Custody, Outflow, OutflowLimit } from "../../contracts/libraries/OutflowLimit.sol";
import { Test } from "../helpers/Test.sol";

contract OutflowLimitTest is Test {
    using OutflowLimit for Custody;
    using OutflowLimit for Outflow;

    uint256 private constant START = 1_700_000_000;
    uint256 private constant SHARE = 0.05e18;
    uint256 private constant STEPS = 24;

    Outflow private state;
    uint256 private recorded;

    function setUp() public {
        vm.warp(START);
    }

    /// However payments in and out follow each other, and whatever was left before: net of what comes in, no day takes more than a tenth of
    /// what it began with, or twice the minimum.
    function testFuzz_noDayTakesMoreThanATenth(uint256 seed) external {
        recorded = draw(seed, 0, 0, 1e15);
        uint256 minimum = draw(seed, 1, 0, 1e13) * draw(seed, 2, 0, 1);
        for (uint256 i = 0; i < STEPS; ++i) step(derive(seed, i), minimum);
        uint256 begun = recorded;
        uint256 end = vm.getBlockTimestamp() + 1 days;
        uint256 lowest = begun;
        for (uint256 i = STEPS; i < 2 * STEPS; ++i) {
            step(derive(seed, i), minimum);
            if (vm.getBlockTimestamp() > end) break;
            lowest = FixedPointMathLib.min(lowest, recorded);
        }
        assertLe(begun - lowest, FixedPointMathLib.max(begun / 10, 2 * minimum), "a day");
    }

    /// What is available leaves, one unit more does not; after `refilledAt` it is a whole share again.
    function testFuzz_isRefilledWhenItSays(uint256 seed) external {
        recorded = draw(seed, 0, 1e3, 1e15);
        uint256 minimum = draw(seed, 1, 0, 1e13);
        for (uint256 i = 0; i < STEPS; ++i) step(derive(seed, i), minimum);
        Custody memory custody = Custody(recorded, minimum, SHARE);
        uint256 refilledAt = state.refilledAt(custody, vm.getBlockTimestamp());
        assertLe(refilledAt, vm.getBlockTimestamp() + 1 days + 1, "longer than a day");
        uint256 whole = FixedPointMathLib.max(recorded / 20, minimum);
        whole = FixedPointMathLib.min(whole, recorded);
        assertEq(state.available(custody, refilledAt), whole, "not refilled");
        if (refilledAt > vm.getBlockTimestamp() + 1) {
            assertGt(state.usedAt(custody, refilledAt - 2), 0, "refilled before");
        }
    }

    /// Who pays in and out again leaves as much to others as before.
    function testFuzz_payingInAndOutTakesNothingFromOthers(uint256 used, uint256 amount) external {
        recorded = 1e15;
        used = bound(used, 1, 5e13);
        amount = bound(amount, 1, used);
        withdraw(used, 0);
        uint256 before = state.available(Custody(recorded, 0, SHARE), START);
        deposit(amount, 0);
        withdraw(amount, 0);
        assertEq(state.available(Custody(recorded, 0, SHARE), START), before);
    }

    function test_refillsSteadily() external {
        recorded = 2000;
        withdraw(100, 0);
        for (uint256 hour = 0; hour <= 24; hour += 6) {
            uint256 available = state.available(Custody(recorded, 0, SHARE), START + hour * 1 hours);
            // A share of 1,900 and of what is not refilled.
            uint256 used = 100 - (100 * hour) / 24;
            assertEq(available, ((1900 + used) * 5) / 100 - used);
        }
    }

    function test_theMinimumLeavesWhateverShareItIs() external {
        recorded = 1000;
        assertEq(state.available(Custody(recorded, 400, SHARE), START), 400);
        withdraw(400, 400);
        assertEq(state.available(Custody(recorded, 400, SHARE), START), 0);
        assertEq(state.available(Custody(recorded, 400, SHARE), START + 12 hours), 200);
        assertEq(state.available(Custody(recorded, 4000, SHARE), START + 12 hours), 600);
    }

    function test_aWiderShareCountsWhatHasLeft() external {
        recorded = 1000;
        Custody memory half = Custody(1000, 0, 0.5e18);
        state = state.afterWithdrawal(half, 500);
        half.recordedInTokens = 500;
        assertEq(state.available(half, START), 0);
        // With the ordinary share no more counts than it allows at once: it is refilled in a day.
        Custody memory ordinary = Custody(500, 0, SHARE);
        assertEq(state.available(ordinary, START), 0);
        assertLe(state.refilledAt(ordinary, START), START + 1 days + 1);
        assertEq(state.available(ordinary, START + 1 days + 1), 25);
    }

    /// Half of custody has left: no more of it counts than the ordinary share of what there was before that share left.
    function test_aDepositRefillsWhatLeftByAWiderShare() external {
        state = state.afterWithdrawal(Custody(1900, 0, 0.5e18), 950);
        Custody memory ordinary = Custody(950, 0, SHARE);
        // 50 of 1,000.
        assertEq(state.usedAt(ordinary, START), 50);
        state = state.afterDeposit(ordinary, 50);
        assertEq(state.available(Custody(1000, 0, SHARE), START), 50);
        // Or the minimum, where that is more.
        assertEq(Outflow(950, uint40(START)).usedAt(Custody(950, 400, SHARE), START), 400);
    }

    function step(uint256 seed, uint256 minimum) private {
        vm.warp(vm.getBlockTimestamp() + draw(seed, 1, 0, 2 hours));
        Custody memory custody = Custody(recorded, minimum, SHARE);
        uint256 available = state.available(custody, vm.getBlockTimestamp());
        uint256 kind = draw(seed, 2, 0, 3);
        if (kind == 0) deposit(draw(seed, 3, 0, 1e14), minimum);
        else if (kind == 1) withdraw(available, minimum);
        else withdraw(draw(seed, 3, 0, available), minimum);
    }

    function withdraw(uint256 amount, uint256 minimum) private {
        Custody memory custody = Custody(recorded, minimum, SHARE);
        assertLe(amount, state.available(custody, vm.getBlockTimestamp()), "fixture");
        state = state.afterWithdrawal(custody, amount);
        recorded -= amount;
    }

    function deposit(uint256 amount, uint256 minimum) private {
        state = state.afterDeposit(Custody(recorded, minimum, SHARE), amount);
        recorded += amount;
    }

    function draw(uint256 seed, uint256 index, uint256 min, uint256 max) private pure returns (uint256) {
        return min + (derive(seed, index) % (max - min + 1));
    }

    function derive(uint256 seed, uint256 index) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, index)));
    }
}

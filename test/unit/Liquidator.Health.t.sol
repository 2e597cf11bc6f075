// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

// The counts are what `npm run health` reads.
/* solhint-disable no-console */
import { console } from "hardhat/console.sol";
import { AuctionState } from "../../contracts/interfaces/ILiquidator.sol";
import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Instrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { HealthFixture } from "../helpers/HealthFixture.sol";

/// Random books of options, perpetuals and collateral in random markets, and any legs that a keeper might propose.
contract LiquidatorHealthTest is HealthFixture {
    uint256 private constant STATES = 1000;
    uint256 private constant MAX_LEGS_OF_BOOK = 10;
    uint256 private constant STATES_OF_A_BOOK = 4;
    uint256 private constant MAX_CALLS = 2;
    /// Of the calls, at least. Where most revert, nothing is shown.
    uint256 private constant LEAST_MOVED_PERCENT = 25;

    /// What became of some states. Thrown, so that the next ones find the chain as it was.
    error Tried(uint256 states, uint256 calls, uint256 moved);
    error NothingTried();

    uint256 private entropy;

    /// INV-4, INV-1, INV-2 and what the guards promise, after every call that goes through. `npm run health` tries more states.
    function test_noCallLowersEquityOverRequirement() public {
        uint256 seed = vm.envOr("HEALTH_SEED", uint256(1));
        uint256 first = vm.envOr("HEALTH_FIRST", uint256(0)) / STATES_OF_A_BOOK;
        uint256 end = first + (vm.envOr("HEALTH_STATES", STATES) + STATES_OF_A_BOOK - 1) / STATES_OF_A_BOOK;
        uint256[3] memory sum;
        uint256 violations = 0;
        for (uint256 i = first; i < end; i++) {
            uint256 word = derive(seed, i);
            try this.tryBook(word) {
                revert NothingTried();
            } catch (bytes memory reason) {
                if (addTo(sum, reason)) continue;
                violations++;
                console.log("violation in book %s: %s", i, vm.toString(reason));
            }
        }
        console.log("states %s, calls %s, moved %s", sum[0], sum[1], sum[2]);
        assertEq(violations, 0, "violations");
        assertGe(sum[2] * 100, sum[1] * LEAST_MOVED_PERCENT, "too few calls moved legs");
    }

    /// Without concentration the same slice of every leg is homogeneous: it must pass every guard while c < E/R, so nothing makes a
    /// book impossible to liquidate. It cures the account, unless so little is left (E/R little above c) that
    /// the floor stands above it: then health has risen as well, and if that is not enough the rest is offered whole.
    function testFuzz_sliceOfTheWholeBookIsAlwaysPossible(uint256 seed) public {
        entropy = seed;
        setConcentration(0);
        openBook(anyBook());
        setEquityShare(0.1e18 + random(0.85e18));
        Portfolio memory held = clearinghouse.portfolio(debtor);
        Risk memory before = riskOf(debtor);
        if (!isBelow() || before.maintenance < 1000e18) return; // the floor is another test's
        liquidator.startAuction(debtor);
        vm.warp(vm.getBlockTimestamp() + random(100)); // c < 0.1
        AuctionState memory state = liquidator.auctionState(debtor);
        if (state.isWhole) return;
        // Up to 1.14: (E - c f R) = 1.14 (1 - f) R  <=>  f = (1.14 - E/R) / (1.14 - c)
        int256 health = (before.equity * 1e18) / int256(before.maintenance);
        uint256 share = uint256(((1.14e18 - health) * 1e18) / (1.14e18 - state.rate));
        (bool isDone, bytes memory reason) = liquidate(slice(share));
        if (!isDone) assertEq(reason, ""); // shows why a fair slice was refused
        requireHealthier(held);
        Risk memory remaining = riskOf(debtor);
        if (remaining.maintenanceBeforeFloor < remaining.maintenance && isBelow()) {
            assertGe(remaining.equity, int256(remaining.maintenanceBeforeFloor), "cured but for the floor");
            assertTrue(liquidator.auctionState(debtor).isWhole, "the rest is offered whole");
        } else {
            assertFalse(isBelow(), "cured");
            assertFalse(isAuctioned(), "ended");
        }
    }

    /// One market and one book, with several shares of equity. Always reverts.
    function tryBook(uint256 seed) external {
        entropy = derive(seed, 1);
        vm.warp(NOW);
        anyMarket(seed);
        if (random(3) == 0) pledgeEther(1e17 + random(20e18));
        Position[] memory book = anyBook();
        openBook(book);
        uint256[3] memory sum;
        for (uint256 i = 0; i < STATES_OF_A_BOOK; i++) {
            try this.tryState(derive(seed, 2 + i), book) {
                revert NothingTried();
            } catch (bytes memory reason) {
                if (!addTo(sum, reason)) rethrow(reason);
            }
        }
        revert Tried(sum[0], sum[1], sum[2]);
    }

    /// One share of equity, and calls of any packages, each at its own rate. Always reverts.
    function tryState(uint256 seed, Position[] calldata book) external {
        entropy = seed;
        vm.warp(NOW);
        setEquityShare(random(0.999e18));
        try liquidator.startAuction(debtor) {} catch {
            revert Tried(0, 0, 0); // rounding of a tiny book
        }
        uint256 most = 1 + random(MAX_CALLS);
        uint256 calls = 0;
        uint256 moved = 0;
        for (; calls < most && isAuctioned(); calls++) {
            vm.warp(vm.getBlockTimestamp() + random(4 minutes));
            Portfolio memory held = clearinghouse.portfolio(debtor);
            (bool isDone, ) = liquidate(anyLegs());
            if (!isDone) continue;
            moved++;
            requireHealthier(held);
        }
        if (moved > 0) requireConserved(book);
        revert Tried(1, calls, moved);
    }

    function anyBook() private returns (Position[] memory legs) {
        legs = new Position[](1 + random(MAX_LEGS_OF_BOOK));
        for (uint256 i = 0; i < legs.length; i++) {
            Instrument instrument = anyInstrument();
            int256 size = int256(0.1e18 + random(50e18));
            if (instrument.underlying() == BTC) size /= 20;
            legs[i] = toPosition(instrument, int128(random(2) == 0 ? size : -size));
        }
    }

    /// Strikes within 30 % of the spot, expiries from 17 hours to a month.
    function anyInstrument() private returns (Instrument) {
        uint16 underlying = random(2) == 0 ? ETH : BTC;
        uint256 kind = random(3);
        if (kind == 0) return perpetual(underlying);
        uint256 strike = (prices.price(underlying).value * (70 + random(61))) / 100e18;
        uint40 expiry = EXPIRY - 9 days + uint40(random(30) * 1 days);
        return kind == 1 ? call(underlying, expiry, strike) : put(underlying, expiry, strike);
    }

    /// A slice of everything, or a share of one leg, or a share of each of some legs.
    function anyLegs() private returns (Position[] memory legs) {
        uint256 form = random(4);
        if (form == 0) return slice((1 + random(40)) * 1e16);
        Position[] memory held = clearinghouse.positions(debtor);
        Position[] memory chosen = new Position[](held.length);
        uint256 count = 0;
        uint256 only = random(held.length);
        for (uint256 i = 0; i < held.length; i++) {
            if (form == 1 ? i != only : random(2) == 0) continue;
            int256 size = (int256(held[i].size()) * int256(1 + random(100))) / 100;
            if (size != 0) chosen[count++] = toPosition(held[i].instrument(), int128(size));
        }
        legs = new Position[](count);
        for (uint256 i = 0; i < count; i++) legs[i] = chosen[i];
    }

    /// @return isTried False where something else was thrown.
    function addTo(uint256[3] memory sum, bytes memory reason) private pure returns (bool isTried) {
        isTried = bytes4(reason) == Tried.selector;
        if (!isTried) return false;
        for (uint256 i = 0; i < sum.length; i++) {
            uint256 word;
            assembly ("memory-safe") {
                word := mload(add(add(reason, 0x24), mul(i, 0x20)))
            }
            sum[i] += word;
        }
    }

    function rethrow(bytes memory reason) private pure {
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }

    function random(uint256 below) private returns (uint256) {
        entropy = uint256(keccak256(abi.encode(entropy)));
        return entropy % below;
    }
}

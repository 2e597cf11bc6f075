// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { ScenarioRowsLibrary } from "./ScenarioRows.sol";

/// @dev What sums are scaled by, beside quanta of USD: 2^35 of the table, and 6 of the interpolation weights.
int256 constant LANE_SCALE = 206_158_430_208;
/// @dev Nodes of the lattice to a unit of d: 1/h.
uint256 constant STEPS_PER_UNIT = 240;
/// @dev Node of the lattice beyond which N is 0 or 1: 6.375·240.
int256 constant REACH = 1530;

/// @notice The lattice in memory. @param lowest Address of the lowest node that d2 may have; 0 before `load`.
/// @param origin The node at 0: an entry counted from address 0, 2^-56.
struct Lattice {
    uint256 lowest;
    uint256 origin;
}

/// @dev What the cells of one option share. @param strike −6·size·strike in quanta, a signed word. @param asset size·spot in quanta, in the
/// high lane.
struct Frame {
    int256 strike;
    int256 asset;
}

/// @title Black-76 calls at many prices and one total volatility: a tangent lattice.
/// @notice G(d) = F·N(d + v) − K·N(d) is greatest, and the call's price, at d = d2 = ln(F/K)/v − v/2. There an error of d is of second
/// order: d2 is snapped to the nearest node n of a lattice of step h = 1/240, and N(n) is one load. What snapping by
/// s = d2 − n takes away is
///     G(d2) − G(n) = ½·F·φ(n + v)·v·(s² − s³·(v + d1)/3 + O(s⁴)).
/// Between −h/2 and h/2 a line, s³ ≈ 3/16·h²·s, is off by no more than a quarter of (h/2)³; and with it the bracket is a square again, of
/// s − (v + d1)·h²/32, which is linear in d2. So the third order costs nothing: d2 is moved by so much before it is snapped.
/// Since v is the same at all prices, so is the offset of n + v between two nodes, and with it the weights of the four-point
/// interpolation of N(n + v) and of its derivative. Four entries of the table are one load, and one product with four
/// packed weights leaves their weighted sum in its top lane.
/// @dev Scales: log prices 2^-40; d in steps of the lattice, 2^-56, whole bytes, so that one instruction takes the signed fraction; 1/v in
/// steps 2^-28; weights 6·2^25; slopes 6·2^14 times v·h, 2^-26.
library TangentLattice {
    uint256 private constant WAD = 1e18;
    /// @dev 32/h²: d2 is moved by (v + d1)·h²/32 = (d2 + 2v)·h²/32.
    uint256 private constant SHIFT_DIVISOR = 32 * STEPS_PER_UNIT ** 2;
    /// @dev 1/h times 1 − h²/32, which ln(F/K)/v is multiplied with; and 1/2 + 3h²/64, which v is.
    uint256 private constant INVERSE = (((WAD * STEPS_PER_UNIT) << 28) / SHIFT_DIVISOR) * (SHIFT_DIVISOR - 1);
    uint256 private constant HALF_NUMERATOR = SHIFT_DIVISOR + 3;
    uint256 private constant HALF_DENOMINATOR = 2 * SHIFT_DIVISOR;
    /// @dev From v in steps, 2^-56, to v·h, 2^-26: 2^30/h².
    uint256 private constant TO_CURVE = (STEPS_PER_UNIT ** 2) << 30;

    /// @dev Bytes of the table: nodes −1531 to 1533, 8 bytes each.
    uint256 private constant TABLE_BYTES = 24_520;
    /// @dev Hash of the table's code, which holds nothing else.
    bytes32 private constant TABLE_HASH = 0x6a2c469f73c6bac81a6ee3c375b30f35168742105f0e6ab1f1bf9bfa905f3e71;
    /// @dev Entry of the node at 0; and how many bytes lie between the lowest node that d2 may have and the highest one below d1.
    uint256 private constant MIDDLE_ENTRY = 1531;
    uint256 private constant SPAN = 24_472;

    /// @dev Coefficients of t, t² and t³ in 6 times the Lagrange polynomials of the points −1, 0, 1, 2: one lane of 64 bits
    /// each, −1 in the lowest. The constant term is 6 for the point 0. Each sums to zero: rounding t shifts no weight.
    int256 private constant WEIGHTS_1 = -2 - 3 * 2 ** 64 + 6 * 2 ** 128 - 2 ** 192;
    int256 private constant WEIGHTS_2 = 3 - 6 * 2 ** 64 + 3 * 2 ** 128;
    int256 private constant WEIGHTS_3 = -1 + 3 * 2 ** 64 - 3 * 2 ** 128 + 2 ** 192;
    /// @dev The coefficient of t in their derivatives; the constant term is `WEIGHTS_1`, and the density is exact enough without t².
    int256 private constant SLOPES_1 = 2 * WEIGHTS_2;

    /// @notice Whether the code at an address is that of `KernelTable`, to the byte.
    function isTable(address kernelTable) internal view returns (bool) {
        return kernelTable.codehash == TABLE_HASH;
    }

    /// @notice Copies a `KernelTable` into memory, where a word can be read from any entry.
    function load(Lattice memory lattice, address kernelTable) internal view {
        uint256 table;
        assembly ("memory-safe") {
            table := and(add(mload(0x40), 31), not(31))
            extcodecopy(kernelTable, table, 1, TABLE_BYTES)
            mstore(0x40, add(table, and(add(TABLE_BYTES, 31), not(31))))
        }
        lattice.lowest = table + 8;
        lattice.origin = (table / 8 + MIDDLE_ENTRY) << 56;
    }

    /// @dev 1/(v·h) times 1 − h²/32, 2^-28. Without volatility a wei of it stands in: the price moves by less than a wei of the forward.
    function inverseOf(uint256 totalVolatility) internal pure returns (int256) {
        return int256(FixedPointMathLib.rawDiv(INVERSE, totalVolatility | 1));
    }

    /// @notice A log price from WAD to 2^-40.
    function toLattice(int256 logPrice) internal pure returns (int256) {
        unchecked {
            return (logPrice << 40) / int256(WAD);
        }
    }

    /// @notice Adds a leg at all prices of a row.
    /// @param moneyness ln(spot/strike), 2^-40. @param moves Where the row of the prices' moves begins, see `ScenarioRows`.
    /// @param row Where that of the sums begins.
    /// @param inside How many prices, from the first on, are known to keep d1 and d2 within `REACH`: `PRICE_NODES` or none, nothing else.
    function addRow(
        Lattice memory lattice,
        Frame memory frame,
        int256 moneyness,
        uint256 totalVolatility,
        uint256 moves,
        uint256 row,
        uint256 inside
    ) internal pure {
        unchecked {
            // v in steps, 2^-56: what lies between n and n + v.
            uint256 distance = (totalVolatility * (STEPS_PER_UNIT << 56)) / WAD;
            int256 inverse = inverseOf(totalVolatility);
            uint256 half = (distance * HALF_NUMERATOR) / HALF_DENOMINATOR;
            int256 base = ((moneyness * inverse) >> 12) + int256(lattice.origin - half);
            // To the nearest 2^-25, because this error is not of second order; and an entry less, to the first of the four points.
            int256 position = (int256(distance) - (1 << 56) + (1 << 30)) >> 31;
            int256 t = position & 0x1ffffff;
            int256 t2 = (t * t) >> 25;
            int256 weights = (6 << 89) + t * WEIGHTS_1 + t2 * WEIGHTS_2 + ((t * t2) >> 25) * WEIGHTS_3;
            int256 slopes = ((WEIGHTS_1 << 14) + (t >> 11) * SLOPES_1) * int256(distance / TO_CURVE);
            uint256 offset = uint256(8 * (position >> 25));
            // The grid last: its cells cost least where nothing else is needed after them.
            if (ScenarioRowsLibrary.countAt(moves) != inside)
                addSingles(frame, lattice.lowest, moves, row, base, inverse, offset, weights, slopes, inside);
            if (inside == 0) return;
            addGrid(moves, row, base, inverse, offset, weights, slopes, frame.strike, frame.asset);
        }
    }

    /// @dev Adds to the grid's nodes; d1 and d2 must lie inside the lattice at all of them. Without a loop and without functions, whose
    /// jumps would cost a tenth of it: pair by pair, `x` is added to d2 and taken from it, and three pairs at a time are
    /// equally far apart. The order of factors is the one that needs the fewest swaps. In a cell:
    /// u: d2. s: what is left of it beside the nearest node n, in steps. entry: address of n; the first entry of a word is in its top lane.
    /// word: N at the four points around n + v. n1: N at n + v and the curve ½·φ·v·s². The sum grows by strike·N(n) + asset·n1.
    function addGrid(
        uint256 moves,
        uint256 row,
        int256 base,
        int256 inverse,
        uint256 offset,
        int256 weights,
        int256 slopes,
        int256 strike,
        int256 asset
    ) private pure {
        assembly ("memory-safe") {
            let step := shr(12, mul(mload(add(moves, 0x20)), inverse))
            let x := step
            {
                let u := add(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                let sum := add(row, 0x20)
                mstore(sum, add(add(mload(sum), mul(asset, n1)), mul(strike, shr(192, mload(entry)))))
            }
            {
                let u := sub(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                let sum := add(row, 0x40)
                mstore(sum, add(add(mload(sum), mul(asset, n1)), mul(strike, shr(192, mload(entry)))))
            }
            x := add(x, step)
            {
                let u := add(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                let sum := add(row, 0x60)
                mstore(sum, add(add(mload(sum), mul(asset, n1)), mul(strike, shr(192, mload(entry)))))
            }
            {
                let u := sub(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                let sum := add(row, 0x80)
                mstore(sum, add(add(mload(sum), mul(asset, n1)), mul(strike, shr(192, mload(entry)))))
            }
            x := add(x, step)
            {
                let u := add(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                let sum := add(row, 0xa0)
                mstore(sum, add(add(mload(sum), mul(asset, n1)), mul(strike, shr(192, mload(entry)))))
            }
            {
                let u := sub(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                let sum := add(row, 0xc0)
                mstore(sum, add(add(mload(sum), mul(asset, n1)), mul(strike, shr(192, mload(entry)))))
            }
            step := sub(shr(12, mul(mload(add(moves, 0xe0)), inverse)), x)
            x := add(x, step)
            {
                let u := add(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                let sum := add(row, 0xe0)
                mstore(sum, add(add(mload(sum), mul(asset, n1)), mul(strike, shr(192, mload(entry)))))
            }
            {
                let u := sub(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                let sum := add(row, 0x100)
                mstore(sum, add(add(mload(sum), mul(asset, n1)), mul(strike, shr(192, mload(entry)))))
            }
            x := add(x, step)
            {
                let u := add(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                let sum := add(row, 0x120)
                mstore(sum, add(add(mload(sum), mul(asset, n1)), mul(strike, shr(192, mload(entry)))))
            }
            {
                let u := sub(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                let sum := add(row, 0x140)
                mstore(sum, add(add(mload(sum), mul(asset, n1)), mul(strike, shr(192, mload(entry)))))
            }
            x := add(x, step)
            {
                let u := add(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                let sum := add(row, 0x160)
                mstore(sum, add(add(mload(sum), mul(asset, n1)), mul(strike, shr(192, mload(entry)))))
            }
            {
                let u := sub(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                let sum := add(row, 0x180)
                mstore(sum, add(add(mload(sum), mul(asset, n1)), mul(strike, shr(192, mload(entry)))))
            }
            {
                let u := base
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                let sum := add(row, 0x1a0)
                mstore(sum, add(add(mload(sum), mul(asset, n1)), mul(strike, shr(192, mload(entry)))))
            }
        }
    }

    /// @dev Adds at every price of the row but the first `done`, wherever d1 and d2 may lie: the guarded path. Cells as in
    /// `addGrid`.
    function addSingles(
        Frame memory frame,
        uint256 lowest,
        uint256 moves,
        uint256 row,
        int256 base,
        int256 inverse,
        uint256 offset,
        int256 weights,
        int256 slopes,
        uint256 done
    ) private pure {
        assembly ("memory-safe") {
            let end := add(row, shl(5, add(mload(moves), 1)))
            let toMove := sub(moves, row)
            for {
                let sum := add(add(row, 0x20), shl(5, done))
            } lt(sum, end) {
                sum := add(sum, 0x20)
            } {
                let u := add(base, sar(12, mul(mload(add(sum, toMove)), inverse)))
                let s := signextend(6, u)
                let entry := sar(53, sub(u, s))
                // One comparison of unsigned numbers for both ends.
                if gt(sub(entry, lowest), sub(SPAN, offset)) {
                    // Below, nothing; above, both probabilities are 1.
                    if sgt(entry, lowest) {
                        let forward := add(shl(35, mload(frame)), mul(LANE_SCALE, mload(add(frame, 0x20))))
                        mstore(sum, add(mload(sum), forward))
                    }
                    continue
                }
                let word := mload(add(entry, offset))
                let n1 := sar(217, add(mul(word, weights), mul(sar(128, mul(word, slopes)), mul(s, s))))
                n1 := mul(mload(add(frame, 0x20)), n1)
                mstore(sum, add(add(mload(sum), n1), mul(mload(frame), shr(192, mload(entry)))))
            }
        }
    }
}

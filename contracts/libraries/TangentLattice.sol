// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { ScenarioRowsLibrary } from "./ScenarioRows.sol";

/// @dev What sums are scaled by, beside quanta of USD: 2^35 of the table, and 6 of the interpolation weights.
int256 constant LANE_SCALE = 206_158_430_208;
/// @dev Node of the lattice beyond which N is 0 or 1: 6.75·128.
int256 constant REACH = 864;

/// @notice The lattice in memory. @param table Address of its lowest entry, a multiple of 32.
/// @param origin The node at 0: an entry counted from address 0, 2^-56.
struct Lattice {
    uint256 table;
    uint256 origin;
}

/// @dev What the cells of one option share. @param asset 6·size·spot in quanta, in the high lane. @param strike −size·strike in quanta, a
/// signed word.
struct Frame {
    int256 asset;
    int256 strike;
}

/// @title Black-76 calls at many prices and one total volatility: a tangent lattice.
/// @notice G(d) = F·N(d) − K·N(d − v) is greatest, and the call's price, at d = d1 = ln(F/K)/v + v/2. There an error of d is of second
/// order: d1 is snapped to the nearest node n of a lattice of step h = 1/128, and N(n) is one load. What snapping by
/// s = d1 − n takes away is put back up to third order,
///     G(d1) = G(n) + ½·K·φ(n − v)·v·s²·(1 + s·(2v − n)/3) + O(s⁴).
/// Since v is the same at all prices, so is the offset of n − v between two nodes, and with it the weights of the four-point
/// interpolation of N(n − v) and of its derivative. Four entries of the table are one load, and one product with four
/// packed weights leaves their weighted sum in its top lane.
/// @dev Scales: log prices 2^-40; d in steps of the lattice, 2^-56, whole bytes, so that one instruction takes the signed fraction; 1/v in
/// steps 2^-28; weights 6·2^25; slopes 6·2^26.
library TangentLattice {
    uint256 private constant WAD = 1e18;

    /// @dev Bytes of the table: nodes −867 to 865, 8 bytes each.
    uint256 private constant TABLE_BYTES = 13_864;
    /// @dev Hash of the table's code, which holds nothing else.
    bytes32 private constant TABLE_HASH = 0xb9f60c02f337767b40ee66adf84024b2bd456ba97e92c2a0eabbbc65ae899bbc;
    /// @dev Entry of the node at 0, and where that of the highest node begins.
    uint256 private constant MIDDLE_ENTRY = 867;
    uint256 private constant HIGHEST_ENTRY_OFFSET = 13_848;

    /// @dev Coefficients of t, t² and t³ in 6 times the Lagrange polynomials of the points −1, 0, 1, 2: one lane of 64 bits
    /// each, −1 in the lowest. The constant term is 6 for the point 0. Each sums to zero: rounding t shifts no weight.
    int256 private constant WEIGHTS_1 = -2 - 3 * 2 ** 64 + 6 * 2 ** 128 - 2 ** 192;
    int256 private constant WEIGHTS_2 = 3 - 6 * 2 ** 64 + 3 * 2 ** 128;
    int256 private constant WEIGHTS_3 = -1 + 3 * 2 ** 64 - 3 * 2 ** 128 + 2 ** 192;
    /// @dev The same of their derivatives: the constant term is `WEIGHTS_1`.
    int256 private constant SLOPES_1 = 2 * WEIGHTS_2;
    int256 private constant SLOPES_2 = 3 * WEIGHTS_3;

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
            // One word more, because the highest entry is read with what follows it.
            mstore(0x40, add(add(table, TABLE_BYTES), 56))
        }
        lattice.table = table;
        lattice.origin = (table / 8 + MIDDLE_ENTRY) << 56;
    }

    /// @dev 1/(v·h), 2^-28. Without volatility a wei of it stands in: the price moves by less than a wei of the forward.
    function inverseOf(uint256 totalVolatility) internal pure returns (int256) {
        return int256(FixedPointMathLib.rawDiv(WAD << 35, totalVolatility | 1));
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
            // v in steps, 2^-56: what lies between n and n − v.
            uint256 distance = (totalVolatility << 63) / WAD;
            int256 inverse = inverseOf(totalVolatility);
            int256 base = ((moneyness * inverse) >> 12) + int256((distance >> 1) + lattice.origin);
            // To the nearest 2^-25, because this error is not of second order; and two entries more, the first of the four points.
            uint256 position = (distance + (1 << 30) + (1 << 57)) >> 31;
            int256 t = int256((1 << 25) - (position & 0x1ffffff));
            int256 t2 = (t * t) >> 25;
            int256 weights = (6 << 89) + t * WEIGHTS_1 + t2 * WEIGHTS_2 + ((t * t2) >> 25) * WEIGHTS_3;
            int256 slopes = (WEIGHTS_1 << 14) + (t >> 11) * SLOPES_1 + (t2 >> 11) * SLOPES_2;
            slopes *= int256(distance / (3 << 44));
            uint256 skew = (lattice.origin >> 53) + (distance >> 52);
            uint256 offset = 8 * (position >> 25);
            // The grid last: its cells cost least where nothing else is needed after them.
            if (ScenarioRowsLibrary.countAt(moves) != inside)
                addSingles(frame, lattice.table, moves, row, base, inverse, offset, weights, slopes, skew, inside);
            if (inside != 0)
                addGrid(moves, row, base, inverse, offset, weights, slopes, skew, frame.asset, frame.strike);
        }
    }

    /// @dev Adds to the grid's nodes; d1 and d2 must lie inside the lattice at all of them. Without a loop and without functions, whose
    /// jumps would cost a tenth of it: pair by pair, `x` is added to d1 and taken from it, and three pairs at a time are
    /// equally far apart. The order of factors is the one that needs the fewest swaps. In a cell:
    /// u: d1. s: what is left of it beside the nearest node n, in steps. entry: address of n; the first entry of a word is in its top lane.
    /// word: N at the four points around n − v. The sum grows by asset·N(n), and by strike times N at n − v, which is the chord less
    /// the curve 6·2^217·K·φ·v·s²/2·(1 + s·(2v − n)/3)/K, where 3·8/h² = 393,216 (times 2^56) stands for the 1. Every cell, and
    /// `addSingles`, has a last digit of its own there, less than 2^-70 of it: what stands at many places the compiler would compute at each.
    function addGrid(
        uint256 moves,
        uint256 row,
        int256 base,
        int256 inverse,
        uint256 offset,
        int256 weights,
        int256 slopes,
        uint256 skew,
        int256 asset,
        int256 strike
    ) private pure {
        assembly ("memory-safe") {
            let step := shr(12, mul(mload(add(moves, 0x20)), inverse))
            let x := step
            {
                let u := add(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x6000000000000000000), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                let sum := add(row, 0x20)
                mstore(sum, add(add(mload(sum), mul(strike, later)), mul(asset, shr(192, mload(entry)))))
            }
            {
                let u := sub(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x6000000000000000001), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                let sum := add(row, 0x40)
                mstore(sum, add(add(mload(sum), mul(strike, later)), mul(asset, shr(192, mload(entry)))))
            }
            x := add(x, step)
            {
                let u := add(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x6000000000000000002), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                let sum := add(row, 0x60)
                mstore(sum, add(add(mload(sum), mul(strike, later)), mul(asset, shr(192, mload(entry)))))
            }
            {
                let u := sub(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x6000000000000000003), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                let sum := add(row, 0x80)
                mstore(sum, add(add(mload(sum), mul(strike, later)), mul(asset, shr(192, mload(entry)))))
            }
            x := add(x, step)
            {
                let u := add(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x6000000000000000004), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                let sum := add(row, 0xa0)
                mstore(sum, add(add(mload(sum), mul(strike, later)), mul(asset, shr(192, mload(entry)))))
            }
            {
                let u := sub(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x6000000000000000005), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                let sum := add(row, 0xc0)
                mstore(sum, add(add(mload(sum), mul(strike, later)), mul(asset, shr(192, mload(entry)))))
            }
            step := sub(shr(12, mul(mload(add(moves, 0xe0)), inverse)), x)
            x := add(x, step)
            {
                let u := add(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x6000000000000000006), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                let sum := add(row, 0xe0)
                mstore(sum, add(add(mload(sum), mul(strike, later)), mul(asset, shr(192, mload(entry)))))
            }
            {
                let u := sub(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x6000000000000000007), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                let sum := add(row, 0x100)
                mstore(sum, add(add(mload(sum), mul(strike, later)), mul(asset, shr(192, mload(entry)))))
            }
            x := add(x, step)
            {
                let u := add(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x6000000000000000008), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                let sum := add(row, 0x120)
                mstore(sum, add(add(mload(sum), mul(strike, later)), mul(asset, shr(192, mload(entry)))))
            }
            {
                let u := sub(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x6000000000000000009), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                let sum := add(row, 0x140)
                mstore(sum, add(add(mload(sum), mul(strike, later)), mul(asset, shr(192, mload(entry)))))
            }
            x := add(x, step)
            {
                let u := add(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x600000000000000000a), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                let sum := add(row, 0x160)
                mstore(sum, add(add(mload(sum), mul(strike, later)), mul(asset, shr(192, mload(entry)))))
            }
            {
                let u := sub(base, x)
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x600000000000000000b), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                let sum := add(row, 0x180)
                mstore(sum, add(add(mload(sum), mul(strike, later)), mul(asset, shr(192, mload(entry)))))
            }
            {
                let u := base
                let s := signextend(6, u)
                let entry := shr(53, sub(u, s))
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x600000000000000000c), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                let sum := add(row, 0x1a0)
                mstore(sum, add(add(mload(sum), mul(strike, later)), mul(asset, shr(192, mload(entry)))))
            }
        }
    }

    /// @dev Adds at every price of the row but the first `done`, wherever d1 and d2 may lie: the guarded path. Cells as in
    /// `addGrid`.
    function addSingles(
        Frame memory frame,
        uint256 table,
        uint256 moves,
        uint256 row,
        int256 base,
        int256 inverse,
        uint256 offset,
        int256 weights,
        int256 slopes,
        uint256 skew,
        uint256 done
    ) private pure {
        assembly ("memory-safe") {
            let end := add(row, shl(5, add(mload(moves), 1)))
            let lowest := add(table, offset)
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
                if gt(sub(entry, lowest), sub(HIGHEST_ENTRY_OFFSET, offset)) {
                    // Below, nothing; above, both probabilities are 1.
                    if sgt(entry, lowest) {
                        let forward := add(shl(35, mload(frame)), mul(LANE_SCALE, mload(add(frame, 0x20))))
                        mstore(sum, add(mload(sum), forward))
                    }
                    continue
                }
                let word := mload(sub(entry, offset))
                let curve := mul(mul(add(mul(sub(skew, entry), s), 0x600000000000000000d), s), s)
                let later := sar(217, sub(mul(word, weights), mul(sar(201, mul(word, slopes)), curve)))
                later := mul(mload(add(frame, 0x20)), later)
                mstore(sum, add(add(mload(sum), later), mul(mload(frame), shr(192, mload(entry)))))
            }
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { SquareRoot } from "./SquareRoot.sol";

/// @title What is required on top of the scan loss. USD WAD, rounded up.
library MarginAddOns {
    /// @dev 1.7e20 USD: no market is that deep, and no product overflows.
    uint256 private constant MAX_EXPOSURE = 1 << 127;
    /// @dev φ(0) = 0.3989, and s²/8·φ(0)/v is s²/(20.05 v).
    uint256 private constant PIN_DIVISOR = 20;

    /// @notice For each option unit that is short, a share of spot: a far short loses a quarter of spot and more in a
    /// crash and next to nothing on the grid.
    /// @param shortUnits Units short, WAD, long ones not set off. @param rate WAD.
    function shortOptionMinimum(uint256 shortUnits, uint256 spot, uint256 rate) internal pure returns (uint256) {
        return FixedPointMathLib.mulWadUp(FixedPointMathLib.mulWadUp(shortUnits, spot), rate);
    }

    /// @notice For collateral held, the share of its value that selling it in haste may cost.
    /// @param value Of a long spot position, USD WAD. @param rate WAD.
    function haircut(uint256 value, uint256 rate) internal pure returns (uint256) {
        return FixedPointMathLib.mulWadUp(value, rate);
    }

    /// @notice What a book gains between two nodes, brought to the spot: gain/distance·spot. Nodes of a price of a few wei coincide, and
    /// nothing is gained or lost between them.
    /// @param gain USD WAD. @param distance Between the prices, USD WAD.
    function exposureUp(uint256 gain, uint256 distance, uint256 spot) internal pure returns (uint256) {
        unchecked {
            gain = FixedPointMathLib.min(gain, MAX_EXPOSURE);
            return FixedPointMathLib.divUp(gain * spot, FixedPointMathLib.max(distance, 1));
        }
    }

    /// @notice What closing a large exposure costs: κ·x·√(max(x, others)/depth), the square-root law of market impact. Convex: twice
    /// the exposure requires more than twice as much; linear while `others` is the larger. Exposures beyond 2^127 count as that.
    /// @param exposure x, USD WAD. @param others What the market holds altogether, USD WAD; 0 to look at this account alone.
    /// @param depth Exposure that slips by κ, USD WAD; none is needed where there is no exposure. @param rate κ, WAD.
    function concentration(
        uint256 exposure,
        uint256 others,
        uint256 depth,
        uint256 rate
    ) internal pure returns (uint256) {
        unchecked {
            if (exposure == 0) return 0;
            exposure = FixedPointMathLib.min(exposure, MAX_EXPOSURE);
            others = FixedPointMathLib.clamp(others, exposure, MAX_EXPOSURE);
            uint256 root = SquareRoot.sqrtWad(FixedPointMathLib.divWadUp(others, depth)) + 1;
            return FixedPointMathLib.mulWadUp(FixedPointMathLib.mulWadUp(exposure, root), rate);
        }
    }

    /// @notice What short-dated options may lose between two price nodes, at strikes that are no nodes: a kink of q units in the
    /// middle of a spacing s hides q·s/4 of spot, options of total volatility v no more than s²/8·φ(0)/v each.
    /// Long units bend the book upwards, and only what is also short pays for losing: twice that, as in a butterfly.
    /// @param spacing s, log price, WAD. @param volatility v at the money, total, WAD; may be 0.
    /// @param long Units at such strikes, WAD. @param short All units short of the expiry, WAD.
    function pinCharge(
        uint256 spot,
        uint256 spacing,
        uint256 volatility,
        uint256 long,
        uint256 short
    ) internal pure returns (uint256) {
        unchecked {
            uint256 hidden = FixedPointMathLib.divUp(spacing, 4);
            if (volatility != 0) {
                uint256 smooth = FixedPointMathLib.divUp(spacing * spacing, PIN_DIVISOR * volatility);
                hidden = FixedPointMathLib.min(hidden, smooth);
            }
            uint256 units = FixedPointMathLib.min(long, 2 * short);
            return FixedPointMathLib.mulWadUp(FixedPointMathLib.mulWadUp(units, spot), hidden);
        }
    }

    /// @notice The least requirement of an account with a debt or a derivative: every liquidation is worth its gas.
    function withFloor(uint256 requirement, uint256 floor, bool isLiable) internal pure returns (uint256) {
        return isLiable ? FixedPointMathLib.max(requirement, floor) : requirement;
    }
}

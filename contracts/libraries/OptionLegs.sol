// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Surface } from "../interfaces/IVolatilityOracle.sol";
import { Instrument } from "../types/Instrument.sol";
import { Position } from "../types/Position.sol";
import { ShockWord } from "../types/RiskWords.sol";
import { Black76 } from "./Black76.sol";
import { KeptOption } from "./KeptOptions.sol";
import { Logarithm } from "./Logarithm.sol";
import {
    LOWER_VOLATILITY,
    MARK_VOLATILITY,
    ScenarioGrid,
    UPPER_VOLATILITY,
    VOLATILITY_NODES
} from "./ScenarioGrid.sol";
import { Slice, VolatilitySurface } from "./VolatilitySurface.sol";

/// @notice One option leg, with all that does not change from scenario to scenario. Sticky strike: the volatilities stay.
/// @param size Units, WAD, signed. @param strike Discounted, K·e^(−rT), USD WAD. @param logMoneyness ln(F/K) at the spot, which is
/// ln of spot / discounted strike, WAD. @param totalVolatilities σ√T at the lower, the mark and the upper volatility node, WAD.
struct OptionLeg {
    bool isCall;
    int256 size;
    uint256 strike;
    int256 logMoneyness;
    uint256[VOLATILITY_NODES] totalVolatilities;
}

/// @notice What options of one expiry share. @param carry rT, ln of the forward over the spot, WAD. @param discount e^(−rT), WAD.
/// @param down Factor of the lower volatility node, WAD. @param up Of the upper. @param kept Options of the expiry that have been valued, if any
/// are kept. @param others Room for the reader to keep a list of tenors in: one or none.
struct Tenor {
    uint256 expiry;
    int256 carry;
    uint256 discount;
    uint256 down;
    uint256 up;
    Slice slice;
    KeptOption[] kept;
    Tenor[] others;
}

/// @title From an instrument and market data to a leg that can be valued.
library OptionLegs {
    int256 private constant WAD = 1e18;
    uint256 private constant YEAR = 365 days;
    /// @dev Rates stay below 0.5 and listed expiries within two years; beyond, for expiries that only a hypothetical portfolio holds,
    /// discounted strikes keep their range.
    int256 private constant MAX_CARRY = 2e18;

    /// @notice Fills what options of an expiry share now. Expired, and not settled yet, there is no time and no variance left.
    function set(Tenor memory tenor, Surface memory surface, ShockWord shocks, uint256 expiry) internal view {
        unchecked {
            uint256 remaining = FixedPointMathLib.zeroFloorSub(expiry, block.timestamp);
            tenor.expiry = expiry;
            tenor.discount = uint256(WAD);
            if (surface.rate != 0) {
                int256 carry = (surface.rate * int256(remaining)) / int256(YEAR);
                tenor.carry = FixedPointMathLib.clamp(carry, -MAX_CARRY, MAX_CARRY);
                tenor.discount = uint256(FixedPointMathLib.expWad(-tenor.carry));
            }
            tenor.slice = VolatilitySurface.sliceAt(surface, remaining);
            (tenor.down, tenor.up) = ScenarioGrid.volatilityFactors(shocks, remaining);
        }
    }

    /// @notice Fills a leg. @param logSpot ln of the spot, WAD.
    /// @dev Total volatilities are below 2^90, their factors below 2^75.
    function set(OptionLeg memory leg, Position position, Tenor memory tenor, int256 logSpot) internal pure {
        unchecked {
            Instrument instrument = position.instrument();
            leg.isCall = instrument.isCall();
            leg.size = position.size();
            uint256 strike = instrument.strike();
            int256 moneyness = logMoneyness(strike, tenor, logSpot);
            leg.logMoneyness = moneyness;
            leg.strike = discounted(strike, tenor);
            uint256 mark = VolatilitySurface.totalVolatility(tenor.slice, -moneyness);
            uint256[VOLATILITY_NODES] memory volatilities = leg.totalVolatilities;
            volatilities[MARK_VOLATILITY] = mark;
            volatilities[LOWER_VOLATILITY] = (mark * tenor.down) / uint256(WAD);
            volatilities[UPPER_VOLATILITY] = (mark * tenor.up) / uint256(WAD);
        }
    }

    /// @notice Black-76 price of one unit, discounted, USD WAD, rounded down.
    /// @param price Of the underlying. @param move ln(price/spot), WAD. @param volatility Index of the volatility node.
    function valueOf(
        OptionLeg memory leg,
        uint256 price,
        int256 move,
        uint256 volatility
    ) internal pure returns (uint256) {
        unchecked {
            int256 moneyness = leg.logMoneyness + move;
            return Black76.price(leg.isCall, price, leg.strike, moneyness, leg.totalVolatilities[volatility]);
        }
    }

    /// @notice ln(F/K), WAD. @param strike K, USD WAD.
    function logMoneyness(uint256 strike, Tenor memory tenor, int256 logSpot) internal pure returns (int256) {
        unchecked {
            return logSpot + tenor.carry - Logarithm.lnWad(strike);
        }
    }

    /// @notice K·e^(−rT), USD WAD, rounded down.
    function discounted(uint256 strike, Tenor memory tenor) internal pure returns (uint256) {
        unchecked {
            // Below 2^98 · 2^63.
            return (strike * tenor.discount) / uint256(WAD);
        }
    }
}

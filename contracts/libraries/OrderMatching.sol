// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Fill } from "../interfaces/IClearinghouse.sol";
import { Execution, IOrderSettlement, Leg, Order } from "../interfaces/IOrderSettlement.sol";
import { Account } from "../types/Account.sol";
import { MAX_ORDER_LEGS } from "../types/Limits.sol";

/// @title Whether two orders match, and the fills that they become.
/// @notice Ratios are whole numbers of 64 bits, prices and sizes have 128: no product overflows, and no size is rounded.
library OrderMatching {
    using SafeCast for uint256;
    using SignedMath for int256;

    uint256 private constant WAD = 1e18;

    /// @notice Reverts unless the legs are the same up to one factor on opposite sides, and the maker's price is inside the taker's limit.
    /// @return takerSize The units of the taker's order in `makerSize` units of the maker's.
    function requireMatching(
        Order calldata maker,
        Order calldata taker,
        uint256 makerSize
    ) internal pure returns (uint128 takerSize) {
        uint256 count = maker.legs.length;
        require(count != 0 && count <= MAX_ORDER_LEGS, IOrderSettlement.LegCountOutOfRange(count, MAX_ORDER_LEGS));
        require(count == taker.legs.length, IOrderSettlement.LegCountsDiffer(count, taker.legs.length));
        for (uint256 i = 0; i < count; ++i) requireSameLeg(maker.legs, taker.legs, i);
        int256 makerRatio = maker.legs[0].ratio;
        int256 takerRatio = taker.legs[0].ratio;
        require((makerRatio > 0) != (takerRatio > 0), IOrderSettlement.SameSide());

        (uint256 makerUnit, uint256 takerUnit) = (makerRatio.abs(), takerRatio.abs());
        // The two limits together, both in units of makerRatio·takerRatio: what is left between them is not negative.
        int256 room = int256(maker.limitPrice) * int256(takerUnit) + int256(taker.limitPrice) * int256(makerUnit);
        require(room >= 0, IOrderSettlement.PricesDoNotCross(maker.limitPrice, taker.limitPrice));
        require(
            (makerSize * makerUnit) % takerUnit == 0,
            IOrderSettlement.SizeNotDivisible(makerSize, makerUnit, takerUnit)
        );
        return ((makerSize * makerUnit) / takerUnit).toUint128();
    }

    /// @notice One fill for each leg of the maker's order.
    function fillsOf(
        Order calldata maker,
        Account taker,
        Execution calldata execution
    ) internal pure returns (Fill[] memory fills) {
        uint256 count = maker.legs.length;
        require(
            execution.legPrices.length == count,
            IOrderSettlement.LegPriceCountDiffers(execution.legPrices.length, count)
        );
        fills = new Fill[](count);
        for (uint256 i = 0; i < count; ++i) {
            Leg calldata leg = maker.legs[i];
            bool makerBuys = leg.ratio > 0;
            fills[i] = Fill({
                buyer: makerBuys ? maker.account : taker,
                seller: makerBuys ? taker : maker.account,
                instrument: leg.instrument,
                size: (execution.size * int256(leg.ratio).abs()).toUint128(),
                price: execution.legPrices[i]
            });
        }
    }

    /// @notice Reverts unless the prices of the legs come to the maker's price. @return paid By the maker for all fills, USD WAD, each
    /// value rounded as the clearinghouse rounds it.
    function requireNetPrice(Order calldata maker, Fill[] memory fills) internal pure returns (int256 paid) {
        int256 sum = 0;
        for (uint256 i = 0; i < fills.length; ++i) {
            int256 ratio = maker.legs[i].ratio;
            // Prices have 128 bits, and so have sizes.
            sum += ratio * int256(fills[i].price);
            int256 value = int256((fills[i].price * fills[i].size) / WAD);
            paid += ratio > 0 ? value : -value;
        }
        require(sum == maker.limitPrice, IOrderSettlement.LegPricesDoNotAddUp(sum, maker.limitPrice));
    }

    function requireSameLeg(Leg[] calldata makers, Leg[] calldata takers, uint256 i) private pure {
        Leg calldata maker = makers[i];
        Leg calldata taker = takers[i];
        require(
            maker.instrument == taker.instrument,
            IOrderSettlement.InstrumentsDiffer(maker.instrument, taker.instrument)
        );
        require(maker.ratio != 0 && taker.ratio != 0, IOrderSettlement.ZeroRatio(i));
        if (i == 0) return;
        require(
            maker.instrument.isAfter(makers[i - 1].instrument),
            IOrderSettlement.LegsNotAscending(i, makers[i - 1].instrument, maker.instrument)
        );
        require(
            int256(maker.ratio) * takers[0].ratio == int256(taker.ratio) * makers[0].ratio,
            IOrderSettlement.RatiosDiffer(i, maker.ratio, taker.ratio)
        );
    }
}

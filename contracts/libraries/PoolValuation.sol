// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { Portfolio, Risk } from "../interfaces/IMarginEngine.sol";
import { Exposure, Valuation } from "../interfaces/IPoolQuoter.sol";
import { Validity } from "../interfaces/IPriceOracle.sol";
import { Account } from "../types/Account.sol";
import { PoolInventory } from "./PoolInventory.sol";
import { PoolMarket, PoolQuote } from "./PoolQuote.sol";
import { PoolRequests } from "./PoolRequests.sol";

/// @title The value of the pool, and of a share for who enters or leaves.
library PoolValuation {
    using PoolQuote for PoolMarket;
    using SafeCast for int256;
    using SafeCast for uint256;

    uint256 private constant WAD = 1e18;
    /// @dev Of maintenance margin: what closing in haste costs, about half of what the backstop pays whoever takes its legs.
    uint256 private constant CLOSING_RATE = 0.15e18;

    /// @notice Begins with the cash of the treasury.
    function start(Valuation memory self, int256 cash) internal pure {
        (self.equity, self.owned) = (cash, cash);
        (self.isFresh, self.roundAt) = (true, type(uint256).max);
    }

    /// @notice Adds all buckets.
    function addAll(Valuation memory self, Risk[] memory risks) internal pure {
        for (uint256 i = 0; i < risks.length; ++i) {
            Risk memory risk = risks[i];
            self.equity += risk.equity;
            self.owned += SignedMath.max(risk.equity, 0);
            self.cost += Math.mulDiv(risk.maintenance, CLOSING_RATE, WAD, Math.Rounding.Ceil);
            if (risk.validity != Validity.Fresh) self.isFresh = false;
        }
    }

    /// @notice Adds what an underlying that is held is uncertain by.
    function addMarket(Valuation memory self, PoolMarket memory market, Exposure memory held) internal pure {
        self.cost += market.uncertainty(held);
        self.roundAt = Math.min(self.roundAt, market.updatedAt);
    }

    /// @notice Whether bucket `index` has positions and is the first that has some on its underlying.
    function isFirst(
        Account[] memory accounts,
        Portfolio[] memory portfolios,
        uint256 index
    ) internal pure returns (bool) {
        if (portfolios[index].positions.length == 0) return false;
        uint16 underlying = PoolInventory.underlyingOf(accounts[index]);
        for (uint256 i = 0; i < index; ++i) {
            bool isSame = PoolInventory.underlyingOf(accounts[i]) == underlying;
            if (isSame && portfolios[i].positions.length != 0) return false;
        }
        return true;
    }

    /// @notice For who enters: a share's price at what is owned and the cost, in token units, scaled, rounded up.
    /// @param supply With virtual shares. @param wadPerToken WAD units in a token unit.
    function entryPriceUp(Valuation memory self, uint256 supply, uint256 wadPerToken) internal pure returns (uint256) {
        uint256 value = Math.ceilDiv(SignedMath.max(self.owned, 0).toUint256() + self.cost, wadPerToken);
        return Math.mulDiv(value + 1, PoolRequests.PRICE_SCALE, supply, Math.Rounding.Ceil);
    }

    /// @notice For who leaves: at the equity less the cost, rounded down; 0 where nothing is left.
    function exitPriceDown(Valuation memory self, uint256 supply, uint256 wadPerToken) internal pure returns (uint256) {
        int256 value = self.equity - self.cost.toInt256();
        if (value <= 0) return 0;
        return Math.mulDiv(value.toUint256() / wadPerToken + 1, PoolRequests.PRICE_SCALE, supply);
    }
}

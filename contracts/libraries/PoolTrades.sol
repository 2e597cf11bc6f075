// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { SignedMath } from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import { Batch, Fill, IClearinghouse } from "../interfaces/IClearinghouse.sol";
import { PoolOrder } from "../interfaces/ILiquidityPool.sol";
import { PoolTerms } from "../interfaces/IPoolQuoter.sol";
import { Account, toAccount } from "../types/Account.sol";
import { CashTransfers } from "./CashTransfers.sol";

/// @title One trade with the pool as a batch of the clearinghouse, and the cash of a bucket.
library PoolTrades {
    using SafeCast for int256;
    using SafeCast for uint256;

    uint256 private constant WAD = 1e18;
    /// @dev Of what is committed, that stays free in the treasury, to restore buckets after a move.
    uint256 private constant RESERVE_SHARE = 0.25e18;

    /// @notice Cash that a trade takes from the treasury into the bucket if it is there, USD WAD: no less than the commitment.
    function cashNeeded(
        PoolTerms memory self,
        PoolOrder calldata order,
        Account bucket,
        IClearinghouse clearinghouse
    ) internal view returns (uint256 needed) {
        needed = self.commitment;
        if (order.size < 0 && order.instrument.isOption()) {
            // A bucket pays premiums out of cash, for a debt would cost interest.
            uint256 units = SignedMath.abs(order.size);
            int256 premium = ((self.quote.price * units) / WAD).toInt256() - clearinghouse.cash(bucket);
            needed = Math.max(needed, SignedMath.max(premium, 0).toUint256());
        }
    }

    /// @notice Cash from the treasury for what the bucket takes on, then the fill.
    /// @param needed As `cashNeeded` answers, and @param moved what of it is there, USD WAD.
    function batchOf(
        PoolTerms memory self,
        PoolOrder calldata order,
        Account bucket,
        uint256 needed,
        uint256 moved
    ) internal pure returns (Batch memory actions) {
        bool isBuying = order.size > 0;
        uint128 units = SignedMath.abs(order.size).toUint128();
        if (moved != 0) actions.transfers = CashTransfers.single(toAccount(bucket.owner(), 0), bucket, moved);
        actions.reducing = reducing(order, bucket, self.isReduction && moved < needed);
        actions.fills = new Fill[](1);
        actions.fills[0] = Fill({
            buyer: isBuying ? order.account : bucket,
            seller: isBuying ? bucket : order.account,
            instrument: order.instrument,
            size: units,
            price: self.quote.price
        });
    }

    /// @notice What the treasury keeps free for so much committed, USD WAD.
    function reserveUp(uint256 committed) internal pure returns (uint256) {
        return Math.mulDiv(committed, RESERVE_SHARE, WAD, Math.Rounding.Ceil);
    }

    /// @notice Cash that a bucket is to get from the treasury (negative: to return), so that neither equity nor cash is missing. USD WAD.
    /// @param missing Equity, negative where it is left over. @param cash Of the bucket.
    function toMove(int256 missing, int256 cash, uint256 treasuryCash) internal pure returns (int256) {
        return SignedMath.min(SignedMath.max(missing, -cash), treasuryCash.toInt256());
    }

    function reducing(
        PoolOrder calldata order,
        Account bucket,
        bool withBucket
    ) private pure returns (Account[] memory list) {
        list = new Account[]((order.reduceOnly ? 1 : 0) + (withBucket ? 1 : 0));
        if (order.reduceOnly) list[0] = order.account;
        if (withBucket) list[list.length - 1] = bucket;
    }
}

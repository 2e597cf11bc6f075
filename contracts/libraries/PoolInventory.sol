// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { ILiquidityPool } from "../interfaces/ILiquidityPool.sol";
import { Exposure } from "../interfaces/IPoolQuoter.sol";
import { Account, toAccount } from "../types/Account.sol";

/// @param committed What the bucket is to have, USD WAD. @param place In the list of buckets, from 1; 0 where it is not in use.
struct Bucket {
    Exposure exposure;
    uint128 committed;
    uint32 place;
}

/// @param exposures Net, by underlying: the sum over its buckets. @param committed The sum over all buckets.
struct InventoryState {
    mapping(Account account => Bucket) buckets;
    mapping(uint16 underlying => Exposure) exposures;
    Account[] list;
    uint256 committed;
}

/// @title What the pool holds, bucket by bucket, and the sums that quotes and limits look at.
library PoolInventory {
    using SafeCast for uint256;

    /// @dev Valuing the pool evaluates every bucket. Perpetuals and five expiries on two underlyings.
    uint256 internal constant MAX_BUCKETS = 12;
    /// @dev Of the number of an account: underlying, then expiry.
    uint256 private constant EXPIRY_BITS = 40;

    /// @notice The account of a bucket. Never account 0, because underlyings are numbered from 1.
    function accountOf(address pool, uint16 underlying, uint40 expiry) internal pure returns (Account) {
        return toAccount(pool, uint96((uint256(underlying) << EXPIRY_BITS) | expiry));
    }

    function underlyingOf(Account account) internal pure returns (uint16) {
        return uint16(account.subId() >> EXPIRY_BITS);
    }

    /// @notice Adds what a trade changes; begins a bucket where there is none.
    /// @param committed USD WAD more that it is to have.
    function add(InventoryState storage self, Account account, Exposure memory change, uint256 committed) internal {
        Bucket storage bucket = self.buckets[account];
        if (bucket.place == 0) {
            require(self.list.length < MAX_BUCKETS, ILiquidityPool.TooManyBuckets(MAX_BUCKETS));
            self.list.push(account);
            bucket.place = uint32(self.list.length);
        }
        increase(bucket.exposure, change);
        if (committed != 0) {
            bucket.committed += committed.toUint128();
            self.committed += committed;
        }
        increase(self.exposures[underlyingOf(account)], change);
    }

    /// @notice Replaces what is known of a bucket.
    function set(InventoryState storage self, Account account, Exposure memory exposure, uint256 committed) internal {
        Bucket storage bucket = self.buckets[account];
        uint16 underlying = underlyingOf(account);
        Exposure memory before = bucket.exposure;
        Exposure memory change = Exposure(exposure.delta - before.delta, exposure.vega - before.vega);
        increase(self.exposures[underlying], change);
        self.committed = self.committed + committed - bucket.committed;
        bucket.exposure = exposure;
        bucket.committed = committed.toUint128();
    }

    /// @notice Forgets a bucket.
    function remove(InventoryState storage self, Account account) internal {
        set(self, account, Exposure(0, 0), 0);
        uint32 place = self.buckets[account].place;
        Account last = self.list[self.list.length - 1];
        self.list[place - 1] = last;
        self.buckets[last].place = place;
        self.list.pop();
        delete self.buckets[account];
    }

    function sum(Exposure memory a, Exposure memory b) internal pure returns (Exposure memory) {
        return Exposure(a.delta + b.delta, a.vega + b.vega);
    }

    function increase(Exposure storage self, Exposure memory change) private {
        (self.delta, self.vega) = (self.delta + change.delta, self.vega + change.vega);
    }
}

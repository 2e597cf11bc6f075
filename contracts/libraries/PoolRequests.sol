// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { ILiquidityPool } from "../interfaces/ILiquidityPool.sol";
import { IRequestVault } from "../interfaces/IRequestVault.sol";

/// @param amount Assets in token units, or shares, that wait. @param price Of a share for this mover when he asked: token units in 1e18 share units.
struct Request {
    address controller;
    uint40 requestedAt;
    uint128 amount;
    uint128 price;
}

/// @notice What was executed and not yet claimed.
struct Claim {
    uint128 assets;
    uint128 shares;
}

/// @param requests By number, in the order in which they came, from 1. @param passed The last that is done. @param last That was made.
/// @param numbers Of the request of a controller that waits, from 1; 0 where none does.
struct RequestQueue {
    mapping(uint256 number => Request) requests;
    uint64 passed;
    uint64 last;
    mapping(address controller => uint256) numbers;
    mapping(address controller => Claim) claims;
}

/// @title Requests to enter or to leave, executed in their order, and what may be claimed of them.
library PoolRequests {
    using SafeCast for uint256;

    uint256 internal constant PRICE_SCALE = 1e18;

    /// @notice Appends a request; one a controller. @param amount Not 0.
    function append(RequestQueue storage self, address controller, uint256 amount, uint256 price) internal {
        uint256 waiting = pendingOf(self, controller);
        require(waiting == 0, IRequestVault.RequestExists(controller, waiting));
        require(amount != 0, ILiquidityPool.ZeroAmount());
        uint64 number = ++self.last;
        self.requests[number] = Request(controller, uint40(block.timestamp), amount.toUint128(), price.toUint128());
        self.numbers[controller] = number;
    }

    /// @notice Takes back what waits of the request of a controller.
    function cancel(RequestQueue storage self, address controller) internal returns (uint256 amount) {
        amount = pendingOf(self, controller);
        require(amount != 0, IRequestVault.NoRequest(controller));
        forget(self, self.numbers[controller]);
    }

    /// @notice The first request that waits; passes over those that were taken back, which costs a step each.
    /// @return number 0 where none waits. @return steps Left.
    function next(
        RequestQueue storage self,
        uint256 steps
    ) internal returns (uint256 number, Request memory request, uint256) {
        (uint64 passed, uint64 last) = (self.passed, self.last);
        for (; passed < last && steps > 0; ++passed) {
            request = self.requests[passed + 1];
            if (request.amount != 0) {
                number = passed + 1;
                break;
            }
            --steps;
        }
        self.passed = passed;
        return (number, request, steps);
    }

    /// @notice Executes `amount` of what waits of the first request. @param assets What it comes to, and @param shares likewise; both to be claimed.
    function fulfil(
        RequestQueue storage self,
        uint256 number,
        uint256 amount,
        uint256 assets,
        uint256 shares
    ) internal {
        Request storage request = self.requests[number];
        Claim storage claim = self.claims[request.controller];
        claim.assets += assets.toUint128();
        claim.shares += shares.toUint128();
        if (amount == request.amount) {
            forget(self, number);
            self.passed = number.toUint64();
        } else {
            request.amount -= amount.toUint128();
        }
    }

    /// @notice Claims by assets. @return shares That belong to them, rounded down; all that is left with the last of the assets.
    function claimAssets(
        RequestQueue storage self,
        address controller,
        uint256 assets,
        Math.Rounding rounding
    ) internal returns (uint256 shares) {
        Claim memory claim = self.claims[controller];
        if (assets != 0) shares = Math.mulDiv(claim.shares, assets, claim.assets, rounding);
        take(self, controller, assets, shares);
    }

    /// @notice Claims by shares. @return assets That belong to them.
    function claimShares(
        RequestQueue storage self,
        address controller,
        uint256 shares,
        Math.Rounding rounding
    ) internal returns (uint256 assets) {
        Claim memory claim = self.claims[controller];
        if (shares != 0) assets = Math.mulDiv(claim.assets, shares, claim.shares, rounding);
        take(self, controller, assets, shares);
    }

    /// @notice What may be executed of a redemption with so much free cash. @param price Of a share for who leaves.
    /// @return shares Burnt.
    /// @return assets Paid for them, token units, rounded down.
    function payable_(
        Request memory request,
        uint256 price,
        uint256 free
    ) internal pure returns (uint256 shares, uint256 assets) {
        price = Math.min(price, request.price);
        if (price == 0) return (0, 0);
        shares = request.amount;
        assets = Math.mulDiv(shares, price, PRICE_SCALE);
        if (assets <= free) return (shares, assets);
        shares = Math.mulDiv(free, PRICE_SCALE, price);
        assets = Math.mulDiv(shares, price, PRICE_SCALE);
    }

    function pendingOf(RequestQueue storage self, address controller) internal view returns (uint256) {
        uint256 number = self.numbers[controller];
        return number == 0 ? 0 : self.requests[number].amount;
    }

    function take(RequestQueue storage self, address controller, uint256 assets, uint256 shares) private {
        Claim storage claim = self.claims[controller];
        claim.assets -= assets.toUint128();
        claim.shares -= shares.toUint128();
    }

    function forget(RequestQueue storage self, uint256 number) private {
        delete self.numbers[self.requests[number].controller];
        delete self.requests[number];
    }
}

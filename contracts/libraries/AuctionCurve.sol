// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title What an auction offers as time passes. Time in seconds, rates and USD in WAD, R the maintenance requirement.
/// @dev Every number is a starting value that the replays are to confirm.
library AuctionCurve {
    using SafeCast for uint256;

    int256 private constant WAD = 1e18;

    /// @dev Slightly against the taker: until a feed moves by its deviation threshold the mark may favour him, and the
    /// account is not to pay for what he already gains there. Kept small, because nobody comes while it is negative.
    int256 internal constant FIRST_RATE = -0.01e18;
    /// @dev Reached when waiting costs more than capital: in March 2020 a backstop lost 1.5 % of open interest where it
    /// hedged within 5 minutes and 5 % within 15. 30 % of R is then above what a hedge of the legs cost.
    int256 internal constant FAST_RATE = 0.3e18;
    uint256 internal constant FAST_SECONDS = 5 minutes;
    /// @dev E / R of an account below maintenance is below 1, so at this rate every account is to be taken whole.
    int256 internal constant LAST_RATE = 1e18;
    /// @dev An hour more: 1.17 % of R a minute against 6.2 % before, so that an account in thin hours still finds more
    /// than one bidder before its whole equity is on offer.
    uint256 internal constant LAST_SECONDS = FAST_SECONDS + 60 minutes;

    /// @dev No taker for the whole equity until here is bankruptcy: 65 minutes until every account is offered whole, and
    /// most of another hour in which it stays so.
    uint256 internal constant SECOND_PERIOD_SECONDS = 2 hours;
    /// @dev Public money is offered at 1 % of R in 36 seconds: two to three mainnet blocks compete for each step.
    uint256 internal constant BANKRUPTCY_SECONDS = 60 minutes;

    /// @notice c: compensation per USD of requirement removed, WAD, rounded down. Never falls with time.
    function rateDown(uint256 elapsedSeconds) internal pure returns (int256) {
        if (elapsedSeconds >= LAST_SECONDS) return LAST_RATE;
        if (elapsedSeconds >= FAST_SECONDS) {
            uint256 slope = uint256(LAST_RATE - FAST_RATE) * (elapsedSeconds - FAST_SECONDS);
            return FAST_RATE + (slope / (LAST_SECONDS - FAST_SECONDS)).toInt256();
        }
        return FIRST_RATE + ((uint256(FAST_RATE - FIRST_RATE) * elapsedSeconds) / FAST_SECONDS).toInt256();
    }

    /// @notice Whether c has reached E / R: the account is offered whole, with all its equity. Exact.
    function hasReached(int256 rate, int256 equity, uint256 requirement) internal pure returns (bool) {
        return rate * requirement.toInt256() >= equity * WAD;
    }

    /// @notice Nothing is left that could attract a taker, or nobody came for all of it.
    function isBankrupt(int256 equity, uint256 elapsedSeconds) internal pure returns (bool) {
        return equity <= 0 || elapsedSeconds > SECOND_PERIOD_SECONDS;
    }

    /// @notice Value offered for the whole of a bankrupt account, USD WAD, rounded down: from max(E, 0) to R over
    /// `BANKRUPTCY_SECONDS` since bankruptcy became possible, which without equity was when the auction began.
    /// @param elapsedSeconds Of the auction. @param requirement More than `equity`.
    function bankruptcyPaymentDown(
        int256 equity,
        uint256 requirement,
        uint256 elapsedSeconds
    ) internal pure returns (uint256) {
        uint256 least = equity > 0 ? uint256(equity) : 0;
        uint256 since = elapsedSeconds;
        if (equity > 0) since = since > SECOND_PERIOD_SECONDS ? since - SECOND_PERIOD_SECONDS : 0;
        if (since >= BANKRUPTCY_SECONDS) return requirement;
        return least + ((requirement - least) * since) / BANKRUPTCY_SECONDS;
    }
}

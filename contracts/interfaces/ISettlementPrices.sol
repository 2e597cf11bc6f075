// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Settlement prices of expiries, proven from the rounds of a feed.
/// @notice The settlement price is the time-weighted average over the window that ends with the expiry, each usable answer from its
/// own round until the next. Nobody names a price, and all that a caller chooses is where the walk begins: rounds are walked in
/// the one order of `FeedRounds.next`, none skipped, from a usable one at or before the window to the first usable one at
/// or after the expiry. So whoever proves, and in whatever pieces, the same price comes out.
interface ISettlementPrices {
    /// @param roundId The round that the proof has come to. @param roundAt Unix seconds of the last usable one up to there.
    event SettlementRoundsWalked(uint16 indexed underlying, uint40 indexed expiry, uint80 roundId, uint40 roundAt);
    /// @param price USD WAD, rounded down.
    event SettlementPriceProven(uint16 indexed underlying, uint40 indexed expiry, uint256 price);

    /// @notice The window that ends at `expiry`, Unix seconds, is not over: wait until then. Also for an expiry of 0.
    error ExpiryNotReached(uint40 expiry);
    /// @notice The round does not exist, is not usable, or is later than the beginning of the window.
    error InvalidFirstRound(uint80 roundId);
    /// @notice The feed was still in this earlier phase of its proxy; the proof begins there.
    error EarlierPhase(uint16 phase);

    /// @notice Walks up to `maxRounds` rounds (at most `MAX_ROUNDS_PER_WALK`) towards the settlement price. Anyone, any number of
    /// times; does nothing once the price is final. Reverts `ExpiryNotReached`, `InvalidFirstRound`, `EarlierPhase`, and
    /// `IPriceOracle.NoFeed`.
    /// @param firstRound Where to begin: a usable round at or before `expiry − SETTLEMENT_WINDOW_SECONDS`, best the last one. It also moves
    /// a proof forward that somebody began too early; where the proof is past it already, it is ignored. 0: go on.
    /// @return walked How many rounds were walked; fewer than asked for when the price is final or the feed has no later round.
    function proveSettlement(
        uint16 underlying,
        uint40 expiry,
        uint80 firstRound,
        uint256 maxRounds
    ) external returns (uint256 walked);

    /// @notice USD WAD, rounded down; 0 until it is final, which it stays.
    function settlementPrice(uint16 underlying, uint40 expiry) external view returns (uint256 price, bool isFinal);

    /// @notice How far the proof has come, see `SettlementRoundsWalked`; zeros before it begins.
    function settlementProof(uint16 underlying, uint40 expiry) external view returns (uint80 roundId, uint40 roundAt);
}

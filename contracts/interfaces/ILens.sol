// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../types/Account.sol";
import { Instrument } from "../types/Instrument.sol";
import { Position } from "../types/Position.sol";
import { AuctionState } from "./ILiquidator.sol";
import { Portfolio, Risk } from "./IMarginEngine.sol";
import { Scenarios } from "./IMarginScenarios.sol";
import { Validity } from "./IPriceOracle.sol";

/// @notice One account as a keeper or a wallet wants to see it.
struct AccountView {
    Account account;
    int256 cash;
    Portfolio portfolio;
    Risk risk;
    AuctionState auction;
    uint40 marginCalledAt;
}

/// @notice What an action does to one account: a fill, or with price 0 a deposit, a withdrawal or a transfer.
/// @param instrument `CASH`, a token or a derivative. @param size WAD units (USD of cash), signed: bought or paid in is positive.
/// @param price USD WAD a unit, of a fill.
struct Change {
    Instrument instrument;
    int128 size;
    uint256 price;
}

/// @param portfolio Afterwards, as the clearinghouse would show it: legs in its order, entry values counted as cash.
struct Preview {
    Risk before;
    Risk afterwards;
    Portfolio portfolio;
}

/// @notice A liquidation of legs, with the numbers that `Clearinghouse.seize` holds against its rules.
/// @param account Who loses the legs. @param taker Who takes them.
/// @param legs Risk of the legs alone; its equity is what the taker pays for them, USD WAD.
/// @param rate Compensation per USD of maintenance requirement removed, WAD, signed.
/// @param payment Compensation from the account, fee included, USD WAD, rounded down. @param fee The part that the taker does not get.
struct LiquidationPreview {
    Preview account;
    Preview taker;
    Risk legs;
    int256 rate;
    int256 payment;
    uint256 fee;
}

/// @notice A cell of the loss vector. @param profit USD WAD, negative; 0 where nothing loses, and then no cell is named.
struct Cell {
    uint256 node;
    uint256 column;
    int256 profit;
}

/// @param vector Of every scenario, for a heat map. @param initial The worst cell; the first of equals.
/// @param maintenance The worst among the price nodes that count for maintenance.
struct ScenarioView {
    Scenarios vector;
    Cell initial;
    Cell maintenance;
}

/// @notice First derivatives of a value, and the second by the price. WAD.
/// @param delta Units of the underlying. @param gamma Units per USD of price.
/// @param vega USD per 1.00 of annual volatility, the same for every strike and expiry.
/// @param theta USD per day that passes, at an unchanged price and unchanged volatilities. @param rho USD per 1.00 of annual rate.
struct Sensitivities {
    int256 delta;
    int256 gamma;
    int256 vega;
    int256 theta;
    int256 rho;
}

/// @param greeks Of the whole position, not of a unit.
struct LegGreeks {
    Position position;
    Sensitivities greeks;
}

/// @param spot USD WAD, and its `validity`. @param legs Those on the underlying, in the order of the portfolio. @param total Their sum.
struct GreeksView {
    uint256 spot;
    Validity validity;
    Sensitivities total;
    LegGreeks[] legs;
}

/// @title Read-only: what the deployed contracts say of accounts and of portfolios that do not exist yet. The core never calls it.
/// @notice Two readings of each question: one of a stored account, and with `Of` at the end of the name one of any portfolio. What
/// the clearinghouse, the liquidator or the engine would refuse because of what is asked reverts here with their error, in which a
/// hypothetical portfolio is account 0. What they would refuse because of the resulting risk is shown, not refused; so are
/// caps and liquidity of custody, which depend on others. Stored accounts revert `Locked` inside a call of the clearinghouse.
interface ILens {
    /// @notice More accounts or portfolios in one call than `limit`: ask for them in parts.
    error TooManyAccounts(uint256 given, uint256 limit);
    /// @notice More changes in one preview than `limit`: preview a part, then by `previewOf` the rest on what comes out.
    error TooManyChanges(uint256 given, uint256 limit);

    /// @notice Risk alone, for many accounts; callers chunk to at most a thousand.
    function risks(Account[] calldata accounts) external view returns (Risk[] memory);

    /// @notice Likewise of portfolios.
    function risksOf(Portfolio[] calldata portfolios) external view returns (Risk[] memory);

    /// @notice Everything about each account.
    function accounts(Account[] calldata ids) external view returns (AccountView[] memory views);

    /// @notice Before and after a batch of the clearinghouse, as far as it touches this account. A fill moves size·price of cash (of a
    /// perpetual it joins the entry value, which is cash to margin), rounded down for both sides. One that opens must be in a tradable
    /// instrument. Reverts besides `ZeroSize`, `UnknownInstrument` (which cash at a price also is), `InsufficientPosition` for more of
    /// a token than there is, `TooManyPositions`.
    function preview(Account account, Change[] calldata changes) external view returns (Preview memory);

    /// @notice Likewise of a portfolio.
    function previewOf(Portfolio calldata portfolio, Change[] calldata changes) external view returns (Preview memory);

    /// @notice What `Liquidator.liquidate` would do now, at the rate of the account's auction. Reverts where legs of the account are
    /// not offered, as `ILiquidationTerms.compensationRate`, and `ZeroSize`, `InsufficientPosition`, `TooManyPositions`, `SelfLiquidation`.
    /// @param legs With the sign of the position; one listed twice counts twice.
    function previewLiquidation(
        Account account,
        Account taker,
        Position[] calldata legs
    ) external view returns (LiquidationPreview memory);

    /// @notice Likewise between two portfolios, at any rate, whether or not the first is below maintenance.
    /// @param rate As in `LiquidationPreview`.
    function previewLiquidationOf(
        Portfolio calldata portfolio,
        Portfolio calldata taker,
        Position[] calldata legs,
        int256 rate
    ) external view returns (LiquidationPreview memory);

    /// @notice What the legs on one underlying gain or lose in every scenario. A worst cell whose node is below 13 and whose column is
    /// below 3 is one that `IMarginScenarios.witness` takes; others are of the widened grid, at a strike or a twist.
    function scenarios(Account account, uint16 underlying) external view returns (ScenarioView memory);

    /// @notice Likewise of a portfolio.
    function scenariosOf(Portfolio calldata portfolio, uint16 underlying) external view returns (ScenarioView memory);

    /// @notice Greeks of the legs on one underlying, as defined in `Greeks`, at the engine's market data.
    function greeks(Account account, uint16 underlying) external view returns (GreeksView memory);

    /// @notice Likewise of a portfolio.
    function greeksOf(Portfolio calldata portfolio, uint16 underlying) external view returns (GreeksView memory);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../types/Account.sol";
import { Position } from "../types/Position.sol";
import { ILegGuards } from "./ILegGuards.sol";
import { IOpenInterestCover } from "./IOpenInterestCover.sol";
import { IRequestVault } from "./IRequestVault.sol";

/// @param since Unix seconds of the absorption. @param underlyings Against whose budgets its money counts, 16 bits each.
/// @param committed What the treasury put into it, USD WAD.
struct Absorption {
    uint40 since;
    uint64 underlyings;
    uint128 committed;
}

/// @notice Legs of an absorbed account that somebody takes at mark. @param taker Has approved the vault as operator that may trade;
/// the caller may trade it too. @param legs Sizes with the sign of the position, towards zero and never beyond.
/// @param minPayment The least that the taker accepts, USD WAD. @param deadline Unix seconds.
struct Unwinding {
    Account account;
    Account taker;
    Position[] legs;
    uint256 minPayment;
    uint40 deadline;
}

/// @title ERC-4626 over USDC that stands behind the clearinghouse: it takes over bankrupt accounts and earns the liquidation fees.
/// @notice Its money lies in clearinghouse accounts of its own: account 0 is its treasury, each absorbed account another. While the
/// clearinghouse is locked, whatever reads or moves money reverts `Locked`. While a feed of an absorbed account is not fresh, nothing enters
/// or leaves. There is no administrator.
///
/// **Entry** is synchronous, so that capital may come when it is needed, at the worse side for who enters: an absorbed account that owes
/// counts as nothing, because it is not known yet how much of its debt the vault will bear. Who deposits just before a fee arrives has his
/// share of it, but neither he nor the fee can leave before the cooldown, in which his deposit stands for everything that happens; so he
/// is a depositor like others. After a loss he buys at its price: losses are in the marks of absorbed accounts, never outstanding beside them.
///
/// **Exit** is by request (ERC-7540): shares go into escrow, bear all gains and losses, and may be claimed in one window after the
/// cooldown, at the price of the claim. Longer than any auction lasts to its end, the cooldown leaves no exit ahead of an absorption that can be
/// seen; the window closes, because a matured request without end would be an option to leave at once for nothing. What winding up
/// the absorbed accounts costs at most is left behind. As the ERC demands, `previewRedeem` and `previewWithdraw` always revert, `redeem` and
/// `withdraw` take the controller instead of the owner, and `maxRedeem` and `maxWithdraw` tell what a controller may claim now.
///
/// **Budgets**: what the vault commits to an account counts in full against every underlying that makes up at least a tenth of what the books of the
/// account require, each for itself, spot included, or on whose perpetual it has lost as much; as does what it loses there, for a month. At most half of
/// the vault may so stand for one underlying. What an account owes in cash may have been lost on anything that it has closed since: a debt of at least a
/// tenth of that requirement counts against every listed underlying. An account is taken over only where at least as much stays free of each of its budgets,
/// and of the vault, as stands in absorbed accounts: deficits of the next ones are paid from that before the other side pays for them.
interface IBackstopVault is IRequestVault, ILegGuards, IOpenInterestCover {
    event Absorbed(Account indexed account, Account indexed into, uint256 funding);
    /// @notice An absorbed account without positions left the list. @param cash What it brought to the treasury.
    event Released(Account indexed account, int256 cash);
    /// @notice Paid into an account with a deficit that is closed.
    event DeficitCovered(Account indexed account, uint256 funding);
    /// @param payment What the absorbed account paid for the `requirementRemoved`, at `rate`; USD WAD.
    event Unwound(
        Account indexed account,
        Account indexed taker,
        uint256 rate,
        uint256 requirementRemoved,
        uint256 payment
    );
    /// @notice Escrowed shares went to `receiver`.
    event RedeemRequestCancelled(
        address indexed controller,
        address indexed receiver,
        uint256 indexed requestId,
        address sender,
        uint256 shares
    );

    /// @notice Only the contract that the clearinghouse names as its liquidator may do this; a replaced one may not either.
    error NotLiquidator(address caller);
    /// @notice All absorbed accounts that are allowed at once are in use.
    error TooManyAbsorbed(uint256 limit);
    /// @notice The account needs more than may be committed to it, USD WAD: the vault pays its deficit, and it is closed.
    error BudgetExceeded(uint256 funding, uint256 capacity);

    /// @notice A redemption of 0 shares was requested.
    error ZeroShares();

    /// @notice The order came after its `deadline`, Unix seconds; send it again with a later one.
    error Expired(uint40 deadline);
    /// @notice The caller is neither the owner nor an operator with the permission that the call needs: the owner approves it first.
    error NotAuthorised(Account taker, address caller);
    /// @notice The vault never took this account over, or has released it since: `absorbed` lists what can be unwound.
    error NotAbsorbed(Account account);
    /// @notice An account below maintenance is for the liquidator.
    error BelowMaintenance(Account account, int256 equity, uint256 maintenance);
    /// @notice The leg is of size 0, not on the side that the absorbed account holds, or larger than what it holds.
    error InsufficientPosition(Account account, Position leg);
    /// @notice The account would pay less than `minPayment`, both USD WAD: wait, the rate rises for a day from the absorption.
    error PaymentTooLow(uint256 payment, uint256 minPayment);
    /// @notice Equity / maintenance would fall.
    error HealthLowered(int256 equityBefore, uint256 requirementBefore, int256 equityAfter, uint256 requirementAfter);

    /// @notice Names the sub-account into which the next bankrupt account goes and says how much of the treasury is to go
    /// along to meet its initial margin. Liquidator only, before the account is moved. Reverts `BudgetExceeded` where that is more than `capacity`.
    /// @param equity Of the bankrupt account with what the reserve adds, USD WAD. @param initial Its requirement, USD WAD.
    function prepareAbsorption(
        Account account,
        int256 equity,
        uint256 initial
    ) external returns (Account into, uint256 funding);

    /// @notice Pays out of the treasury into an account with a deficit that is closed because nobody takes it; counts as lost. Liquidator only,
    /// before positions of the account are closed. Needs no slot: no account is absorbed.
    /// @return funding The lesser of the deficit and of what treasury and budgets leave for the account, USD WAD.
    function coverDeficit(Account account, uint256 deficit) external returns (uint256 funding);

    /// @notice Brings the cash of absorbed accounts without positions back to the treasury and forgets them. A debt is paid as far as
    /// budgets go; what they do not cover stays on the list for the liquidator. Anyone.
    function releaseEmpty() external;

    /// @notice Takes legs of an absorbed account at mark, on fresh feeds. The account pays for the maintenance requirement that it loses, at a
    /// rate that rises from 0 at the absorption, or when its feeds became valid again, to a limit a day later. Anyone who may trade the taker. Both
    /// sides keep the margin rules of `IClearinghouse.batch`, and equity / maintenance of the account does not fall.
    /// @return payment To the taker, USD WAD, rounded down.
    function unwind(Unwinding calldata order) external returns (uint256 payment);

    /// @notice Accounts taken over and not yet empty.
    function absorbed() external view returns (Account[] memory);
    /// @notice All zero where the account is not on the list.
    function absorption(Account account) external view returns (Absorption memory);
    /// @notice Most that the vault may commit to this account to take it over, so that as much is free as is committed: of the vault, and
    /// of each budget that the account counts against; 0 where no slot is left. USD WAD. Money that `releaseEmpty` would bring back is not
    /// in it. `coverDeficit` may pay more.
    function capacity(Account account) external view returns (uint256);
    /// @notice How far the budget of an underlying is used, USD WAD.
    /// @return committed In absorbed accounts.
    /// @return lost What still counts of past losses, rounded up.
    /// @return limit What both together may reach by deficits that are paid, rounded down. New absorptions stop earlier, see `capacity`.
    function budget(uint16 underlying) external view returns (uint256 committed, uint256 lost, uint256 limit);
}

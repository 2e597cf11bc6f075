// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Account } from "../types/Account.sol";

/// @notice What an owner allows for one account. Token amounts are USDC units out of the owner's wallet, fees included.
/// @param budgetInTokens What may still be pulled in all; falls with every top-up. @param limitInTokens At most so much in one.
/// @param maxFeeInTokens At most so much of one for its keeper, up to `MAX_FEE`; never more than `MAX_FEE_SHARE` of what is pulled.
/// @param expiry Unix seconds, inclusive.
/// @param target Equity per USD of initial requirement that a top-up is to reach, WAD; from 1 on.
/// @param mayFallShort Whether budget and limit may be spent on less than a cure. If not, they cure or stay where they are: in a crash, what does
/// not cure is lost with the rest.
struct Authorisation {
    uint128 budgetInTokens;
    uint128 limitInTokens;
    uint64 maxFeeInTokens;
    uint40 expiry;
    uint64 target;
    bool mayFallShort;
}

/// @title USDC from the owner's wallet into an account under a margin call, when the owner is not there.
/// @notice Needs an authorisation and an ERC-20 allowance, both by the owner, and no permission on the account: cash may be paid into
/// anybody's. It holds nothing between two calls, has no administrator, and what is sent to it is lost.
/// @dev The most that an owner loses to keepers is `MAX_FEE_SHARE` of the budget; the rest lies in the account. Provoking margin calls is no business:
/// a call is answered once, not in the second in which it was raised, and what is deposited is what the account has lost, or is required more, since it stood
/// at its target. Who is behind that has moved 1/`MAX_FEE_SHARE` of the fee against the account.
interface IAutoTopUp {
    event Authorised(Account indexed account, Authorisation authorisation);
    event Revoked(Account indexed account);
    /// @param depositInTokens What the account got, @param feeInTokens and the keeper; the sum left the owner's wallet.
    /// @param isCured Whether the account met initial margin afterwards, and the call was cleared.
    event ToppedUp(
        Account indexed account,
        address indexed keeper,
        uint256 depositInTokens,
        uint256 feeInTokens,
        bool isCured
    );

    /// @notice Only the owner of the account may do this, no operator; `caller` is another address.
    error NotOwner(Account account, address caller);
    /// @notice A target below `least`, both WAD (equity per USD of initial requirement): a top-up to it would not reach initial margin.
    error TargetTooLow(uint256 target, uint256 least);
    /// @notice The authorisation would let a keeper take more than `MAX_FEE` of one top-up; both in units of USDC.
    error FeeTooHigh(uint256 maxFeeInTokens, uint256 limitInTokens);
    /// @notice None was given, it was revoked, or its budget is spent.
    error NotAuthorised(Account account);
    /// @notice The authorisation held until `expiry`, Unix seconds; the owner authorises again.
    error AuthorisationExpired(Account account, uint40 expiry);
    /// @notice No margin call stands. `ILiquidator.callMargin` raises one while the account is below initial margin.
    error NoMarginCall(Account account);
    /// @notice Nobody could have seen the call yet. From the next second on.
    error CalledJustNow(Account account, uint40 calledAt);
    /// @notice This call had its top-up, and it fell short. The next one needs another call.
    error AlreadyToppedUp(Account account, uint40 calledAt);
    /// @notice A feed that the account depends on is invalid, so what it needs is not known.
    error FeedInvalid(Account account);
    /// @notice Equity meets the initial requirement, both USD WAD: nothing to call or top up. `clearMarginCall` ends a call.
    error AboveInitialMargin(Account account, int256 equity, uint256 initial);
    /// @notice The owner owes nothing beyond the account, so nothing is pulled to fill the hole.
    error NegativeEquity(Account account, int256 equity);
    /// @notice Budget and limit leave `depositInTokens` after the fee, of the `neededInTokens` for initial margin.
    error WouldNotCure(Account account, uint256 depositInTokens, uint256 neededInTokens);
    /// @notice The owner's ERC-20 allowance to this contract, token units, does not cover the amount: the owner raises it.
    error AllowanceTooSmall(address owner, uint256 allowance, uint256 amountInTokens);
    /// @notice The owner's wallet holds less USDC than is to be pulled, token units: fund it, or deposit directly.
    error BalanceTooSmall(address owner, uint256 balance, uint256 amountInTokens);

    /// @notice Sets what is allowed for the account, in the place of what was. Its owner only.
    /// @dev What was pulled before does not count against the budget. Who lowers one should expect that the old one is used first.
    function authorise(Account account, Authorisation calldata authorisation_) external;

    /// @notice Takes the authorisation back, at once. The account's owner only.
    function revoke(Account account) external;

    /// @notice Answers a margin call: pulls USDC from the owner, deposits it and pays the caller's fee out of it. Anyone, once a call.
    /// @dev The deposit is what is missing to `target`·initial, rounded up to a unit of USDC, or less where budget and limit do not reach. Where it reaches
    /// initial margin the call is cleared, by the liquidator's own evaluation, or everything reverts. The requirement is the one before: where
    /// the deposit pays off a debt, it may fall, and the account be better off than its target. A cure ends an auction too.
    /// @return depositInTokens What the account got.
    /// @return feeInTokens What the caller got: the lesser of `maxFeeInTokens` and `MAX_FEE_SHARE` of the deposit to the target, or of budget or
    /// limit where that binds; rounded down.
    function topUp(Account account) external returns (uint256 depositInTokens, uint256 feeInTokens);

    /// @notice All zero where there is none.
    function authorisation(Account account) external view returns (Authorisation memory);
}

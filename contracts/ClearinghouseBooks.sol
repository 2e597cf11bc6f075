// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { ClearinghouseState } from "./ClearinghouseState.sol";
import { Approval, IClearinghouse } from "./interfaces/IClearinghouse.sol";
import { Approvals, IClearinghouseBooks } from "./interfaces/IClearinghouseBooks.sol";
import { IFundingSource } from "./interfaces/IFundingSource.sol";
import { CashTotals, InterestRates } from "./interfaces/IInterest.sol";
import { Collateral, IMarkets } from "./interfaces/IMarkets.sol";
import { IMarketSources } from "./interfaces/IMarketSources.sol";
import { Price, Validity } from "./interfaces/IPriceOracle.sol";
import { ISettlementPrices } from "./interfaces/ISettlementPrices.sol";
import { CashIndex, CashIndexState } from "./libraries/CashIndex.sol";
import { Funding, FundingState } from "./libraries/Funding.sol";
import { Ledger, LedgerState } from "./libraries/Ledger.sol";
import { LossRecords } from "./libraries/LossRecords.sol";
import { LossSharing } from "./libraries/LossSharing.sol";
import { ModuleNotice, ModuleNoticeState } from "./libraries/ModuleNotice.sol";
import { Custody, Outflow, OutflowLimit } from "./libraries/OutflowLimit.sol";
import { ParameterBounds } from "./libraries/ParameterBounds.sol";
import { SeriesRecord } from "./libraries/SeriesRecords.sol";
import { SeriesSettlement } from "./libraries/SeriesSettlement.sol";
import { Account } from "./types/Account.sol";
import { CASH, Instrument } from "./types/Instrument.sol";

/// @title See `IClearinghouseBooks`.
/// @dev Runs in the storage and at the address of the clearinghouse: a contract of its own only because one may not have so much code.
contract ClearinghouseBooks is IClearinghouseBooks, ClearinghouseState, EIP712 {
    using CashIndex for CashIndexState;
    using Funding for FundingState;
    using Ledger for LedgerState;
    using LossSharing for LedgerState;
    using ModuleNotice for ModuleNoticeState;
    using OutflowLimit for Custody;
    using OutflowLimit for Outflow;
    using SeriesSettlement for LedgerState;

    bytes32 private constant APPROVAL_TYPEHASH = keccak256(
        "Approval(uint256 account,address operator,uint8 permissions,uint40 expiry)"
    );
    bytes32 private constant APPROVALS_TYPEHASH = keccak256(
        "Approvals(Approval[] approvals,uint256 nonce,uint256 deadline)"
        "Approval(uint256 account,address operator,uint8 permissions,uint40 expiry)"
    );
    /// @dev 50,000 USD, and a ten-thousandth of what may be in custody of another token, leave whatever share of custody they are: about
    /// as much at the starting caps, and what small accounts hold.
    uint256 private constant CASH_OUTFLOW_MINIMUM = 50_000e18;
    uint256 private constant OUTFLOW_MINIMUM_DIVISOR = 10_000;

    /// @dev The clearinghouse itself, in the middle of a call: from outside nothing comes here then.
    modifier onlyInside() {
        require(locked, IClearinghouse.NotLocked());
        _;
    }

    /// @dev The domain is the clearinghouse's, at whose address this runs. Name and version are short, so they use no storage.
    constructor(address usdc) ClearinghouseState(usdc) EIP712("Plimsoll Clearinghouse", "1") {}

    /// @inheritdoc IClearinghouseBooks
    function settle(Account account, uint256 limit) external lock {
        ledger.settleSome(account, limit);
        ledger.writeFunding(account);
    }

    /// @inheritdoc IClearinghouseBooks
    function accrueFunding(uint16 underlying) external lock {
        FundingState storage state = ledger.funding[underlying];
        // A second call in the same second changes nothing, whatever price and rate are.
        if (state.accruedAt == block.timestamp) return;
        // Who has not taken his share of a tear-up still holds more than he has, and would pay or receive for it.
        if (fundingSource == address(0) || ledger.losses.openTearUps != 0) return;
        Price memory price = IMarketSources(marginEngine).priceOracle().price(underlying);
        if (price.validity == Validity.Invalid) return;
        int256 rate = IFundingSource(fundingSource).fundingRate(underlying);
        state.accrue(rate, price.value);
        emit IClearinghouse.FundingAccrued(underlying, rate, price.value, state.index);
    }

    /// @inheritdoc IClearinghouseBooks
    function settleTouched(Account account) external onlyInside {
        ledger.settle(account);
    }

    /// @inheritdoc IClearinghouseBooks
    function settleExpired(Instrument[] calldata series, Account[] calldata accounts) external lock {
        if (series.length != 0) {
            ISettlementPrices prices = ISettlementPrices(address(IMarketSources(marginEngine).priceOracle()));
            for (uint256 i = 0; i < series.length; ++i) {
                (uint256 price, bool isFinal) = prices.settlementPrice(series[i].underlying(), series[i].expiry());
                require(isFinal, IClearinghouse.SettlementPriceNotFinal(series[i]));
                ledger.settleSeries(series[i], price);
            }
        }
        for (uint256 i = 0; i < accounts.length; ++i) ledger.settle(accounts[i]);
    }

    /// @inheritdoc IClearinghouseBooks
    function approveBySignature(Approvals calldata approvals, bytes calldata signature) external {
        requireUnlocked();
        require(approvals.approvals.length != 0, IClearinghouse.ZeroSize());
        address owner = approvals.approvals[0].account.owner();
        require(block.timestamp <= approvals.deadline, IClearinghouse.ApprovalsExpired(approvals.deadline));
        uint256 next = approvalNonces[owner]++;
        require(approvals.nonce == next, IClearinghouse.NonceNotNext(owner, approvals.nonce, next));
        require(
            SignatureChecker.isValidSignatureNowCalldata(owner, hashApprovals(approvals), signature),
            IClearinghouse.InvalidApprovalSignature(owner)
        );
        for (uint256 i = 0; i < approvals.approvals.length; ++i) {
            Approval calldata approval = approvals.approvals[i];
            require(approval.account.owner() == owner, IClearinghouse.NotOwner(approval.account, owner));
            setOperator(approval);
        }
    }

    /// @inheritdoc IClearinghouseBooks
    function countOutflow(Instrument asset, uint256 amountInTokens) external onlyInside {
        Custody memory custody = custodyOf(asset);
        Outflow memory state = outflows[asset];
        uint256 available = state.available(custody, block.timestamp);
        require(
            amountInTokens <= available,
            IClearinghouse.OutflowLimited(asset, available, amountInTokens, state.refilledAt(custody, block.timestamp))
        );
        // Where all may leave, nothing is counted.
        if (custody.share < WAD) outflows[asset] = state.afterWithdrawal(custody, amountInTokens);
    }

    /// @inheritdoc IClearinghouseBooks
    function countInflow(Instrument asset, uint256 amountInTokens) external onlyInside {
        outflows[asset] = outflows[asset].afterDeposit(custodyOf(asset), amountInTokens);
    }

    /// @inheritdoc IClearinghouseBooks
    function beginNotice(address marginEngine_, address liquidator_) external onlyInside {
        emit IClearinghouse.ModulesAnnounced(marginEngine_, liquidator_, notice.announce(marginEngine_, liquidator_));
    }

    /// @inheritdoc IClearinghouseBooks
    function useNotice(address marginEngine_, address liquidator_) external onlyInside {
        notice.use(marginEngine_, liquidator_);
    }

    /// @notice What `IClearinghouse.setInterestRates` does. @dev The clearinghouse has a function of this name, which checks the role and is the
    /// only way here: it passes on by itself only what it does not know.
    function setInterestRates(InterestRates calldata rates) external {
        ParameterBounds.requireInterest(rates);
        ledger.cashIndex.setRates(rates);
        emit IClearinghouse.InterestRatesSet(rates);
    }

    /// @inheritdoc IClearinghouseBooks
    function losses() external view returns (uint256 tearUps, uint256 openTearUps) {
        LossRecords storage records = ledger.losses;
        return (records.tearUpCount, records.openTearUps);
    }

    /// @inheritdoc IClearinghouseBooks
    function funding(uint16 underlying) external view returns (int256 index, uint40 accruedAt, int256 paid) {
        FundingState storage state = ledger.funding[underlying];
        return (state.index, state.accruedAt, ledger.fundingPaid);
    }

    /// @inheritdoc IClearinghouseBooks
    function settlementOf(Instrument instrument) external view returns (uint256 value, bool isSettled) {
        SeriesRecord storage record = ledger.series.records[instrument];
        return (record.value, record.isSettled);
    }

    /// @inheritdoc IClearinghouseBooks
    function settling() external view returns (uint256 open, int256 received) {
        return (ledger.series.open, ledger.pending);
    }

    /// @inheritdoc IClearinghouseBooks
    function approvalNonce(address owner) external view returns (uint256) {
        return approvalNonces[owner];
    }

    /// @inheritdoc IClearinghouseBooks
    function scaledCash(Account account) external view returns (int256) {
        requireUnlocked();
        return ledger.accounts[account].cash;
    }

    /// @inheritdoc IClearinghouseBooks
    function cashTotals() external view returns (CashTotals memory) {
        requireUnlocked();
        return ledger.cashIndex.totals();
    }

    /// @inheritdoc IClearinghouseBooks
    function interestRates() external view returns (InterestRates memory) {
        return ledger.cashIndex.ratesOf();
    }

    /// @inheritdoc IClearinghouseBooks
    function outflow(Instrument asset) external view returns (uint256 available, uint256 capacity, uint256 refilledAt) {
        requireUnlocked();
        Custody memory custody = custodyOf(asset);
        Outflow memory state = outflows[asset];
        available = state.available(custody, block.timestamp);
        capacity = custody.capacityOf(state.usedAt(custody, block.timestamp));
        refilledAt = state.refilledAt(custody, block.timestamp);
    }

    /// @inheritdoc IClearinghouseBooks
    function announcedModules()
        external
        view
        returns (address marginEngine_, address liquidator_, uint256 dueAt, bool isSealed)
    {
        return (notice.marginEngine, notice.liquidator, notice.dueAt(), notice.isSealed);
    }

    function custodyOf(Instrument asset) private view returns (Custody memory) {
        (uint256 scale, uint256 minimum) = (usdcScale, CASH_OUTFLOW_MINIMUM);
        if (!(asset == CASH)) {
            Collateral memory token = IMarkets(IClearinghouse(address(this)).markets()).collateral(asset);
            (scale, minimum) = (10 ** (WAD_DECIMALS - token.decimals), token.cap / OUTFLOW_MINIMUM_DIVISOR);
        }
        return Custody(ledger.recordedInTokens[asset], minimum / scale, notice.shareNow());
    }

    function hashApprovals(Approvals calldata approvals) private view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](approvals.approvals.length);
        for (uint256 i = 0; i < hashes.length; ++i) {
            hashes[i] = keccak256(abi.encode(APPROVAL_TYPEHASH, approvals.approvals[i]));
        }
        bytes32 list = keccak256(abi.encodePacked(hashes));
        return _hashTypedDataV4(keccak256(abi.encode(APPROVALS_TYPEHASH, list, approvals.nonce, approvals.deadline)));
    }
}

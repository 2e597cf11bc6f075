// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Approval, IClearinghouse, IClearinghouseModules } from "./interfaces/IClearinghouse.sol";
import { IMarginEngine, Portfolio, Risk } from "./interfaces/IMarginEngine.sol";
import { Ledger, LedgerState } from "./libraries/Ledger.sol";
import { MarginRules } from "./libraries/MarginRules.sol";
import { ModuleNoticeState } from "./libraries/ModuleNotice.sol";
import { Outflow } from "./libraries/OutflowLimit.sol";
import { Account } from "./types/Account.sol";
import { CASH, Instrument } from "./types/Instrument.sol";

/// @param permissions Bits of MAY_*. @param expiry Unix seconds, inclusive.
struct Operator {
    uint8 permissions;
    uint40 expiry;
}

/// @title What `Clearinghouse`, `ClearinghouseForce` and `ClearinghouseBooks` share: storage, the lock, and how value moves between accounts.
abstract contract ClearinghouseState is IClearinghouseModules {
    using Ledger for LedgerState;
    using MarginRules for Risk;
    using SafeCast for uint256;

    uint256 internal constant WAD = 1e18;
    uint8 internal constant WAD_DECIMALS = 18;

    /// @dev WAD units in one unit of USDC.
    uint256 internal immutable usdcScale;

    /// @inheritdoc IClearinghouseModules
    address public marginEngine;
    /// @inheritdoc IClearinghouseModules
    address public liquidator;
    /// @inheritdoc IClearinghouseModules
    address public fundingSource;

    LedgerState internal ledger;
    bool internal transient locked;
    mapping(Account => mapping(address operator => Operator)) internal operators;
    /// @dev Of the next approvals that an owner signs.
    mapping(address owner => uint256) internal approvalNonces;
    ModuleNoticeState internal notice;
    mapping(Instrument asset => Outflow) internal outflows;

    modifier lock() {
        requireUnlocked();
        locked = true;
        _;
        locked = false;
    }

    constructor(address usdc) {
        usdcScale = 10 ** (WAD_DECIMALS - IERC20Metadata(usdc).decimals());
    }

    function setOperator(Approval calldata approval) internal {
        operators[approval.account][approval.operator] = Operator(approval.permissions, approval.expiry);
        emit IClearinghouse.OperatorSet(approval.account, approval.operator, approval.permissions, approval.expiry);
    }

    function moveCash(Account from, Account to, uint256 size) internal {
        require(size != 0, IClearinghouse.ZeroSize());
        ledger.addCash(from, -size.toInt256());
        ledger.addCash(to, size.toInt256());
        emit IClearinghouse.Transferred(from, to, CASH, size.toInt256(), 0);
    }

    function move(Account from, Account to, Instrument instrument, int256 size) internal returns (int256 entryMoved) {
        entryMoved = ledger.move(from, to, instrument, size);
        emit IClearinghouse.Transferred(from, to, instrument, size, entryMoved);
    }

    function evaluateOne(Portfolio memory single) internal view returns (Risk memory) {
        Portfolio[] memory portfolios = new Portfolio[](1);
        portfolios[0] = single;
        return evaluate(portfolios)[0];
    }

    function evaluate(Portfolio[] memory portfolios) internal view returns (Risk[] memory) {
        return IMarginEngine(marginEngine).evaluate(portfolios);
    }

    function requireInitial(Account account, Risk memory current) internal pure {
        require(current.isUsable(), IClearinghouse.FeedInvalid(account));
        require(current.meetsInitial(), IClearinghouse.BelowInitialMargin(account, current.equity, current.initial));
    }

    /// @dev USD WAD.
    function cashInCustody() internal view returns (uint256) {
        return ledger.recordedInTokens[CASH] * usdcScale;
    }

    function requireUnlocked() internal view {
        require(!locked, IClearinghouse.Locked());
    }
}

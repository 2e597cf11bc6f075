// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice What a debt in cash pays a year, along a line over utilisation with one kink, and what of it the reserve keeps.
/// @param atZeroInBp Rate at a utilisation of 0, 1e-4 a year. @param atKinkInBp At the kink. @param atFullInBp At 1. None is below the
/// one before. @param kinkInPercent Utilisation from which the rate rises steeply.
/// @param reserveFactorInPercent Share of the interest that the reserve keeps; the rest is earned by positive cash.
struct InterestRates {
    uint16 atZeroInBp;
    uint16 atKinkInBp;
    uint16 atFullInBp;
    uint8 kinkInPercent;
    uint8 reserveFactorInPercent;
}

/// @notice As of now. @param borrowIndex What a debt of 1 has become since the clearinghouse opened, WAD. @param supplyIndex Likewise what
/// positive cash of 1 has, interest less losses shared.
/// @param scaledDebts All debts, USD WAD · 1e24 / borrow index. @param scaledSupply All positive cash, by the supply index.
/// @param utilisation Debts / positive cash, at most 1, WAD. @param borrowRate What debts pay a year at it, WAD.
/// @param supplyRate What positive cash earns, WAD.
struct CashTotals {
    uint256 borrowIndex;
    uint256 supplyIndex;
    uint256 scaledDebts;
    uint256 scaledSupply;
    uint256 utilisation;
    uint256 borrowRate;
    uint256 supplyRate;
}

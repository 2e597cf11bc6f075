// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title The natural logarithm in half the gas of Solady's: the EVM counts leading zeros since Osaka.
library Logarithm {
    /// @dev √2·2^95: the middle of mantissas.
    int256 private constant ROOT_OF_TWO = 56022770974786139918731938227;
    /// @dev ln 2 in WAD; and ln √2 + 255·ln 2 − ln 1e18, and half a wei to round by. Times 2^110, as products of z and the polynomial are.
    int256 private constant LN_2 = 899756482030919243385101862961404740902917750390784;
    int256 private constant LN_MIDDLE = 176087107107020383643794162639770078039908781140213760;
    /// @dev Of the polynomial in w that meets 2·artanh(√w)/√w at the Chebyshev nodes of [0, (√2 − 1)⁴], WAD times 2^30.
    int256 private constant C0 = 2147483647999999997582003321;
    int256 private constant C1 = 715827882666677178511227906;
    int256 private constant C2 = 429496729592508912528248882;
    int256 private constant C3 = 306783380317374567676054563;
    int256 private constant C4 = 238609024009764567534726037;
    int256 private constant C5 = 195245258472736242479805762;
    int256 private constant C6 = 164417019040759090242231729;
    int256 private constant C7 = 159018054155616946371257851;

    /// @notice ln(x/1e18), WAD, less than a wei from the exact one, and rising with x. @param x Above 0, where it does not revert either.
    /// @dev x = m·2^n, m in [1, 2); z = (m − √2)/(m + √2), in ±(√2 − 1)²; ln m = ln √2 + 2·artanh z. The polynomial is within 4e-19 of that.
    function lnWad(uint256 x) internal pure returns (int256 result) {
        assembly ("memory-safe") {
            let zeros := clz(x)
            // 96 bits.
            let mantissa := shr(160, shl(zeros, x))
            // z and w = z², 2^-80.
            let z := sdiv(shl(80, sub(mantissa, ROOT_OF_TWO)), add(mantissa, ROOT_OF_TWO))
            let w := shr(80, mul(z, z))
            let sum := add(C6, shr(80, mul(w, C7)))
            sum := add(C5, shr(80, mul(w, sum)))
            sum := add(C4, shr(80, mul(w, sum)))
            sum := add(C3, shr(80, mul(w, sum)))
            sum := add(C2, shr(80, mul(w, sum)))
            sum := add(C1, shr(80, mul(w, sum)))
            sum := add(C0, shr(80, mul(w, sum)))
            result := sar(110, add(mul(z, sum), sub(LN_MIDDLE, mul(zeros, LN_2))))
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SignedWad } from "../../contracts/libraries/SignedWad.sol";

/// What holds of any number.
contract SignedWadModel {
    function quotientIsNeverInTheHoldersFavour(int256 x) external pure {
        if (x < type(int256).min + 1e18) return;
        assert(SignedWad.fromSquareDown(x) * 1e18 <= x);
    }

    function quotientIsLessThanAUnitOff(int256 x) external pure {
        if (x < type(int256).min + 1e18) return;
        assert(x - SignedWad.fromSquareDown(x) * 1e18 < 1e18);
    }

    function quotientNeverFalls(int256 lower, int256 higher) external pure {
        if (lower > higher) return;
        assert(SignedWad.fromSquareDown(lower) <= SignedWad.fromSquareDown(higher));
    }

    function amountOrItsOppositeIsAboveZero(int256 amount) external pure {
        if (amount == type(int256).min) return;
        assert(amount == int256(SignedWad.belowZero(-amount)) - int256(SignedWad.belowZero(amount)));
    }
}

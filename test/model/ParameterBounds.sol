// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { InterestRates } from "../../contracts/interfaces/IInterest.sol";
import { AccountParameters, Collateral } from "../../contracts/interfaces/IMarkets.sol";
import { ParameterBounds } from "../../contracts/libraries/ParameterBounds.sol";

/// What holds of parameters that pass.
contract ParameterBoundsModel {
    function ratesRiseWithUtilisation(InterestRates memory rates) external pure {
        ParameterBounds.requireInterest(rates);
        assert(rates.atZeroInBp <= rates.atKinkInBp && rates.atKinkInBp <= rates.atFullInBp);
    }

    function kinkIsBetweenTheEnds(InterestRates memory rates) external pure {
        ParameterBounds.requireInterest(rates);
        assert(rates.kinkInPercent > 0 && rates.kinkInPercent < 100);
    }

    function lendersKeepHalf(InterestRates memory rates) external pure {
        ParameterBounds.requireInterest(rates);
        assert(100 - rates.reserveFactorInPercent >= 50);
    }

    function accountHasAFloor(AccountParameters memory account) external pure {
        ParameterBounds.requireAccount(account);
        assert(account.floor >= 1e18);
    }

    function collateralKeepsHalfOfItsValue(Collateral memory collateral) external pure {
        ParameterBounds.requireCollateral(collateral);
        assert(1e18 - collateral.haircut >= 0.5e18);
    }
}

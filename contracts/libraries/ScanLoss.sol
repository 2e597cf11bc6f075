// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Stress } from "../interfaces/IMarkets.sol";
import { MAX_STRESSES } from "../types/Limits.sol";
import { CELLS, OUTER_NODES, VOLATILITY_NODES } from "./ScenarioGrid.sol";
import { SignedWad } from "./SignedWad.sol";

/// @notice A requirement in both tiers, USD WAD.
struct Tiers {
    uint256 initial;
    uint256 maintenance;
}

/// @notice Profits of the legs on one underlying, in squared WAD.
/// @param grid By cell. @param widened By cell of the grid that an overdue price widens; empty where nothing is overdue.
/// @param stress By stress scenario, whose weights are in `stresses`.
struct Profits {
    int256[] grid;
    int256[] widened;
    int256[] stress;
    Stress[MAX_STRESSES] stresses;
}

/// @title From profits by scenario to the loss that a tier must cover. Losses are rounded up and never negative.
/// @notice Every requirement is a maximum of sums that are linear in the legs, or a fixed mixture of such maxima: a
/// portfolio never needs more than the sum of its parts (INV-7), and initial is never below maintenance (INV-6).
library ScanLoss {
    using SignedWad for int256;

    /// @notice The worst of the grid, the widened grid and the weighted stress scenarios.
    /// @param credit Share of the diversification between underlyings that is credited, WAD.
    /// @return tiers Scan loss. @return unweighted The worst stress loss without its weight, USD WAD.
    function scan(
        Profits[] memory parts,
        uint256 credit
    ) internal pure returns (Tiers memory tiers, uint256 unweighted) {
        (tiers, unweighted) = stressLoss(parts);
        int256[][] memory grids = new int256[][](parts.length);
        int256[][] memory widened = new int256[][](parts.length);
        bool overdue = false;
        for (uint256 i = 0; i < parts.length; ++i) {
            bool isOverdue = parts[i].widened.length != 0;
            grids[i] = parts[i].grid;
            widened[i] = isOverdue ? parts[i].widened : parts[i].grid;
            overdue = overdue || isOverdue;
        }
        raise(tiers, gridLoss(grids, credit));
        // Never instead of the unwidened grid: a butterfly can lose less in the wider one.
        if (overdue) raise(tiers, gridLoss(widened, credit));
    }

    /// @notice Maintenance sees the inner price nodes, initial all of them.
    function gridLoss(int256[][] memory grids, uint256 credit) private pure returns (Tiers memory) {
        uint256 outer = OUTER_NODES * VOLATILITY_NODES;
        return Tiers(creditedLoss(grids, 0, CELLS, credit), creditedLoss(grids, outer, CELLS - outer, credit));
    }

    /// @notice L = Lsep − credit·(Lsep − Ljoint): Lsep adds the worst cell of each underlying, Ljoint is the worst cell
    /// when all move by the same node at once.
    function creditedLoss(
        int256[][] memory grids,
        uint256 fromCell,
        uint256 toCell,
        uint256 credit
    ) private pure returns (uint256) {
        uint256 separate = 0;
        uint256 joint = 0;
        int256[] memory lowest = new int256[](grids.length);
        for (uint256 cell = fromCell; cell < toCell; ++cell) {
            int256 sum = 0;
            for (uint256 i = 0; i < grids.length; ++i) {
                int256 profit = grids[i][cell];
                sum += profit;
                if (profit < lowest[i]) lowest[i] = profit;
            }
            joint = FixedPointMathLib.max(joint, lossUp(sum));
        }
        for (uint256 i = 0; i < grids.length; ++i) separate += lossUp(lowest[i]);
        return separate - FixedPointMathLib.mulWad(credit, separate - joint);
    }

    /// @notice Each stress scenario hits every underlying alone and all together, each by its own move of that number.
    function stressLoss(Profits[] memory parts) private pure returns (Tiers memory tiers, uint256 unweighted) {
        for (uint256 i = 0; i < MAX_STRESSES; ++i) {
            int256 jointInitial = 0;
            int256 jointMaintenance = 0;
            int256 joint = 0;
            for (uint256 j = 0; j < parts.length; ++j) {
                Stress memory stress = parts[j].stresses[i];
                if (stress.initialWeight == 0) continue;
                int256 profit = parts[j].stress[i].fromSquareDown();
                int256 weightedInitial = profit * int256(uint256(stress.initialWeight));
                int256 weightedMaintenance = profit * int256(uint256(stress.maintenanceWeight));
                raise(tiers, Tiers(lossUp(weightedInitial), lossUp(weightedMaintenance)));
                unweighted = FixedPointMathLib.max(unweighted, profit < 0 ? uint256(-profit) : 0);
                jointInitial += weightedInitial;
                jointMaintenance += weightedMaintenance;
                joint += profit;
            }
            raise(tiers, Tiers(lossUp(jointInitial), lossUp(jointMaintenance)));
            unweighted = FixedPointMathLib.max(unweighted, joint < 0 ? uint256(-joint) : 0);
        }
        // Where one underlying gains and another loses, weights in different proportions could turn the tiers round.
        tiers.initial = FixedPointMathLib.max(tiers.initial, tiers.maintenance);
    }

    function raise(Tiers memory tiers, Tiers memory other) private pure {
        tiers.initial = FixedPointMathLib.max(tiers.initial, other.initial);
        tiers.maintenance = FixedPointMathLib.max(tiers.maintenance, other.maintenance);
    }

    function lossUp(int256 profitSquared) private pure returns (uint256) {
        return profitSquared < 0 ? uint256(-profitSquared.fromSquareDown()) : 0;
    }
}

/** A mutant that no test kills, and why none has to. */
export interface Survivor {
  /** As `npm run mutants` prints it. */
  readonly id: string;
  readonly reason: string;
}

export const SURVIVORS: readonly Survivor[] = [
  {
    id: "contracts/BackstopVault.sol releaseEmpty: uint256 returned = cash > 0 ? cash.toUint256() : 0; → uint256 returned = cash >= 0 ? cash.toUint256() : 0;",
    reason: "equivalent: of no cash both are 0",
  },
  {
    id: "contracts/MarginEngine.sol evaluate: if (positions.length >= most) (most, largest) = (positions.length, i); → if (positions.length >= most) {}",
    reason: "only gas: which portfolio comes last decides what is kept for the others, not what any of them is worth",
  },
  {
    id: "contracts/MarginEngine.sol evaluate: market.isFirst = i == 1; → {}",
    reason: "only gas: the first portfolio looks for its options among those that it has kept itself",
  },
  {
    id: "contracts/MarginEngine.sol pinnedUnits: if (size < 0) short += uint256(-size); → if (size <= 0) short += uint256(-size);",
    reason: "equivalent: a size of 0 adds 0 to either sum",
  },
  {
    id: "contracts/MarginModel.sol tenorOf: tenor.others = market.tenors; → {}",
    reason: "only gas: a tenor that is not remembered is reckoned again from the same data",
  },
  {
    id: "contracts/Markets.sol applyAccountParameters: if (isOver(account.rampEndsAt)) account.rampEndsAt = 0; → if (isOver(account.rampEndsAt)) {}",
    reason: "only gas: a ramp that is over is read as its end, which is what was written",
  },
  {
    id: "contracts/libraries/ScenarioGrid.sol setGrid: for (uint256 i = 0; i < MIDDLE_NODE; i += 2) { → for (uint256 i = 0; i < (MIDDLE_NODE - 1); i += 2) {",
    reason: "equivalent: MIDDLE_NODE is even, and so is i",
  },
  {
    id: "contracts/libraries/SignedMulDiv.sol isProductAtLeast: bool isGreater = leftHigh > rightHigh || (leftHigh == rightHigh && leftLow > rightLow); → bool isGreater = leftHigh > rightHigh || (leftHigh == rightHigh && leftLow >= rightLow);",
    reason: "equivalent: what is equal is at least as much whatever isGreater says",
  },
  {
    id: "contracts/libraries/VolatilityController.sol greatestRisenUp: return maintenance.mulWadUp(growth + growth.mulWadUp(STEPS_ERROR)).min(MAX_VOLATILITY); → return maintenance.mulWadUp(growth + growth.mulWad(STEPS_ERROR)).min(MAX_VOLATILITY);",
    reason: "harmless: one wei of a factor whose margin, STEPS_ERROR, is a million",
  },
  {
    id: "contracts/libraries/LossSharing.sol tearUp: uint256 charge = claim == 0 ? 0 : Math.min(lacking, Math.mulDiv(lacking, claim, Math.max(owed, claim))); → uint256 charge = claim == 0 ? 0 : Math.min(lacking, Math.mulDiv(lacking, claim, Math.max(owed, claim), Math.Rounding.Ceil));",
    reason:
      "harmless: a wei is charged to one creditor instead of another; the last is charged what is left, so all of them together the same, and none more than he is owed",
  },
  {
    id: "contracts/libraries/NormalDistribution.sol millsFraction: fraction = x + 0.65e18; → fraction = x - 0.65e18;",
    reason: "harmless: at most a wei of a probability below 1e-12, beside an error of 2,000 wei that is allowed",
  },
];

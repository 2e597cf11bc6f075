import type { Edit } from "../../../../test/incidents/mutants.ts";

/** A realistic bug, and the invariants of which one must be seen to break. */
export interface CampaignMutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly red: readonly string[];
}

const CLEARINGHOUSE = "contracts/Clearinghouse.sol";
const FORCE = "contracts/ClearinghouseForce.sol";
const LIQUIDATOR = "contracts/Liquidator.sol";
const PRICE_ORACLE = "contracts/PriceOracle.sol";
const LEDGER = "contracts/libraries/Ledger.sol";

/** @param edits As in {@link Edit}: file, search, replacement. */
function mutant(
  name: string,
  red: readonly string[],
  ...edits: readonly (readonly [string, string, string])[]
): CampaignMutant {
  return { name, red, edits: edits.map(([file, search, replacement]) => ({ file, search, replacement })) };
}

export const CAMPAIGN_MUTANTS: readonly CampaignMutant[] = [
  mutant(
    "no margin after a withdrawal",
    ["INV-3"],
    [CLEARINGHOUSE, "entry.isDrained = true;", "entry.isCharged = false;"],
  ),
  mutant(
    "a fill is rounded for both sides",
    ["INV-1", "INV-9"],
    [
      CLEARINGHOUSE,
      "Side memory seller = takeSide(touch(touched, action.seller)[0], action.instrument, -size, value);",
      "Side memory seller = takeSide(touch(touched, action.seller)[0], action.instrument, -size, value + 1);",
    ],
  ),
  mutant(
    "anybody trades any account",
    ["INV-10", "authority"],
    [CLEARINGHOUSE, "requireMay(entry.account, MAY_TRADE);", ""],
  ),
  mutant(
    "a reduction may cost anything",
    ["INV-3"],
    [
      "contracts/libraries/MarginRules.sol",
      "if (before.equity <= 0 || before.initial == 0) return afterwards.equity >= before.equity;",
      "return true;",
    ],
  ),
  mutant("a take-over copies the cash", ["INV-1", "INV-4", "INV-9"], [LEDGER, "addCash(self, from, -amount);", ""]),
  mutant(
    "a closed perpetual keeps its share of the entry",
    ["INV-1", "INV-9"],
    [LEDGER, "realised = shareDown(entry, delta, held) + value;", "realised = shareDown(entry, held, held) + value;"],
  ),
  mutant(
    "healthy accounts are liquidated",
    ["INV-4"],
    [LIQUIDATOR, "return risk.equity < risk.maintenance.toInt256();", "return risk.equity < risk.initial.toInt256();"],
    [FORCE, "!current.meetsMaintenance(),", "!current.meetsInitial(),"],
  ),
  mutant(
    "the reserve does not pay first",
    ["INV-5"],
    [LIQUIDATOR, "terms.fromReserve = Math.min(terms.badDebt, state.available);", "terms.fromReserve = 0;"],
  ),
  mutant(
    "deleveraging charges twice",
    ["INV-5"],
    [
      FORCE,
      "uint256 lacking = (equity - rewarded.toInt256()).belowZero();",
      "uint256 lacking = 2 * (equity - rewarded.toInt256()).belowZero();",
    ],
  ),
  mutant(
    "shares of a loss are rounded for who takes them",
    ["INV-2", "INV-5"],
    [
      "contracts/libraries/LossRecords.sol",
      "Math.mulDiv(whole, SignedMath.abs(position), left.held, Math.Rounding.Ceil);",
      "Math.mulDiv(whole, SignedMath.abs(position), left.held);",
    ],
  ),
  mutant(
    "a feed never is too old",
    ["INV-3"],
    [PRICE_ORACLE, "isNewestUsable && age <= feed_.maxAgeSeconds &&", "isNewestUsable &&"],
  ),
  mutant(
    "no grace after the sequencer was down",
    ["INV-3"],
    [PRICE_ORACLE, "return status.startedAt + GRACE_PERIOD_SECONDS;", "return status.startedAt;"],
  ),
  mutant(
    "maintenance volatility rises at once",
    ["INV-12"],
    [
      "contracts/libraries/VolatilityController.sol",
      "self.maintenance = uint64(risenDown(self.maintenance, target, dt, parameters.maintenanceRisePerHour));",
      "self.maintenance = uint64(target);",
    ],
  ),
  mutant(
    "every call of walk skips a round",
    ["INV-10"],
    [
      "contracts/VolatilityOracle.sol",
      "uint80 from = cursorOf(evolution.realised);",
      "uint80 from = cursorOf(evolution.realised); if (uint64(from) + 1 < uint64(newest)) moveCursor(evolution.realised, from + 1);",
    ],
  ),
  mutant(
    "who enters the backstop pays the price of who leaves",
    ["share price"],
    [
      "contracts/BackstopVault.sol",
      "return Math.mulDiv(assets, totalSupply() + VIRTUAL_SHARES, _inTokensUp(value.entry) + 1);",
      "return Math.mulDiv(assets, totalSupply() + VIRTUAL_SHARES, _inTokensUp(value.exit) + 1);",
    ],
  ),
  mutant(
    "a claim from the pool is rounded for who claims",
    ["pool"],
    [
      "contracts/LiquidityPool.sol",
      "shares = entries.claimAssets(controller, assets, Math.Rounding.Floor);",
      "shares = entries.claimAssets(controller, assets, Math.Rounding.Ceil);",
    ],
  ),
  mutant(
    "a settled position is paid twice",
    ["INV-1", "INV-9"],
    [
      "contracts/libraries/SeriesSettlement.sol",
      "self.trade(account, instrument, -size, amount);",
      "self.trade(account, instrument, -size, 2 * amount);",
    ],
  ),
  mutant(
    "interest on debts is rounded down",
    ["interest"],
    ["contracts/libraries/CashIndex.sol", "(borrowIndex * growth + WAD - 1) / WAD", "(borrowIndex * growth) / WAD"],
  ),
];

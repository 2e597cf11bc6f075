import { readFileSync } from "node:fs";
import { expect } from "chai";
import { ROLE_NAMES, ROLES } from "../../deploy/roles.ts";

const root = new URL("../../", import.meta.url);
const source = (file: string) => readFileSync(new URL(file, root), "utf8");
const page = source("docs/trust.md");
const HOUR_SECONDS = 3600;
const DAY_HOURS = 24;

/** As the page says it. */
function delayText(seconds: number): string {
  const hours = seconds / HOUR_SECONDS;
  if (hours === 0) return "at once";
  return hours > 2 * DAY_HOURS ? `${hours / DAY_HOURS} days` : `${hours} hours`;
}

/** The cells of all rows whose first cell is code. */
function rows(pattern: RegExp): string[][] {
  return [...page.matchAll(pattern)].map(([, ...cells]) => cells);
}

describe("docs/trust.md", () => {
  it("has a row for every restricted function, with its role and its delay, and for no other", () => {
    const expected = ROLE_NAMES.flatMap((role) =>
      Object.entries(ROLES[role].functions).flatMap(([contract, methods]) =>
        methods.map((method) => [`${contract}.${method}`, role, delayText(ROLES[role].delaySeconds)]),
      ),
    );
    expect(rows(/^\| `(\w+\.\w+)` \| (\w+) \| ([^|]+?) \|/gm)).to.have.deep.members(expected);
  });

  it("has the limits of the code", () => {
    const constants = [...source("contracts/types/Limits.sol").matchAll(/constant (\w+) = (\d+);/g)];
    const expected = constants.map(([, name, value]) => [name, value]);
    expect(expected).to.not.be.empty;
    expect(rows(/^\| `(MAX_\w+)` \| (\d+) \|/gm)).to.deep.equal(expected);
  });

  it("has the outflow limit and the notice of the code", () => {
    const limit = source("contracts/libraries/OutflowLimit.sol");
    const notice = source("contracts/libraries/ModuleNotice.sol");
    const minimum = source("contracts/ClearinghouseBooks.sol");
    expect(limit).to.include("SHARE = 0.05e18;").and.to.include("REFILL_SECONDS = 1 days;");
    expect(page).to.include("| each token | 5 % of custody, at least the minimum | 10 %,");
    expect(minimum).to.include("CASH_OUTFLOW_MINIMUM = 50_000e18;").and.to.include("OUTFLOW_MINIMUM_DIVISOR = 10_000;");
    expect(page).to.include("| minimum | 50,000 USDC; of another token a ten-thousandth of its cap |");
    for (const period of ["NOTICE_SECONDS = 7", "LAPSE_SECONDS = 14", "FIRST_SECONDS = 1", "WIDENING_SECONDS = 5"]) {
      expect(notice).to.include(`${period} days;`);
    }
    expect(page).to.include("day 2 to 6 | grows steadily from 5 % to all").and.to.include("lapses after 14 days");
  });
});

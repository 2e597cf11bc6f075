import { toAccount } from "@plimsoll/client";
import { expect } from "chai";
import { configSchema } from "../src/config.ts";
import { Validity, wad } from "../src/domain.ts";
import { chooseLegs } from "../src/legs.ts";
import { planUnwinding, unwindingRate } from "../src/unwinding.ts";
import { marginModel, noAuction, perp, usd, viewOf } from "./model.ts";

const SINCE = 1_000_000;
const DAY = 86_400;
const account = toAccount("0x00000000000000000000000000000000000000bb", 7n);
const absorbed = { view: viewOf(account, { equity: 150, maintenance: 100 }), since: SINCE };

function planned(changes: Partial<typeof absorbed.view>, seconds = DAY, leastProfit = usd(1)) {
  const one = { ...absorbed, view: { ...absorbed.view, ...changes } };
  return planUnwinding([one], { now: SINCE + seconds, leastProfit });
}

describe("unwinding", () => {
  it("pays from nothing to 30 % of what is removed in a day, from when prices are valid again", () => {
    const at = (seconds: number) => unwindingRate(absorbed, SINCE + seconds);
    expect([at(-5), at(0), at(DAY / 2), at(DAY), at(9 * DAY)]).to.deep.equal([0n, 0n, wad(0.15), wad(0.3), wad(0.3)]);
    const { view } = absorbed;
    const later = { ...absorbed, view: { ...view, risk: { ...view.risk, validSince: SINCE + DAY } } };
    expect(unwindingRate(later, SINCE + 1.5 * DAY)).to.equal(wad(0.15));
  });

  it("wants what can bring the least profit, above maintenance and on fresh prices", () => {
    const { risk } = absorbed.view;
    expect(planned({})).to.deep.equal([{ kind: "unwind", account, view: absorbed.view, rate: wad(0.3) }]);
    expect(planned({}, DAY, usd(30.01))).to.deep.equal([]);
    expect(planned({}, DAY / 2, usd(15.01))).to.deep.equal([]);
    expect(planned({ risk: { ...risk, equity: usd(99) } })).to.deep.equal([]);
    expect(planned({ risk: { ...risk, validity: Validity.Late } })).to.deep.equal([]);
    expect(planned({ risk: { ...risk, maintenance: 0n } }, DAY, 0n)).to.deep.equal([]);
    expect(planned({ auction: { ...noAuction, startedAt: 5 } })).to.deep.equal([]);
  });

  it("may take everything, which a liquidation may not", async () => {
    const { evaluate } = marginModel();
    const [portfolio, empty] = [
      { cash: usd(300), legs: [perp(1, 10)] },
      { cash: usd(100_000), legs: [] },
    ];
    const [risk, idle] = await evaluate([portfolio, empty]);
    if (!risk || !idle) throw new RangeError("no risk");
    const config = configSchema.parse({ hedge: { linearShare: 0 } });
    const request = {
      ...{ portfolio, risk, rate: wad(0.3), isFloorBound: false, taker: { portfolio: empty, risk: idle } },
      ...{ riskCharge: 0.03, hedge: { prices: new Map([[1, usd(100)]]), rates: config.hedge } },
    };
    const unwound = await chooseLegs(
      { ...request, rules: { ...config.legs, feeShare: 0, hasTarget: false } },
      evaluate,
    );
    expect(unwound?.legs).to.deep.equal([perp(1, 10)]);
    expect(unwound?.payment).to.equal((risk.maintenance * 3n) / 10n);
    expect(await chooseLegs({ ...request, rules: config.legs }, evaluate)).to.equal(undefined);
  });
});

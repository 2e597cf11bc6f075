import type { Instrument } from "@plimsoll/client";
import type { Stage } from "../chain/stage.ts";
import { SETTLER } from "../chain/theatre.ts";
import type { Violation } from "../model/conservation.ts";
import { auditStep, checkRisk, checkShown } from "./step.ts";
import { auditWalks } from "./walks.ts";

/** Losses of each kind that one settling takes. */
const LOSSES_PER_CALL = 100;
/** How far ahead a forecast of margin volatility is asked, and held to. */
const FORECAST_SECONDS = 6 * 3600;

/** What margin volatility was promised not to exceed. */
export interface Pledge {
  readonly underlying: number;
  readonly until: number;
  readonly maintenance: bigint;
}

/** Everything against the chain: all accounts settled and compared, all risks, open interest, volatilities. */
export async function auditEverybody(stage: Stage, promises: Pledge[]): Promise<Violation[]> {
  const violations = await settleEverybody(stage);
  if (stage.model.hasOpenShares) {
    violations.push({ invariant: "INV-5", message: "all accounts are settled, and shares of losses are left" });
  }
  const accounts = [...stage.model.accounts.keys()];
  const liable = accounts.filter((account) => stage.model.isLiable(account));
  const state = await stage.reads.state(accounts, liable);
  stage.note(state.risks);
  await stage.estimates.refresh();
  violations.push(...checkShown(stage, state.accounts));
  for (const [account, risk] of state.risks) violations.push(...checkRisk(stage, account, risk));
  violations.push(...(await checkInterest(stage)), ...(await checkVolatility(stage, promises)));
  return [...violations, ...(await auditWalks(stage))];
}

/** Everybody takes his share of every loss; that changes nothing that views had not shown. */
async function settleEverybody(stage: Stage): Promise<Violation[]> {
  const violations: Violation[] = [];
  const [tearUps = 0n] = (await stage.reads.view("ClearinghouseBooks", "losses", [])) as bigint[];
  const [series = 0n] = (await stage.reads.view("ClearinghouseBooks", "settling", [])) as bigint[];
  if (tearUps === 0n && series === 0n) return violations;
  const most = Math.max(Number(tearUps), 1);
  for (const account of [...stage.model.accounts.keys()]) {
    for (let done = 0; done < most; done += LOSSES_PER_CALL) {
      const call = stage.call("ClearinghouseBooks.settle", [account, LOSSES_PER_CALL], SETTLER);
      const outcome = await stage.send(call);
      violations.push(...(await auditStep(stage, { call, reducing: [], before: new Map() }, outcome)));
    }
  }
  return violations;
}

/** INV-2: open interest is the sum of the long sides. */
async function checkInterest(stage: Stage): Promise<Violation[]> {
  const violations: Violation[] = [];
  const all = [...stage.model.longs];
  const answers = await stage.reads.ask(
    all.map(([instrument]) => stage.reads.question("Clearinghouse", "openInterestOf", [instrument])),
  );
  for (const [i, [instrument, longs]] of all.entries()) {
    const units = answers[i]?.[0];
    if (units === longs && longs === sumOfLongs(stage, instrument)) continue;
    const detail = `${String(units)}, by events ${longs.toString()}, held ${sumOfLongs(stage, instrument).toString()}`;
    violations.push({ invariant: "INV-2", message: `open interest of ${instrument.toString(16)} is ${detail}` });
  }
  return violations;
}

function sumOfLongs(stage: Stage, instrument: Instrument): bigint {
  let sum = 0n;
  for (const { positions } of stage.model.accounts.values()) {
    const size = positions.get(instrument) ?? 0n;
    if (size > 0n) sum += size;
  }
  return sum;
}

interface Volatility {
  readonly target: bigint;
  readonly initial: bigint;
  readonly maintenance: bigint;
}

/** INV-12: no maintenance volatility beyond what was forecast; maintenance ≤ target ≤ initial. */
async function checkVolatility(stage: Stage, promises: Pledge[]): Promise<Violation[]> {
  const violations: Violation[] = [];
  const say = (message: string) => violations.push({ invariant: "INV-12", message });
  const { now } = stage.world;
  const open = promises.splice(0).filter(({ until }) => now <= until);
  for (const { id, symbol } of stage.world.underlyings) {
    const [answer] = await stage.reads.view("VolatilityOracle", "marginVolatility", [id]);
    const { maintenance, target, initial } = answer as Volatility;
    if (maintenance > target || target > initial) say(`${symbol}: maintenance ≤ target ≤ initial does not hold`);
    for (const promise of open) {
      if (promise.underlying !== id || maintenance <= promise.maintenance) continue;
      say(
        `${symbol}: maintenance volatility ${maintenance.toString()} above the forecast ${promise.maintenance.toString()}`,
      );
    }
    const [ahead] = await stage.reads.view("VolatilityOracle", "forecast", [id, FORECAST_SECONDS]);
    promises.push({ underlying: id, until: now + FORECAST_SECONDS, maintenance: ahead as bigint });
  }
  promises.push(...open);
  return violations;
}

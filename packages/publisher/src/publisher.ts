import { signSurfaceReport } from "@plimsoll/client";
import { levelsOf } from "@plimsoll/risk";
import type { Signer } from "ethers";
import type { Logger } from "pino";
import { PublisherError, ReportRefusedError } from "./errors.ts";
import { requirePublishers, type SurfaceOracle } from "./oracle.ts";
import { plan, type Action, type PlanConfig, type PlanState } from "./plan.ts";
import type { ReportPool } from "./pool.ts";
import { toReport, type PlacedReport, type SurfaceView } from "./reports.ts";

/** What a publisher works with. */
export interface Publisher {
  readonly oracle: SurfaceOracle;
  /** Holds the publisher's key. */
  readonly signer: Signer;
  readonly pool: ReportPool;
  /** By underlying: how its view is made. @param now Unix seconds, by the chain. */
  readonly views: ReadonlyMap<number, (now: number) => Promise<SurfaceView>>;
  readonly config: PlanConfig;
  readonly logger: Logger;
}

/** What a pass did about one underlying, last action first to be told. */
export interface PassResult {
  readonly underlying: number;
  readonly outcome: "waited" | "signed" | "published" | "failed";
  readonly error?: unknown;
}

/** Looks at every underlying once: computes, compares with the chain, signs and sends where it is due. */
export async function runPass(publisher: Publisher): Promise<PassResult[]> {
  const results: PassResult[] = [];
  for (const underlying of publisher.views.keys()) {
    try {
      results.push({ underlying, outcome: await attend(publisher, underlying) });
    } catch (error) {
      const code = error instanceof PublisherError ? error.code : "unexpected";
      publisher.logger.error({ underlying, code, err: error }, "pass failed");
      results.push({ underlying, outcome: "failed", error });
    }
  }
  return results;
}

async function attend(publisher: Publisher, underlying: number): Promise<PassResult["outcome"]> {
  const state = await observe(publisher, underlying);
  const action = plan(state);
  if (action.kind !== "sign") return carryOut(action, publisher, state);
  const own = await sign(publisher, state, action.reason);
  const others = state.pool.filter(({ signer }) => signer.toLowerCase() !== own.signer.toLowerCase());
  const next = plan({ ...state, pool: [...others, own] });
  return next.kind === "send" ? carryOut(next, publisher, state) : "signed";
}

async function observe(
  { oracle, signer, pool, views, config, logger }: Publisher,
  underlying: number,
): Promise<PlanState> {
  const state = await oracle.state(underlying);
  const view = await views.get(underlying)?.(state.now);
  if (view === undefined) throw new RangeError(`no source of underlying ${underlying}`);
  const genuine: PlacedReport[] = [];
  const onUnusable = (error: unknown) => {
    logger.warn({ underlying, err: error }, "report in the pool left out");
  };
  for (const placed of await pool.read(underlying, onUnusable)) {
    await oracle.requireGenuine(placed).then(() => genuine.push(placed), onUnusable);
  }
  return { ...state, underlying, self: await signer.getAddress(), view, pool: genuine, config };
}

async function sign(
  { oracle, signer, pool, logger }: Publisher,
  state: PlanState,
  reason: string,
): Promise<PlacedReport> {
  const { underlying, now, view, self } = state;
  requirePublishers(state);
  if (!(await oracle.isSigner(self)))
    throw new ReportRefusedError("unknown-signer", `${self} is not a publisher`, "have it named by setSigners");
  const report = toReport(view.surface, { underlying, timestamp: now });
  const signed = await signSurfaceReport(report, signer, oracle.venue);
  const placed = { ...signed, venue: oracle.venue };
  await pool.write(placed);
  const { rho, eta, rate } = view.surface;
  logger.info({ underlying, reason, source: view.source, levels: levelsOf(view.surface), rho, eta, rate }, "signed");
  return placed;
}

async function carryOut(
  action: Action,
  { oracle, logger }: Publisher,
  { underlying }: PlanState,
): Promise<PassResult["outcome"]> {
  switch (action.kind) {
    case "refuse":
      throw action.error;
    case "send": {
      const hash = await oracle.publish(action.reports).catch(toUndefinedIfLate);
      if (hash === undefined) return "waited";
      logger.info({ underlying, reports: action.reports.length, hash }, "published");
      return "published";
    }
    case "wait":
      logger.debug({ underlying, reason: action.reason }, "waiting");
      return "waited";
    case "sign":
      return "signed";
  }
}

/** Every publisher that sees enough reports sends them; only the first of them is needed. */
function toUndefinedIfLate(error: unknown): undefined {
  if (error instanceof ReportRefusedError && error.reason === "not-newer") return undefined;
  throw error;
}

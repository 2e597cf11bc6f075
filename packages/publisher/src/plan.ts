import { levelsOf, type Surface } from "@plimsoll/risk";
import { type PublisherError, StaleDataError, SurfaceJumpError } from "./errors.ts";
import type { OracleState } from "./oracle.ts";
import { surfaceOfReport, type PlacedReport, type SurfaceView } from "./reports.ts";

/** Everything that a decision depends on, of one underlying. */
export interface PlanState extends OracleState {
  readonly underlying: number;
  /** This publisher's address. */
  readonly self: string;
  readonly view: SurfaceView;
  /** Genuine reports of this underlying, of any age, one of each signer. */
  readonly pool: readonly PlacedReport[];
  readonly config: PlanConfig;
}

export interface PlanConfig {
  /** Relative change of an at-the-money volatility, and absolute changes of ρ, η and rate, that are worth a report. */
  readonly moves: { readonly level: number; readonly rho: number; readonly eta: number; readonly rate: number };
  /** Least time between two reports of moves. */
  readonly minIntervalSeconds: number;
  /** How long before the end of the heartbeat an unmoved surface is published again. */
  readonly renewSeconds: number;
  readonly maxDataAgeSeconds: number;
  /** Relative change of an at-the-money volatility since the last signature beyond which nothing is signed. */
  readonly maxMove: number;
}

export const DEFAULT_PLAN: PlanConfig = {
  moves: { level: 0.02, rho: 0.05, eta: 0.1, rate: 0.02 },
  minIntervalSeconds: 300,
  renewSeconds: 1_800,
  maxDataAgeSeconds: 7_200,
  maxMove: 0.4,
};

export type Action =
  | { readonly kind: "wait"; readonly reason: string }
  | { readonly kind: "refuse"; readonly error: PublisherError }
  | { readonly kind: "sign"; readonly reason: string }
  | { readonly kind: "send"; readonly reports: readonly PlacedReport[] };

/** A report that is about to be too old would be refused by the time it is mined. */
const MINING_SECONDS = 60;

/** What to do now about one underlying. */
export function plan(state: PlanState): Action {
  const fresh = state.pool.filter(({ report }) => isFresh(report.timestamp, state));
  if (state.threshold > 0 && fresh.length >= state.threshold) return { kind: "send", reports: fresh };
  const hasSigned = fresh.some(({ signer }) => isSelf(signer, state));
  const missing = state.threshold - fresh.length;
  if (hasSigned) return { kind: "wait", reason: `for ${missing} more publishers` };
  const reason = dueReason(state, fresh.length > 0);
  if (reason === undefined) return { kind: "wait", reason: "not moved" };
  const error = doubt(state);
  return error === undefined ? { kind: "sign", reason } : { kind: "refuse", error };
}

/** Why a report is due; undefined if it is not. @param isAsked Another publisher has signed and waits. */
function dueReason({ now, onChain, view, heartbeatSeconds, config }: PlanState, isAsked: boolean): string | undefined {
  const age = now - onChain.timestamp;
  if (onChain.timestamp === 0) return "no fresh surface on chain";
  if (age >= heartbeatSeconds - config.renewSeconds) return "the heartbeat is nearly over";
  if (isAsked) return "another publisher has signed";
  const moved = whatMoved(view.surface, onChain.surface, config.moves);
  return moved === undefined || age < config.minIntervalSeconds ? undefined : `${moved} moved`;
}

function whatMoved(to: Surface, from: Surface, moves: PlanConfig["moves"]): string | undefined {
  if (relativeMove(to, from).share >= moves.level) return "level";
  for (const part of ["rho", "eta", "rate"] as const) if (Math.abs(to[part] - from[part]) >= moves[part]) return part;
  return undefined;
}

/** Why the view is not to be signed. */
function doubt({ now, underlying, self, view, pool, heartbeatSeconds, config }: PlanState): PublisherError | undefined {
  const age = now - view.observedAt;
  if (age > config.maxDataAgeSeconds) return new StaleDataError(underlying, age, config.maxDataAgeSeconds);
  const last = pool.find(({ signer }) => isSelf(signer, { self }))?.report;
  // What was signed before the last heartbeat says little of now.
  if (last === undefined || now - last.timestamp > heartbeatSeconds) return undefined;
  const { share, days, from, to } = relativeMove(view.surface, surfaceOfReport(last));
  return share > config.maxMove ? new SurfaceJumpError(days, { from, to }, config.maxMove) : undefined;
}

/** The largest relative change of an at-the-money volatility. */
function relativeMove(to: Surface, from: Surface): { share: number; days: number; from: number; to: number } {
  const before = levelsOf(from);
  const moves = levelsOf(to).map((level, i) => {
    const known = before[i] ?? NaN;
    const days = (to.tenors[i]?.seconds ?? 0) / 86_400;
    return { share: Math.abs(level / known - 1), days, from: known, to: level };
  });
  return moves.reduce((most, move) => (move.share > most.share ? move : most));
}

function isFresh(timestamp: number, { now, onChain, maxReportAgeSeconds }: OracleState): boolean {
  return timestamp > onChain.timestamp && timestamp <= now && now - timestamp <= maxReportAgeSeconds - MINING_SECONDS;
}

function isSelf(signer: string, { self }: Pick<PlanState, "self">): boolean {
  return signer.toLowerCase() === self.toLowerCase();
}

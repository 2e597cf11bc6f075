import {
  decodeError,
  signerOfSurfaceReport,
  type PlimsollError,
  type SignedSurfaceReport,
  type SurfaceVenue,
} from "@plimsoll/client";
import { surfaceFromChain, type Surface } from "@plimsoll/risk";
import { isCallException, isError, type ContractRunner, type Provider } from "ethers";
import { VolatilityOracle__factory, type VolatilityOracle } from "../../../typechain-types/index.js";
import { ReportRefusedError, type Refusal } from "./errors.ts";
import type { PlacedReport } from "./reports.ts";

/** What the oracle demands of reports, and what it has. Times are Unix seconds. */
export interface OracleState {
  /** Of the newest block. */
  readonly now: number;
  readonly threshold: number;
  /** `timestamp` 0: no fresh surface. */
  readonly onChain: { readonly surface: Surface; readonly timestamp: number };
  readonly heartbeatSeconds: number;
  readonly maxReportAgeSeconds: number;
}

const ADVICE: Readonly<Record<string, readonly [reason: Refusal, advice: string]>> = {
  UnknownSigner: ["unknown-signer", "have the key named by setSigners, or sign again for this chain and oracle"],
  SignersNotSorted: ["two-by-one-signer", "send one report of each signer"],
  TooFewReports: ["too-few", "collect reports of more publishers"],
  UnderlyingsDiffer: ["underlyings-differ", "send one underlying at a time"],
  ReportTimeInvalid: ["stale-report", "sign again with the time of now"],
  SurfaceHasArbitrage: [
    "arbitrage",
    "calibrate again: total variance must rise, and η is too large for ρ and the last tenor",
  ],
  OutOfBounds: ["out-of-bounds", "calibrate again: see the bounds in contracts/libraries/SurfaceReports.sol"],
  RoundsPending: ["rounds-pending", "call walk(underlying, 128) until it answers less than 128, or start a keeper"],
  NotListed: ["not-listed", "list the underlying first, or take another number"],
};

/** The volatility oracle of one chain, as a publisher sees it. */
export class SurfaceOracle {
  private readonly contract: VolatilityOracle;

  /** @param runner A signer to send, a provider to look. */
  constructor(
    readonly venue: SurfaceVenue,
    private readonly provider: Provider,
    runner: ContractRunner = provider,
  ) {
    this.contract = VolatilityOracle__factory.connect(venue.volatilityOracle, runner);
  }

  /** @throws ReportRefusedError where the underlying is not listed. */
  async state(underlying: number): Promise<OracleState> {
    const [block, threshold, surface, heartbeat, maxAge] = await explained(
      Promise.all([
        this.provider.getBlock("latest"),
        this.contract.threshold(),
        this.contract.surface(underlying),
        this.contract.SURFACE_HEARTBEAT_SECONDS(),
        this.contract.MAX_REPORT_AGE_SECONDS(),
      ]),
    );
    return {
      now: block?.timestamp ?? 0,
      threshold: Number(threshold),
      onChain: { surface: surfaceFromChain(surface), timestamp: Number(surface.timestamp) },
      heartbeatSeconds: Number(heartbeat),
      maxReportAgeSeconds: Number(maxAge),
    };
  }

  isSigner(signer: string): Promise<boolean> {
    return this.contract.isSigner(signer);
  }

  /** @throws ReportRefusedError unless the report was signed by who it says, for this oracle, and that is a publisher. */
  async requireGenuine(placed: PlacedReport): Promise<void> {
    const { venue, signer } = placed;
    if (venue.chainId !== this.venue.chainId)
      throw refused(
        "wrong-chain",
        `signed for chain ${venue.chainId}, not ${this.venue.chainId}`,
        "sign for this chain",
      );
    if (venue.volatilityOracle.toLowerCase() !== this.venue.volatilityOracle.toLowerCase())
      throw refused("wrong-oracle", `signed for the oracle ${venue.volatilityOracle}`, "sign for this deployment");
    if (recovered(placed)?.toLowerCase() !== signer.toLowerCase())
      throw refused("bad-signature", `the signature is not of ${signer}`, "the file was changed: sign again");
    if (!(await this.isSigner(signer)))
      throw refused("unknown-signer", `${signer} is not a publisher`, "have it named by setSigners");
  }

  /** Checks what the oracle will check, simulates, sends, and waits for the block. @returns Hash of the transaction. */
  async publish(reports: readonly PlacedReport[]): Promise<string> {
    const sorted = [...reports].sort((a, b) => compare(a.signer.toLowerCase(), b.signer.toLowerCase()));
    for (const placed of sorted) await this.requireGenuine(placed);
    const [first] = sorted;
    if (first === undefined) throw refused("too-few", "no report", "give the files of signed reports");
    requireTogether(sorted, await this.state(first.report.underlying));
    const structs = sorted.map(({ report }) => ({ ...report, totalVariance: [...report.totalVariance] as Four }));
    const signatures = sorted.map(({ signature }) => signature);
    await explained(this.contract.report.staticCall(structs, signatures));
    const transaction = await explained(this.contract.report(structs, signatures));
    try {
      await transaction.wait();
    } catch (error) {
      if (!isCallException(error)) throw error;
      throw refused("reverted", `transaction ${transaction.hash} failed`, "look at it, then send again");
    }
    return transaction.hash;
  }
}

/** @throws ReportRefusedError where the oracle takes no reports at all. */
export function requirePublishers({ threshold }: Pick<OracleState, "threshold">): void {
  if (threshold === 0) throw refused("no-publishers", "the oracle has no publishers yet", "name them by setSigners");
}

type Four = [bigint, bigint, bigint, bigint];

function requireTogether(reports: readonly PlacedReport[], state: OracleState): void {
  const { threshold } = state;
  requirePublishers(state);
  if (reports.length < threshold)
    throw refused(
      "too-few",
      `${reports.length} reports, ${threshold} must agree`,
      "collect reports of more publishers",
    );
  const [first] = reports;
  reports.forEach((placed, i) => {
    if (placed.report.underlying !== first?.report.underlying)
      throw refused("underlyings-differ", "reports of different underlyings", "send one underlying at a time");
    if (placed.signer.toLowerCase() === reports[i - 1]?.signer.toLowerCase())
      throw refused("two-by-one-signer", `two reports of ${placed.signer}`, "send one report of each signer");
    requireTimely(placed, state);
  });
}

function requireTimely({ report, signer }: PlacedReport, { now, onChain, maxReportAgeSeconds }: OracleState): void {
  const { timestamp } = report;
  if (timestamp > now)
    throw refused(
      "from-the-future",
      `${signer} signed for ${timestamp}, ${timestamp - now} s ahead of the chain`,
      "set that clock",
    );
  if (now - timestamp > maxReportAgeSeconds)
    throw refused(
      "stale-report",
      `${signer} signed ${now - timestamp} s ago, more than ${maxReportAgeSeconds} s are refused`,
      "sign again with the time of now",
    );
  if (timestamp <= onChain.timestamp)
    throw refused(
      "not-newer",
      `the oracle has a surface of ${onChain.timestamp} already`,
      "nothing to do, or sign a newer one",
    );
}

function refused(reason: Refusal, detail: string, advice: string): ReportRefusedError {
  return new ReportRefusedError(reason, detail, advice);
}

/** Awaits a call; a refusal of the oracle becomes a {@link ReportRefusedError} with advice. */
async function explained<T>(outcome: Promise<T>): Promise<T> {
  try {
    return await outcome;
  } catch (thrown) {
    if (isError(thrown, "INSUFFICIENT_FUNDS"))
      throw refused("no-gas", "the sender cannot pay for gas", "send it some of the gas token");
    const error = decodeError(thrown);
    throw error === undefined ? thrown : explain(error);
  }
}

function explain(error: PlimsollError): ReportRefusedError {
  const [reason, advice] = ADVICE[error.errorName] ?? ["reverted", "see contracts/interfaces/IVolatilityOracle.sol"];
  return new ReportRefusedError(reason, `the oracle refuses with ${error.message}`, advice);
}

function recovered(placed: SignedSurfaceReport & { readonly venue: SurfaceVenue }): string | undefined {
  try {
    return signerOfSurfaceReport(placed, placed.venue);
  } catch {
    return undefined;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import { TypedDataEncoder, verifyTypedData, type Signer, type TypedDataDomain } from "ethers";

/** One publisher's view of a mark surface, as `SurfaceReport` of `IVolatilityOracle.sol`: WAD, tenors of 7, 30, 90 and 180 days. */
export interface SurfaceReport {
  readonly underlying: number;
  /** The publisher's clock, Unix seconds. */
  readonly timestamp: number;
  /** θ at each tenor, rising. */
  readonly totalVariance: readonly [bigint, bigint, bigint, bigint];
  readonly rho: bigint;
  readonly eta: bigint;
  /** Continuously compounded, a year. */
  readonly rate: bigint;
}

export interface SignedSurfaceReport {
  readonly report: SurfaceReport;
  readonly signer: string;
  readonly signature: string;
}

/** Where a report is valid: one volatility oracle on one chain. */
export interface SurfaceVenue {
  readonly chainId: bigint;
  readonly volatilityOracle: string;
}

const REPORT_TYPES = {
  SurfaceReport: [
    { name: "underlying", type: "uint16" },
    { name: "timestamp", type: "uint40" },
    { name: "totalVariance", type: "uint64[4]" },
    { name: "rho", type: "int64" },
    { name: "eta", type: "uint64" },
    { name: "rate", type: "int64" },
  ],
};

/** The EIP-712 domain in which surface reports are signed. */
export function surfaceDomain({ chainId, volatilityOracle }: SurfaceVenue): TypedDataDomain {
  return { name: "Plimsoll VolatilityOracle", version: "1", chainId, verifyingContract: volatilityOracle };
}

/** The digest that is signed. */
export function hashSurfaceReport(report: SurfaceReport, venue: SurfaceVenue): string {
  return TypedDataEncoder.hash(surfaceDomain(venue), REPORT_TYPES, report);
}

export async function signSurfaceReport(
  report: SurfaceReport,
  signer: Signer,
  venue: SurfaceVenue,
): Promise<SignedSurfaceReport> {
  const signature = await signer.signTypedData(surfaceDomain(venue), REPORT_TYPES, report);
  return { report, signer: await signer.getAddress(), signature };
}

/** Who signed the report for that venue; some other address where it was changed, or signed for another venue. */
export function signerOfSurfaceReport({ report, signature }: SignedSurfaceReport, venue: SurfaceVenue): string {
  return verifyTypedData(surfaceDomain(venue), REPORT_TYPES, report, signature);
}

import { readFile } from "node:fs/promises";
import type { SignedSurfaceReport, SurfaceReport, SurfaceVenue } from "@plimsoll/client";
import { nearestWad } from "@plimsoll/client";
import { requireAdmissible, surfaceFromChain, TENOR_SECONDS, totalVarianceOf, type Surface } from "@plimsoll/risk";
import { z } from "zod";
import { InputError } from "./errors.ts";
import { messageOf, parseJson } from "./table.ts";

/** Where the level and the smile of a surface came from. */
export type SurfaceSource = "chain" | "forecast";

/** A surface with what is known of it, as `calibrate` and `forecast` write it and `sign` reads it. */
export interface SurfaceView {
  readonly surface: Surface;
  readonly source: SurfaceSource;
  /** Of the newest price or quote behind it, Unix seconds. */
  readonly observedAt: number;
}

/** A report with the place where its signature holds. */
export interface PlacedReport extends SignedSurfaceReport {
  readonly venue: SurfaceVenue;
}

const wholeNumber = z
  .string()
  .regex(/^-?\d+$/)
  .transform((text) => BigInt(text));
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);

const reportFile = z.object({
  chainId: wholeNumber,
  volatilityOracle: address,
  report: z.object({
    underlying: z.number().int().positive(),
    timestamp: z.number().int().positive(),
    totalVariance: z.tuple([wholeNumber, wholeNumber, wholeNumber, wholeNumber]),
    rho: wholeNumber,
    eta: wholeNumber,
    rate: wholeNumber,
  }),
  signer: address,
  signature: z.string().regex(/^0x[0-9a-fA-F]*$/),
});

const viewFile = z.object({
  source: z.enum(["chain", "forecast"]),
  observedAt: z.number().int().nonnegative(),
  surface: z.object({
    volatilities: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    rho: z.number(),
    eta: z.number(),
    rate: z.number(),
  }),
});
export type ViewFile = z.infer<typeof viewFile>;

/** A surface in the words of the contract, each number rounded to the nearest WAD. @throws InadmissibleSurfaceError */
export function toReport(
  surface: Surface,
  { underlying, timestamp }: Pick<SurfaceReport, "underlying" | "timestamp">,
): SurfaceReport {
  requireAdmissible(surface);
  const [first = 0n, second = 0n, third = 0n, fourth = 0n] = surface.tenors.map(({ totalVariance }) =>
    nearestWad(totalVariance),
  );
  const { rho, eta, rate } = surface;
  return {
    underlying,
    timestamp,
    totalVariance: [first, second, third, fourth],
    rho: nearestWad(rho),
    eta: nearestWad(eta),
    rate: nearestWad(rate),
  };
}

export function surfaceOfReport({ totalVariance, rho, eta, rate }: SurfaceReport): Surface {
  return surfaceFromChain({ tenorSeconds: TENOR_SECONDS.map(BigInt), totalVariance, rho, eta, rate });
}

/** For a file: whole numbers as text. */
export function encodeReport({ report, signer, signature, venue }: PlacedReport): string {
  const exact = (_key: string, value: unknown) => (typeof value === "bigint" ? value.toString() : value);
  return JSON.stringify({ ...venue, report, signer, signature }, exact, 2);
}

/** @throws InputError */
export function decodeReport(text: string, source: string): PlacedReport {
  const parsed = reportFile.safeParse(parseJson(text, source));
  if (!parsed.success) throw new InputError(source, problemOf(parsed.error), "a signed report as `sign` writes it");
  const { chainId, volatilityOracle, ...signed } = parsed.data;
  return { ...signed, venue: { chainId, volatilityOracle } };
}

/** For a file, in volatilities as people quote them. */
export function encodeView({ surface, source, observedAt }: SurfaceView, volatilities: readonly number[]): string {
  const { rho, eta, rate } = surface;
  return JSON.stringify({ source, observedAt, surface: { volatilities, rho, eta, rate } }, null, 2);
}

/** @throws InputError */
export async function readView(file: string): Promise<SurfaceView> {
  const parsed = viewFile.safeParse(parseJson(await readTextFile(file), file));
  if (!parsed.success) throw new InputError(file, problemOf(parsed.error), "a surface as `calibrate` writes it");
  const { volatilities, ...smile } = parsed.data.surface;
  const tenors = TENOR_SECONDS.map((seconds, i) => ({
    seconds,
    totalVariance: totalVarianceOf(volatilities[i] ?? NaN, seconds),
  }));
  return { ...parsed.data, surface: { tenors, ...smile } };
}

export async function readTextFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new InputError(file, messageOf(error), "a readable file");
  }
}

function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? "another shape" : `${issue.path.join(".") || "the whole"}: ${issue.message}`;
}

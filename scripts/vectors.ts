// Writes `vectors/*.json`, the golden values that Solidity and TypeScript are held against: columns of equal length, but for
// whole portfolios, and decimal strings in WAD. With `--check` it writes nothing and fails where a file differs from what it would write.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { black76, fromWad, normalCdf, ssviTotalVolatility, toWad } from "./fixedPoint.ts";
import { portfolioVectors } from "./portfolioVectors.ts";

const WAD = 10n ** 18n;
/** A strike is a multiple of 1e-8 USD. */
const STRIKE_UNIT = 10n ** 10n;

type Row = Readonly<Record<string, bigint>>;

/** A decimal number as WAD, exactly. */
function wad(decimal: string): bigint {
  const [whole = "0", fraction = ""] = decimal.replace("-", "").split(".");
  const magnitude = BigInt(whole) * WAD + BigInt(fraction.padEnd(18, "0"));
  return decimal.startsWith("-") ? -magnitude : magnitude;
}

function normalRows(): Row[] {
  const points: bigint[] = [];
  for (let hundredth = -900n; hundredth <= 900n; hundredth += 5n) points.push((hundredth * WAD) / 100n);
  // Both sides of the seam at 5√2, next to zero and to the saturation, and points off the raster.
  const special = ["7.071067811865469999", "7.07106781186547", "0.000000000000000001", "8.799999999999999999"];
  const between = ["0.123456789012345678", "1.959963984540054235", "3.141592653589793238", "6.66", "12"];
  for (const point of [...special, ...between].map(wad)) points.push(point, -point);
  return points.map((x) => ({ x, cdf: toWad(normalCdf(fromWad(x))) }));
}

function black76Rows(): Row[] {
  const forwards = ["0.05", "2000", "64321.987654321"].map(wad);
  const ratios = ["0.2", "0.4", "0.7", "0.9", "0.97", "0.999", "1", "1.001", "1.03", "1.1", "1.4", "2.5", "5"].map(wad);
  const volatilities = ["0.0001", "0.002", "0.01", "0.04", "0.1", "0.25", "0.6", "1", "2", "4"].map(wad);
  const markets = forwards.flatMap((forward) => ratios.map((ratio) => ({ forward, ratio })));
  return markets.flatMap(({ forward, ratio }) => {
    const exactStrike = (forward * ratio) / WAD;
    const strike = exactStrike - (exactStrike % STRIKE_UNIT);
    return volatilities.map((totalVolatility) => {
      const { call, put } = black76(fromWad(forward), fromWad(strike), fromWad(totalVolatility));
      return { forward, strike, totalVolatility, call: toWad(call), put: toWad(put) };
    });
  });
}

function ssviRows(): Row[] {
  const slices = [
    { theta: "0.0001", rho: "-0.2", eta: "1.4" },
    { theta: "0.0125", rho: "-0.45", eta: "0.9" },
    { theta: "0.09", rho: "0.3", eta: "0.7" },
    { theta: "0.6", rho: "-0.7", eta: "1.1" },
    { theta: "0.04", rho: "0", eta: "1" },
  ].map(({ theta, rho, eta }) => ({ theta: wad(theta), rho: wad(rho), eta: wad(eta) }));
  const logStrikes = ["-2", "-0.7", "-0.25", "-0.04", "0", "0.01", "0.13", "0.5", "1.3"].map(wad);
  return slices.flatMap(({ theta, rho, eta }) =>
    logStrikes.map((k) => {
      const slice = { theta: fromWad(theta), rho: fromWad(rho), eta: fromWad(eta), k: fromWad(k) };
      return { theta, rho, eta, k, totalVolatility: toWad(ssviTotalVolatility(slice)) };
    }),
  );
}

/** One column for each field, in the order of the first row. */
function toJson(rows: readonly Row[]): string {
  const fields = Object.keys(rows[0] ?? {});
  const columns = fields.map((field) => [field, rows.map((row) => String(row[field]))] as const);
  return `${JSON.stringify(Object.fromEntries(columns), undefined, 1)}\n`;
}

const folder = fileURLToPath(new URL("../vectors/", import.meta.url));
const files = {
  normal: () => toJson(normalRows()),
  black76: () => toJson(black76Rows()),
  ssvi: () => toJson(ssviRows()),
  portfolios: portfolioVectors,
};
const isCheck = process.argv.includes("--check");

mkdirSync(folder, { recursive: true });
for (const [name, make] of Object.entries(files)) {
  const path = `${folder}${name}.json`;
  const json = make();
  if (!isCheck) {
    writeFileSync(path, json);
  } else if (readFileSync(path, "utf8") !== json) {
    console.error(`vectors/${name}.json is stale: npx tsx scripts/vectors.ts`);
    process.exitCode = 1;
  }
}

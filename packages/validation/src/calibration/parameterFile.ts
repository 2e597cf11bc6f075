import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { glob } from "node:fs/promises";
import type { Asset } from "@plimsoll/replay";
import { format } from "prettier";
import { z } from "zod";
import type { AssetParameters } from "./parameters.ts";

/** As much of a parameter file as calibration changes; everything else stays as it is written. */
const tier = z.looseObject({ z: z.string(), rangeMin: z.string(), rangeMax: z.string() });
const controller = z.looseObject({
  realisedHalfLifeDays: z.number(),
  initialHalfLifeHours: z.number(),
  floor: z.string(),
  stressedWeight: z.string(),
  maintenanceRisePerHour: z.string(),
});
const fileSchema = z.looseObject({
  underlyings: z.array(
    z.looseObject({
      symbol: z.string(),
      risk: z.looseObject({ initial: tier, maintenance: tier }),
      controller,
      stressed: z.string(),
    }),
  ),
});
type Underlying = z.infer<typeof fileSchema>["underlyings"][number];

/** One value that was written over another. */
export interface Change {
  readonly file: string;
  readonly parameter: string;
  readonly from: string;
  readonly to: string;
}

function isParameterFile(content: unknown): content is z.infer<typeof fileSchema> {
  return fileSchema.safeParse(content).success;
}

const DAY = 86_400;
const HOUR = 3_600;

/** Writes the parameters into every file of the folder that lists their asset, and tells what changed. */
export async function writeParameters(
  folder: string,
  chosen: ReadonlyMap<Asset, AssetParameters>,
): Promise<readonly Change[]> {
  const changes: Change[] = [];
  const names: string[] = [];
  for await (const name of glob("*.json", { cwd: folder })) names.push(name);
  for (const name of names.sort()) {
    const file = join(folder, name);
    const content: unknown = JSON.parse(await readFile(file, "utf8"));
    // What zod returns has its keys in another order; the file keeps its own.
    if (!isParameterFile(content)) throw fileSchema.safeParse(content).error ?? new TypeError(file);
    const found = content.underlyings.flatMap((underlying) => changeUnderlying(underlying, chosen, file));
    changes.push(...found);
    if (found.length > 0)
      await writeFile(file, await format(JSON.stringify(content, undefined, 2), { parser: "json" }));
  }
  return changes;
}

function changeUnderlying(underlying: Underlying, chosen: ReadonlyMap<Asset, AssetParameters>, file: string): Change[] {
  const parameters = [...chosen].find(([asset]) => asset === underlying.symbol)?.[1];
  if (parameters === undefined) return [];
  const { risk, controller: target } = underlying;
  const { controller: source } = parameters;
  const assign = <Key extends string>(
    object: Partial<Record<Key, unknown>>,
    name: string,
    values: Record<Key, unknown>,
  ) =>
    (Object.keys(values) as Key[]).flatMap((key): Change[] => {
      const [from, to] = [String(object[key]), String(values[key])];
      if (Number(from) === Number(to)) return [];
      object[key] = values[key];
      return [{ file, parameter: `${underlying.symbol} ${name}${key}`, from, to }];
    });
  const tierOf = (name: "initial" | "maintenance") => {
    const { z: multiple, rangeMin, rangeMax } = parameters.risk[name];
    return { z: String(multiple), rangeMin: String(rangeMin), rangeMax: String(rangeMax) };
  };
  return [
    ...assign(risk.initial, "initial.", tierOf("initial")),
    ...assign(risk.maintenance, "maintenance.", tierOf("maintenance")),
    ...assign(target, "controller.", {
      realisedHalfLifeDays: source.realisedHalfLifeSeconds / DAY,
      initialHalfLifeHours: source.initialHalfLifeSeconds / HOUR,
      floor: String(source.floor),
      stressedWeight: String(source.stressedWeight),
      maintenanceRisePerHour: String(source.maintenanceRisePerHour),
    }),
    ...assign(underlying, "", { stressed: String(parameters.stressed) }),
  ];
}

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { format, resolveConfig } from "prettier";
import { z } from "zod";
import { DICE_PER_STEP, SIDES } from "./dice.ts";
import { StoryFileError } from "./errors.ts";

const step = z.strictObject({
  /** Name of a case. */
  do: z.string(),
  dice: z
    .array(
      z
        .int()
        .min(0)
        .max(SIDES - 1),
    )
    .max(DICE_PER_STEP),
});

const story = z.strictObject({
  /** What this is, for who reads the file. */
  title: z.string().optional(),
  /** Of people's wealth, of the market's parameters and of the price's noise. */
  seed: z.string(),
  underlyings: z.union([z.literal(1), z.literal(2)]),
  /** Depth of the markets outside, in per cent of the depth that the margin parameters assume. */
  depthPercent: z.number().positive(),
  steps: z.array(step),
  /** The steps in words, as they went when the story was found. Not read. */
  told: z.array(z.string()).optional(),
});

/** One step: a case, and its random choices. */
export type Step = z.infer<typeof step>;
/** A market and what happens in it, as plain data: enough to do it all again. */
export type Story = z.infer<typeof story>;

/** @throws StoryFileError */
export function readStory(file: string): Story {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new StoryFileError(file, error instanceof Error ? error.message : String(error));
  }
  const parsed = story.safeParse(value);
  if (!parsed.success) throw new StoryFileError(file, z.prettifyError(parsed.error));
  return parsed.data;
}

/** Writes a story as the repository formats its files. */
export async function writeStory(file: string, one: Story): Promise<void> {
  const options = (await resolveConfig(file)) ?? {};
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, await format(JSON.stringify(one), { ...options, filepath: file }));
}

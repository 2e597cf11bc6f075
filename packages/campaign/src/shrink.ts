import type { Step, Story } from "./story.ts";

/** Whether a story still shows what is looked for. */
export type Shows = (story: Story) => Promise<boolean>;

/**
 * Leaves out steps while the rest still shows the violation: halves first, then smaller pieces, then single steps (Zeller's delta debugging). A story of
 * four hundred steps is told in a handful after some dozen replays. Steps that remain keep their dice: what they pick is found by what is there.
 * @param budget How many replays at most.
 */
export async function shrink(story: Story, shows: Shows, budget: number): Promise<Story> {
  const search = { story, shows, left: budget };
  let steps: readonly Step[] = story.steps;
  for (let pieces = 2; steps.length > 1 && search.left > 0;) {
    const size = Math.ceil(steps.length / pieces);
    const shorter = await withoutPieces(search, steps, size);
    const isShorter = shorter.length < steps.length;
    steps = shorter;
    if (size === 1 && !isShorter) break;
    pieces = Math.min(isShorter ? Math.max(2, pieces - 1) : pieces * 2, steps.length);
  }
  return { ...story, steps: [...steps] };
}

interface Search {
  readonly story: Story;
  readonly shows: Shows;
  left: number;
}

/** Leaves out every piece of this size without which the violation still shows. */
async function withoutPieces(search: Search, steps: readonly Step[], size: number): Promise<readonly Step[]> {
  let kept = steps;
  for (let start = 0; start < kept.length && search.left > 0;) {
    const rest = [...kept.slice(0, start), ...kept.slice(start + size)];
    search.left--;
    if (rest.length > 0 && (await search.shows({ ...search.story, steps: rest }))) kept = rest;
    else start += size;
  }
  return kept;
}

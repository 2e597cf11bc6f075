import type { Mutant } from "../../test/incidents/mutants.ts";
import { mutated } from "./mutation.ts";
import type { Ending } from "./testProcess.ts";
import type { Workshop } from "./workshop.ts";

export const SCENARIOS = "test/incidents";

/** What the scenarios deploy from artifacts. */
export const DEPLOYED: readonly string[] = [
  "PriceOracle",
  "VolatilityOracle",
  "Markets",
  "Clearinghouse",
  "ClearinghouseForce",
  "ClearinghouseBooks",
  "MarginEngine",
  "BackstopVault",
  "Liquidator",
  "LiquidityPool",
  "PoolQuoter",
];

export function testFile(incident: string): string {
  return `${SCENARIOS}/${incident}.t.sol`;
}

/** Runs scenarios on the code as it is, but every contract that a mutant touches compiled as the mutant will be. */
export async function control(
  workshop: Workshop,
  incidents: readonly string[],
  mutants: readonly Mutant[],
): Promise<Ending[]> {
  await workshop.makeComparable(new Set(mutants.flatMap((mutant) => touchedBy(workshop, mutant))));
  return workshop.run(incidents.map(testFile));
}

/** Runs a scenario on a mutant, after the control, and leaves the originals behind. */
export async function tryMutant(workshop: Workshop, incident: string, mutant: Mutant): Promise<Ending[]> {
  try {
    for (const edit of mutant.edits) await workshop.put(edit.file, mutated(await workshop.read(edit.file), edit));
    for (const contract of touchedBy(workshop, mutant)) await workshop.compile(contract);
    return await workshop.run([testFile(incident)]);
  } finally {
    await workshop.restore();
  }
}

function touchedBy(workshop: Workshop, { edits }: Mutant): string[] {
  return workshop.touchedBy(edits.map(({ file }) => file));
}

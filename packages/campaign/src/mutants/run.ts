import { fileURLToPath } from "node:url";
import hre from "hardhat";
import { CompileError, type Profiles, type Settings } from "../../../../scripts/incidents/compiler.ts";
import { UnknownMutantError } from "../errors.ts";
import { CAMPAIGN_MUTANTS, type CampaignMutant } from "./list.ts";
import { MutantWorkshop, type Verdict } from "./workshop.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** Those named, or all. */
export function chosenMutants(names: readonly string[]): readonly CampaignMutant[] {
  const known = CAMPAIGN_MUTANTS.map(({ name }) => name);
  for (const name of names) if (!known.includes(name)) throw new UnknownMutantError(name, known);
  return names.length === 0 ? CAMPAIGN_MUTANTS : CAMPAIGN_MUTANTS.filter(({ name }) => names.includes(name));
}

/** Whether the campaign saw the bug, and not something else. */
export function isFound({ red }: CampaignMutant, { invariants }: Verdict): boolean {
  return invariants.some((invariant) => red.includes(invariant));
}

/** Puts each mutant in and plays until it is found, or so many operations are done. @returns whether all were found. */
export async function runMutants(options: {
  readonly only: readonly string[];
  readonly operations: number;
  readonly seed: number;
}): Promise<boolean> {
  const mutants = chosenMutants(options.only);
  const workshop = await MutantWorkshop.open(root, profiles());
  let found = 0;
  try {
    for (const mutant of mutants) {
      const started = performance.now();
      const outcome = await judge(workshop, mutant, options);
      if (outcome.isFound) found++;
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      console.log(`${outcome.isFound ? "found  " : "MISSED "} ${mutant.name}: ${outcome.text}, ${seconds} s`);
    }
  } finally {
    await workshop.close();
  }
  console.log(`\n${found} of ${mutants.length} mutants found`);
  return found === mutants.length;
}

async function judge(
  workshop: MutantWorkshop,
  mutant: CampaignMutant,
  options: { readonly operations: number; readonly seed: number },
): Promise<{ readonly isFound: boolean; readonly text: string }> {
  try {
    const verdict = await workshop.try(mutant, options);
    const what =
      verdict.invariants.length === 0 ? "nothing seen" : `${verdict.invariants.join(", ")} (${verdict.message})`;
    return { isFound: isFound(mutant, verdict), text: `${what} after ${verdict.operations} operations` };
  } catch (error) {
    if (error instanceof CompileError) return { isFound: false, text: `does not compile: ${error.output}` };
    throw error;
  }
}

/** As the incidents compile theirs: without optimiser where the stack allows it. */
function profiles(): Profiles {
  const { compilers = [], overrides = {} } = hre.config.solidity.profiles.default ?? {};
  const deployed = (compilers[0]?.settings ?? {}) as Settings;
  const [quick] = Object.values(overrides).map(({ settings }) => settings as Settings);
  return { quick: quick ?? deployed, deployed };
}

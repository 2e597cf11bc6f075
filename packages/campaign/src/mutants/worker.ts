// Child of `npm run campaign -- --mutants`: plays on the contracts of the project in its working directory and tells the parent what it found.
import { runCampaign } from "../campaign.ts";
import { openTheatre } from "../chain/theatre.ts";
import type { Verdict } from "./workshop.ts";

const [operations = "0", seed = "0"] = process.argv.slice(2);
const theatre = await openTheatre({ isMutant: true });
const { found, tally } = await runCampaign(
  theatre,
  { operations: Number(operations), seed: Number(seed) },
  () => undefined,
);
const violations = found?.played.violations ?? [];
const verdict: Verdict = {
  invariants: violations.map(({ invariant }) => invariant),
  message: violations[0]?.message ?? "",
  operations: tally.operations,
};
process.send?.(verdict, () => {
  // Hardhat keeps threads that would hold the process open.
  process.exit(0);
});

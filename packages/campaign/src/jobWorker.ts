// Child of `npm run campaign`: plays the stories that it is told to on a chain of its own, and tells what came of each.
import { playOne, storyAt } from "./campaign.ts";
import { openTheatre } from "./chain/theatre.ts";
import type { Report, Task } from "./jobs.ts";

const theatre = await openTheatre();

function tell(report: Report): void {
  process.send?.(report);
}

async function play({ seed, index }: Task): Promise<void> {
  const played = await playOne(theatre, storyAt(seed, index), (operations) => {
    tell({ kind: "within", operations });
  });
  tell({ kind: "played", index, played });
}

process.on("message", (message) => {
  void play(message as Task).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.on("disconnect", () => {
  process.exit(0);
});
tell({ kind: "ready" });

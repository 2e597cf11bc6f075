import type { TestMarket } from "./deploy.ts";

/** Of the clearinghouse, as in snapshots/storage.json. */
const TEAR_UP_COUNT_SLOT = 12;

/** As if so many positions had been closed against others, of which nobody here holds the other side. */
export async function closeElsewhere({ addresses, networkHelpers }: TestMarket, tearUps: number): Promise<void> {
  await networkHelpers.setStorageAt(addresses.clearinghouse, TEAR_UP_COUNT_SLOT, tearUps);
}

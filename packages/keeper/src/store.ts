import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const bigint = z.coerce.bigint();

const legSchema = z.object({ instrument: bigint, size: bigint });

/** A transaction that was decided on, written down before it is broadcast. Fees in wei, `sentAt` in Unix seconds. */
export const intentSchema = z.object({
  key: z.string(),
  kind: z.enum([
    "walkRounds",
    "startAuction",
    "confirmAuction",
    "endAuction",
    "callMargin",
    "clearMarginCall",
    "liquidateLegs",
    "takeOver",
    "absorb",
    "topUp",
    "unwind",
    "proveSettlement",
    "settleExpired",
    "settleLosses",
    "accrueFunding",
    "refreshCover",
    "refreshBucket",
    "executeRequests",
    "releaseEmpty",
    "cancel",
  ]),
  subject: z.object({
    account: bigint.optional(),
    taker: bigint.optional(),
    legs: z.array(legSchema).readonly().optional(),
    accounts: z.array(bigint).readonly().optional(),
  }),
  to: z.string(),
  data: z.string(),
  nonce: z.number().int(),
  gasLimit: bigint,
  gasExpected: bigint,
  maxFeePerGas: bigint,
  maxPriorityFeePerGas: bigint,
  hashes: z.array(z.string()),
  sentAt: z.number(),
  budgetWei: bigint,
  expectedProfit: bigint,
});
export type Intent = z.infer<typeof intentSchema>;

const stateSchema = z.object({
  index: z.object({
    cursor: z.number().int(),
    checkpoints: z.array(z.tuple([z.number().int(), z.string()])),
    accounts: z.array(
      z.object({
        account: bigint,
        firstBlock: z.number().int(),
        changedBlock: z.number().int(),
        mayOwe: z.boolean(),
        inAuction: z.boolean().optional(),
        isCalled: z.boolean().optional(),
        isAuthorised: z.boolean().optional(),
      }),
    ),
  }),
  nextFresh: bigint,
  holders: z.array(z.object({ account: bigint, instruments: z.array(bigint) })).optional(),
});
/** What a restart would otherwise have to read again from the chain. */
export type SavedState = z.infer<typeof stateSchema>;

export interface KeeperStore {
  intents(): Promise<Intent[]>;
  /** Durable when it returns. */
  putIntent(intent: Intent): Promise<void>;
  deleteIntent(key: string): Promise<void>;
  loadState(): Promise<SavedState | undefined>;
  saveState(state: SavedState): Promise<void>;
}

export function memoryStore(): KeeperStore {
  const intents = new Map<string, Intent>();
  let saved: SavedState | undefined;
  return {
    intents: () => Promise.resolve([...intents.values()]),
    putIntent: (intent) => Promise.resolve(void intents.set(intent.key, intent)),
    deleteIntent: (key) => Promise.resolve(void intents.delete(key)),
    loadState: () => Promise.resolve(saved),
    saveState: (state) => Promise.resolve(void (saved = state)),
  };
}

function serialise(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) => (typeof field === "bigint" ? field.toString() : field));
}

/** Replaces a file as a whole: a crash leaves the old one or the new one. */
async function writeDurably(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w");
  try {
    await file.writeFile(serialise(value));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

async function readIfThere(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Two JSON files in a folder. For one keeper process a folder. */
export async function jsonFileStore(folder: string): Promise<KeeperStore> {
  await mkdir(folder, { recursive: true });
  const intentsFile = join(folder, "intents.json");
  const stateFile = join(folder, "state.json");
  const loaded = z.array(intentSchema).parse((await readIfThere(intentsFile)) ?? []);
  const intents = new Map(loaded.map((intent) => [intent.key, intent]));
  const write = () => writeDurably(intentsFile, [...intents.values()]);
  return {
    intents: () => Promise.resolve([...intents.values()]),
    async putIntent(intent) {
      intents.set(intent.key, intent);
      await write();
    },
    async deleteIntent(key) {
      intents.delete(key);
      await write();
    },
    async loadState() {
      const content = await readIfThere(stateFile);
      return content === undefined ? undefined : stateSchema.parse(content);
    },
    saveState: (state) => writeDurably(stateFile, state),
  };
}

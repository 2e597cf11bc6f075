// `npm run storage`: writes snapshots/storage.json, where each deployed contract keeps its state. With --check it changes nothing and fails
// when the snapshot is out of date, or when the three pieces of the clearinghouse do not share one layout.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { analyse, isDeployed, ROOT, type CompiledContract, type Layout, type Slot } from "./compiled.ts";

interface Entry {
  readonly slot: number;
  readonly offset: number;
  readonly name: string;
  readonly type: string;
}

/**
 * They run by delegatecall on one storage, each with what it inherits from `ClearinghouseState` first. What the books declare behind it, the
 * fallbacks of EIP-712 for long names, lies on the door's authority: it is neither read nor written for a name below 32 bytes.
 */
const PIECES = ["Clearinghouse", "ClearinghouseBooks", "ClearinghouseForce"] as const;
const SHARED = "ClearinghouseState";
const file = join(ROOT, "snapshots/storage.json");

function entriesOf({ storage, types }: Layout): readonly Entry[] {
  const labelOf = (type: string) => types?.[type]?.label ?? type;
  const entryOf = (prefix: string, base: number, { label, slot, offset, type }: Slot): readonly Entry[] => {
    const at = base + Number(slot);
    const own = { slot: at, offset, name: `${prefix}${label}`, type: labelOf(type) };
    const members = types?.[type]?.members ?? [];
    return [own, ...members.flatMap((member) => entryOf(`${prefix}${label}.`, at, member))];
  };
  return storage.flatMap((slot) => entryOf("", 0, slot));
}

function layoutOf(contracts: readonly CompiledContract[], name: string): readonly Entry[] {
  const contract = contracts.find((candidate) => candidate.name === name);
  if (contract === undefined) throw new RangeError(`there is no contract ${name}`);
  return entriesOf(contract.storageLayout);
}

/** What a piece keeps elsewhere than the state that all share says; what it adds behind is its own. */
function mismatches(contracts: readonly CompiledContract[]): readonly string[] {
  const shared = layoutOf(contracts, SHARED);
  return PIECES.filter(
    (piece) => JSON.stringify(layoutOf(contracts, piece).slice(0, shared.length)) !== JSON.stringify(shared),
  );
}

const contracts = analyse();
const snapshot = Object.fromEntries(
  contracts
    .filter((contract) => isDeployed(contract) && contract.storageLayout.storage.length > 0)
    .map(({ name, storageLayout }) => [name, entriesOf(storageLayout)]),
);
const text = await format(JSON.stringify(snapshot), { ...(await resolveConfig(file)), parser: "json" });
const failures = mismatches(contracts).map((piece) => `${piece} does not lay out the state as ${SHARED} does`);
if (process.argv.includes("--check")) {
  const isStale = !existsSync(file) || readFileSync(file, "utf8") !== text;
  if (isStale) failures.push("out of date: snapshots/storage.json\nRun: npm run storage");
} else {
  writeFileSync(file, text);
}
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;

import type { Logger } from "pino";
import { keyOf } from "./actions.js";
import type { Action, Prepared } from "./actions.js";
import type { Backoff } from "./backoff.js";
import type { Book } from "./book.js";
import type { Chain, Head } from "./chain.js";
import type { KeeperConfig } from "./config.js";
import { simulate } from "./contracts.js";
import type { Contracts } from "./contracts.js";
import { planCoverUpkeep } from "./coverUpkeep.js";
import { WAD, max, wad } from "./domain.js";
import type { AccountView, Authorisation } from "./domain.js";
import { CallReverted, KeeperError, ReorgTooDeep, Unprofitable, codeOf } from "./errors.js";
import { budgetInWei, gasInUsd, likelyGasPrice } from "./fees.js";
import type { GasTable } from "./gas.js";
import type { Holdings } from "./holdings.js";
import type { AccountIndex } from "./indexer.js";
import type { KeeperMetrics } from "./metrics.js";
import { tellMarginCall } from "./notice.js";
import { dueIfKnown } from "./patience.js";
import { plan } from "./plan.js";
import type { PaidKind, PlanState } from "./plan.js";
import { prepare } from "./prepare.js";
import type { GasTerms, Sender, Settled } from "./sender.js";
import type { KeeperStore } from "./store.js";
import { planUnwinding } from "./unwinding.js";
import type { UnwindAction } from "./unwinding.js";
import { lossesFirst, planUpkeep } from "./settling.js";
import { planVaultUpkeep } from "./vaultUpkeep.js";
import type { Look } from "./vaults.js";
import type { Watch } from "./watch.js";

/** A keeper: what it talks to and what it remembers. Made by `createKeeper`. */
export interface Keeper {
  readonly chain: Chain;
  /** A second node to compare heads with. */
  readonly witness: Chain | undefined;
  readonly address: string;
  readonly config: KeeperConfig;
  /** Unix seconds. */
  readonly clock: () => number;
  readonly contracts: Contracts;
  readonly index: AccountIndex;
  readonly holdings: Holdings;
  readonly watch: Watch;
  readonly sender: Sender;
  readonly backoff: Backoff;
  readonly gas: GasTable;
  readonly book: Book;
  readonly store: KeeperStore;
  readonly logger: Logger;
  readonly metrics: KeeperMetrics;
  savedAt: number;
  /** When pool and backstop were last looked at. */
  vaultLook: Look | undefined;
  /** How many losses there had been when the accounts of the vaults were settled last. */
  lossesSettled: number;
}

export interface Skipped {
  readonly key: string;
  readonly reason: string;
}

export interface Sent {
  readonly key: string;
  readonly kind: Prepared["kind"];
  readonly hash: string;
}

/** What one pass saw and did. `watched` may owe, `checked` were evaluated, `endangered` were looked at in full. */
export interface TickReport {
  readonly status: "ran" | "stale-head" | "nodes-disagree";
  readonly head: Head;
  readonly watched: number;
  readonly checked: number;
  readonly endangered: number;
  readonly sent: readonly Sent[];
  readonly settled: readonly Settled[];
  readonly skipped: readonly Skipped[];
}

interface Done {
  readonly sent: Sent[];
  readonly settled: Settled[];
  readonly skipped: Skipped[];
}

/** One tick's view of the world, shared by the actions of the tick. */
export interface Tick {
  readonly head: Head;
  readonly now: number;
  /** USD WAD of one unit of the gas token. */
  readonly gasPrice: bigint;
  /** Spot by underlying, USD WAD. */
  readonly prices: ReadonlyMap<number, bigint>;
  capital: AccountView | undefined;
}

const nothing = { watched: 0, checked: 0, endangered: 0, sent: [], settled: [], skipped: [] };

/**
 * One pass: look at the head, settle what was sent, read events, evaluate who is due, plan, and act. A failure of one
 * action delays that account alone; a failure to read the chain is thrown.
 */
export async function runTick(keeper: Keeper): Promise<TickReport> {
  const stop = keeper.metrics.tickSeconds.startTimer();
  try {
    const head = await keeper.chain.head();
    const status = await judgeHead(keeper, head);
    keeper.metrics.ticks.inc({ status });
    if (status !== "ran") return { ...nothing, status, head };
    return await pass(keeper, head);
  } finally {
    stop();
  }
}

async function judgeHead(keeper: Keeper, head: Head): Promise<TickReport["status"]> {
  const age = keeper.clock() - head.timestamp;
  keeper.metrics.headAgeSeconds.set(age);
  if (age > keeper.config.maxHeadAgeSeconds) return "stale-head";
  if (!keeper.witness) return "ran";
  const other = await keeper.witness.head();
  return Math.abs(other.number - head.number) > keeper.config.maxNodeLagBlocks ? "nodes-disagree" : "ran";
}

async function pass(keeper: Keeper, head: Head): Promise<TickReport> {
  const { config, contracts, index, sender, metrics } = keeper;
  const now = keeper.clock();
  const settled = note(keeper, await sender.poll(head, now), now);
  const changed = await syncIndex(keeper, head);
  const markets = await contracts.markets();
  const { views, checked } = await keeper.watch.look(contracts, { changed, markets, now });
  metrics.watched.set(index.owing.size);
  metrics.endangered.set(views.length);
  const reserve = views.some(({ auction }) => auction.isBankrupt) ? await contracts.reserve() : 0n;
  const prices = new Map(markets.map(({ underlying, price }) => [underlying, price]));
  const gasPrice = prices.get(contracts.deployment.gasUnderlying) ?? 0n;
  const tick: Tick = { head, now, gasPrice, prices, capital: undefined };
  const owner = keeper.address;
  const leastProfit = leastProfits(keeper, tick);
  const authorisations = await authorisationsOf(keeper, views);
  const blocked = blockedNow(keeper, now);
  const planned = plan({ now, owner, accounts: views, markets, authorisations, reserve, leastProfit, blocked, config });
  const done: Done = { sent: [], settled, skipped: [] };
  await act(keeper, planned, { tick, done });
  // Only then is anything asked that can wait, and nobody who was just acted on is acted on again.
  await act(keeper, await planUnwindings(keeper, tick), { tick, done });
  const upkeep = await planUpkeep(keeper, { now, changed, markets, blocked: blockedNow(keeper, now) });
  await act(keeper, upkeep, { tick, done });
  const caps = await planCoverUpkeep(keeper, { markets, blocked: blockedNow(keeper, now) });
  await act(keeper, caps, { tick, done });
  const vaults = await planVaultUpkeep(keeper, { now, markets, blocked: blockedNow(keeper, now) });
  await act(keeper, vaults, { tick, done });
  await save(keeper, now);
  const counts = { watched: index.owing.size, checked, endangered: views.length };
  return { status: "ran", head, ...counts, ...done };
}

/** Accounts and markets that wait for what was sent, or after a failure. */
function blockedNow({ sender, backoff }: Keeper, now: number): Set<string> {
  return new Set([...sender.keys(), ...backoff.waiting(now)]);
}

/** In their order, until no more may be under way. Adds to `done`. */
async function act(
  keeper: Keeper,
  actions: readonly Action[],
  { tick, done }: { readonly tick: Tick; readonly done: Done },
): Promise<void> {
  for (const action of actions) {
    if (keeper.sender.isFull) return;
    const outcome = await attempt(keeper, action, tick);
    if (!("hash" in outcome)) {
      done.skipped.push(outcome);
      continue;
    }
    done.sent.push(outcome);
    done.settled.push(...note(keeper, await keeper.sender.poll(tick.head, tick.now), tick.now));
  }
}

async function syncIndex({ index, chain, logger, metrics }: Keeper, head: Head): Promise<Set<bigint>> {
  try {
    return await index.sync(chain, head);
  } catch (error) {
    if (!(error instanceof ReorgTooDeep)) throw error;
    logger.error({ err: error }, "reading all events again");
    metrics.errors.inc({ code: error.code });
    return new Set([...index.reset(), ...(await index.sync(chain, head))]);
  }
}

/** What the backstop holds stands above initial margin. */
async function planUnwindings(keeper: Keeper, tick: Tick): Promise<UnwindAction[]> {
  return await dueIfKnown(keeper, "what the backstop holds", async () => {
    const absorbed = await keeper.contracts.absorbed(keeper.book.capital);
    const blocked = blockedNow(keeper, tick.now);
    const found = planUnwinding(absorbed, { now: tick.now, leastProfit: leastProfit(keeper, tick, "unwind") });
    return found.filter((action) => !blocked.has(keyOf(action)));
  });
}

/** Of accounts whose margin calls a top-up may answer. What was in doubt is known afterwards. */
async function authorisationsOf(
  { contracts, index }: Keeper,
  views: readonly AccountView[],
): Promise<Map<bigint, Authorisation>> {
  const asked = views
    .filter(({ risk, marginCalledAt }) => marginCalledAt !== 0 && risk.equity < risk.initial)
    .map(({ account }) => account)
    .filter((account) => index.accounts.get(account)?.isAuthorised !== false);
  const found = await contracts.authorisations(asked);
  for (const account of asked) {
    const entry = index.accounts.get(account);
    if (entry) entry.isAuthorised = (found.get(account)?.budgetInTokens ?? 0n) > 0n;
  }
  return found;
}

function leastProfit({ config, gas }: Keeper, { head, gasPrice }: Tick, kind: PaidKind | "unwind"): bigint {
  const cost = gasInUsd(gas.expected(kind) * likelyGasPrice(head, config.fees), gasPrice);
  return max(wad(config.minProfitUsd), (cost * WAD) / max(wad(config.fees.profitShare), 1n));
}

/** What paid actions have to bring so that gas takes no more than its share. */
function leastProfits(keeper: Keeper, tick: Tick): PlanState["leastProfit"] {
  const least = (kind: PaidKind) => leastProfit(keeper, tick, kind);
  return { liquidateLegs: least("liquidateLegs"), takeOver: least("takeOver"), topUp: least("topUp") };
}

/** Learns from what was mined. */
function note({ backoff, gas, holdings }: Keeper, settled: Settled[], now: number): Settled[] {
  for (const { key, kind, success, gasUsed, accounts } of settled) {
    if (success) backoff.succeed(key);
    else backoff.fail(key, now);
    if (success) gas.record(kind, gasUsed);
    if (success && kind === "settleExpired") holdings.passed(accounts ?? []);
  }
  return settled;
}

/** Does one action, or what it has to wait for; whatever fails delays this account only. */
async function attempt(keeper: Keeper, action: Action, tick: Tick): Promise<Sent | Skipped> {
  try {
    return await carryOut(keeper, action, tick).catch((refusal: unknown) => settleFirst(keeper, refusal, tick));
  } catch (error) {
    return fail(keeper, action, { error, now: tick.now });
  }
}

async function carryOut(keeper: Keeper, action: Action, tick: Tick): Promise<Sent | Skipped> {
  const prepared = await prepare(keeper, action, tick);
  if (typeof prepared === "string") return { key: keyOf(action), reason: prepared };
  const sent = await send(keeper, prepared, tick);
  if (prepared.kind === "takeOver") keeper.book.useFresh();
  if (prepared.subject.taker !== undefined) tick.capital = undefined;
  if (action.kind === "callMargin") await tellMarginCall(keeper, action.account, tick.now);
  return sent;
}

/** Several actions may wait for the same account. */
async function settleFirst(keeper: Keeper, refusal: unknown, tick: Tick): Promise<Sent | Skipped> {
  const losses = lossesFirst(refusal);
  const key = keyOf(losses);
  return blockedNow(keeper, tick.now).has(key) ? { key, reason: "under way" } : await carryOut(keeper, losses, tick);
}

/** Prices, simulates and sends. */
async function send(keeper: Keeper, prepared: Prepared, tick: Tick): Promise<Sent> {
  const { key, kind, to, data, expectedProfit } = prepared;
  const terms = await gasTerms(keeper, prepared, tick);
  await simulate(keeper.chain, { from: keeper.address, to, data });
  const hash = await keeper.sender.submit(prepared, terms, tick);
  keeper.metrics.actions.inc({ kind, result: "sent" });
  keeper.logger.info({ key, kind, hash, expectedProfit }, "sent");
  return { key, kind, hash };
}

/** Delays the account, unless what failed was only too dear. */
function fail(
  { logger, metrics, backoff, book }: Keeper,
  action: Action,
  failure: { error: unknown; now: number },
): Skipped {
  const { error, now } = failure;
  const key = keyOf(action);
  const reason = error instanceof Error ? error.message : String(error);
  // Compensation rises and gas prices fall, so this is tried again at once.
  if (error instanceof Unprofitable) return { key, reason };
  metrics.errors.inc({ code: codeOf(error) });
  logger[error instanceof KeeperError ? "warn" : "error"]({ key, kind: action.kind, err: error }, "skipped");
  if (error instanceof CallReverted && error.errorName === "AccountNotEmpty") book.useFresh();
  backoff.fail(key, now);
  return { key, reason };
}

/** @throws Unprofitable */
async function gasTerms(keeper: Keeper, prepared: Prepared, { head, gasPrice }: Tick): Promise<GasTerms> {
  const { config, gas, chain } = keeper;
  const { kind, to, data, expectedProfit } = prepared;
  const estimate =
    config.gas.mode === "estimate" ? await estimateGas(chain, { from: keeper.address, to, data }) : undefined;
  const gasExpected = estimate ?? gas.expected(kind);
  const gasLimit = estimate === undefined ? config.gas.limit : gas.limitFor(estimate);
  const budgetWei = budgetInWei(expectedProfit, gasPrice, config);
  const cost = gasExpected * likelyGasPrice(head, config.fees);
  if (cost > budgetWei) throw new Unprofitable(expectedProfit, gasInUsd(cost, gasPrice));
  return { gasLimit, gasExpected, budgetWei };
}

/** The node's estimate; what would revert is left to the simulation to explain. */
async function estimateGas(chain: Chain, request: { from: string; to: string; data: string }): Promise<bigint> {
  try {
    return await chain.estimateGas(request);
  } catch (error) {
    await simulate(chain, request);
    throw error;
  }
}

async function save(keeper: Keeper, now: number): Promise<void> {
  if (now - keeper.savedAt < keeper.config.index.saveEverySeconds) return;
  keeper.savedAt = now;
  await saveKeeper(keeper);
}

/** Writes down what a restart would have to read again. */
export async function saveKeeper({ store, index, holdings, book }: Keeper): Promise<void> {
  await store.saveState({ index: index.snapshot(), nextFresh: book.nextFresh, holders: holdings.snapshot() });
}

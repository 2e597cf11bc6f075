import type { Instrument } from "@plimsoll/client";
import type { LogDescription } from "ethers";
import { MarginEngine__factory, TestToken__factory } from "../../../../typechain-types/index.ts";
import { questionOf } from "../chain/reads.ts";
import type { Outcome, Stage } from "../chain/stage.ts";
import type { Violation } from "../model/conservation.ts";

const engine = MarginEngine__factory.createInterface();
const token = TestToken__factory.createInterface();
/** ERC-7540: all requests of a controller are one. */
const REQUEST_ID = 0n;
/** Of a controller: what waits and what may be claimed. */
const VIEWS = ["maxDeposit", "maxMint", "maxWithdraw", "maxRedeem"] as const;

/** After a transaction in which the pool said something: its own books, those of whom it named, and its prices. */
export async function auditPool(stage: Stage, { pool: events }: Outcome): Promise<Violation[]> {
  if (events.length === 0) return [];
  for (const event of events) stage.pool.note(event);
  const pool = stage.theatre.addresses.LiquidityPool;
  const usdc = stage.theatre.tokens.get(0)?.address ?? "";
  const traded = events.filter(({ name }) => name === "Traded");
  const answers = await stage.reads.ask([
    questionOf({ to: usdc, surface: token, method: "balanceOf" }, [pool]),
    stage.reads.question("LiquidityPool", "balanceOf", [pool]),
    stage.reads.question("LiquidityPool", "totalSupply", []),
    ...traded.map(({ args }) =>
      questionOf({ to: stage.theatre.market.addresses.marginEngine, surface: engine, method: "mark" }, [
        args.getValue("instrument"),
      ]),
    ),
  ]);
  const [assets, shares, supply, ...marks] = answers.map(([answer]) => answer as bigint) as [
    ...[bigint, bigint, bigint],
    ...bigint[],
  ];
  const violations = stage.pool.check({ assets, shares, supply }, pool);
  for (const event of traded) violations.push(...checkPrice(event, marks.shift() ?? 0n));
  for (const controller of controllersIn(events)) violations.push(...(await checkController(stage, controller)));
  return violations;
}

/** Nobody buys below the engine's mark, nor sells above it. */
function checkPrice({ args }: LogDescription, mark: bigint): Violation[] {
  const quote = args.getValue("quote") as { readonly price: bigint; readonly mark: bigint };
  const isBuying = (args.getValue("size") as bigint) > 0n;
  const isBad = isBuying ? quote.price < mark : quote.price > mark;
  if (!isBad && quote.mark === mark) return [];
  const name = (args.getValue("instrument") as Instrument).toString(16);
  const detail = `${isBuying ? "sold" : "bought"} at ${quote.price.toString()}, mark ${mark.toString()}`;
  return [{ invariant: "pool", message: `the pool ${detail} (quoted ${quote.mark.toString()}): ${name}` }];
}

function controllersIn(events: readonly LogDescription[]): Set<string> {
  const found = new Set<string>();
  for (const { args, fragment } of events) {
    if (!fragment.inputs.some(({ name }) => name === "controller")) continue;
    found.add(args.getValue("controller") as string);
  }
  return found;
}

/** What views show of a controller is what events said. */
async function checkController(stage: Stage, controller: string): Promise<Violation[]> {
  const { entries, exits } = stage.pool;
  const ask = (method: string, ...args: unknown[]) => stage.reads.question("LiquidityPool", method, args);
  const answers = await stage.reads.ask([
    ...VIEWS.map((method) => ask(method, controller)),
    ask("pendingDepositRequest", REQUEST_ID, controller),
    ask("pendingRedeemRequest", REQUEST_ID, controller),
    ask("balanceOf", controller),
  ]);
  const [entry, exit] = [entries.claimOf(controller), exits.claimOf(controller)];
  const pending = [entries.pending.get(controller) ?? 0n, exits.pending.get(controller) ?? 0n];
  const told = [entry.assets, entry.shares, exit.assets, exit.shares, ...pending, stage.pool.balanceOf(controller)];
  const names = [...VIEWS, "pendingDepositRequest", "pendingRedeemRequest", "balanceOf"];
  return told.flatMap((expected, i): Violation[] => {
    const shown = answers[i]?.[0] as bigint;
    if (shown === expected) return [];
    const message = `${names[i] ?? ""} of ${controller} ${shown.toString()}, by events ${expected.toString()}`;
    return [{ invariant: "pool", message }];
  });
}

import { type Account, CASH, type Instrument, decoded, instrumentOf, sizeOf, spot } from "@plimsoll/client";
import type { Interface } from "ethers";
import { BatchCaller__factory, Lens__factory, TestToken__factory } from "../../../../typechain-types/index.ts";
import type { Totals } from "../model/conservation.ts";
import { SURFACE, type SurfaceContract } from "./contracts.ts";
import type { Theatre } from "./theatre.ts";

/** What the margin engine says, and INV-6 and INV-3 are about. USD WAD. */
export interface Risk {
  readonly equity: bigint;
  readonly initial: bigint;
  readonly maintenance: bigint;
  readonly validity: bigint;
}

/** An account as views show it. `cash` with the entry values of perpetuals, `free` without. */
export interface Shown {
  readonly cash: bigint;
  readonly free: bigint;
  readonly positions: ReadonlyMap<Instrument, bigint>;
}

export interface Question {
  readonly to: string;
  readonly surface: Interface;
  readonly method: string;
  readonly data: string;
}

const caller = BatchCaller__factory.createInterface();
const lens = Lens__factory.createInterface();
const token = TestToken__factory.createInterface();
const WAD_DECIMALS = 18;
/** Enough for all accounts at once. */
const READ_GAS = `0x${(2_000_000_000).toString(16)}`;

/** Reads of a theatre's chain, many questions in one call. */
export class Reads {
  readonly #theatre: Theatre;
  readonly #callerAddress: Promise<string>;
  readonly #totals: readonly Question[];

  readonly #addresses: Theatre["addresses"];

  /** @param addresses Of modules as they are at the time of a question. */
  constructor(theatre: Theatre, addresses: Theatre["addresses"]) {
    this.#theatre = theatre;
    this.#addresses = addresses;
    this.#callerAddress = theatre.caller.getAddress();
    this.#totals = this.#totalQuestions();
  }

  question(contract: SurfaceContract, method: string, args: readonly unknown[]): Question {
    return questionOf({ to: this.#addresses[contract], surface: SURFACE[contract], method }, args);
  }

  /** What custody holds and the books say, the given accounts, and the risks of others: in this order, in one call. */
  async state(
    shown: readonly Account[],
    risky: readonly Account[],
  ): Promise<{ totals: Totals; accounts: Map<Account, Shown>; risks: Map<Account, Risk> }> {
    const totals = this.#totals;
    const portfolios = shown.flatMap((account) => [
      this.#clearinghouse("portfolio", account),
      this.#clearinghouse("cash", account),
    ]);
    const risks = risky.length === 0 ? [] : [this.#risksQuestion(risky)];
    const answers = await this.ask([...totals, ...portfolios, ...risks]);
    const accounts = new Map(
      shown.map((account, i) => {
        const [portfolio, free] = answers.slice(totals.length + 2 * i).map(([answer]) => answer);
        return [account, toShown(portfolio, free as bigint)] as const;
      }),
    );
    const last = risky.length === 0 ? [] : (answers.at(-1)?.[0] as Risk[]);
    return { totals: this.#toTotals(answers), accounts, risks: toRisks(risky, last) };
  }

  async risks(accounts: readonly Account[]): Promise<Map<Account, Risk>> {
    if (accounts.length === 0) return new Map();
    const [answer] = await this.ask([this.#risksQuestion(accounts)]);
    return toRisks(accounts, answer?.[0] as Risk[]);
  }

  /** One view of the external surface. */
  async view(contract: SurfaceContract, method: string, args: readonly unknown[]): Promise<unknown[]> {
    const [answer] = await this.ask([this.question(contract, method, args)]);
    return answer ?? [];
  }

  async ask(questions: readonly Question[]): Promise<unknown[][]> {
    const data = caller.encodeFunctionData("batch", [questions.map((one) => one.to), questions.map((one) => one.data)]);
    const to = await this.#callerAddress;
    const raw = await decoded(this.#theatre.chain.request("eth_call", { to, data, gas: READ_GAS }, "latest"));
    const outputs = caller.decodeFunctionResult("batch", raw as string)[0] as string[];
    return questions.map(
      ({ surface, method }, i) => [...surface.decodeFunctionResult(method, outputs[i] ?? "0x")] as unknown[],
    );
  }

  #clearinghouse(method: string, ...args: unknown[]): Question {
    return this.question("Clearinghouse", method, args);
  }

  #risksQuestion(accounts: readonly Account[]): Question {
    return questionOf({ to: this.#theatre.market.addresses.lens, surface: lens, method: "risks" }, [accounts]);
  }

  #totalQuestions(): Question[] {
    const custodian = this.#theatre.addresses.Clearinghouse;
    const ofTokens = [...this.#theatre.tokens].flatMap(([id, { address }]) => [
      this.#clearinghouse("recordedInTokens", assetOf(id)),
      questionOf({ to: address, surface: token, method: "balanceOf" }, [custodian]),
    ]);
    return [this.#clearinghouse("reserve"), this.question("ClearinghouseBooks", "cashTotals", []), ...ofTokens];
  }

  #toTotals(answers: readonly unknown[][]): Totals {
    const recorded = new Map<Instrument, bigint>();
    const balances = new Map<Instrument, bigint>();
    [...this.#theatre.tokens].forEach(([id, { decimals }], i) => {
      const scale = 10n ** BigInt(WAD_DECIMALS - decimals);
      recorded.set(assetOf(id), (answers[2 + 2 * i]?.[0] as bigint) * scale);
      balances.set(assetOf(id), (answers[3 + 2 * i]?.[0] as bigint) * scale);
    });
    const [[reserve] = [], [cash] = []] = answers;
    return { reserve: reserve as bigint, cash: cash as Totals["cash"], recorded, balances };
  }
}

/** One question to any contract. */
export function questionOf(asked: Omit<Question, "data">, args: readonly unknown[]): Question {
  return { ...asked, data: asked.surface.encodeFunctionData(asked.method, args) };
}

/** Cash for 0, else the token on the underlying. */
export function assetOf(underlying: number): Instrument {
  return underlying === 0 ? CASH : spot(underlying);
}

function toShown(answer: unknown, free: bigint): Shown {
  const { cash, positions } = answer as { cash: bigint; positions: bigint[] };
  return { cash, free, positions: new Map(positions.map((word) => [instrumentOf(word), sizeOf(word)])) };
}

function toRisks(accounts: readonly Account[], answers: readonly Risk[]): Map<Account, Risk> {
  return new Map(
    accounts.flatMap((account, i) => {
      const risk = answers[i];
      return risk === undefined ? [] : [[account, risk] as const];
    }),
  );
}

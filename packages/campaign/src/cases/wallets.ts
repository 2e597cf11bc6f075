import {
  type Approval,
  CASH,
  MAY_TRADE,
  type Preparation,
  preparationFor,
  signApprovals,
  signPermit,
} from "@plimsoll/client";
import type { Wallet } from "ethers";
import { TestToken__factory } from "../../../../typechain-types/index.ts";
import type { Person } from "../chain/people.ts";
import { questionOf } from "../chain/reads.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import { type Case, USDC_DIGITS, nobody, oddWad, pickOther, usdc } from "./case.ts";
import { pickInstrument } from "./instruments.ts";
import { poolOrder } from "./pool.ts";

const token = TestToken__factory.createInterface();
const APPROVAL_SECONDS = 864_000;

/** Approvals of a wallet's account, signed by a key, for who trades it. */
async function approvalsOf(
  stage: Stage,
  person: Person,
  { signer, nonceAhead }: { signer: Wallet; nonceAhead: bigint },
) {
  const { addresses, broker, market } = stage.theatre;
  const [nonce] = await stage.reads.view("ClearinghouseBooks", "approvalNonce", [person.key.address]);
  const expiry = BigInt(stage.world.now + APPROVAL_SECONDS);
  const operators = [broker, addresses.LiquidityPool, addresses.TradeRouter, addresses.OrderSettlement];
  const approvals = [...operators, person.address].map((operator): Approval => ({
    account: person.wallet,
    operator,
    permissions: MAY_TRADE,
    expiry,
  }));
  const deadline = BigInt(stage.world.now + 60);
  return await signApprovals({ approvals, nonce: (nonce as bigint) + nonceAhead, deadline }, signer, {
    ...{ chainId: market.venue.chainId, clearinghouse: addresses.Clearinghouse },
  });
}

/** A signature is brought by anybody; sometimes somebody else's, or out of turn. */
const approveBySignature: Case = {
  ...{ name: "approve by signature", covers: ["ClearinghouseBooks.approveBySignature"], weight: 1.2, opening: 2 },
  async plan(stage, dice) {
    const person = dice.pick(stage.people);
    const isForged = dice.chance(0.15);
    const ahead = dice.chance(0.1) ? 1n : 0n;
    const signer = isForged ? pickOther(stage, dice, person).key : person.key;
    const { approvals, approvalSignature } = await approvalsOf(stage, person, { signer, nonceAhead: ahead });
    const by = dice.pick(stage.people);
    const call = stage.call("ClearinghouseBooks.approveBySignature", [approvals, approvalSignature], by.address);
    const told = `${by.label} brings approvals of ${person.label}'s wallet`;
    return isForged || ahead > 0n ? { told: `${told}, not as signed`, call, mustRefuse: true } : { told, call };
  },
};

/** Cash of the wallet's own by permit, and approvals, as a router takes them. */
async function prepared(stage: Stage, dice: Dice, person: Person): Promise<Preparation> {
  const verifyingContract = stage.theatre.tokens.get(0)?.address ?? "";
  const value = usdc(dice.scale(100, 30_000));
  const [answer] = await stage.reads.ask([
    questionOf({ to: verifyingContract, surface: token, method: "nonces" }, [person.key.address]),
  ]);
  const { chainId } = stage.theatre.market.venue;
  const terms = { spender: stage.theatre.addresses.TradeRouter, value, nonce: answer?.[0] as bigint };
  const domain = { name: "USD Coin", version: "1", chainId, verifyingContract };
  const permit = await signPermit({ ...terms, deadline: BigInt(stage.world.now + 60) }, person.key, domain);
  const approved = await approvalsOf(stage, person, { signer: person.key, nonceAhead: 0n });
  const deposit = { account: person.wallet, asset: CASH, amountInTokens: value };
  return preparationFor(person.wallet, { deposit, permit, ...approved });
}

const prepare: Case = {
  ...{ name: "prepare", covers: ["TradeRouter.prepare"], weight: 0.8, opening: 2 },
  async plan(stage, dice) {
    const person = dice.pick(stage.people);
    const preparation = await prepared(stage, dice, person);
    const call = stage.call("TradeRouter.prepare", [preparation], person.key.address);
    return { told: `${person.label}'s wallet pays in by permit and approves by signature`, call };
  },
};

/** Permit, deposit, approvals and a trade with the pool at once. */
const first: Case = {
  ...{ name: "first trade of a wallet", covers: ["TradeRouter.tradeWithPool"], weight: 0.8, opening: 1 },
  async plan(stage, dice) {
    const person = dice.pick(stage.people);
    const preparation = await prepared(stage, dice, person);
    const { instrument, underlying } = pickInstrument(stage, dice, person.role);
    const usd = Number(preparation.deposit.amountInTokens) / USDC_DIGITS;
    const size = oddWad(stage, (usd * dice.scale(0.1, 4)) / stage.world.price(underlying));
    const deal = { account: person.wallet, instrument, size, reduceOnly: false };
    const order = poolOrder(stage, deal, await stage.mark(instrument));
    const args = [preparation, stage.theatre.addresses.LiquidityPool, order];
    const call = stage.call("TradeRouter.tradeWithPool", args, person.key.address);
    return { told: `${person.label}'s wallet pays in, approves and trades with the pool`, call };
  },
};

export const WALLETS: readonly Case[] = [
  ...[approveBySignature, prepare, first],
  nobody("TradeRouter.prepare", 0.2, (stage, dice) => {
    const account = dice.pick(stage.people).wallet;
    return [preparationFor(account, { deposit: { account, asset: CASH, amountInTokens: 1n } })];
  }),
];

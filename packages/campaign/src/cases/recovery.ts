import { type Account, CASH, batchOf, ownerOf } from "@plimsoll/client";
import type { Estimate } from "../chain/estimates.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import { type Case, pickAccount, usd, usdc } from "./case.ts";

/** Those of the accounts of which something holds, by the estimate. */
async function among(
  stage: Stage,
  accounts: Iterable<Account>,
  holds: (estimate: Estimate) => boolean,
): Promise<Account[]> {
  await stage.estimates.refresh();
  return [...accounts].filter((account) => holds(stage.estimates.of(account)));
}

/** Who is called, or offered to keepers, pays in what he lacks: too little, enough for a while, or more. */
const answer: Case = {
  ...{ name: "answer a margin call", covers: ["Clearinghouse.batch"], weight: 1.2 },
  async plan(stage, dice) {
    const isOwned = (account: Account) =>
      stage.people.some(({ address, key }) => [address, key.address].includes(ownerOf(account)));
    const due = [...new Set([...stage.called, ...stage.auctions])].filter(isOwned);
    const short = await among(stage, due, ({ equity, initial }) => equity < initial);
    if (short.length === 0) return undefined;
    const account = dice.pick(short);
    const { equity, initial } = stage.estimates.of(account);
    const paid = (initial - equity) * dice.between(0.7, 1.6) + 1;
    const deposits = [{ account, asset: CASH, amountInTokens: usdc(paid) }];
    const call = stage.call("Clearinghouse.batch", [batchOf({ deposits })], ownerOf(account));
    return { told: `${stage.nameOf(account)} is called, and pays in ${usd(paid)}`, call };
  },
};

/** Anybody says that somebody is well again; sometimes of one who is not, or never was ill. */
function say(
  covers: "Liquidator.clearMarginCall" | "Liquidator.endAuction",
  recovered: (stage: Stage) => Promise<Account[]>,
): Case {
  return {
    ...{ name: covers.replace(".", " "), covers: [covers], weight: 1.5 },
    async plan(stage: Stage, dice: Dice) {
      const well = await recovered(stage);
      const account = well.length > 0 && dice.chance(0.9) ? dice.pick(well) : pickAccount(stage, dice);
      const { label, address } = dice.pick(stage.people);
      const call = stage.call(covers, [account], address);
      return { told: `${label} calls ${covers} for ${stage.nameOf(account)}`, call };
    },
  };
}

export const RECOVERY: readonly Case[] = [
  answer,
  say("Liquidator.clearMarginCall", (stage) => among(stage, stage.called, ({ equity, initial }) => equity >= initial)),
  say("Liquidator.endAuction", (stage) =>
    among(stage, stage.auctions, ({ equity, maintenance }) => equity >= maintenance),
  ),
];

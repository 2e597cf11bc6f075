import { type Account, CASH, batchOf, ownerOf } from "@plimsoll/client";
import type { Estimate } from "../chain/estimates.ts";
import type { Person } from "../chain/people.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import { type Case, nameOf, pickAccount, usd, usdc } from "./case.ts";

/** Those of the accounts of which something holds, by the estimate. */
async function among(
  stage: Stage,
  accounts: Iterable<Account>,
  holds: (estimate: Estimate) => boolean,
): Promise<Account[]> {
  await stage.estimates.refresh();
  return [...accounts].filter((account) => holds(stage.estimates.of(account)));
}

/** Of those below initial margin who are called, or else offered to keepers, one whose owner is there. */
async function pickShort(stage: Stage, dice: Dice): Promise<{ account: Account; owner: Person } | undefined> {
  for (const due of [stage.called, stage.auctions]) {
    const short = await among(stage, due, ({ equity, initial }) => equity < initial);
    const owned = short.flatMap((account) => {
      const owner = stage.people.find(({ address, key }) => [address, key.address].includes(ownerOf(account)));
      return owner === undefined ? [] : [{ account, owner }];
    });
    if (owned.length > 0) return dice.pick(owned);
  }
  return undefined;
}

/** Its owner pays in what it lacks: too little, enough for a while, or more. */
const answer: Case = {
  ...{ name: "answer a margin call", covers: ["Clearinghouse.batch"], weight: 1.5 },
  async plan(stage, dice) {
    const found = await pickShort(stage, dice);
    if (found === undefined) return undefined;
    const { account, owner } = found;
    const { equity, initial } = stage.estimates.of(account);
    const paid = (initial - equity) * dice.between(0.7, 1.6) + 1;
    const deposits = [{ account, asset: CASH, amountInTokens: usdc(paid) }];
    const call = stage.call("Clearinghouse.batch", [batchOf({ deposits })], owner.address);
    return { told: `${stage.nameOf(account)} is called, and ${owner.label} pays in ${usd(paid)}`, call };
  },
};

/** Anybody says that somebody is well again; sometimes of one who is not, or never was ill. */
function say(
  covers: "Liquidator.clearMarginCall" | "Liquidator.endAuction",
  recovered: (stage: Stage) => Promise<Account[]>,
): Case {
  return {
    ...{ name: nameOf(covers), covers: [covers], weight: 3 },
    async plan(stage: Stage, dice: Dice) {
      const well = await recovered(stage);
      if (well.length === 0 && dice.chance(0.8)) return undefined;
      const account = well.length > 0 ? dice.pick(well) : pickAccount(stage, dice);
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

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect } from "chai";
import type { Signer, TypedDataDomain } from "ethers";
import { network } from "hardhat";
import { toAccount, type Account } from "../../packages/client/src/account.ts";
import type { Addresses } from "../../packages/client/src/addresses.ts";
import type { SignedOrder } from "../../packages/client/src/order.ts";
import { toWad } from "../../packages/client/src/wad.ts";
import { deployPlimsoll } from "../helpers/deploy.ts";
import { fridayAfter, open, USDC } from "../helpers/trading.ts";

const { networkHelpers } = await network.create("market");

interface Trader {
  readonly account: Account;
  readonly wallet: Signer;
  readonly addresses: Addresses;
  readonly chainId: bigint;
}

interface Money {
  readonly domain: TypedDataDomain;
  readonly nonce: bigint;
  readonly amount: bigint;
  readonly now: bigint;
}

/** What the page's snippets export. */
interface Page {
  readonly quote: (trader: Trader, expiry: number) => Promise<SignedOrder>;
  readonly take: (trader: Trader, maker: SignedOrder, size: bigint) => Promise<void>;
  readonly enter: (trader: Trader, maker: SignedOrder, money: Money) => Promise<void>;
}

/** The snippets of the page as one module, where its imports resolve. */
async function pageOf(name: string): Promise<Page> {
  const text = await readFile(fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url)), "utf8");
  const snippets = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
  expect(snippets).to.have.length(3);
  const folder = fileURLToPath(new URL("../../cache/docs/", import.meta.url));
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}${name}.ts`, snippets.join("\n"));
  return (await import(pathToFileURL(`${folder}${name}.ts`).href)) as Page;
}

describe("the page on orders", () => {
  it("has snippets that quote, take, and enter in one transaction", async () => {
    const { quote, take, enter } = await pageOf("orders");
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const { alice, bob, carol, contracts, addresses, venue, tokens } = market;
    await open(market, bob, 50_000n);
    await open(market, alice, 20_000n);
    const own = toAccount(carol.address, 7n);
    const trader = (wallet: typeof bob, account = toAccount(wallet.address)): Trader => {
      return { account, wallet, addresses, chainId: venue.chainId };
    };
    const now = await networkHelpers.time.latest();
    const maker = await quote(trader(bob), fridayAfter(now, 28));
    await take(trader(alice), maker, toWad(2));

    const token = tokens["USDC"];
    if (token === undefined) throw new RangeError("no USDC");
    const verifyingContract = await token.getAddress();
    const domain = { name: await token.name(), version: "1", chainId: venue.chainId, verifyingContract };
    const nonce = await token.nonces(carol.address);
    await enter(trader(carol, own), maker, { domain, nonce, amount: 5_000n * USDC, now: BigInt(now) });

    const [bought, sold] = maker.order.legs.map(({ instrument }) => instrument);
    const { clearinghouse } = contracts;
    for (const [account, size] of [[toAccount(alice.address), toWad(2)] as const, [own, toWad(3)] as const]) {
      expect(await clearinghouse.position(account, bought ?? 0n)).to.equal(size);
      expect(await clearinghouse.position(account, sold ?? 0n)).to.equal(-size);
    }
    // Three pairs at 60, and 0.03 % of 2,000 for each of six options.
    expect(await clearinghouse.cash(own)).to.equal(toWad(5_000 - 180) - toWad("3.6"));
  });
});

import { setTimeout as pause } from "node:timers/promises";
import { expect } from "chai";
import { SimulatedChain, type NodeKind } from "../../packages/replay/src/index.ts";
import { Anvil } from "../../packages/replay/src/market/anvil.ts";
import { TestToken__factory } from "../../typechain-types/index.ts";

const START = Date.UTC(2030, 0, 4) / 1000;
const GAS_PRICE_GWEI = 3;
const OWNER = "0x00000000000000000000000000000000000000a1";
const OTHER = "0x00000000000000000000000000000000000000a2";
const token = TestToken__factory.createInterface();

interface Mined {
  readonly status: string;
  readonly gasUsed: string;
  readonly effectiveGasPrice: string;
  readonly logs: readonly { readonly address: string; readonly topics: readonly string[]; readonly data: string }[];
}

/** Runs it on a chain of this node. */
async function on<T>(node: NodeKind, run: (chain: SimulatedChain) => Promise<T>, throwOnTransactionFailures = true) {
  const chain = await SimulatedChain.create({
    start: START,
    gasPriceGwei: GAS_PRICE_GWEI,
    throwOnTransactionFailures,
    node,
  });
  try {
    return await run(chain);
  } finally {
    await chain.close();
  }
}

async function deployToken(chain: SimulatedChain): Promise<string> {
  const deployer = await chain.connection.ethers.provider.getSigner(0);
  const contract = await new TestToken__factory(deployer).deploy("Token", "TOK", 6);
  return await contract.getAddress();
}

const transfer = (to: string, amount: bigint) => ({
  ...{ from: OWNER, to },
  data: token.encodeFunctionData("transfer", [OTHER, amount]),
});

const receiptOf = async (chain: SimulatedChain, hash: unknown) =>
  (await chain.request("eth_getTransactionReceipt", hash)) as Mined;

const secondsOf = async (chain: SimulatedChain, block = "latest") =>
  Number(((await chain.request("eth_getBlockByNumber", block, false)) as { timestamp: string }).timestamp);

describe("simulated chain", () => {
  for (const node of ["anvil", "hardhat"] as const) {
    describe(node, () => {
      before(function () {
        if (node === "anvil" && !Anvil.isInstalled()) this.skip();
      });

      it("mines each transaction at the time that it is told, at once", async () => {
        await on(node, async (chain) => {
          const address = await deployToken(chain);
          expect(await secondsOf(chain)).to.equal(START);
          chain.now = START + 60;
          await chain.send({ ...transfer(address, 0n), data: token.encodeFunctionData("mint", [OWNER, 5n]) });
          expect(await secondsOf(chain)).to.equal(START + 60);
          const blocks = await chain.blockNumber();
          await chain.send(transfer(address, 1n));
          expect(await chain.blockNumber()).to.equal(blocks + 1);
          expect(await secondsOf(chain)).to.equal(START + 60);
          await chain.advanceTo(START + 3_600);
          expect(await secondsOf(chain)).to.equal(START + 3_600);
        });
      });

      it("says what a contract refused with", async () => {
        await on(node, async (chain) => {
          const refusal = await chain.attempt(transfer(await deployToken(chain), 7n));
          expect(refusal?.errorName).to.equal("ERC20InsufficientBalance");
          expect(refusal?.args).to.deep.include({ balance: 0n, needed: 7n });
        });
      });

      it("leaves a refusal to the receipt where it is asked to", async () => {
        await on(
          node,
          async (chain) => {
            const { status } = await receiptOf(chain, await chain.submit(transfer(await deployToken(chain), 7n)));
            expect(status).to.equal("0x0");
          },
          false,
        );
      });

      it("goes back to a snapshot", async () => {
        await on(node, async (chain) => {
          const to = await deployToken(chain);
          await chain.send({ from: OWNER, to, data: token.encodeFunctionData("mint", [OWNER, 5n]) });
          const snapshot = await chain.request("evm_snapshot");
          await chain.send(transfer(to, 5n));
          await chain.request("evm_revert", snapshot);
          const owned = await chain.request("eth_call", { to, data: token.encodeFunctionData("balanceOf", [OWNER]) });
          expect(BigInt(owned as string)).to.equal(5n);
        });
      });
    });
  }

  it("does not let Anvil's clock run: a deployment asks of the pending block", async function () {
    if (!Anvil.isInstalled()) this.skip();
    await on("anvil", async (chain) => {
      await chain.advanceTo(START + 60);
      await pause(1_100);
      expect(await secondsOf(chain, "pending")).to.equal(START + 60);
    });
  });

  it("is the same on both nodes: gas, price and events", async function () {
    if (!Anvil.isInstalled()) this.skip();
    const mined = (node: NodeKind) =>
      on(node, async (chain) => {
        const to = await deployToken(chain);
        const data = token.encodeFunctionData("mint", [OWNER, 5n]);
        const { status, gasUsed, effectiveGasPrice, logs } = await receiptOf(
          chain,
          await chain.submit({ from: OWNER, to, data }),
        );
        return { status, gasUsed, effectiveGasPrice, logs: logs.map(({ topics, data }) => ({ topics, data })) };
      });
    const [anvil, hardhat] = [await mined("anvil"), await mined("hardhat")];
    expect(anvil).to.deep.equal(hardhat);
    expect(BigInt(anvil.effectiveGasPrice)).to.equal(3_000_000_000n);
    expect(anvil.logs).to.have.length(1);
  });
});

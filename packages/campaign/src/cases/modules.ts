import { ZeroAddress } from "ethers";
import type { SurfaceFunction } from "../chain/contracts.ts";
import type { Stage } from "../chain/stage.ts";
import { type Case, LONG_STEP_SECONDS, nobody } from "./case.ts";

/** Where equal modules stand: the same code with the same constants, so that everything must go on as before. */
const SECOND_ENGINE = "0x00000000000000000000000000000000000e291e";
const SECOND_LIQUIDATOR = "0x0000000000000000000000000000000000011c1d";

async function copyCode({ theatre: { chain } }: Stage, from: string, to: string): Promise<void> {
  await chain.request("hardhat_setCode", to, await chain.request("eth_getCode", from, "latest"));
}

/** Steps of an exchange, which only stories draw that have one: a notice lasts long, and lets everybody out. */
const announce: Case = {
  ...{ name: "announce modules", covers: ["Clearinghouse.announceModules"], weight: 0 },
  async plan(stage) {
    const { deployer, addresses } = stage.theatre.market;
    await copyCode(stage, addresses.marginEngine, SECOND_ENGINE);
    await copyCode(stage, addresses.liquidator, SECOND_LIQUIDATOR);
    const args = [SECOND_ENGINE, SECOND_LIQUIDATOR];
    const call = stage.call("Clearinghouse.announceModules", args, deployer.address);
    return { told: "an equal margin engine and an equal liquidator are announced", call };
  },
};

const notice: Case = {
  ...{ name: "notice", covers: [], weight: 0 },
  async plan(stage) {
    const [, , dueAt] = (await stage.reads.view("ClearinghouseBooks", "announcedModules", [])) as [
      string,
      string,
      bigint,
    ];
    const seconds = Number(dueAt) - stage.world.now;
    if (seconds <= 0) return undefined;
    await stage.pass(seconds, LONG_STEP_SECONDS);
    return { told: `the notice passes in ${(seconds / 86_400).toFixed(1)} days` };
  },
};

function exchange(name: string, covers: SurfaceFunction, module: string): Case {
  return {
    ...{ name, covers: [covers], weight: 0 },
    plan(stage) {
      const call = stage.call(covers, [module], stage.theatre.market.deployer.address);
      stage.stir();
      return { told: `the administrator comes to ${name}`, call };
    },
  };
}

/** One exchange from its announcement on; before its time nothing goes through. */
export const EXCHANGE = {
  announcement: ["announce modules", "exchange the engine", "exchange the liquidator"],
  end: ["notice", "exchange the engine", "exchange the liquidator"],
} as const;

export const MODULES: readonly Case[] = [
  ...[announce, notice],
  exchange("exchange the engine", "Clearinghouse.setMarginEngine", SECOND_ENGINE),
  exchange("exchange the liquidator", "Clearinghouse.setLiquidator", SECOND_LIQUIDATOR),
  nobody("Clearinghouse.announceModules", 0.1, (stage) => [ZeroAddress, stage.addresses.Liquidator]),
];

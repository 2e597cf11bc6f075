import { SURFACE, type SurfaceFunction } from "../chain/contracts.ts";
import type { Stage } from "../chain/stage.ts";
import { type Case, nobody } from "./case.ts";

const ADMIN_ROLE = 0n;
const ANY_ROLE = 7n;

type Arguments = (stage: Stage, person: string) => readonly unknown[];

/** Something restricted that somebody wants to do: set a liquidator. */
const target = ({ theatre }: Stage) => theatre.addresses.Clearinghouse;
const wish = (stage: Stage) => SURFACE.Clearinghouse.encodeFunctionData("setLiquidator", [stage.addresses.Liquidator]);

/** Who has no role gets none, and gives none. */
const FORBIDDEN: Readonly<Record<SurfaceFunction, Arguments>> = {
  "AccessManager.grantRole": (_, person) => [ADMIN_ROLE, person, 0],
  "AccessManager.revokeRole": ({ theatre }) => [ADMIN_ROLE, theatre.market.deployer.address],
  "AccessManager.renounceRole": ({ theatre }) => [ADMIN_ROLE, theatre.market.deployer.address],
  "AccessManager.labelRole": () => [ANY_ROLE, "mine"],
  "AccessManager.setRoleAdmin": () => [ANY_ROLE, ANY_ROLE],
  "AccessManager.setRoleGuardian": () => [ANY_ROLE, ANY_ROLE],
  "AccessManager.setGrantDelay": () => [ANY_ROLE, 0],
  "AccessManager.setTargetFunctionRole": (stage) => [target(stage), [wish(stage).slice(0, 10)], ANY_ROLE],
  "AccessManager.setTargetAdminDelay": (stage) => [target(stage), 0],
  "AccessManager.setTargetClosed": (stage) => [target(stage), true],
  "AccessManager.updateAuthority": (stage, person) => [target(stage), person],
  "AccessManager.schedule": (stage) => [target(stage), wish(stage), 0],
  "AccessManager.execute": (stage) => [target(stage), wish(stage)],
  "AccessManager.cancel": (stage) => [stage.theatre.market.deployer.address, target(stage), wish(stage)],
  "AccessManager.multicall": (stage) => [
    [SURFACE.AccessManager.encodeFunctionData("setTargetClosed", [target(stage), true])],
  ],
};

export const ACCESS: readonly Case[] = (Object.entries(FORBIDDEN) as [SurfaceFunction, Arguments][]).map(
  ([covers, args]) => nobody(covers, 0.04, (stage, dice) => args(stage, dice.pick(stage.people).address)),
);

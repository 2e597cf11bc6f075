import { WAD } from "@plimsoll/client";
import type { Configuration } from "../../../../deploy/configuration.ts";
import type { SurfaceFunction } from "../chain/contracts.ts";
import { assetOf } from "../chain/reads.ts";
import type { Stage } from "../chain/stage.ts";
import { PUBLISHER } from "../chain/theatre.ts";
import type { Dice } from "../dice.ts";
import { type Case, nameOf, nobody, wad } from "./case.ts";

type Arguments = (stage: Stage, dice: Dice) => readonly unknown[];

const pickListed = (stage: Stage, dice: Dice) => {
  const { underlyings } = stage.theatre.configuration;
  return dice.pick(underlyings.filter(({ id }) => stage.world.underlyings.some((one) => one.id === id)));
};
const scaled = (value: bigint, factor: number) => (value * wad(factor)) / WAD;

/** Restricted functions, with arguments that an administrator could use. The next one is added by a line here. */
const RESTRICTED: Readonly<Record<SurfaceFunction, Arguments>> = {
  "Clearinghouse.setMarginEngine": (stage) => [stage.theatre.market.addresses.marginEngine],
  // The pool again: another one would need its own books.
  "Clearinghouse.setFundingSource": (stage) => [stage.theatre.addresses.LiquidityPool],
  "Clearinghouse.setInterestRates": (_, dice) => [pickRates(dice)],
  "PoolQuoter.setParameters": (stage, dice) => {
    const { id, pool } = pickListed(stage, dice);
    const scale = (value: bigint, low: number, high: number) => scaled(value, dice.between(low, high));
    return [
      id,
      {
        ...pool,
        ...{ deviation: scale(pool.deviation, 0.5, 3), deltaSkew: scale(pool.deltaSkew, 0.2, 3) },
        ...{ marginRate: scale(pool.marginRate, 0, 2), deltaLimit: scale(pool.deltaLimit, 0.05, 1.5) },
      },
    ];
  },
  "Markets.setCover": (stage) => [stage.theatre.market.addresses.backstopVault],
  "Markets.setCollateralParameters": (stage, dice) => {
    const { id, collateral } = pickListed(stage, dice);
    return [assetOf(id), collateral.haircut, scaled(collateral.cap, dice.between(0.5, 1.5))];
  },
  "Clearinghouse.setLiquidator": (stage) => [stage.addresses.Liquidator],
  "Markets.setRiskParameters": (stage, dice) => {
    const { id, risk } = pickListed(stage, dice);
    const [initial, maintenance] = [dice.between(0.95, 1.15), dice.between(0.9, 1)];
    return [
      id,
      {
        ...risk,
        initial: { ...risk.initial, z: scaled(risk.initial.z, initial) },
        maintenance: { ...risk.maintenance, z: scaled(risk.maintenance.z, maintenance) },
        concentration: scaled(risk.concentration, dice.between(0.5, 1.5)),
      },
    ];
  },
  "Markets.setAccountParameters": (_, dice) => [
    { floor: wad(dice.between(50, 200)), credit: wad(dice.between(0, 0.4)) },
  ],
  "Markets.setOpenInterestCap": (stage, dice) => {
    const { id, openInterestCap } = pickListed(stage, dice);
    return [id, scaled(openInterestCap, dice.scale(0.01, 1))];
  },
  "Markets.pauseOpening": (stage, dice) => [pickListed(stage, dice).id, dice.chance(0.3)],
  "VolatilityOracle.setController": (stage, dice) => {
    const { id, controller } = pickListed(stage, dice);
    return [id, { ...controller, floor: scaled(controller.floor, dice.between(0.8, 1)) }];
  },
  "VolatilityOracle.lowerStressed": (stage, dice) => {
    const { id, stressed } = pickListed(stage, dice);
    return [id, scaled(stressed, dice.between(0.9, 1))];
  },
  "VolatilityOracle.setSigners": () => [[PUBLISHER.address], 1],
  "PriceOracle.setFeed": (stage, dice) => {
    const { id, symbol, feed } = pickListed(stage, dice);
    return [id, { ...feed, aggregator: stage.theatre.market.feeds[symbol]?.target }];
  },
};

/** What a deployment does once: the arguments are those of something listed, so that even the administrator is refused. */
const ONCE: Readonly<Record<SurfaceFunction, Arguments>> = {
  "Markets.listUnderlying": (stage, dice) => {
    const { id, symbol, strikeStep, maxTenorSeconds, openInterestCap, risk } = pickListed(stage, dice);
    const name = `0x${Buffer.from(symbol).toString("hex").padEnd(64, "0")}`;
    return [id, { symbol: name, strikeStep, maxTenorSeconds, openInterestCap, openingPaused: false }, risk];
  },
  "Markets.listCollateral": (stage, dice) => {
    const { id, collateral } = pickListed(stage, dice);
    const token = stage.theatre.tokens.get(id)?.address;
    const { decimals, haircut, cap } = collateral;
    return [assetOf(id), { token, decimals, haircut, cap }];
  },
  "VolatilityOracle.list": (stage, dice) => {
    const { id, controller, realised, stressed } = pickListed(stage, dice);
    return [id, controller, realised, stressed];
  },
};

/** Rates within their bounds, of which the largest double a debt in a quarter. */
export function pickRates(dice: Pick<Dice, "integer">): Configuration["interest"] {
  const atZeroInBp = dice.integer(1_500);
  const atKinkInBp = atZeroInBp + dice.integer(3_500);
  const atFullInBp = atKinkInBp + dice.integer(25_000);
  return {
    atZeroInBp,
    atKinkInBp,
    atFullInBp,
    kinkInPercent: 50 + dice.integer(45),
    reserveFactorInPercent: dice.integer(50),
  };
}

const AUTHORITY: readonly SurfaceFunction[] = [
  "Clearinghouse.setAuthority",
  "Markets.setAuthority",
  "PriceOracle.setAuthority",
  "VolatilityOracle.setAuthority",
  "PoolQuoter.setAuthority",
];

function administrator(covers: SurfaceFunction, args: Arguments): Case {
  return {
    ...{ name: `administrator ${nameOf(covers)}`, covers: [covers], weight: 0.25 },
    plan(stage, dice) {
      const { address } = stage.theatre.market.deployer;
      const call = stage.call(covers, args(stage, dice), address);
      stage.stir();
      return { told: `the administrator calls ${covers}`, call };
    },
  };
}

const named = (table: Readonly<Record<SurfaceFunction, Arguments>>) =>
  Object.entries(table) as [SurfaceFunction, Arguments][];

export const GOVERNANCE: readonly Case[] = [
  ...named(RESTRICTED).map(([covers, args]) => administrator(covers, args)),
  ...[...named(RESTRICTED), ...named(ONCE)].map(([covers, args]) => nobody(covers, 0.1, args)),
  ...AUTHORITY.map((covers) => nobody(covers, 0.1, (stage, dice) => [dice.pick(stage.people).address])),
];

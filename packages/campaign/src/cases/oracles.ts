import { signSurfaceReport } from "@plimsoll/client";
import { TENOR_SECONDS, YEAR_SECONDS } from "@plimsoll/risk";
import { type Case, anybody, wad } from "./case.ts";
import { PUBLISHER } from "../chain/theatre.ts";

const MAX_ROUNDS = 128;
/** A total variance above this does not fit its field. */
const LARGEST = 18;

/** The publisher, or somebody in his place, reports a surface around a level, sometimes a mad one. */
const report: Case = {
  ...{ name: "report", covers: ["VolatilityOracle.report"], weight: 2 },
  async plan(stage, dice) {
    const { id, symbol } = dice.pick(stage.world.underlyings);
    const isForged = dice.chance(0.15);
    const signer = isForged ? dice.pick(stage.people).key : PUBLISHER;
    const level = dice.chance(0.15) ? dice.scale(0.02, 4) : stage.world.volatility * dice.between(0.8, 1.3);
    const [slope, rho] = [dice.between(0.85, 1.1), wad(dice.between(-0.9, 0.5))];
    const variances = TENOR_SECONDS.map((seconds, i) =>
      wad(Math.min((level * slope ** i) ** 2 * (seconds / YEAR_SECONDS), LARGEST)),
    );
    const [a = 0n, b = 0n, c = 0n, d = 0n] = variances;
    const surface = {
      ...{ underlying: id, timestamp: stage.world.now, totalVariance: [a, b, c, d] as const },
      ...{ rho, eta: wad(dice.between(0.2, 1.2)), rate: wad(dice.between(-0.1, 0.2)) },
    };
    const { chainId } = stage.theatre.market.venue;
    const venue = { chainId, volatilityOracle: stage.theatre.addresses.VolatilityOracle };
    const { signature } = await signSurfaceReport(surface, signer, venue);
    const told = `${isForged ? "a stranger" : "the publisher"} reports ${symbol} volatility ${Math.round(level * 100)} %`;
    const call = stage.call("VolatilityOracle.report", [[surface], [signature]], dice.pick(stage.people).address);
    stage.stir();
    return isForged ? { told, call, mustRefuse: true } : { told, call };
  },
};

export const ORACLES: readonly Case[] = [
  report,
  anybody("VolatilityOracle.walk", 4, (stage, dice) => {
    stage.stir();
    return [dice.pick(stage.world.underlyings).id, dice.chance(0.5) ? MAX_ROUNDS : 1 + dice.integer(8)];
  }),
];

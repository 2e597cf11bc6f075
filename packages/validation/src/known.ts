import { ArgumentError, priceAt, toAnswer, volatilityHistory } from "@plimsoll/replay";
import { nearestWad } from "@plimsoll/client";
import { type Configuration, loadConfiguration } from "../../../deploy/configuration.ts";
import { type AssetHistory, closesOf } from "./marketHistory.ts";

/** The parameters of `deploy/` were made from prices before this moment: from here on their stressed peak was known. Unix seconds. */
export const PARAMETERS_KNOWN_FROM = Date.UTC(2022, 0, 1) / 1000;

const SAMPLE_SECONDS = 3600;

/**
 * The configuration of one asset as it would have been deployed at `from`: with the volatilities that earlier prices show. A
 * peak that lay ahead is not told; the one in the parameters counts from {@link PARAMETERS_KNOWN_FROM} on.
 * @param parameters Name of a network or a path that ends in `.json`.
 */
export async function configurationAt(history: AssetHistory, from: number, parameters: string): Promise<Configuration> {
  const all = await read(parameters);
  const underlying = all.underlyings.find(({ symbol }) => symbol === history.asset);
  if (underlying === undefined) throw new ArgumentError(`--parameters ${parameters} does not list ${history.asset}`);
  const closes = closesOf(history.path, SAMPLE_SECONDS).filter(({ time }) => time < from);
  const known = volatilityHistory(closes, underlying.controller.realisedHalfLifeSeconds);
  const seeds =
    known === undefined
      ? { realised: underlying.realised, stressed: underlying.stressed }
      : { realised: nearestWad(known.realised), stressed: nearestWad(known.stressed) };
  const isKnown = from >= PARAMETERS_KNOWN_FROM && underlying.stressed > seeds.stressed;
  return {
    ...all,
    underlyings: [
      {
        ...underlying,
        ...seeds,
        stressed: isKnown ? underlying.stressed : seeds.stressed,
        feed: { ...underlying.feed, startAnswer: toAnswer(priceAt(history.path, from)) },
      },
    ],
  };
}

async function read(parameters: string): Promise<Configuration> {
  try {
    return await loadConfiguration(parameters);
  } catch (error) {
    throw new ArgumentError(`--parameters ${parameters}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

import { MAX_VARIANCE, RealisedVolatility, type PricePoint } from "./realisedVolatility.ts";
import { requireNumber } from "./validation.ts";
import {
  targetOf,
  VolatilityController,
  type ControllerParameters,
  type MarginVolatility,
} from "./volatilityController.ts";

/** A print of implied volatility counts for no more than 2 × realised + 20 points. */
const IMPLIED_BOUND_FACTOR = 2;
const IMPLIED_BOUND_POINTS = 0.2;
/** The highest volatility that is ever observed, where realised variances stop. */
const MAX_VOLATILITY = Math.sqrt(MAX_VARIANCE);

/** How a volatility oracle starts at a listing. */
export interface Listing extends PricePoint {
  /** First value of both realised volatilities, per year. */
  readonly realised: number;
  /** First peak. */
  readonly stressed: number;
}

/** An implied volatility, and the Unix seconds up to which it counts. */
export interface Implied {
  readonly level: number;
  readonly until: number;
}

const NOTHING_IMPLIED: Implied = { level: 0, until: -Infinity };

/** Margin volatility as `VolatilityOracle.sol` walks it, in float64. */
export class MarginVolatilityModel {
  readonly #realised: RealisedVolatility;
  readonly #controller: VolatilityController;
  #implied = NOTHING_IMPLIED;

  /** @throws InvalidNumberError for a price, a volatility or a half-life that is not positive. */
  constructor(parameters: ControllerParameters, { price, time, realised, stressed }: Listing) {
    requireParameters(parameters);
    for (const [field, value] of Object.entries({ price, realised, stressed })) requireNumber(field, value, value > 0);
    const start = targetOf(parameters, realised, stressed);
    this.#realised = new RealisedVolatility({ price, time }, realised * realised, parameters.realisedHalfLifeSeconds);
    this.#controller = new VolatilityController(parameters, {
      stressed,
      initial: start,
      maintenance: start,
      updatedAt: time,
    });
  }

  /** Takes the next round in. Its time is not before that of the last; equal times are harmless. */
  observe(price: number, time: number): MarginVolatility {
    return this.#take(this.#realised, this.#controller, { price, time });
  }

  /**
   * An implied volatility is accepted at `time`: counts as observed, within its bound, from then until its own end. All
   * rounds before must have been taken in.
   */
  setImplied(implied: Implied, time: number): MarginVolatility {
    this.#controller.advance(this.#observed(this.#realised, time), time);
    this.#implied = implied;
    return this.#controller.advance(this.#observed(this.#realised, time), time);
  }

  /**
   * What a read at `time` answers.
   * @param newest - The newest price where it is not taken in yet: counts as one more round.
   */
  at(time: number, newest?: PricePoint): MarginVolatility {
    if (newest === undefined || newest.time < this.#realised.updatedAt) {
      return this.#controller.peek(this.#observed(this.#realised, time), time);
    }
    const realised = this.#realised.clone();
    const controller = this.#controller.clone();
    this.#take(realised, controller, newest);
    return controller.peek(this.#observed(realised, time), time);
  }

  /** What passed until a price passed without it: so what it raises begins to rise at its own time. */
  #take(realised: RealisedVolatility, controller: VolatilityController, { price, time }: PricePoint): MarginVolatility {
    controller.advance(this.#observed(realised, time), time);
    realised.observe(price, time);
    return controller.advance(this.#observed(realised, time), time);
  }

  #observed(realised: RealisedVolatility, time: number): number {
    const volatility = Math.sqrt(realised.varianceAt(time));
    const { level, until } = this.#implied;
    if (time > until) return volatility;
    const bound = IMPLIED_BOUND_FACTOR * volatility + IMPLIED_BOUND_POINTS;
    return Math.min(Math.max(volatility, Math.min(level, bound)), MAX_VOLATILITY);
  }
}

function requireParameters(parameters: ControllerParameters): void {
  const { realisedHalfLifeSeconds, initialHalfLifeSeconds, floor, stressedWeight, maintenanceRisePerHour } = parameters;
  for (const [field, value] of Object.entries({ realisedHalfLifeSeconds, initialHalfLifeSeconds, floor }))
    requireNumber(field, value, value > 0);
  requireNumber("stressedWeight", stressedWeight, stressedWeight >= 0 && stressedWeight <= 1);
  requireNumber("maintenanceRisePerHour", maintenanceRisePerHour, maintenanceRisePerHour >= 0);
}

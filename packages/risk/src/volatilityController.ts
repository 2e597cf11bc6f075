/** What the anti-procyclical controller is set to; as `ControllerParameters` of `IVolatilityOracle.sol`, in plain numbers. */
export interface ControllerParameters {
  /** Half-life of both realised variances. */
  readonly realisedHalfLifeSeconds: number;
  /** How fast the initial volatility falls to a lower target. */
  readonly initialHalfLifeSeconds: number;
  /** Lowest margin volatility. */
  readonly floor: number;
  /** w, share of the stressed peak in the target. */
  readonly stressedWeight: number;
  /** How fast the maintenance volatility may rise, relative, per hour, compounded. */
  readonly maintenanceRisePerHour: number;
}

/** Volatilities per year. */
export interface MarginVolatility {
  readonly observed: number;
  readonly stressed: number;
  /** max(floor, (1 − w)·observed + w·stressed). */
  readonly target: number;
  readonly initial: number;
  readonly maintenance: number;
}

/** What the controller remembers, as of one moment. */
export interface ControllerState {
  readonly stressed: number;
  readonly initial: number;
  readonly maintenance: number;
  /** Unix seconds. */
  readonly updatedAt: number;
}

const HOUR = 3600;

/** The controller as `VolatilityController.sol`: maintenance ≤ target ≤ initial always. */
export class VolatilityController {
  readonly #parameters: ControllerParameters;
  readonly #fallRate: number;
  readonly #riseRate: number;
  #state: ControllerState;

  constructor(parameters: ControllerParameters, state: ControllerState) {
    this.#parameters = parameters;
    this.#fallRate = Math.LN2 / parameters.initialHalfLifeSeconds;
    this.#riseRate = Math.log1p(parameters.maintenanceRisePerHour) / HOUR;
    this.#state = state;
  }

  /** Moves to `time`, at which `observed` volatility was seen. A time before the last one counts as the last one. */
  advance(observed: number, time: number): MarginVolatility {
    const volatility = this.peek(observed, time);
    const { stressed, initial, maintenance } = volatility;
    this.#state = { stressed, initial, maintenance, updatedAt: Math.max(time, this.#state.updatedAt) };
    return volatility;
  }

  /** What {@link advance} would answer; remembers nothing. */
  peek(observed: number, time: number): MarginVolatility {
    const state = this.#state;
    const elapsed = Math.max(time - state.updatedAt, 0);
    const stressed = Math.max(observed, state.stressed);
    const target = targetOf(this.#parameters, observed, stressed);
    const excess = state.initial - target;
    const initial = excess <= 0 ? target : target + excess * Math.exp(-this.#fallRate * elapsed);
    const maintenance = Math.min(state.maintenance * Math.exp(this.#riseRate * elapsed), target);
    return { observed, stressed, target, initial, maintenance };
  }

  clone(): VolatilityController {
    return new VolatilityController(this.#parameters, this.#state);
  }
}

/** max(floor, (1 − w)·observed + w·stressed). */
export function targetOf(parameters: ControllerParameters, observed: number, stressed: number): number {
  const { floor, stressedWeight } = parameters;
  return Math.max(floor, (1 - stressedWeight) * observed + stressedWeight * stressed);
}

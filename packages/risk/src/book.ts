import { LimitExceededError } from "./errors.ts";
import { MAX_EXPIRIES } from "./limits.ts";
import { FIRST_CELL, type Quote } from "./quote.ts";
import {
  LOWER_VOLATILITY,
  MARK_VOLATILITY,
  UPPER_VOLATILITY,
  VOLATILITY_NODES,
  type PriceNode,
} from "./scenarioGrid.ts";
import type { Scenarios } from "./scenarios.ts";

/** The nearest or the farthest expiry, down or up. */
export const TWISTS = 4;

/** The legs of one portfolio on one underlying and their profits, USD. Its memory serves one portfolio after the other. */
export class Book {
  readonly scenarios: Scenarios;
  /** Stress scenarios, then cells from {@link FIRST_CELL} on: the nodes of the scenarios, then the strike nodes. */
  readonly profits: Float64Array;
  /** By price node: what each twist adds to the profit at mark volatilities. Without meaning unless `hasTwists`. */
  readonly twists: Float64Array;
  /** By price node: whether it counts for maintenance. */
  readonly isInner: boolean[];
  readonly legs: Quote[] = [];
  readonly sizes: number[] = [];
  nodeCount = 0;
  hasTwists = false;
  /** Units short of options, long ones not set off. */
  shortOptions = 0;
  /** The strikes that became price nodes, in any order, and those that the limit left out. */
  strikes: readonly PriceNode[] = [];
  leftOut: readonly PriceNode[] = [];
  readonly #maxStrikeNodes: number;
  readonly #expiries: number[] = [];

  constructor(scenarios: Scenarios, maxStrikeNodes: number) {
    this.scenarios = scenarios;
    this.isInner = [...scenarios.isInner];
    this.#maxStrikeNodes = maxStrikeNodes;
    const maxNodes = scenarios.nodes.length + maxStrikeNodes;
    this.profits = new Float64Array(FIRST_CELL + VOLATILITY_NODES * maxNodes);
    this.twists = new Float64Array(TWISTS * maxNodes);
  }

  clear(): void {
    this.legs.length = 0;
    this.sizes.length = 0;
    this.#expiries.length = 0;
    this.shortOptions = 0;
    this.profits.fill(0);
  }

  /** @throws LimitExceededError for too many expiries. */
  add(quote: Quote, size: number): void {
    this.legs.push(quote);
    this.sizes.push(size);
    const { profits } = this;
    const unit = quote.profits;
    for (let i = 0; i < unit.length; i++) profits[i] = (profits[i] ?? 0) + size * (unit[i] ?? 0);
    if (!quote.isOption) return;
    if (size < 0) this.shortOptions -= size;
    if (!this.#expiries.includes(quote.fields.expiry)) this.#addExpiry(quote.fields.expiry);
  }

  /** Completes the profits once all legs are in: with the nodes that follow from the legs. */
  close(): void {
    this.nodeCount = this.scenarios.nodes.length;
    this.isInner.length = this.nodeCount;
    this.#findStrikes();
    for (const strike of this.strikes) this.#addStrikeNode(strike);
    this.#addTwists();
  }

  /** Profit in a cell, USD. */
  cell(node: number, volatility: number): number {
    return this.profits[FIRST_CELL + node * VOLATILITY_NODES + volatility] ?? 0;
  }

  #addExpiry(expiry: number): void {
    this.#expiries.push(expiry);
    const count = this.#expiries.length;
    const { underlying } = this.scenarios.market;
    if (count > MAX_EXPIRIES)
      throw new LimitExceededError(`expiries of underlying ${underlying}`, { count, limit: MAX_EXPIRIES });
  }

  #findStrikes(): void {
    const found: PriceNode[] = [];
    for (let i = 0; i < this.legs.length; i++) {
      const node = this.legs[i]?.strikeNode;
      if (node === undefined || (this.sizes[i] ?? 0) <= 0) continue;
      if (!found.some(({ move }) => move === node.move)) found.push(node);
    }
    if (found.length > this.#maxStrikeNodes) {
      found.sort((a, b) => this.#compareStrikes(a, b));
      this.leftOut = found.splice(this.#maxStrikeNodes);
    } else {
      this.leftOut = [];
    }
    this.strikes = found;
  }

  /** The nearer first, of two equally near the lower. Those on both sides of S are so if the product of their prices is S², which
   * logarithms do not show exactly. */
  #compareStrikes(a: PriceNode, b: PriceNode): number {
    if (a.move > 0 === b.move > 0) return Math.abs(a.move) - Math.abs(b.move);
    const excess = a.price * b.price - this.scenarios.market.spot ** 2;
    // Above S² it is the upper that is farther.
    if (excess === 0) return a.move - b.move;
    return a.move > b.move === excess > 0 ? 1 : -1;
  }

  #addStrikeNode(node: PriceNode): void {
    const place = FIRST_CELL + this.nodeCount * VOLATILITY_NODES;
    const { profits } = this;
    for (let i = 0; i < this.legs.length; i++) {
      const unit = this.legs[i]?.profitsAtStrike(node);
      const size = this.sizes[i] ?? 0;
      for (let volatility = 0; volatility < VOLATILITY_NODES; volatility++)
        profits[place + volatility] = (profits[place + volatility] ?? 0) + size * (unit?.[volatility] ?? 0);
    }
    this.isInner.push(Math.abs(node.move) <= this.scenarios.ranges.maintenance);
    this.nodeCount++;
  }

  #addTwists(): void {
    let nearest = Infinity;
    let farthest = -Infinity;
    for (const { isRunning, fields } of this.legs) {
      if (!isRunning) continue;
      nearest = Math.min(nearest, fields.expiry);
      farthest = Math.max(farthest, fields.expiry);
    }
    this.hasTwists = nearest < farthest;
    if (!this.hasTwists) return;
    this.twists.fill(0);
    this.legs.forEach(({ isOption, fields }, i) => {
      if (!isOption) return;
      if (fields.expiry === nearest) this.#addTwist(i, 0);
      if (fields.expiry === farthest) this.#addTwist(i, 2);
    });
  }

  /** @param place - Of the twist downwards; the one upwards is next to it. */
  #addTwist(leg: number, place: number): void {
    const quote = this.legs[leg];
    if (quote === undefined) return;
    const size = this.sizes[leg] ?? 0;
    const gridNodes = this.scenarios.nodes.length;
    addTwist(this.twists, { unit: quote.profits, size, from: FIRST_CELL, nodes: gridNodes, to: place });
    for (let i = 0; i < this.strikes.length; i++) {
      const strike = this.strikes[i];
      if (strike === undefined) continue;
      const unit = quote.profitsAtStrike(strike);
      addTwist(this.twists, { unit, size, from: 0, nodes: 1, to: TWISTS * (gridNodes + i) + place });
    }
  }
}

/** What a leg gains at `nodes` price nodes when its volatility leaves the mark, from cell `from` on, into place `to` on. */
interface TwistedLeg {
  readonly unit: Float64Array;
  readonly size: number;
  readonly from: number;
  readonly nodes: number;
  readonly to: number;
}

function addTwist(twists: Float64Array, { unit, size, from, nodes, to }: TwistedLeg): void {
  for (let node = 0; node < nodes; node++) {
    const cell = from + VOLATILITY_NODES * node;
    const at = to + TWISTS * node;
    const mark = unit[cell + MARK_VOLATILITY] ?? 0;
    twists[at] = (twists[at] ?? 0) + size * ((unit[cell + LOWER_VOLATILITY] ?? 0) - mark);
    twists[at + 1] = (twists[at + 1] ?? 0) + size * ((unit[cell + UPPER_VOLATILITY] ?? 0) - mark);
  }
}

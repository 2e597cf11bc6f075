import { TWISTS, type Book } from "./book.ts";
import {
  isInnerPlace,
  MARK_VOLATILITY,
  MIDDLE_NODE,
  PRICE_NODES,
  VOLATILITY_NODES,
  type PriceNode,
} from "./scenarioGrid.ts";
import { raiseTo, type Losses } from "./losses.ts";

/** Two neighbouring places of a grid, and how a price between them divides their distance. */
interface Gap {
  readonly lower: number;
  readonly upper: number;
  /** Share of the lower place. */
  readonly weight: number;
}

/**
 * The worst that several underlyings lose together: all at the same place of their grids and at the same volatility node;
 * or one of them twisted there, the others at the mark; or one at a strike node, the others in proportion between the
 * places around it. Its memory serves one portfolio after the other.
 */
export class JointScan {
  /** Σ of what the underlyings gain, by place and volatility node. */
  readonly #cells = new Float64Array(PRICE_NODES * VOLATILITY_NODES);
  /** By place: the least that a twist of one underlying adds to the profit at mark volatilities. */
  readonly #twists = new Float64Array(PRICE_NODES);

  /** @param books - Closed. */
  loss(books: readonly Book[]): Losses {
    const losses: Losses = { initial: 0, maintenance: 0 };
    this.#cells.fill(0);
    this.#twists.fill(0);
    for (const book of books) {
      this.#addCells(book);
      if (book.hasTwists) this.#addTwists(book);
    }
    this.#raiseToGrid(losses);
    for (const book of books) this.#raiseToStrikes(losses, book);
    return losses;
  }

  #addCells(book: Book): void {
    const cells = this.#cells;
    let cell = 0;
    for (let place = 0; place < PRICE_NODES; place++)
      for (let volatility = 0; volatility < VOLATILITY_NODES; volatility++, cell++)
        cells[cell] = (cells[cell] ?? 0) + profitAt(book, place, volatility);
  }

  #addTwists(book: Book): void {
    for (let place = 0; place < PRICE_NODES; place++) {
      let change = leastTwist(book, place);
      if (book.scenarios.isOverdue) {
        const mark = profitAt(book, place, MARK_VOLATILITY);
        const narrow = book.cell(place, MARK_VOLATILITY) + change;
        const wide = book.cell(PRICE_NODES + place, MARK_VOLATILITY) + leastTwist(book, PRICE_NODES + place);
        change = Math.min(narrow, wide) - mark;
      }
      if (change < (this.#twists[place] ?? 0)) this.#twists[place] = change;
    }
  }

  #raiseToGrid(losses: Losses): void {
    for (let place = 0; place < PRICE_NODES; place++) {
      const isInner = isInnerPlace(place);
      for (let volatility = 0; volatility < VOLATILITY_NODES; volatility++) {
        const twist = volatility === MARK_VOLATILITY ? (this.#twists[place] ?? 0) : 0;
        raiseTo(losses, -this.#cell(place, volatility) - twist, isInner);
      }
    }
  }

  #raiseToStrikes(losses: Losses, book: Book): void {
    const { nodes, isOverdue } = book.scenarios;
    const widest = isOverdue ? PRICE_NODES : 0;
    for (let i = 0; i < book.strikes.length; i++) {
      const { lower, upper, weight } = gapAround(nodes, widest, book.strikes[i]?.move ?? 0);
      const isInner = isInnerPlace(lower) && isInnerPlace(upper);
      for (let volatility = 0; volatility < VOLATILITY_NODES; volatility++) {
        const below = this.#cell(lower, volatility) - profitAt(book, lower, volatility);
        const above = this.#cell(upper, volatility) - profitAt(book, upper, volatility);
        const others = weight * below + (1 - weight) * above;
        raiseTo(losses, -others - book.cell(nodes.length + i, volatility), isInner);
      }
    }
  }

  #cell(place: number, volatility: number): number {
    return this.#cells[place * VOLATILITY_NODES + volatility] ?? 0;
  }
}

/** Profit at a place of the grid: while the price is overdue, the worse of both grids. */
function profitAt(book: Book, place: number, volatility: number): number {
  const profit = book.cell(place, volatility);
  return book.scenarios.isOverdue ? Math.min(profit, book.cell(PRICE_NODES + place, volatility)) : profit;
}

/** The worst that a twist adds to the profit at mark volatilities at one node. */
export function leastTwist({ twists }: Book, node: number): number {
  let change = Infinity;
  for (let i = TWISTS * node; i < TWISTS * (node + 1); i++) change = Math.min(change, twists[i] ?? 0);
  return change;
}

/** @param first - Where the grid begins among the nodes. @param move - Inside of it. */
function gapAround(nodes: readonly PriceNode[], first: number, move: number): Gap {
  const moveOf = (place: number) => nodes[first + place]?.move ?? 0;
  const outwards = move < 0 ? -1 : 1;
  let outer = MIDDLE_NODE + outwards;
  while (outer > 0 && outer < PRICE_NODES - 1 && Math.abs(moveOf(outer)) < Math.abs(move)) outer += outwards;
  const inner = outer - outwards;
  const share = (move - moveOf(inner)) / (moveOf(outer) - moveOf(inner));
  return move < 0 ? { lower: outer, upper: inner, weight: share } : { lower: inner, upper: outer, weight: 1 - share };
}

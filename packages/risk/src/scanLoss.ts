import type { Book } from "./book.ts";
import { leastTwist, type JointScan } from "./jointLoss.ts";
import { MAX_STRESSES } from "./limits.ts";
import { raiseTo, type Losses } from "./losses.ts";
import type { Tiers } from "./market.ts";
import { LOWER_VOLATILITY, MARK_VOLATILITY, UPPER_VOLATILITY } from "./scenarioGrid.ts";

/** What the scenarios say of a portfolio, USD. */
export interface ScanResult {
  /** L, by tier. */
  readonly loss: Tiers;
  /** The worst stress loss without its weight. */
  readonly stressLoss: number;
}

/** How several underlyings are brought together. */
export interface Diversification {
  /** Share of it that is credited. */
  readonly credit: number;
  readonly joint: JointScan;
}

/**
 * L = Lsep − credit·(Lsep − Ljoint), and no less than a weighted stress loss. Every number is a maximum of sums that are
 * linear in the legs, or a fixed mixture of such.
 * @param books - Those that hold legs, closed.
 */
export function scan(books: readonly Book[], diversification: Diversification): ScanResult {
  const loss: Losses = { initial: 0, maintenance: 0 };
  const stressLoss = raiseToStresses(loss, books);
  raise(loss, books.length === 1 && books[0] !== undefined ? worstCells(books[0]) : credited(books, diversification));
  return { loss, stressLoss };
}

function credited(books: readonly Book[], { credit, joint }: Diversification): Losses {
  const losses: Losses = { initial: 0, maintenance: 0 };
  for (const book of books) {
    const own = worstCells(book);
    losses.initial += own.initial;
    losses.maintenance += own.maintenance;
  }
  const together = joint.loss(books);
  losses.initial -= credit * (losses.initial - together.initial);
  losses.maintenance -= credit * (losses.maintenance - together.maintenance);
  return losses;
}

/** The worst of all cells of one underlying. */
function worstCells(book: Book): Losses {
  const losses: Losses = { initial: 0, maintenance: 0 };
  for (let node = 0; node < book.nodeCount; node++) {
    const isInner = book.isInner[node] === true;
    raiseTo(losses, -lowest(book, node), isInner);
    if (book.hasTwists) raiseTo(losses, -book.cell(node, MARK_VOLATILITY) - leastTwist(book, node), isInner);
  }
  return losses;
}

function lowest(book: Book, node: number): number {
  const lower = Math.min(book.cell(node, LOWER_VOLATILITY), book.cell(node, UPPER_VOLATILITY));
  return Math.min(lower, book.cell(node, MARK_VOLATILITY));
}

function raise(losses: Losses, other: Tiers): void {
  losses.initial = Math.max(losses.initial, other.initial);
  losses.maintenance = Math.max(losses.maintenance, other.maintenance);
}

/** Each stress scenario hits every underlying alone and all together, each by its own move of that number. */
function raiseToStresses(losses: Losses, books: readonly Book[]): number {
  let unweighted = 0;
  for (let i = 0; i < MAX_STRESSES; i++) {
    const joint = { profit: 0, initial: 0, maintenance: 0 };
    for (const { scenarios, profits } of books) {
      const stress = scenarios.stresses[i];
      if (stress === undefined) continue;
      const profit = profits[i] ?? 0;
      const initial = profit * stress.initialWeight;
      const maintenance = profit * stress.maintenanceWeight;
      raise(losses, { initial: -initial, maintenance: -maintenance });
      unweighted = Math.max(unweighted, -profit);
      joint.profit += profit;
      joint.initial += initial;
      joint.maintenance += maintenance;
    }
    raise(losses, { initial: -joint.initial, maintenance: -joint.maintenance });
    unweighted = Math.max(unweighted, -joint.profit);
  }
  // Where one underlying gains and another loses, weights in different proportions could turn the tiers round.
  losses.initial = Math.max(losses.initial, losses.maintenance);
  return unweighted;
}

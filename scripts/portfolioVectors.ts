import { craftedBooks, type CraftedBook } from "../test/helpers/craftedBooks.ts";
import { randomFrom, type Random } from "../test/helpers/kernel.ts";
import { BOOK_KINDS, randomMarket, randomPortfolio, type BookMarket } from "../test/helpers/marginBook.ts";
import { toWad } from "./fixedPoint.ts";
import { referenceRisk } from "./referenceMargin.ts";

const SEED = 20_200_312;
const PORTFOLIOS_OF_A_KIND = 10;
const JOINT_PORTFOLIOS = 36;
const MAX_UNDERLYINGS = 3;

/** Whole portfolios in markets of their own with what the reference says of them, WAD, rounded to the nearest. As JSON. */
export function portfolioVectors(): string {
  const random = randomFrom(SEED);
  const books = [...randomBooks(random), ...jointBooks(random), ...craftedBooks()];
  const cases = books.map((book) => {
    const { marks, ...risk } = referenceRisk(book.market, book.portfolio);
    const expected = Object.entries(risk).map(([name, value]) => [name, toWad(value)] as const);
    return { ...book, expected: Object.fromEntries(expected), marks: marks.map(toWad) };
  });
  const lines = cases.map((one) =>
    JSON.stringify(one, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value)),
  );
  return `[\n${lines.join(",\n")}\n]\n`;
}

function randomBooks(random: Random): CraftedBook[] {
  const kinds = BOOK_KINDS.filter((kind) => kind !== "joint");
  return kinds.flatMap((kind) =>
    Array.from({ length: PORTFOLIOS_OF_A_KIND }, (_, i) => {
      const market = randomMarket(random, kind === "everything" || kind === "linear" ? 1 + (i % MAX_UNDERLYINGS) : 1);
      return { kind, market, portfolio: randomPortfolio(random, market, kind) };
    }),
  );
}

/** On two or three underlyings, of which none, one or two are overdue. */
function jointBooks(random: Random): CraftedBook[] {
  return Array.from({ length: JOINT_PORTFOLIOS }, (_, i) => {
    const market = withOverdue(randomMarket(random, 2 + (i % 2)), Math.floor(i / 2) % 3);
    return { kind: "joint", market, portfolio: randomPortfolio(random, market, "joint") };
  });
}

function withOverdue({ account, underlyings }: BookMarket, count: number): BookMarket {
  const overdue = underlyings.map((one, i) => ({
    ...one,
    overdueSeconds: i < count ? 3_600n * BigInt(2 + 5 * i) : 0n,
  }));
  return { account, underlyings: overdue };
}

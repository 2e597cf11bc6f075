import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { PriceFileError } from "@plimsoll/replay";
import { expect } from "chai";
import { InputError, loadChain, loadPrices } from "../src/index.ts";
import { rejection } from "../../../test/helpers/rejection.ts";

const CANDLES = "timestamp,open,high,low,close\n2023-01-01T00:00Z,1,3,1,2\n2023-01-01T01:00Z,2,2,2,2\n";
const CHAIN = "Expiry,Strike,Type,Bid,Ask,iv percent\n2023-02-01,2000,C,90,110,\n2023-02-01,1800,put,,0,65\n";
const FIRST_CLOSE = Date.UTC(2023, 0, 1, 1) / 1000;
const EXPIRY = Date.UTC(2023, 1, 1) / 1000;

describe("Prices and option chains", () => {
  let folder: string;
  const servers: Server[] = [];
  const fileOf = async (name: string, content: string | Buffer) => {
    const file = join(folder, name);
    await writeFile(file, content);
    return file;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "publisher-"));
  });

  after(async () => {
    for (const server of servers) server.close();
    await rm(folder, { recursive: true });
  });

  it("dates a close when the candle closed, and leaves out one that is still open", async () => {
    const file = await fileOf("candles.csv.gz", gzipSync(CANDLES));
    const closes = [
      { time: FIRST_CLOSE, price: 2 },
      { time: FIRST_CLOSE + 3_600, price: 2 },
    ];
    expect(await loadPrices(file)).to.deep.equal(closes);
    expect(await loadPrices(file, { to: FIRST_CLOSE + 3_599 })).to.deep.equal(closes.slice(0, 1));
  });

  it("reads candles as JSON over HTTP, and rounds of a feed", async () => {
    const rows = [0, 3_600].map((after) => ({ time: FIRST_CLOSE - 3_600 + after, open: 1, high: 3, low: 1, close: 2 }));
    const server = createServer((request, response) => {
      response.writeHead(request.url === "/candles" ? 200 : 404).end(JSON.stringify({ candles: rows }));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    servers.push(server);
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}`;
    expect((await loadPrices(`${url}/candles`)).map(({ time }) => time)).to.deep.equal([
      FIRST_CLOSE,
      FIRST_CLOSE + 3_600,
    ]);
    expect(await rejection(loadPrices(`${url}/elsewhere`)))
      .to.have.property("message")
      .that.includes("HTTP status 404");
    const rounds = await fileOf("rounds.csv", "updated_at,round_id,answer\n1700000000,1,200000000000\n");
    expect(await loadPrices(rounds)).to.deep.equal([{ time: 1_700_000_000, price: 2_000 }]);
  });

  it("reads a chain as CSV, with what the file does not say", async () => {
    const file = await fileOf("chain.csv", CHAIN);
    const chain = await loadChain(file, { spot: 1_900, time: FIRST_CLOSE });
    expect(chain.quotes).to.deep.equal([
      { expiry: EXPIRY, strike: 2_000, isCall: true, bid: 90, ask: 110 },
      { expiry: EXPIRY, strike: 1_800, isCall: false, ask: 0, impliedVolatility: 0.65 },
    ]);
  });

  it("reads a chain as JSON that names its spot and time, quoted in coin", async () => {
    const quotes = [{ expiry: EXPIRY, strike: 2_000, type: "P", mid: 0.05, implied_volatility: null }];
    const file = await fileOf("chain.json", JSON.stringify({ spot: 1_900, time: "2023-01-01T01:00Z", quotes }));
    expect(await loadChain(file, { isQuotedInCoin: true })).to.deep.equal({
      spot: 1_900,
      time: FIRST_CLOSE,
      quotes: [{ expiry: EXPIRY, strike: 2_000, isCall: false, price: 95 }],
    });
  });

  for (const [name, content, message] of [
    ["empty.csv", "", "the file is empty"],
    ["columns.csv", "expiry,type\n2023-02-01,C\n", "the columns are expiry, type"],
    ["type.csv", CHAIN.replace("put", "straddle"), 'line 3: type is "straddle"'],
    ["bid.csv", CHAIN.replace("90", "-1"), 'line 2: bid is "-1"'],
    ["strike.csv", CHAIN.replace("2000", "0"), 'strike is "0"'],
    ["broken.json", "[{", "valid JSON"],
    ["shape.json", '{"spot": 1}', "JSON of another shape"],
    ["none.json", "[]", "no rows"],
  ] as const) {
    it(`says in one line what is wrong with ${name}`, async () => {
      const file = await fileOf(name, content);
      const error = await rejection(loadChain(file, { spot: 1_900, time: FIRST_CLOSE }));
      expect(
        [InputError, PriceFileError].some((type) => error instanceof type),
        String(error),
      ).to.equal(true);
      expect(error).to.have.property("message").that.includes(message);
      expect(error).to.have.property("message").that.does.not.include("\n");
    });
  }

  it("asks for the spot and the time that nobody gave", async () => {
    const file = await fileOf("bare.csv", CHAIN);
    expect(await rejection(loadChain(file)))
      .to.have.property("message")
      .that.includes("--spot");
    expect(await rejection(loadChain(file, { spot: 1 })))
      .to.have.property("message")
      .that.includes("--at");
    expect(await rejection(loadPrices(join(folder, "missing.csv")))).to.be.instanceOf(InputError);
    const candles = await fileOf("candles.csv", CANDLES);
    expect(await rejection(loadPrices(candles, { from: FIRST_CLOSE * 2 }))).to.be.instanceOf(InputError);
  });
});

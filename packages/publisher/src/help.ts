/** What `--help` adds to the options of each command. */
export const MAIN_HELP = `
A surface is what prices every option: at-the-money volatility at 7, 30, 90 and 180 days, skew ρ, curvature η, rate.
Publishers sign it, the oracle takes the median of at least a threshold of them.

  npm run publisher -- calibrate --chain chain.csv --spot 2000 --at 2023-06-01T12:00Z --out surface.json
  PUBLISHER_KEY=0x… npm run publisher -- sign --surface surface.json --asset ETH --out mine.json
  PUBLISHER_KEY=0x… npm run publisher -- send --reports mine.json yours.json
  PUBLISHER_KEY=0x… npm run publisher -- run --chain-url ETH=https://… --network sepolia

The key comes from PUBLISHER_KEY or from Hardhat's keystore (npx hardhat keystore set PUBLISHER_KEY). \`COMMAND --help\`
tells more of each. Exit status: 0 done, 1 refused, 2 for arguments or files that cannot be used.`;

export const FORECAST_HELP = `
Files are CSV (plain or gzipped) or JSON: candles (timestamp, open, high, low, close) of an hour or less, or Chainlink
rounds (updated_at, answer). A day's variance is the sum of its squared returns; days are counted back from the last
price. Every model is judged by QLIKE and MSE (variance a year) on days that it had not seen; p is Diebold and Mariano's.

Examples:
  npm run publisher -- forecast --prices eth_1h.csv.gz --asset ETH
  npm run publisher -- forecast --prices ETH=eth.csv.gz,BTC=btc.csv.gz --test-from 2022-01-01 --to 2023-12-31 --json
  npm run publisher -- forecast --prices eth_1h.csv.gz --premium 1.2 --out surface.json`;

export const CALIBRATE_HELP = `
A chain has a line for each option: expiry (date, time or Unix seconds), strike, type (call, put, C, P), and any of bid
and ask, price, implied_volatility (0.65) or iv_percent (65). Prices are in USD, or --in-coin. As JSON it is an array of
such objects, or { "spot": 2000, "time": "2023-06-01T12:00Z", "quotes": [ … ] }.

The rate follows from put–call parity. Quotes that are crossed, empty, in the money or that contradict the rest do not
count. The result is always one that the oracle takes: free of arbitrage and inside its bounds.

Examples:
  npm run publisher -- calibrate --chain chain.csv --spot 2000 --at 2023-06-01T12:00Z
  npm run publisher -- calibrate --chain chain.json --in-coin --out surface.json --json`;

export const SIGN_HELP = `
Examples:
  PUBLISHER_KEY=0x… npm run publisher -- sign --surface surface.json --asset ETH --network sepolia --out mine.json
  PUBLISHER_KEY=0x… npm run publisher -- sign --surface surface.json --asset BTC --chain-id 10 --oracle 0x…

A report may be ten minutes old when it is mined. Whoever has the reports of enough publishers sends them.`;

export const SEND_HELP = `
The reports are sorted by signer and checked (signatures, signers, threshold, age), the transaction is simulated, then
sent with the key of PUBLISHER_KEY, which need not be a publisher's.

Example:
  PUBLISHER_KEY=0x… npm run publisher -- send --reports mine.json yours.json --network sepolia`;

export const RUN_HELP = `
Every pass reads candles or the option chain (which counts before candles), compares with the oracle and signs where a
volatility moved by --move, ρ by 0.05, η by 0.1 or the rate by 0.02, where the six hours of the oracle's heartbeat end in
half an hour, or where another publisher has signed. Signed reports lie in --pool; whoever sees enough of them sends.
Nothing is signed from data older than --max-age, nor after a change of more than --max-move since the last signature.

Answers over HTTP are CSV or JSON as \`forecast --help\` and \`calibrate --help\` describe; a chain names its spot and time.

Examples:
  PUBLISHER_KEY=0x… npm run publisher -- run --prices ETH=eth_1h.csv --prices BTC=btc_1h.csv
  PUBLISHER_KEY=0x… npm run publisher -- run --chain-url ETH=https://… --network sepolia --pool /shared/reports`;

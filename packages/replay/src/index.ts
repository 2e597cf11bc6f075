export { checkConservation, type Conservation, type LedgerState } from "./conservation.ts";
export { ArgumentError, PriceFileError } from "./errors.ts";
export type { ReplayResult, Summary, Waterfall } from "./result.ts";
export { crashScenario, fileScenario, type Scenario } from "./scenario.ts";

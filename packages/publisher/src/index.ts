export { InputError, PublisherError, ReportRefusedError, StaleDataError, SurfaceJumpError } from "./errors.ts";
export { SurfaceOracle, type OracleState } from "./oracle.ts";
export { DEFAULT_PLAN, plan, type Action, type PlanConfig, type PlanState } from "./plan.ts";
export { ReportPool } from "./pool.ts";
export { runPass, type PassResult, type Publisher } from "./publisher.ts";
export { decodeReport, encodeReport, toReport, type PlacedReport, type SurfaceView } from "./reports.ts";
export { loadChain, loadPrices } from "./sources.ts";

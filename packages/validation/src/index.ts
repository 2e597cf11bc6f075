export { closesOf, readHistory, readImplied, type AssetHistory, type ImpliedLevel } from "./marketHistory.ts";

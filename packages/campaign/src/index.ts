export { auditStep } from "./audit/step.ts";
export { CASES, caseOf } from "./cases/index.ts";
export { runCampaign, type Campaign } from "./campaign.ts";
export { SURFACE, SURFACE_CONTRACTS, writingFunctions, type SurfaceFunction } from "./chain/contracts.ts";
export { openTheatre, type Theatre } from "./chain/theatre.ts";
export { Player, playStory, type Played } from "./play.ts";
export { summarise } from "./report.ts";
export { readStory, type Story } from "./story.ts";

import type { Logger } from "pino";
import { codeOf } from "./errors.js";
import type { KeeperMetrics } from "./metrics.js";

/**
 * What is due of a job that is not worth a liquidation that comes late: where a read fails, that is only logged, and nothing is due until the next pass.
 * @param what In words, for the log.
 */
export async function dueIfKnown<A>(
  { logger, metrics }: { readonly logger: Logger; readonly metrics: KeeperMetrics },
  what: string,
  plan: () => Promise<A[]>,
): Promise<A[]> {
  try {
    return await plan();
  } catch (error) {
    metrics.errors.inc({ code: codeOf(error) });
    logger.warn({ err: error }, `${what} left to the next pass`);
    return [];
  }
}

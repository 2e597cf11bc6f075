import type { KeeperConfig } from "./config.js";

interface Delay {
  readonly failures: number;
  readonly until: number;
}

/** Exponential delays per key. Keys that have been quiet for long are forgotten, so the memory stays flat. Times in Unix seconds. */
export class Backoff {
  private readonly delays = new Map<string, Delay>();

  constructor(private readonly config: KeeperConfig["backoff"]) {}

  fail(key: string, now: number): void {
    const failures = (this.delays.get(key)?.failures ?? 0) + 1;
    const { baseSeconds, capSeconds } = this.config;
    // 2^30 is beyond every cap; a larger exponent would only lose precision.
    const delay = Math.min(baseSeconds * 2 ** Math.min(failures - 1, 30), capSeconds);
    this.delays.set(key, { failures, until: now + delay });
  }

  succeed(key: string): void {
    this.delays.delete(key);
  }

  isWaiting(key: string, now: number): boolean {
    return (this.delays.get(key)?.until ?? -Infinity) > now;
  }

  waiting(now: number): string[] {
    this.prune(now);
    return [...this.delays.keys()].filter((key) => this.isWaiting(key, now));
  }

  get size(): number {
    return this.delays.size;
  }

  /** A key is forgotten once it has waited its delay and the longest delay on top. */
  private prune(now: number): void {
    for (const [key, { until }] of this.delays) if (until + this.config.capSeconds < now) this.delays.delete(key);
  }
}

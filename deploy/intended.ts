import type { Addresses } from "../packages/client/src/addresses.ts";
import type { Configuration } from "./configuration.ts";

/** What a deployment should be, for its verification. */
export interface Intended {
  readonly configuration: Configuration;
  readonly addresses: Addresses;
  /** The account that deployed: holds every role for which the configuration names nobody else. */
  readonly deployer: string;
}

import type { HardhatConfig } from "hardhat/types/config";
import type { Profiles, Settings } from "./compiler.ts";

/** Hardhat's configuration does not say how contracts or tests are compiled. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";

  constructor(readonly missing: keyof Profiles) {
    super(`hardhat.config.ts has no compiler settings for what is compiled as "${missing}"`);
  }
}

/** As what is deployed is compiled, and as Solidity tests are, which all share their settings. @throws ConfigurationError */
export function profilesOf({ solidity }: HardhatConfig): Profiles {
  const { compilers = [], overrides = {} } = solidity.profiles["default"] ?? {};
  const deployed = compilers[0]?.settings as Settings | undefined;
  const quick = Object.entries(overrides).find(([file]) => file.endsWith(".t.sol"))?.[1].settings as
    Settings | undefined;
  if (deployed === undefined) throw new ConfigurationError("deployed");
  if (quick === undefined) throw new ConfigurationError("quick");
  return { quick, deployed };
}

// Tokens that anyone may mint, for chains without better ones.
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type { Configuration } from "../configuration.ts";

const USDC_DECIMALS = 6;

/** USDC and the collateral of each underlying, named by their symbols. */
export function testTokens({ underlyings }: Configuration) {
  return buildModule("TestTokens", (m) => {
    const token = (name: string, symbol: string, decimals: number) =>
      m.contract("TestToken", [name, symbol, decimals], { id: symbol });
    const collaterals = underlyings
      .flatMap(({ collateral, otherCollateral }) => [collateral, ...otherCollateral])
      .map(({ name, symbol, decimals }) => [symbol, token(name, symbol, decimals)] as const);
    return { USDC: token("USD Coin", "USDC", USDC_DECIMALS), ...Object.fromEntries(collaterals) };
  });
}

import type { NetworkConnection } from "hardhat/types/network";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { deployLocal, type LocalDeployment } from "../../deploy/local.ts";

/** What each funded wallet has, in whole tokens. */
const WALLET_TOKENS = 1_000_000n;

/** A local market with three wallets that hold tokens and let the clearinghouse take them. */
export interface TestMarket extends LocalDeployment {
  readonly ethers: NetworkConnection["ethers"];
  readonly provider: NetworkConnection["provider"];
  readonly networkHelpers: NetworkConnection["networkHelpers"];
  readonly alice: HardhatEthersSigner;
  readonly bob: HardhatEthersSigner;
  readonly carol: HardhatEthersSigner;
}

/** The fixture of the integration tests: `loadFixture(deployPlimsoll)`. */
export async function deployPlimsoll(connection: NetworkConnection): Promise<TestMarket> {
  const { ethers, provider, networkHelpers } = connection;
  const market = await deployLocal(connection);
  const [, alice, bob, carol] = await ethers.getSigners();
  if (alice === undefined || bob === undefined || carol === undefined) throw new RangeError("too few test accounts");
  for (const wallet of [alice, bob, carol]) await fund(market, wallet);
  return { ...market, ethers, provider, networkHelpers, alice, bob, carol };
}

/** Mints a wallet every token of the market and approves the clearinghouse. */
export async function fund({ tokens, addresses }: LocalDeployment, wallet: HardhatEthersSigner): Promise<void> {
  for (const token of Object.values(tokens)) {
    await token.mint(wallet.address, WALLET_TOKENS * 10n ** (await token.decimals()));
    await token.connect(wallet).approve(addresses.clearinghouse, 2n ** 256n - 1n);
  }
}

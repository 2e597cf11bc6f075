import { signSurfaceReport, type SurfaceReport } from "@plimsoll/client";
import { SurfaceOracle, toReport, type PlacedReport } from "@plimsoll/publisher";
import { Wallet } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";
import { loadConfiguration } from "../../deploy/configuration.ts";
import { deployLocal } from "../../deploy/local.ts";
import { surfaceOf } from "../../packages/risk/test/simulated.ts";

export const ETH = 1;
const ONE_ETHER = 10n ** 18n;
export const publishers = ["6", "7", "8"].map((digit) => new Wallet(`0x${digit.repeat(64)}`)) as [
  Wallet,
  Wallet,
  Wallet,
];
/** What the publishers think. */
export const truth = surfaceOf([0.65, 0.58, 0.6, 0.63], { rho: -0.35, eta: 0.8, rate: 0.06 });

/** A local market whose surface needs two of three publishers. */
export async function deployWithPublishers(connection: NetworkConnection) {
  const signers = publishers.map(({ address }) => address).sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  const configuration = { ...(await loadConfiguration("local")), publishers: { signers, threshold: 2 } };
  const market = await deployLocal(connection, { configuration });
  const { ethers, networkHelpers } = connection;
  for (const { address } of publishers) await networkHelpers.setBalance(address, ONE_ETHER);
  const { chainId } = await ethers.provider.getNetwork();
  const venue = { chainId, volatilityOracle: market.addresses.volatilityOracle };
  const oracleOf = (wallet: Wallet) => new SurfaceOracle(venue, ethers.provider, wallet.connect(ethers.provider));
  /** `truth` as of now, with changes. */
  const signed = async (wallet: Wallet, changes: Partial<SurfaceReport> = {}, place = venue): Promise<PlacedReport> => {
    const timestamp = await networkHelpers.time.latest();
    const report = { ...toReport(truth, { underlying: ETH, timestamp }), ...changes };
    return { ...(await signSurfaceReport(report, wallet, place)), venue: place };
  };
  return { ...market, surfaceVenue: venue, oracleOf, signed, networkHelpers };
}

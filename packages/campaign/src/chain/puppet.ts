import { type Call, type SimulatedChain } from "@plimsoll/replay";
import { concat } from "ethers";

/**
 * Code that people act from: calls the address in the first 20 bytes with the rest, and logs why it was refused if it was. So a refusal costs no more
 * than a success and says its reason; a transaction that fails as a whole takes the node four times as long, and the reason a second call.
 *
 *   payload to memory:  PUSH1 20 CALLDATASIZE SUB DUP1 PUSH1 20 PUSH0 CALLDATACOPY
 *   the call:           PUSH0 PUSH0 SWAP2 PUSH0 PUSH0 PUSH0 CALLDATALOAD PUSH1 96 SHR GAS CALL
 *   if it failed:       PUSH1 31 JUMPI RETURNDATASIZE PUSH0 PUSH0 RETURNDATACOPY RETURNDATASIZE PUSH0 LOG0
 *   the end, at 31:     JUMPDEST STOP
 */
const CODE = "0x601436038060145f375f5f915f5f5f3560601c5af1601f573d5f5f3e3d5fa05b00";

/** Lets an address act. */
export async function makePuppet(chain: SimulatedChain, address: string): Promise<void> {
  await chain.request("hardhat_setCode", address, CODE);
}

/** The call as somebody else brings it about. */
export function pulled(call: Call, by: string): Call {
  return { from: by, to: call.from, data: concat([call.to, call.data]) };
}

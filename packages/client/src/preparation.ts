import { ZeroHash, Signature, type Signer, type TypedDataDomain } from "ethers";
import type { Account } from "./account.ts";
import type { Approval, Deposit } from "./batch.ts";
import { CASH } from "./instrument.ts";

/** Operators that an owner sets by signature, as the clearinghouse has them. */
export interface Approvals {
  readonly approvals: Approval[];
  /** The owner's next: `approvalNonce`. */
  readonly nonce: bigint;
  /** Unix seconds, inclusive. */
  readonly deadline: bigint;
}

/** An ERC-2612 permit for the router. */
export interface Permit {
  readonly value: bigint;
  readonly deadline: bigint;
  readonly v: number;
  readonly r: string;
  readonly s: string;
}

/** What `TradeRouter` does before a trade; each part may be left out. */
export interface Preparation {
  readonly deposit: Deposit;
  readonly permit: Permit;
  readonly approvals: Approvals;
  readonly approvalSignature: string;
}

/** Which approvals are valid where: one clearinghouse on one chain. */
export interface ClearingVenue {
  readonly chainId: bigint;
  readonly clearinghouse: string;
}

export interface PermitTerms {
  readonly spender: string;
  /** Token units. */
  readonly value: bigint;
  /** The owner's next nonce at the token. */
  readonly nonce: bigint;
  /** Unix seconds. */
  readonly deadline: bigint;
}

const APPROVAL_TYPES = {
  Approvals: [
    { name: "approvals", type: "Approval[]" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
  Approval: [
    { name: "account", type: "uint256" },
    { name: "operator", type: "address" },
    { name: "permissions", type: "uint8" },
    { name: "expiry", type: "uint40" },
  ],
};

const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

/** Leaves the allowance as it is. */
const NO_PERMIT: Permit = { value: 0n, deadline: 0n, v: 0, r: ZeroHash, s: ZeroHash };
const NO_APPROVALS: Approvals = { approvals: [], nonce: 0n, deadline: 0n };

/** The given parts of a preparation and no others. */
export function preparationFor(account: Account, parts: Partial<Preparation> = {}): Preparation {
  const nothing = { account, asset: CASH, amountInTokens: 0n };
  return { deposit: nothing, permit: NO_PERMIT, approvals: NO_APPROVALS, approvalSignature: "0x", ...parts };
}

/** Signs as the owner of all the accounts. @returns what a preparation takes. */
export async function signApprovals(
  approvals: Approvals,
  signer: Signer,
  { chainId, clearinghouse }: ClearingVenue,
): Promise<Pick<Preparation, "approvals" | "approvalSignature">> {
  const domain = { name: "Plimsoll Clearinghouse", version: "1", chainId, verifyingContract: clearinghouse };
  return { approvals, approvalSignature: await signer.signTypedData(domain, APPROVAL_TYPES, approvals) };
}

/** Signs an ERC-2612 permit. @param domain - The token's, which it tells by ERC-5267 or by its documentation. */
export async function signPermit(
  { spender, value, nonce, deadline }: PermitTerms,
  signer: Signer,
  domain: TypedDataDomain,
): Promise<Permit> {
  const message = { owner: await signer.getAddress(), spender, value, nonce, deadline };
  const { v, r, s } = Signature.from(await signer.signTypedData(domain, PERMIT_TYPES, message));
  return { value, deadline, v, r, s };
}

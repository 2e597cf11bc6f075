import type { Contracts } from "../packages/client/src/contracts.ts";
import { compare, type Difference } from "./difference.ts";
import type { Intended } from "./intended.ts";
import { ADMIN_DELAY_SECONDS, ADMIN_ROLE, RESTRICTED_CONTRACTS, ROLE_NAMES, ROLES } from "./roles.ts";
import type { RestrictedContract } from "./roles.ts";
import { selectorOf } from "./selectors.ts";

interface Holder {
  readonly role: bigint;
  readonly name: string;
  readonly address: string;
  readonly delaySeconds: number;
}

const ADDRESS_KEYS = {
  Clearinghouse: "clearinghouse",
  Markets: "markets",
  PoolQuoter: "poolQuoter",
  PriceOracle: "priceOracle",
  VolatilityOracle: "volatilityOracle",
} as const satisfies Record<RestrictedContract, string>;

/** Who holds which role with which delay, and which function needs which role; nobody and nothing beside them. */
export async function roleDifferences(contracts: Contracts, intended: Intended): Promise<Difference[]> {
  return [
    ...(await holderDifferences(contracts, intended)),
    ...(await functionDifferences(contracts, intended)),
    ...(await adminDelayDifferences(contracts, intended)),
  ];
}

function intendedHolders({ configuration, deployer }: Intended): Holder[] {
  const { roles } = configuration;
  const admin = {
    role: ADMIN_ROLE,
    name: "admin",
    address: roles.admin ?? deployer,
    delaySeconds: ADMIN_DELAY_SECONDS,
  };
  const others = ROLE_NAMES.map((name) => {
    const { id, delaySeconds } = ROLES[name];
    return { role: id, name, address: roles[name] ?? deployer, delaySeconds };
  });
  return [admin, ...others];
}

async function holderDifferences({ accessManager }: Contracts, intended: Intended): Promise<Difference[]> {
  const granted = await accessManager.queryFilter(accessManager.filters.RoleGranted());
  const everHeld = new Map(
    granted.map(({ args }) => [`${args.roleId.toString()} ${args.account.toLowerCase()}`, args]),
  );
  const holders = intendedHolders(intended);
  const found: string[] = [];
  for (const { roleId, account } of everHeld.values()) {
    const [isMember, delay] = await accessManager.hasRole(roleId, account);
    if (isMember) found.push(holderText(roleId, account, delay));
  }
  const expected = holders.map(({ role, address, delaySeconds }) => holderText(role, address, delaySeconds));
  return compare("roles", [["holders", found.sort(), expected.sort()]]);
}

function holderText(role: bigint, address: string, delay: bigint | number): string {
  return `role ${role.toString()} ${address.toLowerCase()} after ${delay.toString()} s`;
}

async function functionDifferences({ accessManager }: Contracts, { addresses }: Intended): Promise<Difference[]> {
  const expected = ROLE_NAMES.flatMap((name) =>
    Object.entries(ROLES[name].functions).flatMap(([contract, methods]) =>
      methods.map((method) => {
        const restricted = contract as RestrictedContract;
        return functionText(addresses[ADDRESS_KEYS[restricted]], selectorOf(restricted, method), ROLES[name].id);
      }),
    ),
  );
  const updates = await accessManager.queryFilter(accessManager.filters.TargetFunctionRoleUpdated());
  const newest = new Map(updates.map(({ args }) => [`${args.target} ${args.selector}`, args]));
  const found = [...newest.values()].map(({ target, selector, roleId }) => functionText(target, selector, roleId));
  return compare("roles", [["functions", found.sort(), expected.sort()]]);
}

function functionText(target: string, selector: string, role: bigint): string {
  return `${target.toLowerCase()} ${selector} needs role ${role.toString()}`;
}

/** A longer delay takes effect after OpenZeppelin's setback of five days, so what was set is read from the events. */
async function adminDelayDifferences({ accessManager }: Contracts, { addresses }: Intended): Promise<Difference[]> {
  const grants = await accessManager.queryFilter(accessManager.filters.RoleGrantDelayChanged());
  const targets = await accessManager.queryFilter(accessManager.filters.TargetAdminDelayUpdated());
  const grantDelays = new Map(grants.map(({ args }) => [args.roleId, args.delay]));
  const targetDelays = new Map(targets.map(({ args }) => [args.target.toLowerCase(), args.delay]));
  const roles = [ADMIN_ROLE, ...ROLE_NAMES.map((name) => ROLES[name].id)];
  return compare("roles", [
    ...roles.map((id) => [`grant delay of role ${id.toString()}`, grantDelays.get(id), ADMIN_DELAY_SECONDS] as const),
    ...RESTRICTED_CONTRACTS.map((contract) => {
      const found = targetDelays.get(addresses[ADDRESS_KEYS[contract]].toLowerCase());
      return [`admin delay of ${contract}`, found, ADMIN_DELAY_SECONDS] as const;
    }),
  ]);
}

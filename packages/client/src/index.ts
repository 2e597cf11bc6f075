export { ownerOf, subIdOf, toAccount, type Account } from "./account.ts";
export {
  addressesFromRecord,
  DeploymentRecordError,
  loadAddresses,
  parseAddresses,
  type Addresses,
  type ContractName,
} from "./addresses.ts";
export {
  approveTrading,
  batchOf,
  depositCash,
  dismiss,
  MAY_MOVE,
  MAY_TRADE,
  MAY_WITHDRAW,
  withdrawCash,
  type Approval,
  type Batch,
  type Deposit,
  type Fill,
  type Transfer,
  type Withdrawal,
} from "./batch.ts";
export { OutOfRangeError } from "./bits.ts";
export { connect, type Contracts } from "./contracts.ts";
export { decoded, decodeError, PlimsollError } from "./errors.ts";
export { executionOf, legPricesOf, netPrice, NetPriceError, type Execution } from "./execution.ts";
export {
  call,
  CASH,
  fieldsOf,
  isOption,
  isWellFormed,
  Kind,
  MalformedInstrumentError,
  perpetual,
  put,
  spot,
  StrikeTooFineError,
  strikeOf,
  toInstrument,
  type Instrument,
  type InstrumentFields,
} from "./instrument.ts";
export { cross, matchOrders, type Match, type OpenOrder } from "./matching.ts";
export {
  callersOrder,
  hashOrder,
  makeOrder,
  makeSingleOrder,
  MalformedOrderError,
  MAX_ORDER_LEGS,
  orderDomain,
  requireWellFormed,
  signOrder,
  type Leg,
  type Malformation,
  type Order,
  type OrderTerms,
  type SignedOrder,
  type SingleTerms,
  type Venue,
} from "./order.ts";
export { instrumentOf, sizeOf, toPosition, type Position } from "./position.ts";
export {
  preparationFor,
  signApprovals,
  signPermit,
  type Approvals,
  type ClearingVenue,
  type Permit,
  type PermitTerms,
  type Preparation,
} from "./preparation.ts";
export {
  hashSurfaceReport,
  signerOfSurfaceReport,
  signSurfaceReport,
  surfaceDomain,
  type SignedSurfaceReport,
  type SurfaceReport,
  type SurfaceVenue,
} from "./surfaceReport.ts";
export { fromWad, nearestWad, toWad, WAD } from "./wad.ts";

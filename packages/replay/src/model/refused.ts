/** The model of a contract says no; `errorName` as the contract calls it. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";

  constructor(readonly errorName: string) {
    super(errorName);
  }
}

/** A person's yes to one package, for one alias, on one body of evidence. */
export type ApprovalRequest = {
  readonly model: string;
  readonly version: number;
  readonly alias: string;
  /** `evidenceHash` of the request that was judged: what the person looked at. */
  readonly evidenceHash: string;
  readonly by: string;
  readonly reason: string;
};

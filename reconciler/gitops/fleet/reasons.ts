/** Reasons of a Fleet's conditions. */
export const Reason = {
  /** Ready: the revision is applied. */
  reconciliationSucceeded: 'ReconciliationSucceeded',
  /** Ready false: the repository cannot be read. */
  fetchFailed: 'FetchFailed',
  /** Ready false: the revision holds what we or the API server do not accept; the last good one stays. */
  revisionRefused: 'RevisionRefused',
  /** Ready false: applying stopped half-way; it goes on. */
  applyFailed: 'ApplyFailed',
  /** Reconciling true. */
  progressing: 'Progressing',
  /** Reconciling false. */
  upToDate: 'UpToDate',
  suspended: 'Suspended',
  /** DeletionPending true: a Cluster left git and waits for its confirmation. */
  confirmationRequired: 'ConfirmationRequired',
  /** DeletionPending false. */
  nothingPending: 'NothingPending',
} as const;

/** The base of every error we throw: a stable code to decide on, and what to do about it. */

/** What the caller should do after a failure. */
export type Retry = 'backoff' | 'never' | { readonly afterMs: number };

export interface CapstanErrorOptions {
  /** Class name; set explicitly because minifiers rename classes. */
  readonly name: string;
  /** Stable, upper-case, documented in `docs/errors.md`. Decide on this, never on the message. */
  readonly code: string;
  /** What failed, on what, why, and what to do next. */
  readonly message: string;
  /** @default 'backoff' */
  readonly retry?: Retry | undefined;
  /** `Kind namespace/name` of the object concerned. */
  readonly object?: string | undefined;
  readonly cause?: unknown;
}

export class CapstanError extends Error {
  readonly code: string;
  readonly retry: Retry;
  readonly object: string | undefined;

  constructor(options: CapstanErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = options.name;
    this.code = options.code;
    this.retry = options.retry ?? 'backoff';
    this.object = options.object;
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

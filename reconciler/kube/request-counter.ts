/** A request as it is counted. */
export interface CountedRequest {
  readonly verb: Verb;
  /** Lower-case plural; `discovery` for what is about the API itself. */
  readonly resource: string;
  readonly host: string;
  /** HTTP status, or undefined when there was no answer. */
  readonly code: number | undefined;
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'apply' | 'delete' | 'deletecollection';

const READS: readonly Verb[] = ['get', 'list', 'watch'];
/** Counted apart: their number depends on time and on how talkative we are, not on the work done. */
const ASIDE = ['events', 'leases'];

/** Told about every request, for `rest_client_requests_total`. */
export type RequestListener = (request: CountedRequest) => void;

/** Counts requests to API servers, for `capstan up` and for Prometheus. */
export class RequestCounter {
  readonly #byKind = new Map<string, number>();
  readonly #listener: RequestListener | undefined;
  #reads = 0;
  #writes = 0;

  constructor(listener?: RequestListener) {
    this.#listener = listener;
  }

  count(request: CountedRequest): void {
    const { verb, resource } = request;
    const kind = `${verb} ${resource}`;
    this.#byKind.set(kind, (this.#byKind.get(kind) ?? 0) + 1);
    if (!ASIDE.includes(resource)) {
      if (READS.includes(verb)) this.#reads++;
      else this.#writes++;
    }
    this.#listener?.(request);
  }

  /** Requests so far, Events and Leases aside (watches count as reads). */
  totals(): { reads: number; writes: number } {
    return { reads: this.#reads, writes: this.#writes };
  }

  /** `verb plural` → requests, everything included. */
  byKind(): { [kind: string]: number } {
    return Object.fromEntries([...this.#byKind].sort(([left], [right]) => (left < right ? -1 : 1)));
  }
}

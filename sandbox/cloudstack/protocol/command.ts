import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import type { Work } from '../jobs/job-engine';
import type { Caller, Role } from '../tenancy/caller';
import { type Args, bind, type Declared, type RawParameters, text, whole } from './parameters';

/** A command in the hands of its handler. */
export interface Call<A> {
  readonly cloud: Installation;
  readonly caller: Caller;
  readonly args: A;
  /** GET carries less user data than POST. */
  readonly method: 'GET' | 'POST';
  /** Everything the server knows, for `listApis`. */
  readonly commands: ReadonlyMap<string, Command>;
}

interface Common<P extends Declared> {
  readonly name: string;
  readonly description: string;
  readonly parameters: P;
  /** Least role. @default 'user' */
  readonly role?: Role;
  /** First release that has it. */
  readonly since?: string;
  /** Object type the answer holds, for `related` in listApis. */
  readonly answers?: string;
}

export interface QuerySpec<P extends Declared> extends Common<P> {
  readonly handle: (call: Call<Args<P>>) => JsonObject;
}

export interface JobSpec<P extends Declared> extends Common<P> {
  /** The object exists when the command is accepted; the answer names it beside the job. */
  readonly creates?: boolean;
  /** Event type, e.g. `VM.CREATE`. */
  readonly event: string;
  readonly submit: (call: Call<Args<P>>) => Work;
}

/** A command without the types of its parameters, as the server handles it. */
export interface Command {
  readonly name: string;
  readonly description: string;
  readonly parameters: Declared;
  readonly role: Role;
  readonly since?: string | undefined;
  readonly isAsync: boolean;
  readonly creates: boolean;
  readonly event: string | undefined;
  readonly related: string;
  readonly run: (request: Omit<Call<never>, 'args'>, raw: RawParameters) => CommandResult;
}

export type CommandResult =
  | { readonly kind: 'answer'; readonly content: JsonObject }
  | { readonly kind: 'work'; readonly work: Work };

/** Paging and keyword: what every list takes. */
export const listParameters = { keyword: text(), page: whole(), pagesize: whole() };

/** A command that is done when it is answered. */
export function query<P extends Declared>(spec: QuerySpec<P>): Command {
  return {
    ...describe(spec),
    isAsync: false,
    creates: false,
    event: undefined,
    run: (request, raw) => ({ kind: 'answer', content: spec.handle(bound(spec, request, raw)) }),
  };
}

/** A command that starts a job. */
export function job<P extends Declared>(spec: JobSpec<P>): Command {
  return {
    ...describe(spec),
    isAsync: true,
    creates: spec.creates === true,
    event: spec.event,
    run: (request, raw) => ({ kind: 'work', work: spec.submit(bound(spec, request, raw)) }),
  };
}

function bound<P extends Declared>(
  spec: Common<P>,
  request: Omit<Call<never>, 'args'>,
  raw: RawParameters,
): Call<Args<P>> {
  const { cloud } = request;
  const known = (tables: readonly string[], id: string) => cloud.db.store.knows(tables, id);
  return { ...request, args: bind(spec.parameters, raw, spec.name, known, cloud.settings.release) };
}

function describe<P extends Declared>(spec: Common<P>) {
  return {
    name: spec.name,
    description: spec.description,
    parameters: spec.parameters,
    role: spec.role ?? ('user' as const),
    since: spec.since,
    related: spec.answers ?? '',
  };
}

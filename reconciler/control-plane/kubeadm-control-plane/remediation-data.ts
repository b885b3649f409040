import { isJsonObject } from '../../../machinery/json';

/** Value of the annotations that carry a replacement from the machine that goes to the one that comes. */
export interface RemediationData {
  /** Name of the machine that was unhealthy. */
  readonly machine: string;
  /** RFC 3339, whole seconds. */
  readonly timestamp: string;
  /** How many replacements in a row failed before this one. */
  readonly retryCount: number;
}

/** Undefined when there is none, or none that can be understood: then counting begins anew. */
export function readRemediation(text: string | undefined): RemediationData | undefined {
  if (text === undefined) return undefined;
  const value = parsed(text);
  if (!isJsonObject(value)) return undefined;
  const { machine, timestamp, retryCount } = value;
  if (typeof machine !== 'string' || typeof timestamp !== 'string' || Number.isNaN(Date.parse(timestamp))) {
    return undefined;
  }
  return { machine, timestamp, retryCount: typeof retryCount === 'number' ? retryCount : 0 };
}

/** The replacement that was begun last, under way or done; undefined when no machine that is there tells of one. */
export function latestRemediation(annotations: readonly (string | undefined)[]): RemediationData | undefined {
  const found = annotations.flatMap((text) => readRemediation(text) ?? []);
  return found.reduce<RemediationData | undefined>(
    (latest, data) =>
      latest === undefined || Date.parse(data.timestamp) > Date.parse(latest.timestamp) ? data : latest,
    undefined,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function remediationText({ machine, timestamp, retryCount }: RemediationData): string {
  return JSON.stringify({ machine, timestamp, retryCount });
}

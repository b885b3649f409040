import { CloudStackRefused } from '../../../api/ports';
import { isJsonObject, type JsonObject } from '../../../machinery/json';

/** A body that is not what CloudStack sends: a proxy's error page, cut off text. */
export class UnreadableAnswer extends Error {
  constructor(httpStatus: number) {
    super(`HTTP ${httpStatus} without a CloudStack answer in JSON`);
    this.name = 'UnreadableAnswer';
  }
}

/**
 * Opens the envelope of an answer (`cloudstack.md` 1.7, 1.8).
 * @throws CloudStackRefused for an error answer, UnreadableAnswer for anything that is not CloudStack's JSON.
 */
export function openEnvelope(command: string, httpStatus: number, body: string): JsonObject {
  const content = contentOf(parse(httpStatus, body));
  if (content === undefined) throw new UnreadableAnswer(httpStatus);
  const errorText = content.errortext;
  if (typeof content.errorcode === 'number' && typeof errorText === 'string' && content.jobid === undefined) {
    const csErrorCode = typeof content.cserrorcode === 'number' ? content.cserrorcode : undefined;
    throw new CloudStackRefused(command, httpStatus, content.errorcode, csErrorCode, errorText);
  }
  if (httpStatus >= 400) throw new UnreadableAnswer(httpStatus);
  return content;
}

function parse(httpStatus: number, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new UnreadableAnswer(httpStatus);
  }
}

/** The value of the single top-level key; old servers add `cloudstack-version` beside the one that ends in `response`. */
function contentOf(answer: unknown): JsonObject | undefined {
  if (!isJsonObject(answer)) return undefined;
  const keys = Object.keys(answer);
  const key = keys.find((name) => name.toLowerCase().endsWith('response')) ?? keys[0];
  const content = key === undefined ? undefined : answer[key];
  // Parsed from JSON text, so an object is a JsonObject.
  return isJsonObject(content) ? (content as JsonObject) : undefined;
}

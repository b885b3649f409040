import type { CloudStackTransport } from '../../../api/ports';
import type { JsonObject } from '../../../machinery/json';

export interface Call {
  readonly command: string;
  readonly parameters: { readonly [name: string]: string };
}

type Answer = JsonObject | Error;

/** Answers commands by functions, and notes every call. */
export class ScriptedTransport implements CloudStackTransport {
  readonly calls: Call[] = [];
  readonly #answers = new Map<string, (call: Call) => Answer>();

  on(command: string, answer: (call: Call) => Answer): this {
    this.#answers.set(command, answer);
    return this;
  }

  async call(command: string, parameters: Call['parameters']): Promise<JsonObject> {
    const call = { command, parameters };
    this.calls.push(call);
    const answer = this.#answers.get(command)?.(call) ?? {};
    if (answer instanceof Error) throw answer;
    return answer;
  }

  count(command: string): number {
    return this.calls.filter((call) => call.command === command).length;
  }
}

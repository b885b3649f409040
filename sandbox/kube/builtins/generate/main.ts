/**
 * Rewrites the facts about builtin kinds (`catalog.json`: names, field types, list types, patch keys, which Go fields are
 * written when empty; `columns.json`: columns of Tables; `protobuf.json`: field numbers) from a running kube-apiserver
 * and the Go types of the same release.
 *
 *     node --require tsx/cjs sandbox/kube/builtins/generate/main.ts https://127.0.0.1:6443 TOKEN $(go env GOMODCACHE)/k8s.io
 *
 * Set NODE_TLS_REJECT_UNAUTHORIZED=0 for a test server with its own certificate. `test/real-kube/builtins.test.ts` fails
 * when the files are not what a real server tells.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogText, columnsText } from './files';
import { goFields } from './go-types';
import { protobufTables } from './protobuf';
import { servedFacts, withEmptiness } from './served';

async function main([server = '', token = '', modules = '']: readonly string[]): Promise<void> {
  const facts = await servedFacts(async (path, accept = 'application/json') => {
    const answer = await fetch(server + path, { headers: { authorization: `Bearer ${token}`, accept } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  });
  const definitions = withEmptiness(facts.definitions, goFields(modules, facts.release));
  const write = (file: string, text: string): void => writeFileSync(join(__dirname, '..', file), text);
  write('catalog.json', catalogText(facts.resources, definitions));
  write('columns.json', columnsText(facts.columns));
  write('protobuf.json', protobufTables(modules, facts.release, Object.keys(definitions)));
}

void main(process.argv.slice(2));

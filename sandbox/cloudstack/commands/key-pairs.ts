import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { fields, is, listAnswer, matchesKeyword, success } from '../protocol/answers';
import { invalidValue } from '../protocol/api-error';
import { type Command, listParameters, query } from '../protocol/command';
import { idOf, required, text } from '../protocol/parameters';
import type { AccountRow, KeyPairRow } from '../store/tenancy-rows';
import { ownerFields, ownerFor, ownerParameters, visibilityParameters, visibleOwners } from '../tenancy/owners';

export const keyPairCommands: readonly Command[] = [
  query({
    name: 'registerSSHKeyPair',
    description: 'Register a public key in a keypair under a certain name',
    answers: 'keypair',
    parameters: { name: required(text()), publickey: required(text(5120)), ...ownerParameters },
    handle: ({ cloud, caller, args }) => {
      const owner = ownerFor(cloud, caller, args);
      const pair = addKeyPair(cloud, owner, args.name, args.publickey);
      return { keypair: renderKeyPair(cloud, pair) };
    },
  }),
  query({
    name: 'listSSHKeyPairs',
    description: 'List registered keypairs',
    answers: 'sshkeypair',
    parameters: {
      id: idOf('keyPairs'),
      name: text(),
      fingerprint: text(),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      const found = cloud.db.keyPairs.filter(
        (pair) =>
          mine(pair.accountId) &&
          is(args.id, pair.id) &&
          is(args.name, pair.name) &&
          is(args.fingerprint, pair.fingerprint) &&
          matchesKeyword(args.keyword, pair.name),
      );
      return listAnswer(cloud, args, 'sshkeypair', found, (pair) => renderKeyPair(cloud, pair));
    },
  }),
  query({
    name: 'deleteSSHKeyPair',
    description: 'Deletes a keypair by name',
    parameters: { name: required(text()), ...ownerParameters },
    handle: ({ cloud, caller, args }) => {
      const owner = ownerFor(cloud, caller, args);
      const pair = cloud.db.keyPairs.find((row) => row.name === args.name && row.accountId === owner.id);
      if (pair === undefined) {
        throw invalidValue(
          `A key pair with name '${args.name}' does not exist for account ${owner.name} in domain id=${owner.domainId}`,
        );
      }
      cloud.db.keyPairs.remove(pair.id);
      return success;
    },
  }),
];

/** @throws ApiError 431 when name or key are there already, or it is no public key. */
export function addKeyPair(cloud: Installation, owner: AccountRow, name: string, publicKey: string): KeyPairRow {
  const { db } = cloud;
  const own = db.keyPairs.filter((pair) => pair.accountId === owner.id);
  if (own.some((pair) => pair.name === name)) throw invalidValue(`A key pair with name '${name}' already exists.`);
  const [type, body] = publicKey.trim().split(/\s+/);
  if (type === undefined || body === undefined || !/^(ssh-|ecdsa-|sk-)/.test(type))
    throw invalidValue('Public key is invalid');
  if (own.some((pair) => pair.publicKey.split(/\s+/)[1] === body)) {
    throw invalidValue(`A key pair with name '${name}' already exists for this account: the public key is registered.`);
  }
  // What `ssh-keygen -E md5 -l` prints.
  const digest = createHash('md5').update(Buffer.from(body, 'base64')).digest('hex');
  const fingerprint = (digest.match(/../g) ?? []).join(':');
  return db.keyPairs.put({ id: db.newId(), name, accountId: owner.id, publicKey: publicKey.trim(), fingerprint });
}

function renderKeyPair(cloud: Installation, pair: KeyPairRow): JsonObject {
  return fields({
    id: pair.id,
    name: pair.name,
    ...withoutPath(ownerFields(cloud.db, pair.accountId)),
    fingerprint: pair.fingerprint,
    hasannotations: false,
  });
}

function withoutPath({ domainpath: _path, ...rest }: { [field: string]: string }): { [field: string]: string } {
  return rest;
}

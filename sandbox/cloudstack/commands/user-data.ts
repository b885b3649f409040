import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { fields, is, listAnswer, success } from '../protocol/answers';
import { invalidValue } from '../protocol/api-error';
import { type Command, listParameters, query } from '../protocol/command';
import { idOf, required, text } from '../protocol/parameters';
import type { RegisteredUserDataRow } from '../store/compute-rows';
import { checkMayUse } from '../tenancy/caller';
import { ownerFields, ownerFor, ownerParameters, visibilityParameters, visibleOwners } from '../tenancy/owners';

/** What one line of a request may carry. */
const GET_LIMIT = 4096;

/**
 * User data as it is stored.
 * @throws ApiError 431 when it is not base64, empty, or longer than the way it came allows (`cloudstack.md` 6.1).
 */
export function checkedUserData(
  cloud: Installation,
  userData: string | undefined,
  method: 'GET' | 'POST',
): string | undefined {
  if (userData === undefined) return undefined;
  const plain = userData.includes('%') ? decodeURIComponent(userData) : userData;
  if (!/^[A-Za-z0-9+/\r\n]*={0,2}$/.test(plain)) throw invalidValue('User data is not base64 encoded.');
  if (method === 'GET' && plain.length > GET_LIMIT) throw invalidValue('User data is too long for http GET request');
  if (plain.length > cloud.settings.userDataLimit) {
    throw invalidValue(`User data has exceeded configurable max length: ${cloud.settings.userDataLimit}`);
  }
  if (Buffer.from(plain, 'base64').length < 1) throw invalidValue('User data is too short.');
  return plain;
}

export const userDataCommands: readonly Command[] = [
  query({
    name: 'registerUserData',
    description: 'Register a new userdata.',
    answers: 'userdata',
    parameters: { name: required(text()), userdata: required(text(1_048_576)), params: text(4096), ...ownerParameters },
    handle: ({ cloud, caller, args, method }) => {
      const owner = ownerFor(cloud, caller, args);
      const userData = checkedUserData(cloud, args.userdata, method) ?? '';
      const { registeredUserData } = cloud.db;
      if (registeredUserData.find((row) => row.accountId === owner.id && row.name === args.name) !== undefined) {
        throw invalidValue(`A userdata with name ${args.name} already exists for this account.`);
      }
      const row = registeredUserData.put({
        id: cloud.db.newId(),
        name: args.name,
        accountId: owner.id,
        userData,
        params: args.params,
      });
      // Only the list says the domain's path.
      const { domainpath: _path, ...userdata } = renderUserData(cloud, row);
      return { userdata };
    },
  }),
  query({
    name: 'listUserData',
    description: 'List registered userdatas',
    answers: 'userdata',
    parameters: { id: idOf('registeredUserData'), name: text(), ...visibilityParameters, ...listParameters },
    handle: ({ cloud, caller, args }) => {
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      const found = cloud.db.registeredUserData.filter(
        (row) => mine(row.accountId) && is(args.id, row.id) && is(args.name, row.name),
      );
      return listAnswer(cloud, args, 'userdata', found, (row) => renderUserData(cloud, row));
    },
  }),
  query({
    name: 'deleteUserData',
    description: 'Deletes a userdata',
    parameters: { id: required(idOf('registeredUserData')), ...ownerParameters },
    handle: ({ cloud, caller, args }) => {
      const row = cloud.db.registeredUserData.get(args.id);
      if (row === undefined) throw invalidValue(`A userdata with id ${args.id} does not exist`);
      checkMayUse(cloud.db, caller, row.accountId);
      cloud.db.registeredUserData.remove(row.id);
      return success;
    },
  }),
  query({
    name: 'getVirtualMachineUserData',
    description: 'Returns user data associated with the VM',
    answers: 'virtualmachineuserdata',
    parameters: { virtualmachineid: required(idOf('vms')) },
    handle: ({ cloud, caller, args }) => {
      const vm = cloud.db.vms.get(args.virtualmachineid);
      if (vm === undefined) throw invalidValue(`unable to find a virtual machine with id ${args.virtualmachineid}`);
      checkMayUse(cloud.db, caller, vm.accountId);
      const userdata = cloud.db.userData.get(vm.id)?.userData;
      return { virtualmachineuserdata: fields({ virtualmachineid: vm.id, userdata }) };
    },
  }),
];

function renderUserData(cloud: Installation, row: RegisteredUserDataRow): JsonObject {
  return fields({
    id: row.id,
    name: row.name,
    accountid: row.accountId,
    ...ownerFields(cloud.db, row.accountId),
    userdata: row.userData,
    params: row.params,
    hasannotations: false,
  });
}

import type { JsonObject } from '../../../machinery/json';
import { fields, is } from '../protocol/answers';
import { unavailable } from '../protocol/api-error';
import { type Command, query } from '../protocol/command';
import { isOlder, type Parameter, text } from '../protocol/parameters';
import { mayCall } from '../tenancy/caller';
import { mayExpunge } from './virtual-machines';

export const serverCommands: readonly Command[] = [
  query({
    name: 'listCapabilities',
    description: 'Lists capabilities',
    answers: 'capability',
    parameters: {},
    handle: ({ cloud, caller }) => ({
      capability: fields({
        securitygroupsenabled: false,
        dynamicrolesenabled: true,
        cloudstackversion: cloud.settings.release,
        userpublictemplateenabled: true,
        supportELB: 'false',
        projectinviterequired: false,
        allowusercreateprojects: true,
        customdiskofferingminsize: 1,
        customdiskofferingmaxsize: 1024,
        regionsecondaryenabled: false,
        kvmsnapshotenabled: false,
        allowuserviewdestroyedvm: cloud.settings.usersSeeDestroyed,
        allowuserexpungerecovervm: mayExpunge(caller),
        allowuserexpungerecovervolume: true,
        allowuserviewalldomainaccounts: false,
        allowuserforcestopvm: true,
        kubernetesserviceenabled: cloud.settings.kubernetesService,
        kubernetesclusterexperimentalfeaturesenabled: false,
        defaultuipagesize: 20,
        instancesstatsretentiontime: 720,
        instancesstatsuseronly: false,
        instancesdisksstatsretentionenabled: false,
        instancesdisksstatsretentiontime: 720,
        customhypervisordisplayname: 'Custom',
      }),
    }),
  }),
  query({
    name: 'listApis',
    description: 'lists all available apis on the server, provided by the Api Discovery plugin',
    answers: 'api',
    parameters: { name: text() },
    handle: ({ cloud, caller, args, commands }) => {
      const found = [...commands.values()].filter(
        (command) =>
          is(args.name, command.name) && mayCall(caller, command.role) && !caller.account.denied.includes(command.name),
      );
      if (args.name !== undefined && found.length === 0) throw unavailable(args.name, caller.account.name);
      return { count: found.length, api: found.map((command) => renderApi(command, cloud.settings.release)) };
    },
  }),
];

function renderApi(command: Command, release: string): JsonObject {
  const known = Object.entries(command.parameters).filter(
    ([, parameter]) => parameter.since === undefined || !isOlder(release, parameter.since),
  );
  return fields({
    name: command.name,
    description: command.description,
    since: command.since,
    isasync: command.isAsync,
    related: command.related,
    params: known.map(([name, parameter]) => renderParameter(name, parameter)),
    response: command.isAsync ? [{ name: 'jobid', description: 'the UUID of the job', type: 'string' }] : [],
  });
}

function renderParameter(name: string, parameter: Parameter<unknown>): JsonObject {
  return fields({
    name,
    description: name,
    type: parameter.type,
    length: parameter.maxLength,
    required: parameter.required,
    since: parameter.since,
  });
}

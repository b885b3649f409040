import { cloneJson, type JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { fields, is, listAnswer, matchesKeyword } from '../protocol/answers';
import { permissionDenied } from '../protocol/api-error';
import { type Command, listParameters, query } from '../protocol/command';
import { date, flag, idOf, required, since, text } from '../protocol/parameters';
import { wireDate } from '../store/database';
import type { JobRow } from '../store/tenancy-rows';
import { mayUse } from '../tenancy/caller';
import { visibilityParameters, visibleOwners } from '../tenancy/owners';

/** Where the simulated server runs; `managementserverid` of jobs. */
export const MANAGEMENT_SERVER_ID = '6b0c1d52-1f5f-4d0e-9a55-000000000001';

export const jobCommands: readonly Command[] = [
  query({
    name: 'queryAsyncJobResult',
    description: 'Retrieves the current status of asynchronous job.',
    parameters: { jobid: required(idOf('jobs')) },
    handle: ({ cloud, caller, args }) => {
      const job = cloud.db.jobs.need(args.jobid);
      if (!mayUse(cloud.db, caller, job.accountId)) {
        throw permissionDenied(`${caller.account.name} is not authorized to see job id=${job.id}`);
      }
      return renderJob(cloud, job);
    },
  }),
  query({
    name: 'listAsyncJobs',
    description: 'Lists all pending asynchronous jobs for the account.',
    answers: 'asyncjobs',
    parameters: {
      startdate: date(),
      managementserverid: since('4.19', text()),
      account: text(),
      domainid: idOf('domains'),
      isrecursive: flag(),
      listall: flag(),
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const mine = visibleOwners(cloud, caller, { ...args, projectid: undefined }, false);
      const found = cloud.db.jobs.filter(
        (job) =>
          job.status === 0 &&
          mine(job.accountId) &&
          (args.startdate === undefined || job.created >= args.startdate) &&
          matchesKeyword(args.keyword, job.javaClass),
      );
      return listAnswer(cloud, args, 'asyncjobs', found, (job) => renderJob(cloud, job));
    },
  }),
  query({
    name: 'listEvents',
    description: 'A command to list events.',
    answers: 'event',
    parameters: {
      id: text(),
      type: text(),
      level: text(),
      state: since('4.21', text()),
      resourceid: text(),
      resourcetype: text(),
      startid: text(),
      startdate: date(),
      enddate: date(),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      const found = cloud.events
        .newestFirst()
        .filter(
          (event) =>
            mine(event.accountId) &&
            is(args.id, event.id) &&
            is(args.type, event.type) &&
            is(args.level, event.level) &&
            is(args.resourceid, event.resourceId) &&
            is(args.resourcetype?.toLowerCase(), event.resourceType?.toLowerCase()) &&
            is(args.startid, event.startId) &&
            (args.startdate === undefined || event.created >= args.startdate) &&
            (args.enddate === undefined || event.created <= args.enddate) &&
            matchesKeyword(args.keyword, event.type, event.description),
        );
      return listAnswer(cloud, args, 'event', found, (event) => {
        const account = cloud.db.accounts.get(event.accountId);
        const domain = cloud.db.domains.get(account?.domainId);
        return fields({
          id: event.id,
          username: cloud.db.users.get(event.userId)?.username,
          type: event.type,
          level: event.level,
          description: event.description,
          account: account?.name,
          domainid: domain?.id,
          domain: domain?.name,
          domainpath: domain?.path,
          resourceid: event.resourceId,
          resourcetype: event.resourceType,
          created: wireDate(event.created),
          state: event.state,
          parentid: event.startId,
          archived: false,
        });
      });
    },
  }),
  query({
    name: 'listEventTypes',
    description: 'List Event Types',
    answers: 'eventtype',
    parameters: {},
    handle: ({ cloud, commands }) => {
      const types = [...new Set([...commands.values()].flatMap((command) => command.event ?? []))].sort();
      return listAnswer(cloud, {}, 'eventtype', types, (name) => ({ name }));
    },
  }),
];

function renderJob(cloud: Installation, job: JobRow): JsonObject {
  const account = cloud.db.accounts.get(job.accountId);
  const domain = cloud.db.domains.get(account?.domainId);
  return fields({
    accountid: job.accountId,
    account: account?.name,
    domainid: domain?.id,
    domainpath: domain?.path,
    userid: job.userId,
    cmd: job.javaClass,
    jobstatus: job.status,
    jobprocstatus: 0,
    jobresultcode: job.resultCode,
    jobresulttype: job.result === undefined ? undefined : 'object',
    jobresult: job.result === undefined ? undefined : cloneJson(job.result),
    jobinstancetype: job.instanceType,
    jobinstanceid: job.instanceId,
    created: wireDate(job.created),
    completed: job.completed === undefined ? undefined : wireDate(job.completed),
    jobid: job.id,
    managementserverid: MANAGEMENT_SERVER_ID,
  });
}

import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { fields, is, listAnswer, matchesKeyword } from '../protocol/answers';
import { invalidValue, permissionDenied } from '../protocol/api-error';
import { type Command, listParameters, query } from '../protocol/command';
import { entries, flag, idOf, idsOf, required, since, text, words } from '../protocol/parameters';
import type { TemplateRow } from '../store/catalog-rows';
import { wireDate } from '../store/database';
import { type Caller, isRoot } from '../tenancy/caller';
import { ownerFields, visibilityParameters } from '../tenancy/owners';
import { matchesTags, tagsOf } from '../tenancy/tags';

const FILTERS = ['featured', 'self', 'selfexecutable', 'sharedexecutable', 'executable', 'community', 'shared', 'all'];

/** Bytes of a GiB. */
export const GIB = 1024 ** 3;

export const templateCommands: readonly Command[] = [
  query({
    name: 'listTemplates',
    description: 'List all public, private, and privileged templates.',
    answers: 'template',
    parameters: {
      templatefilter: required(text()),
      id: idOf('templates'),
      ids: idsOf('templates'),
      name: text(),
      zoneid: idOf('zones'),
      hypervisor: text(),
      arch: since('4.20', text()),
      isready: since('4.21', flag()),
      forcks: since('4.21', flag()),
      templatetype: text(),
      details: words(),
      showremoved: flag(),
      showunique: flag(),
      showicon: flag(),
      isvnf: flag(),
      tags: entries(),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const filter = args.templatefilter.toLowerCase();
      if (!FILTERS.includes(filter))
        throw invalidValue(`Please specify a valid template filter: ${FILTERS.join(', ')}`);
      if (filter === 'all' && !isRoot(caller)) {
        throw invalidValue('Only ROOT admins are allowed to use template filter: all');
      }
      const found = cloud.db.templates.filter(
        (template) =>
          isShown(template, filter, caller) &&
          is(args.id, template.id) &&
          (args.ids === undefined || args.ids.includes(template.id)) &&
          is(args.name, template.name) &&
          is(args.zoneid, template.zoneId) &&
          is(args.hypervisor?.toLowerCase(), 'kvm') &&
          is(args.arch, template.arch) &&
          is(args.isready, template.ready) &&
          is(args.forcks, template.forCks) &&
          matchesTags(cloud, template.id, args.tags) &&
          matchesKeyword(args.keyword, template.name, template.displayText),
      );
      return listAnswer(cloud, args, 'template', found, (template) => renderTemplate(cloud, template));
    },
  }),
];

function isShown(template: TemplateRow, filter: string, caller: Caller): boolean {
  const own = template.accountId === caller.account.id;
  if (filter === 'all') return true;
  if (filter === 'self') return own;
  if (filter === 'selfexecutable') return own && template.ready;
  if (filter === 'featured') return template.isPublic && template.isFeatured;
  if (filter === 'community') return template.isPublic && !template.isFeatured;
  if (filter === 'executable') return (own || template.isPublic) && template.ready;
  return false;
}

/** @throws ApiError 431 when it is not usable in the zone, 531 when it belongs to somebody else. */
export function checkUsable(template: TemplateRow, zoneId: string, accountId: string): void {
  if (template.zoneId !== zoneId) {
    throw invalidValue(`Template ${template.id} is not available in the zone ${zoneId}`);
  }
  if (!template.ready) throw invalidValue(`Template ${template.name} is not ready: it is still being downloaded`);
  if (!template.isPublic && template.accountId !== accountId) {
    throw permissionDenied(`Account does not have permission to launch VM from template ${template.name}`);
  }
}

function renderTemplate(cloud: Installation, template: TemplateRow): JsonObject {
  const zone = cloud.db.zones.need(template.zoneId);
  return fields({
    id: template.id,
    name: template.name,
    displaytext: template.displayText,
    ispublic: template.isPublic,
    created: wireDate(template.created),
    isready: template.ready,
    passwordenabled: false,
    format: 'QCOW2',
    isfeatured: template.isFeatured,
    crossZones: false,
    ostypeid: template.osTypeId,
    ostypename: template.osTypeName,
    ...ownerFields(cloud.db, template.accountId),
    zoneid: zone.id,
    zonename: zone.name,
    status: template.ready ? 'Download Complete' : '0% Downloaded',
    size: template.sizeGiB * GIB,
    physicalsize: Math.round(template.sizeGiB * GIB * 0.4),
    templatetype: 'USER',
    hypervisor: 'KVM',
    checksum: `{SHA-256}${template.id.replaceAll('-', '').repeat(2)}`,
    isextractable: true,
    details: {},
    arch: template.arch,
    directdownload: false,
    deployasis: false,
    requireshvm: true,
    sshkeyenabled: false,
    isdynamicallyscalable: false,
    hasannotations: false,
    tags: tagsOf(cloud, template.id),
  });
}

import { Secret } from '../../../api/kinds';
import type { CloudInitFile, CloudInitUser } from '../../../machinery/cloud-init';
import { secretText } from '../../../machinery/kubeadm';
import { renderFileTemplate, TemplateUnusable } from './file-template';
import type { Scope } from './scope';

/** Files and users with everything that stands in Secrets filled in, or what is missing. */
export type Resolved =
  | { readonly faults: readonly string[] }
  | { readonly faults?: undefined; readonly files: CloudInitFile[]; readonly users: CloudInitUser[] };

/**
 * Resolves `contentFrom`, `passwdFrom` and templates. Faults name the field, the Secret and the key, never a value.
 * @param controlPlaneVersion - for templates; asked for only where one is used
 */
export async function resolveReferences(scope: Scope, controlPlaneVersion: () => Promise<string>): Promise<Resolved> {
  const faults: string[] = [];
  const files: CloudInitFile[] = [];
  for (const [index, file] of (scope.spec.files ?? []).entries()) {
    const { contentFrom, contentFormat, ...attributes } = file;
    let content = file.content;
    if (contentFrom !== undefined) content = lookUp(scope, contentFrom.secret, `files[${index}].contentFrom`, faults);
    if (contentFormat === 'Template' && content !== undefined) {
      try {
        content = renderFileTemplate(content, { controlPlaneVersion: await controlPlaneVersion() });
      } catch (error) {
        if (!(error instanceof TemplateUnusable)) throw error;
        faults.push(`spec.files[${index}] (${file.path}): ${error.message}`);
      }
    }
    files.push({ ...attributes, content });
  }
  const users: CloudInitUser[] = [];
  for (const [index, user] of (scope.spec.users ?? []).entries()) {
    const { passwdFrom, ...attributes } = user;
    const passwd =
      passwdFrom === undefined ? user.passwd : lookUp(scope, passwdFrom.secret, `users[${index}].passwdFrom`, faults);
    users.push({ ...attributes, passwd });
  }
  return faults.length > 0 ? { faults } : { files, users };
}

function lookUp(
  scope: Scope,
  source: { readonly name: string; readonly key: string },
  field: string,
  faults: string[],
): string | undefined {
  const secret = scope.deps.objects.get(Secret, { namespace: scope.clusterKey.namespace, name: source.name });
  const value = secretText(secret, source.key);
  if (secret === undefined) faults.push(`spec.${field}: Secret ${source.name} does not exist`);
  else if (value === undefined) faults.push(`spec.${field}: Secret ${source.name} has no key ${source.key}`);
  return value;
}

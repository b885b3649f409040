import { CapstanError } from '../../machinery/errors';

/** A process in a Pod cannot prove who it is. */
export class ServiceAccountMissing extends CapstanError {
  constructor(directory: string, cause: unknown) {
    super({
      name: 'ServiceAccountMissing',
      code: 'SERVICE_ACCOUNT_MISSING',
      message: `there is no service account in ${directory} that this process can read; give the Pod one (serviceAccountName, automountServiceAccountToken), or name a management cluster with --kubeconfig`,
      retry: 'never',
      cause,
    });
  }
}

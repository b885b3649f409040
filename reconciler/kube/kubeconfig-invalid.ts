import { CapstanError } from '../../machinery/errors';

/** The kubeconfig cannot be used. Never quotes the file. */
export class KubeconfigInvalid extends CapstanError {
  constructor(file: string, why: string, cause?: unknown) {
    super({
      name: 'KubeconfigInvalid',
      code: 'KUBECONFIG_INVALID',
      message: `kubeconfig ${file}: ${why}; check the path and its current context (kubectl config view)`,
      retry: 'never',
      cause,
    });
  }
}

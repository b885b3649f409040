import { CapstanError } from '../errors';

/** A key, certificate or kubeconfig cannot be used. Messages never contain key material. */
export class PkiError extends CapstanError {
  constructor(message: string, cause?: unknown) {
    super({ name: 'PkiError', code: 'PKI_UNUSABLE', retry: 'never', message, cause });
  }
}

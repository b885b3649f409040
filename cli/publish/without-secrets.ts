import { withoutUserInfo } from '../../machinery/user-info';

/** Text of git without the credentials that URLs in it carry. */
export function withoutSecrets(text: string): string {
  return withoutUserInfo(text).replace(
    /([?&][^=&\s'"]*(?:token|secret|password|key|auth)[^=&\s'"]*=)[^&\s'"]+/gi,
    '$1***',
  );
}

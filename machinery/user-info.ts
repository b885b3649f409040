/** A text whose URLs carry no user name, no password and no token: what may be shown of URLs that somebody wrote. */
export function withoutSecrets(text: string): string {
  // Up to the last @ before the path: passwords are written with an @ or ? of their own, too.
  const withoutUserInfo = text.replace(/\/\/[^/\s]*@/g, '//');
  return withoutUserInfo.replace(/([?&][^=&\s'"]*(?:token|secret|password|key|auth)[^=&\s'"]*=)[^&\s'"]+/gi, '$1***');
}

/** What may be shown of an endpoint: scheme, host, port and path. User, password, query and fragment may be secrets. */
export function shownEndpoint(url: string): string {
  if (!URL.canParse(url)) return 'an endpoint that is not a URL';
  const { protocol, host, pathname } = new URL(url);
  // Without a scheme of its own, `user:password@host` is read as scheme and path.
  if (host === '') return 'an endpoint without a host';
  return `${protocol}//${host}${pathname}`;
}

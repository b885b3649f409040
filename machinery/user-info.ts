/** A text whose URLs carry no user name and no password: what may be shown of a URL that somebody wrote. */
export function withoutUserInfo(text: string): string {
  // Up to the last @ before the path: passwords are written with an @ or ? of their own, too.
  return text.replace(/\/\/[^/\s]*@/g, '//');
}

/** What may be shown of an endpoint: scheme, host, port and path. User, password, query and fragment may be secrets. */
export function shownEndpoint(url: string): string {
  if (!URL.canParse(url)) return 'an endpoint that is not a URL';
  const { protocol, host, pathname } = new URL(url);
  // Without a scheme of its own, `user:password@host` is read as scheme and path.
  if (host === '') return 'an endpoint without a host';
  return `${protocol}//${host}${pathname}`;
}

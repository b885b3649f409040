/** A text whose URLs carry no user name and no password: what may be shown of a URL that somebody wrote. */
export function withoutUserInfo(text: string): string {
  // Up to the last @ before the path: passwords are written with an @ or ? of their own, too.
  return text.replace(/\/\/[^/\s]*@/g, '//');
}

/** Text of git without the credentials that URLs in it carry. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/:\/\/[^/\s'"]*@/g, '://***@')
    .replace(/([?&][^=&\s'"]*(?:token|secret|password|key|auth)[^=&\s'"]*=)[^&\s'"]+/gi, '$1***');
}

/** Decodes `application/x-www-form-urlencoded` text; of a repeated name the last one counts. */
export function decodeForm(text: string): { [name: string]: string } {
  const decoded: { [name: string]: string } = {};
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodePart(equals < 0 ? pair : pair.slice(0, equals));
    decoded[name] = equals < 0 ? '' : decodePart(pair.slice(equals + 1));
  }
  return decoded;
}

function decodePart(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

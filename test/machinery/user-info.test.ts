import { shownEndpoint, withoutSecrets } from '../../machinery/user-info';

test.each([
  ['https://bob:hunter2secret@git.example.org/fleet.git', 'https://git.example.org/fleet.git'],
  ['https://token@git.example.org/fleet.git', 'https://git.example.org/fleet.git'],
  ['ssh://git:p@ss?w@git.example.org:2222/fleet.git', 'ssh://git.example.org:2222/fleet.git'],
  ["cannot read 'http://a:b@one/x' and http://c@two/y", "cannot read 'http://one/x' and http://two/y"],
  ['https://git.example.org/fleet@v1', 'https://git.example.org/fleet@v1'],
  ['/srv/fleet.git', '/srv/fleet.git'],
  [
    'https://git.example.org/fleet.git?depth=1&private_token=t',
    'https://git.example.org/fleet.git?depth=1&private_token=***',
  ],
  ["cannot read 'https://one/x?access_token=a&b=c'", "cannot read 'https://one/x?access_token=***&b=c'"],
])('%s is shown as %s', (text, shown) => {
  expect(withoutSecrets(text)).toBe(shown);
});

test.each([
  [
    'https://bob:hunter2@cloud.example.org:8443/client/api?token=hunter3#hunter4',
    'https://cloud.example.org:8443/client/api',
  ],
  ['http://10.0.0.1/client/api', 'http://10.0.0.1/client/api'],
  ['bob:hunter2@cloud.example.org/client/api', 'an endpoint without a host'],
  ['hunter2', 'an endpoint that is not a URL'],
])('of the endpoint %s, %s is shown', (url, shown) => {
  expect(shownEndpoint(url)).toBe(shown);
});

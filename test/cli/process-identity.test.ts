import os from 'node:os';
import { isGoneHere, processIdentity } from '../../cli/process-identity';

afterEach(() => jest.restoreAllMocks());

/** More than Linux ever gives. */
const FREE_ID = 2 ** 22 + 1;

test.each(['laptop', 'my_laptop', '_'])('a process of the host %s that is gone is known by its identity', (host) => {
  jest.spyOn(os, 'hostname').mockReturnValue(host);
  const identity = processIdentity('5f0c');

  expect(isGoneHere(identity.replace(`_${process.pid}_`, `_${FREE_ID}_`))).toBe(true);
  expect(isGoneHere(identity.replace(`_${process.pid}_`, `_${process.ppid}_`))).toBe(false);
});

test('nobody is known to be gone who is of another host, or whose name is no identity of ours', () => {
  const identity = processIdentity('5f0c').replace(`_${process.pid}_`, `_${FREE_ID}_`);

  for (const other of [`other-${identity}`, '', 'capc-controller-manager-5f0c_8e1d'])
    expect(isGoneHere(other)).toBe(false);
});

import { createServer } from 'node:net';
import { SystemRandom } from '../../machinery/random';
import { claimPublicRange } from '../../sandbox/public-range';

const random = new SystemRandom();

test('a claimed range can be bound and is refused to others until it is released', async () => {
  const range = await claimPublicRange(random);

  expect(range.isBindable).toBe(true);
  await expect(claimPublicRange(random, { preferred: range.cidr })).rejects.toMatchObject({ code: 'NO_PUBLIC_RANGE' });
  await range.release();
  const again = await claimPublicRange(random, { preferred: range.cidr });
  expect(again.addresses).toEqual(range.addresses);
  await again.release();
});

test('where nobody can listen at its addresses, a range needs no claim and is the same as before', async () => {
  const canBind = async () => false;
  const asked: string[] = [];

  const first = await claimPublicRange(random, {
    canBind: async (address) => {
      asked.push(address);
      return false;
    },
  });
  const second = await claimPublicRange(random, { canBind, preferred: first.cidr });

  expect(first).toMatchObject({ isBindable: false, cidr: expect.stringMatching(/^127\.\d+\.\d+\.0\/24$/) });
  expect(asked).toEqual([first.cidr.replace('0/24', '254')]);
  expect(second).toMatchObject({ isBindable: false, cidr: first.cidr, addresses: first.addresses });
  // No lock is held: its address is free.
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen({ host: asked[0], port: 6464, exclusive: true }, resolve));
  await new Promise((resolve) => holder.close(resolve));
});

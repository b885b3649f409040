import { guestOf, scheduleExpunge, setState } from './compute/lifecycle';
import type { Installation } from './installation';

/**
 * What a management server does at its start: unfinished jobs are failed without a result, and what they worked on
 * leaves its transitional state (`cloudstack.md` 3.2). Machines are hardly touched: hypervisors ran on.
 */
export function cancelUnfinished(cloud: Installation): void {
  const { db, jobs } = cloud;
  jobs.cancelAll();
  for (const vm of db.vms.values()) {
    if (vm.state === 'Starting') setState(cloud, vm.id, 'Stopped', { hostId: undefined });
    if (vm.state === 'Stopping') setState(cloud, vm.id, 'Running');
  }
  for (const network of db.networks.values()) {
    if (network.state === 'Implementing') db.networks.patch(network.id, { state: 'Shutdown' });
  }
  for (const address of db.addresses.values()) {
    if (address.state === 'Allocating' || address.state === 'Releasing') {
      db.addresses.patch(address.id, { state: 'Allocated' });
    }
  }
}

/** After loading from the journal: machines that ran run again, those to be wiped are wiped in time. */
export function resume(cloud: Installation): void {
  const { db, clock, guests, settings } = cloud;
  for (const vm of db.vms.values()) {
    if (vm.state === 'Running') guests.powerOn(guestOf(cloud, vm), false);
    if (vm.destroyedAt === undefined) continue;
    scheduleExpunge(cloud, vm.id, Math.max(0, vm.destroyedAt + settings.expungeDelayMs - clock.now()));
  }
}

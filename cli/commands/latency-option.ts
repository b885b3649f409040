import { Option } from 'commander';
import { type LatencyName, type LatencyProfile, latencyProfiles } from '../../sandbox/latency';

/** `--latency`. */
export function latencyOption(): Option {
  return new Option('--latency <profile>', 'how long simulated work takes')
    .choices(Object.keys(latencyProfiles))
    .default('lab');
}

export function latencyProfile(name: LatencyName): LatencyProfile {
  return latencyProfiles[name];
}

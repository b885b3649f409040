import type { CloudStackMachineTemplate } from '../../../api/kinds';
import type { ServiceOffering, Template } from '../../../api/ports';

/**
 * What machines of an offering have, in Kubernetes' units. A customized offering leaves numbers to `details`
 * (`cpuNumber`, `memory` in MB). undefined: not known, so nothing is said.
 */
export function capacityOf(
  offering: ServiceOffering,
  image: Template,
  details: { readonly [key: string]: string },
): NonNullable<CloudStackMachineTemplate['status']> | undefined {
  const cpu = offering.cpuNumber ?? wholeNumber(details['cpuNumber']);
  const memoryMiB = offering.memoryMiB ?? wholeNumber(details['memory']);
  if (cpu === undefined || memoryMiB === undefined) return undefined;
  return {
    capacity: { cpu: String(cpu), memory: `${memoryMiB}Mi` },
    nodeInfo: { architecture: image.architecture === 'aarch64' ? 'arm64' : 'amd64', operatingSystem: 'linux' },
  };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

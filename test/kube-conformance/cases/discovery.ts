import type { Topic } from '../topic';

export const discoveryCases: Topic = () => {};

import type { Topic } from '../topic';

export const patchCases: Topic = () => {};

import type { Topic } from '../topic';

export const crdCases: Topic = () => {};

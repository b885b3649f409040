import type { Topic } from '../topic';

export const watchCases: Topic = () => {};

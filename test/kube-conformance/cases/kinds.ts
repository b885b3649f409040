import type { Topic } from '../topic';

export const kindCases: Topic = () => {};

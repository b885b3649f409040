import type { Topic } from '../topic';

export const deletionCases: Topic = () => {};

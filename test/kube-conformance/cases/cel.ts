import type { Topic } from '../topic';

export const celCases: Topic = () => {};

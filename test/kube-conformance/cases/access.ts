import type { Topic } from '../topic';

export const accessCases: Topic = () => {};

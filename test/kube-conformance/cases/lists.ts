import type { Topic } from '../topic';

export const listCases: Topic = () => {};

import type { Topic } from '../topic';

export const refusalCases: Topic = () => {};

import type { Topic } from '../topic';

export const ourKindsCases: Topic = () => {};

import type { Topic } from '../topic';

export const subresourceCases: Topic = () => {};

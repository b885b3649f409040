import type { Topic } from '../topic';

export const fieldValidationCases: Topic = () => {};

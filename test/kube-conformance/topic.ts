import type { Scene } from './scene';

/**
 * Declares one case: a sequence of requests in a namespace named `name`. What it returns must equal what the real
 * server's answers were when they were recorded, less what differs from run to run.
 */
export type Declare = (name: string, promise: string, play: (scene: Scene) => Promise<unknown>) => void;

/** A topic: a file of cases and of recorded answers. */
export type Topic = (conforms: Declare) => void;

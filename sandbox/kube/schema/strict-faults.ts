/** A field that strict decoding complains about; otherwise the server drops it or takes its last value. */
export interface StrictFault {
  readonly what: 'unknown' | 'duplicate';
  /** From the root, with indexes: `spec.containers[1].image`. */
  readonly path: string;
}

export const faultText = ({ what, path }: StrictFault): string => `${what} field ${JSON.stringify(path)}`;

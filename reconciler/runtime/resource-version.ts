/**
 * Whether `left` was written after `right`. Resource versions of one API server are etcd revisions: decimal numbers
 * that only grow. A version that is not a number is never newer, so that a doubt keeps what is there.
 */
export function isNewerVersion(left: string | undefined, right: string | undefined): boolean {
  return Number(left ?? Number.NaN) > Number(right ?? Number.NaN);
}

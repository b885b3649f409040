/** Parts of the name of a container image; a digest is not one of them, it belongs to one version of the image. */
export interface ImageName {
  /** Everything before the last part of the path; empty when there is none. */
  readonly repository: string;
  readonly name: string;
  /** Empty when there is none. */
  readonly tag: string;
}

export function parseImage(image: string): ImageName {
  const bare = image.split('@')[0] ?? image;
  const slash = bare.lastIndexOf('/');
  const [name = '', tag = ''] = bare.slice(slash + 1).split(':');
  return { repository: slash < 0 ? '' : bare.slice(0, slash), name, tag };
}

export function imageText({ repository, name, tag }: ImageName): string {
  return `${repository === '' ? '' : `${repository}/`}${name}${tag === '' ? '' : `:${tag}`}`;
}

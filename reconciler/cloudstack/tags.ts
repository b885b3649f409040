import type { TaggedType, TagStore, Tags } from '../../api/ports';
import type { CommandParameters, Connection } from './connection';

function tagParameters(type: TaggedType, resourceId: string, tags: Tags): CommandParameters {
  const parameters: { [name: string]: string } = { resourceids: resourceId, resourcetype: type };
  Object.keys(tags)
    .sort()
    .forEach((key, index) => {
      parameters[`tags[${index}].key`] = key;
      parameters[`tags[${index}].value`] = tags[key] ?? '';
    });
  return parameters;
}

export function tagStoreOf(connection: Connection): TagStore {
  return {
    create: (type, id, tags) => connection.start('createTags', tagParameters(type, id, tags)),
    delete: (type, id, tags) => connection.start('deleteTags', tagParameters(type, id, tags)),
  };
}

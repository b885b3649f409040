/** Fields that cannot change once they are set (`capc.md` 2). */
import { equalJson, isJsonObject } from '../../../machinery/json';
import type { Rule } from '../../schema';

/** A field that must stay as it was. For optional fields give what absent means: the two are then the same. */
export function frozen<T extends object>(field: string, absent?: "''" | '[]' | '{}'): Rule<T> {
  const value = (self: string) =>
    absent === undefined ? `${self}.${field}` : `(has(${self}.${field}) ? ${self}.${field} : ${absent})`;
  return {
    cel: `${value('self')} == ${value('oldSelf')}`,
    message: `${field} cannot be changed; make a new object instead`,
    field,
    reason: 'FieldValueForbidden',
    transition: true,
    holds: (self, old) => old === undefined || equalJson(fieldOf(self, field), fieldOf(old, field)),
  };
}

/** The same for a text field of an optional object. */
export function frozenBelow<T extends object>(owner: string, field: string, absent: "''"): Rule<T> {
  const value = (self: string) =>
    `(has(${self}.${owner}) && has(${self}.${owner}.${field}) ? ${self}.${owner}.${field} : ${absent})`;
  return {
    cel: `${value('self')} == ${value('oldSelf')}`,
    message: `${owner}.${field} cannot be changed; make a new object instead`,
    field: `${owner}.${field}`,
    reason: 'FieldValueForbidden',
    transition: true,
    holds: (self, old) => old === undefined || equalJson(below(self, owner, field), below(old, owner, field)),
  };
}

function below(root: object, owner: string, field: string): unknown {
  const between = fieldOf(root, owner);
  return isJsonObject(between) ? fieldOf(between, field) : undefined;
}

function fieldOf(owner: object, field: string): unknown {
  const value = isJsonObject(owner) ? owner[field] : undefined;
  if (value === '' || (Array.isArray(value) && value.length === 0)) return undefined;
  return isJsonObject(value) && Object.keys(value).length === 0 ? undefined : value;
}

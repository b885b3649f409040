/** One fault of one field, worded as the real server words it (`field.Error` of apimachinery). */
export interface FieldError {
  readonly reason: FieldReason;
  /** JSON path with indexes: `spec.rules[0].name`. */
  readonly field: string;
  /** Without the field in front. */
  readonly message: string;
}

export type FieldReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueDuplicate'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTypeInvalid'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueNotFound';

const withDetail = (text: string, detail: string): string => (detail === '' ? text : `${text}: ${detail}`);

/** Go's `%q` for strings; for the rest its JSON, which escapes what HTML would read. */
function printed(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  if (typeof value === 'string') return text;
  return text.replace(/[<>&]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
}

/** Faults found from the root of a value that lies at a field. */
export const below = (field: string, errors: readonly FieldError[]): FieldError[] =>
  errors.map((error) => ({
    ...error,
    field: error.field === '' || error.field === '<nil>' ? field : `${field}.${error.field}`,
  }));

export const required = (field: string, detail = ''): FieldError => ({
  reason: 'FieldValueRequired',
  field,
  message: withDetail('Required value', detail),
});

export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  message: withDetail(`Invalid value: ${printed(value)}`, detail),
});

export const typeInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  reason: 'FieldValueTypeInvalid',
  field,
  message: withDetail(`Invalid value: ${printed(value)}`, detail),
});

export const duplicate = (field: string, value: unknown): FieldError => ({
  reason: 'FieldValueDuplicate',
  field,
  message: `Duplicate value: ${printed(value)}`,
});

export const forbidden = (field: string, detail: string): FieldError => ({
  reason: 'FieldValueForbidden',
  field,
  message: withDetail('Forbidden', detail),
});

export const notFoundField = (field: string, value: unknown): FieldError => ({
  reason: 'FieldValueNotFound',
  field,
  message: `Not found: ${printed(value)}`,
});

export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  reason: 'FieldValueNotSupported',
  field,
  message: withDetail(
    `Unsupported value: ${printed(value)}`,
    `supported values: ${supported.map((item) => JSON.stringify(item)).join(', ')}`,
  ),
});

/** @param unit what is counted: schemas count bytes too, as the real server says. */
export const tooLong = (field: string, maximum: number, unit = 'bytes'): FieldError => ({
  reason: 'FieldValueTooLong',
  field,
  message: `Too long: may not be more than ${maximum} ${maximum === 1 ? unit.replace(/s$/, '') : unit}`,
});

export const tooMany = (field: string, actual: number, maximum: number): FieldError => ({
  reason: 'FieldValueTooMany',
  field,
  message: `Too many: ${actual}: must have at most ${maximum} items`,
});

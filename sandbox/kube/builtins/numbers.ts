import { labelFault } from '../registry/names';
import { type FieldError, invalid } from '../rest/field-error';

/** A count, or a share of a whole (`ValidatePositiveIntOrPercent`, at most 100 %). */
export function countOrPercentFaults(value: unknown, at: string): FieldError[] {
  if (typeof value === 'number') return value < 0 ? [invalid(at, value, 'must be greater than or equal to 0')] : [];
  if (!/^[0-9]+%$/.test(String(value))) {
    const detail =
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
    return [invalid(at, value, detail)];
  }
  return Number.parseInt(String(value), 10) > 100 ? [invalid(at, value, 'must not be greater than 100%')] : [];
}

export function portNumberFaults(value: unknown, at: string): FieldError[] {
  const fits = typeof value === 'number' && value >= 1 && value <= 65535;
  return fits ? [] : [invalid(at, value ?? 0, 'must be between 1 and 65535, inclusive')];
}

/** A port by its number or by the name that a container gave it. */
export function portFaults(value: unknown, at: string): FieldError[] {
  if (typeof value !== 'string') return portNumberFaults(value, at);
  const wrong = (detail: string): FieldError => invalid(at, value, detail);
  const errors: FieldError[] = [];
  if (value.length > 15) errors.push(wrong('must be no more than 15 bytes'));
  if (!/^[-a-z0-9]+$/.test(value)) {
    errors.push(wrong('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'));
  }
  if (!/[a-z]/.test(value)) errors.push(wrong('must contain at least one letter (a-z)'));
  if (value.includes('--')) errors.push(wrong('must not contain consecutive hyphens'));
  if (/^-|-$/.test(value)) errors.push(wrong('must not begin or end with a hyphen'));
  return errors;
}

export function portNameFaults(value: string, at: string): FieldError[] {
  const fault = labelFault(value);
  return fault === undefined ? [] : [invalid(at, value, fault)];
}

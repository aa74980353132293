import { inspect } from 'node:util';

const values = new WeakMap<Redacted<unknown>, unknown>();

/** Holds a secret so that no log, template or error can print it; only `reveal` gives it back, so each use can be found by name. */
export class Redacted<T> {
  readonly kind = 'redacted';
  protected readonly phantom?: T;
  toString(): string {
    return '<redacted>';
  }
  toJSON(): string {
    return '<redacted>';
  }
  [inspect.custom](): string {
    return '<redacted>';
  }
}

export function redact<T>(value: T): Redacted<T> {
  const box = new Redacted<T>();
  values.set(box, value);
  return box;
}

export function reveal<T>(box: Redacted<T>): T {
  if (!values.has(box)) throw new Error('This secret was not made by redact().');
  return values.get(box) as T;
}

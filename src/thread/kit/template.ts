import { Template } from 'adaptivecards-templating';
import type { CardJson } from './post';

/**
 * Fills a card template, and throws when the template asks for what the data does not have.
 *
 * The library leaves a missing field in the card as literal `${…}` and warns of nothing (teams.md A7); data may hold the same characters
 * legitimately, so the finished card cannot tell. Therefore the template's own fields are looked up before it is filled, and templates may hold
 * only paths (`${a.b}`, `$data`, `$when`), which makes that check exact. Data is never evaluated again.
 */
export function fillTemplate(template: object, data: object): CardJson {
  checkFields(template, { here: data, root: data });
  const card: unknown = preparedOf(template).expand({ $root: data });
  if (!isCard(card)) throw new TemplateError('The template made no Adaptive Card.');
  return card;
}

const prepared = new WeakMap<object, Template>();

/** The library parses every expression when it is given a template, which is most of its work; one parsed template fills any number of cards. */
function preparedOf(template: object): Template {
  const known = prepared.get(template);
  if (known !== undefined) return known;
  const made = new Template(template);
  prepared.set(template, made);
  return made;
}

/** A card template and the data for it do not fit together: a bug, never a person's mistake. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly code = 'thread.template';
}

interface Scope {
  readonly here: unknown;
  readonly root: unknown;
}

/** A `${…}` of a template, and the names that its path is made of. */
interface Field {
  readonly whole: string;
  readonly path: string;
  readonly fromRoot: boolean;
  readonly names: readonly string[];
}

const field = /\$\{([^}]*)\}/g;
/** Templates are few and do not change; their texts are read once. */
const known = new Map<string, readonly Field[]>();

function fieldsOf(text: string): readonly Field[] {
  const read = known.get(text) ?? [...text.matchAll(field)].map(([whole, path = '']) => readField(whole, path));
  known.set(text, read);
  return read;
}

function readField(whole: string, path: string): Field {
  if (!/^(\$root\.)?[a-zA-Z]+(\.[a-zA-Z]+)*$/.test(path))
    throw new TemplateError(`"${path}" is not a path; templates hold no other expressions.`);
  const fromRoot = path.startsWith('$root.');
  return { whole, path, fromRoot, names: (fromRoot ? path.slice('$root.'.length) : path).split('.') };
}

function checkFields(node: unknown, scope: Scope): void {
  if (typeof node === 'string') checkText(node, scope);
  if (Array.isArray(node)) {
    for (const item of node) checkFields(item, scope);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const { $data: source, $when: condition, ...rest } = node as Record<string, unknown>;
  for (const here of source === undefined ? [scope.here] : rowsOf(source, scope)) {
    const inner = { ...scope, here };
    if (condition !== undefined) {
      const wanted = lookUp(onlyField(condition), inner);
      if (typeof wanted !== 'boolean') throw new TemplateError(`The condition ${String(condition)} is not a boolean.`);
      if (!wanted) continue;
    }
    for (const value of Object.values(rest)) checkFields(value, inner);
  }
}

function checkText(text: string, scope: Scope): void {
  for (const found of fieldsOf(text)) {
    const value = lookUp(found, scope);
    if (found.whole !== text && typeof value === 'object')
      throw new TemplateError(`The field ${found.whole} is no text.`);
  }
}

function rowsOf(source: unknown, scope: Scope): readonly unknown[] {
  const value = lookUp(onlyField(source), scope);
  return Array.isArray(value) ? value : [value];
}

function onlyField(expression: unknown): Field {
  const [only] = typeof expression === 'string' ? fieldsOf(expression) : [];
  if (only === undefined || only.whole !== expression)
    throw new TemplateError(`"${String(expression)}" is not a single field.`);
  return only;
}

function lookUp({ path, fromRoot, names }: Field, scope: Scope): unknown {
  let value: unknown = fromRoot ? scope.root : scope.here;
  for (const name of names) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined;
  }
  if (value === undefined || value === null) throw new TemplateError(`The template's field "${path}" has no value.`);
  return value;
}

function isCard(value: unknown): value is CardJson {
  return typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'AdaptiveCard';
}

import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml';
import { hasHidden } from '../lib/visible';

/** One thing wrong with a file; `line` is one-based. */
export interface PolicyFault {
  readonly line: number;
  readonly message: string;
}

/** A value of the file with its name as a person would say it, such as `rule tier0: approvals`. */
export interface Field {
  readonly name: string;
  readonly line: number;
  readonly node: Node | null;
}

/**
 * Reads values of one YAML file by their kinds and collects every fault with its line. A reading that fails gives null and has said why,
 * so that the caller goes on and the rest of the file is checked as well.
 */
export interface YamlReader {
  readonly root: Field;
  readonly faults: PolicyFault[];
  fault(field: Field, message: string): null;
  /** The fields of a map by key; keys that are not known are faults. Null for anything but a map. */
  keys(field: Field, known: readonly string[]): ReadonlyMap<string, Field> | null;
  /** The entries of a map whose keys are names that the file makes up. */
  entries(field: Field): ReadonlyMap<string, Field> | null;
  /** The entries of a list; anything else is a list of itself. */
  list(field: Field, least?: number): readonly Field[];
  text(field: Field, longest?: number, kind?: string): string | null;
  wholeNumber(field: Field, range: { readonly min: number; readonly max: number }): number | null;
  flag(field: Field): boolean | null;
  isMap(field: Field): boolean;
}

/** A policy is read by people. */
const maxFileLength = 200_000;
const maxListLength = 2_000;

export function readYaml(text: string, what: string): YamlReader {
  const lines = new LineCounter();
  const faults: PolicyFault[] = [];
  const isTooLong = text.length > maxFileLength;
  const document = parseDocument(isTooLong ? '' : text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: 'silent',
  });
  const lineAt = (offset: number | undefined): number => (offset === undefined ? 1 : lines.linePos(offset).line || 1);
  if (isTooLong) faults.push({ line: 1, message: `${what}: is longer than ${maxFileLength} characters` });
  for (const error of document.errors)
    faults.push({
      line: lineAt(error.pos[0]),
      message: `This is not valid YAML (${error.code}). Check indents, colons and quotes.`,
    });

  function fieldOf(name: string, node: unknown, parentLine: number): Field {
    const parsed = node as ParsedNode | null;
    const line = parsed?.range ? lineAt(parsed.range[0]) : parentLine;
    const target = isAlias(parsed) ? (parsed.resolve(document) ?? null) : parsed;
    return { name, line, node: (target as Node | null) ?? null };
  }

  function fault(field: Field, message: string): null {
    faults.push({ line: field.line, message: `${field.name}: ${message}` });
    return null;
  }

  function entries(field: Field): ReadonlyMap<string, Field> | null {
    if (!isMap(field.node)) return fault(field, 'must be a map of keys and values');
    const fields = new Map<string, Field>();
    const prefix =
      field === root ? '' : `${field.name}${field.name.startsWith('rule ') && !field.name.includes(':') ? ': ' : '.'}`;
    for (const { key, value } of field.node.items) {
      const keyField = fieldOf(field.name, key, field.line);
      if (!isScalar(keyField.node)) fault(keyField, 'each key must be a plain word');
      else {
        const word = String(keyField.node.value);
        fields.set(word, { ...fieldOf(`${prefix}${word}`, value, keyField.line), line: keyField.line });
      }
    }
    return fields;
  }

  const root = fieldOf(what, document.errors.length > 0 || isTooLong ? null : document.contents, 1);
  return {
    root,
    faults,
    fault,
    entries,
    keys(field, known) {
      const fields = entries(field);
      if (fields === null) return null;
      for (const [key, unknown] of fields)
        if (!known.includes(key)) {
          faults.push({
            line: unknown.line,
            message: `${unknown.name}: unknown key; known keys are ${known.join(', ')}`,
          });
        }
      return fields;
    },
    list(field, least = 0) {
      if (!isSeq(field.node)) return [field];
      const { items } = field.node;
      if (items.length < least) fault(field, `must have at least ${least}`);
      if (items.length > maxListLength) fault(field, `must have at most ${maxListLength} entries`);
      return items.slice(0, maxListLength).map((item) => fieldOf(field.name, item, field.line));
    },
    text(field, longest = 200, kind = 'text') {
      const value = isScalar(field.node) ? field.node.value : null;
      if (typeof value !== 'string' || value.trim() === '') return fault(field, `must be ${kind}`);
      if (value.length > longest) return fault(field, `must have at most ${longest} characters`);
      if (hasHidden(value)) return fault(field, 'holds characters that a reader cannot see; remove them');
      return value;
    },
    wholeNumber(field, { min, max }) {
      const value = isScalar(field.node) ? field.node.value : null;
      const isGood = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
      return isGood ? value : fault(field, `must be a whole number from ${min} to ${max}`);
    },
    flag(field) {
      const value = isScalar(field.node) ? field.node.value : null;
      return typeof value === 'boolean' ? value : fault(field, 'must be true or false');
    },
    isMap: (field) => isMap(field.node),
  };
}

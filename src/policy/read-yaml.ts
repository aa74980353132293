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

/** A policy is read by people. */
const maxFileLength = 200_000;
const maxListLength = 2_000;

/** `isPlain`: one meaning only, so no alias, no unknown tag and no other version of YAML than 1.2. */
export const readYaml = (text: string, what: string, { isPlain = false } = {}): YamlReader =>
  new YamlReader(text, what, isPlain);

/**
 * Reads values of one YAML file by their kinds and collects every fault with its line. A reading that fails gives null and has said why,
 * so that the caller goes on and the rest of the file is checked as well.
 */
export class YamlReader {
  readonly root: Field;
  readonly faults: PolicyFault[] = [];
  readonly #lines = new LineCounter();
  readonly #document: ReturnType<typeof parseDocument>;
  readonly #isPlain: boolean;

  constructor(text: string, what: string, isPlain: boolean) {
    this.#isPlain = isPlain;
    const isTooLong = text.length > maxFileLength;
    this.#document = parseDocument(isTooLong ? '' : text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      // Each map that is read looks for keys that stand twice; the library would compare every key with every other.
      uniqueKeys: false,
      logLevel: 'silent',
    });
    if (isTooLong) this.faults.push({ line: 1, message: `${what}: is longer than ${maxFileLength} characters` });
    for (const error of this.#document.errors)
      this.faults.push({
        line: this.#lineAt(error.pos[0]),
        message: `This is not valid YAML (${error.code}). Check indents, colons and quotes.`,
      });
    if (isPlain) this.#refuseOddities(what);
    const isReadable = !isTooLong && this.faults.length === 0;
    this.root = this.#fieldOf(what, isReadable ? this.#document.contents : null, 1);
  }

  #refuseOddities(what: string): void {
    const { warnings, directives } = this.#document;
    for (const warning of warnings)
      this.faults.push({
        line: this.#lineAt(warning.pos[0]),
        message: `This is not plain YAML (${warning.code}). Take the tag out.`,
      });
    if (directives?.yaml.explicit === true && directives.yaml.version !== '1.2')
      this.faults.push({ line: 1, message: `${what}: %YAML must be 1.2, in which 010 is a number and yes is a text` });
  }

  fault(field: Field, message: string): null {
    this.faults.push({ line: field.line, message: `${field.name}: ${message}` });
    return null;
  }

  /** The entries of a map whose keys are names that the file makes up; null for anything but a map. */
  entries(field: Field): ReadonlyMap<string, Field> | null {
    if (!isMap(field.node)) return this.fault(field, 'must be a map of keys and values');
    const fields = new Map<string, Field>();
    const isRule = field.name.startsWith('rule ') && !field.name.includes(':');
    const prefix = field === this.root ? '' : `${field.name}${isRule ? ': ' : '.'}`;
    for (const { key, value } of field.node.items) {
      const keyField = this.#fieldOf(field.name, key, field.line);
      if (!isScalar(keyField.node)) this.fault(keyField, 'each key must be a plain word');
      else {
        const word = String(keyField.node.value);
        if (fields.has(word)) this.fault(keyField, `the key ${word} stands twice`);
        fields.set(word, { ...this.#fieldOf(`${prefix}${word}`, value, keyField.line), line: keyField.line });
      }
    }
    return fields;
  }

  /** The fields of a map by key; keys that are not known are faults. Null for anything but a map. */
  keys(field: Field, known: readonly string[]): ReadonlyMap<string, Field> | null {
    const fields = this.entries(field);
    for (const [key, unknown] of fields ?? [])
      if (!known.includes(key)) {
        const meant = known.find((one) => plain(one) === plain(key));
        this.fault(
          unknown,
          meant === undefined
            ? `unknown key; known keys are ${known.join(', ')}`
            : `unknown key; did you mean ${meant}?`,
        );
      }
    return fields;
  }

  /** The entries of a list; anything else is a list of itself. */
  list(field: Field, least = 0): readonly Field[] {
    if (!isSeq(field.node)) return [field];
    const { items } = field.node;
    if (items.length < least) this.fault(field, `must have at least ${least}`);
    if (items.length > maxListLength) this.fault(field, `must have at most ${maxListLength} entries`);
    return items.slice(0, maxListLength).map((item) => this.#fieldOf(field.name, item, field.line));
  }

  text(field: Field, longest = 200, kind = 'text'): string | null {
    const value = scalarOf(field);
    if (typeof value !== 'string' || value.trim() === '') return this.fault(field, `must be ${kind}`);
    if (value.length > longest) return this.fault(field, `must have at most ${longest} characters`);
    if (hasHidden(value)) return this.fault(field, 'holds characters that a reader cannot see; remove them');
    return value;
  }

  wholeNumber(field: Field, { min, max }: { readonly min: number; readonly max: number }): number | null {
    const value = scalarOf(field);
    const isGood = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
    return isGood ? value : this.fault(field, `must be a whole number from ${min} to ${max}`);
  }

  flag(field: Field): boolean | null {
    const value = scalarOf(field);
    return typeof value === 'boolean' ? value : this.fault(field, 'must be true or false');
  }

  isText(field: Field): boolean {
    return typeof scalarOf(field) === 'string';
  }

  isMap(field: Field): boolean {
    return isMap(field.node);
  }

  #lineAt(offset: number | undefined): number {
    return offset === undefined ? 1 : this.#lines.linePos(offset).line || 1;
  }

  #fieldOf(name: string, node: unknown, parentLine: number): Field {
    const parsed = node as ParsedNode | null;
    const line = parsed?.range ? this.#lineAt(parsed.range[0]) : parentLine;
    if (this.#isPlain && isAlias(parsed)) {
      this.faults.push({ line, message: `${name}: write it out; aliases (*${parsed.source}) are not taken here` });
      return { name, line, node: null };
    }
    const target = isAlias(parsed) ? (parsed.resolve(this.#document) ?? null) : parsed;
    return { name, line, node: (target as Node | null) ?? null };
  }
}

/** What the file says there, with the type that YAML gives it; undefined where no single value stands. */
export const typedValue = ({ node }: Field): unknown => (isScalar(node) ? node.value : undefined);
/** A key without what people write differently: case, hyphens, underscores. */
const plain = (key: string): string => key.toLowerCase().replace(/[-_ ]/g, '');

const scalarOf = ({ node }: Field): unknown => (isScalar(node) ? node.value : null);

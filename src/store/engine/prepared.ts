import type { Compilable, CompiledQuery, DialectAdapter, QueryResult } from 'kysely';
import type { Engine } from './engine';
import type { Db } from './tables';

/** What a query is given each time, by name; a list is for `in` alone. */
type Given = Readonly<Record<string, unknown>>;

/** How the database locks what is read (`Engine`); the same for every use of one query. */
type Lock = Engine['forUpdate'];

/** Runs the query that was prepared, in a database or in a transaction of it. */
export type Prepared<P extends object, R> = (db: Db, given: P, lock?: Lock) => Promise<QueryResult<R>>;

/**
 * A query that is built once for each dialect, since to build it and to turn it into SQL costs more than to run it. `build` sees a stand-in
 * for each value that is given later, so it must not look at one; null stands for itself only where a column is set.
 */
export function prepared<P extends object, R>(build: (db: Db, given: P, lock: Lock) => Compilable<R>): Prepared<P, R> {
  const known = new WeakMap<DialectAdapter, Map<string, CompiledQuery<R>>>();
  return (db, given, lock = asItIs) => {
    const padded = padLists(given as Given);
    const { adapter } = db.getExecutor();
    const shapes = known.get(adapter) ?? new Map<string, CompiledQuery<R>>();
    known.set(adapter, shapes);
    const shape = shapeOf(padded);
    let compiled = shapes.get(shape);
    if (compiled === undefined) {
      compiled = build(db, standIns(padded) as P, lock).compile();
      shapes.set(shape, compiled);
    }
    return db.executeQuery<R>({ ...compiled, parameters: compiled.parameters.map((value) => fill(value, padded)) });
  };
}

const asItIs: Lock = (query) => query;

export const firstOf = async <R>(result: Promise<QueryResult<R>>): Promise<R | undefined> => (await result).rows[0];

/** Where a value will be: of the name itself, or of one item of its list. */
class StandIn {
  readonly name: string;
  readonly item: number | null;
  constructor(name: string, item: number | null) {
    this.name = name;
    this.item = item;
  }
}

function fill(value: unknown, given: Given): unknown {
  if (!(value instanceof StandIn)) return value;
  const found = given[value.name];
  return value.item === null ? found : (found as readonly unknown[])[value.item];
}

const standIns = (given: Given): Given =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((_, item) => new StandIn(name, item)) : new StandIn(name, null),
    ]),
  );

/** Lists of some few lengths only, so that there are some few statements: what stands twice in `in` counts once. */
function pad(list: readonly unknown[]): readonly unknown[] {
  let length = 1;
  while (length < list.length) length *= 4;
  return Array.from({ length }, (_, i) => list[Math.min(i, list.length - 1)]);
}

function padLists(given: Given): Given {
  let padded = given;
  for (const name in given) {
    const value = given[name];
    if (Array.isArray(value)) padded = { ...padded, [name]: pad(value) };
  }
  return padded;
}

function shapeOf(given: Given): string {
  let shape = '';
  for (const name in given) {
    const value = given[name];
    if (Array.isArray(value)) shape += `${name}:${value.length};`;
  }
  return shape;
}

import { type Answer, json, refuse } from './answer';
import { compareValues, type Entity, type EntityType, findField, parseFilter } from './odata-filter';

export interface PageRequest {
  readonly query: URLSearchParams;
  readonly entityType: EntityType;
  /** In the order in which they are given without `$orderby`. */
  readonly entities: readonly Entity[];
  readonly context: string;
  /** Absolute address of the collection, for `@odata.nextLink`. */
  readonly address: string;
  readonly pageSize: number;
}

/** The documented maximum of `$top` and of one page. */
export const maxPageSize = 10_000;

const knownOptions = ['$filter', '$top', '$skip', '$orderby', '$select'];

/** One page of a collection, or the API's 400 for a query that it cannot read. */
export function answerPage(request: PageRequest): Answer {
  const { query } = request;
  const unknown = [...query.keys()].find((key) => key.startsWith('$') && !knownOptions.includes(key));
  if (unknown !== undefined) return odataError(`The query parameter '${unknown}' is not supported.`);

  const top = readCount(query.get('$top'));
  const skip = readCount(query.get('$skip'));
  if (top === 'bad') return odataError(`Invalid value '${query.get('$top')}' for $top query option found.`);
  if (skip === 'bad') return odataError(`Invalid value '${query.get('$skip')}' for $skip query option found.`);
  if (top !== null && top > maxPageSize) {
    return odataError(
      `The limit of '${maxPageSize}' for Top query has been exceeded. The value from the incoming request is '${top}'.`,
    );
  }

  const filter = query.get('$filter');
  const predicate = filter === null ? null : parseFilter(filter, request.entityType);
  if (predicate !== null && !predicate.ok) return odataError(predicate.error);
  const matching = predicate === null ? request.entities : request.entities.filter(predicate.value);

  const sorted = sort(matching, query.get('$orderby'), request.entityType);
  if (typeof sorted === 'string') return odataError(sorted);
  const select = query.get('$select');

  const from = skip ?? 0;
  const wanted = Math.min(top ?? Number.POSITIVE_INFINITY, Math.max(0, sorted.length - from));
  const page = sorted.slice(from, from + Math.min(wanted, request.pageSize));
  return json(200, {
    '@odata.context': request.context,
    value: select === null ? page : page.map((entity) => pick(entity, select.split(','))),
    ...(wanted > page.length
      ? { '@odata.nextLink': nextLink(request, from + page.length, top === null ? null : top - page.length) }
      : {}),
  });
}

/** OData's 400 (common-errors: "Invalid OData URI query (the specific error is specified)"). */
export const odataError = (why: string): Answer =>
  refuse(400, 'ODataError', `Invalid OData URI query. The query specified in the URI is not valid. ${why}`);

function readCount(text: string | null): number | null | 'bad' {
  if (text === null) return null;
  return /^\d{1,9}$/.test(text) ? Number(text) : 'bad';
}

function sort(entities: readonly Entity[], orderBy: string | null, entityType: EntityType): readonly Entity[] | string {
  if (orderBy === null) return entities;
  const keys: Array<{ readonly field: string; readonly sign: number }> = [];
  for (const part of orderBy.split(',')) {
    const match = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/.exec(part);
    const field = match?.[1] === undefined ? null : findField(match[1], entityType);
    if (field === null) return `Could not find a property named '${match?.[1] ?? part}' on type '${entityType.name}'.`;
    keys.push({ field, sign: match?.[2] === 'desc' ? -1 : 1 });
  }
  return [...entities].sort((a, b) => {
    for (const { field, sign } of keys) {
      const order = compareValues(a[field], b[field], entityType.fields[field] ?? 'string') * sign;
      if (order !== 0) return order;
    }
    return 0;
  });
}

const pick = (entity: Entity, names: readonly string[]): Entity =>
  Object.fromEntries(
    Object.entries(entity).filter(([key]) => names.some((name) => name.trim().toLowerCase() === key.toLowerCase())),
  );

function nextLink(request: PageRequest, skip: number, topLeft: number | null): string {
  const next = new URLSearchParams(request.query);
  next.set('$skip', String(skip));
  if (topLeft !== null) next.set('$top', String(topLeft));
  return `${request.address}?${[...next].map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;
}

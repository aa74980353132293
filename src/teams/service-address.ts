import type { Place } from '../request/place';
import type { Store } from '../store/store';
import { Reference } from './inbound/inbound';

/**
 * The place at an address of its tenant that has not been tried; null when there is none. A tenant that moves to another region is served at another address from
 * then on: the stored one answers 400, and only activities that come after the move state the new one.
 */
export async function atUntriedAddress(store: Store, place: Place, tried: ReadonlySet<string>): Promise<Place | null> {
  const reference = read(place.reference);
  if (reference === null) return null;
  const known = (await store.references(place.tenantId)).flatMap((text) => read(text)?.serviceUrl ?? []);
  const serviceUrl = [reference.serviceUrl, ...known.sort()].find((address) => !tried.has(address));
  return serviceUrl === undefined ? null : { ...place, reference: JSON.stringify({ ...reference, serviceUrl }) };
}

function read(text: string): Reference | null {
  try {
    return Reference.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

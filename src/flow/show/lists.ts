import { err, ok } from '../../lib/result';
import { parseRequestId } from '../../request/id';
import { isFinal, openStates } from '../../request/request';
import type { Stored } from '../../store/rows/requests';
import { chooseHistoryCard } from '../../thread/ask/choose-device-card';
import { libraryCard } from '../../thread/cards/library-card';
import { historyCard, mineCard, queueCard, statusListCard, waitingCard } from '../../thread/cards/request-list-card';
import type { ListQuery } from '../../thread/kit/list-page';
import { readerOf } from '../../thread/kit/reader';
import type { Turn } from '../../thread/kit/turn';
import { reviewsCard } from '../../thread/posts/review-cards';
import { type Answer, type FlowOptions, posts } from '../answer';
import { postApprovalAnew } from '../decide/card-copies';
import { notStored, orRefusal } from '../refusal';
import { findVisible, hasRole, isShownWhole, readerCard, type Shown, seenFrom } from './look-up';
import { unknownDevice } from './near';

/** More than people leaf through; the audit has all of it. */
const listLength = 100;

/**
 * One page of a list, asked for by its word or by a button of the page before: the same checks for both, so that a button that was
 * copied or changed shows nothing that the word would not (T-8, T-38).
 */
export async function showList(options: FlowOptions, turn: Turn, query: ListQuery): Promise<Shown> {
  switch (query.list) {
    case 'queue':
      return showQueue(options, turn, query);
    case 'open':
      return showOpen(options, turn, query);
    case 'mine':
      return showMine(options, turn, query);
    case 'history':
      return showHistory(options, turn, query);
    case 'waiting':
      return showWaiting(options, turn, query);
    case 'library':
      return showLibrary(options, turn, query);
    case 'reviews':
      return showReviews(options, turn, query);
  }
}

type Asked = Pick<ListQuery, 'about' | 'page'>;

const cardOptions = ({ trial }: FlowOptions, turn: Turn, { page }: Asked) => ({
  now: turn.at,
  trial,
  page,
  reader: readerOf(turn),
});

async function showQueue(options: FlowOptions, turn: Turn, asked: Asked): Promise<Shown> {
  if (!(await hasRole(options, turn))) return err({ type: 'noRole' });
  const { store, views } = options;
  const waiting = await views.queue(store);
  const underWay = await views.list(store, await store.requestsIn(['submitting', 'unknown', 'pending', 'running']));
  const undecided = await views.list(store, await store.requestsIn(['awaitingApproval']));
  const own = [...waiting, ...underWay, ...undecided].filter(({ request }) => request.tenantId === turn.tenantId);
  return ok(posts(queueCard(own.map(seenFrom(turn)), cardOptions(options, turn, asked))));
}

async function showOpen(options: FlowOptions, turn: Turn, asked: Asked): Promise<Shown> {
  const { store, views } = options;
  const { conversationId, scope } = turn.place;
  const whose = scope === 'personal' ? { requesterId: turn.person.id } : { conversationId };
  const open = await store.recentRequests({ tenantId: turn.tenantId, ...whose, states: openStates }, listLength);
  return ok(posts(statusListCard(await views.list(store, open), cardOptions(options, turn, asked))));
}

/** In a conversation with others only what was asked there: they read the answer too (T-38). */
async function showMine(options: FlowOptions, turn: Turn, asked: Asked): Promise<Shown> {
  const { store, views } = options;
  const { conversationId, scope } = turn.place;
  const everywhere = scope === 'personal';
  const filter = { tenantId: turn.tenantId, requesterId: turn.person.id, ...(everywhere ? {} : { conversationId }) }; // guard: own-requests-stay-where-they-were-asked
  const open = await store.recentRequests({ ...filter, states: openStates }, listLength);
  const recent = await store.recentRequests(filter, listLength + 1);
  const ended = recent.slice(0, listLength).filter(({ request }) => isFinal(request.state));
  const list = await views.list(store, [...open, ...ended]);
  const more = recent.length > listLength;
  return ok(posts(mineCard(list, { ...cardOptions(options, turn, asked), everywhere, more })));
}

async function showHistory(options: FlowOptions, turn: Turn, asked: Asked): Promise<Shown> {
  const { store, views, trial } = options;
  const { conversationId, scope } = turn.place;
  const show = async (
    filter: { readonly machineId?: string; readonly conversationId?: string },
    of: Parameters<typeof historyCard>[1]['of'],
  ): Promise<Shown> => {
    const recent = await store.recentRequests({ tenantId: turn.tenantId, ...filter }, listLength + 1);
    const list = (await views.list(store, recent.slice(0, listLength))).map(seenFrom(turn));
    const more = recent.length > listLength;
    return ok(posts(historyCard(list, { ...cardOptions(options, turn, asked), of, more })));
  };
  if (asked.about === null && scope !== 'personal') return show({ conversationId }, { type: 'conversation' });
  if (!(await hasRole(options, turn))) return err({ type: 'noRole' }); // guard: history-needs-a-role
  if (asked.about === null) return show({}, { type: 'everywhere' });
  const about = asked.about;
  const [known] = await store.recentRequests({ tenantId: turn.tenantId, machineId: about }, 1);
  if (known !== undefined)
    return show({ machineId: about }, { type: 'device', machineId: about, name: known.request.device.name });
  const devices = await options.reads(turn.person, 'browse').findMachines(about);
  const [device, ...others] = devices;
  if (device === undefined) return err({ ...(await unknownDevice(options, turn, about)), isLookUp: true });
  if (others.length > 0)
    return ok(posts(chooseHistoryCard(devices, { query: about, now: turn.at, trial, reader: readerOf(turn) })));
  return show({ machineId: device.machineId }, { type: 'device', machineId: device.machineId, name: device.name });
}

/** What waits for this person's vote, wherever it was asked. */
async function showWaiting(options: FlowOptions, turn: Turn, asked: Asked): Promise<Shown> {
  const { store, views } = options;
  const waiting = await store.requestsIn(['awaitingApproval']);
  const theirs = waiting.filter((stored) => waitsFor(stored, turn));
  const ownChat = turn.place.scope === 'personal';
  return ok(
    posts(
      waitingCard((await views.list(store, theirs)).map(seenFrom(turn)), {
        ...cardOptions(options, turn, asked),
        ownChat,
      }),
    ),
  );
}

const waitsFor = ({ request }: Stored, { tenantId, person }: Turn): boolean =>
  request.state === 'awaitingApproval' &&
  request.tenantId === tenantId &&
  request.approverIds.includes(person.id) &&
  !request.votes.some((v) => v.by.id === person.id);

async function showLibrary(options: FlowOptions, turn: Turn, asked: Asked): Promise<Shown> {
  if (!(await hasRole(options, turn))) return err({ type: 'noRole' });
  const wanted = asked.about?.toLowerCase() ?? '';
  const files = (await options.reads(turn.person, 'browse').listLibrary()).filter((f) =>
    f.fileName.toLowerCase().includes(wanted),
  );
  return ok(posts(libraryCard(files, { ...cardOptions(options, turn, asked), query: asked.about })));
}

/** What is still owed after break-glass. */
async function showReviews(options: FlowOptions, turn: Turn, asked: Asked): Promise<Shown> {
  if (!(await hasRole(options, turn))) return err({ type: 'noRole' });
  const open = await options.store.openReviews({ tenantId: turn.tenantId });
  return ok(posts(reviewsCard(open, cardOptions(options, turn, asked))));
}

/**
 * Shows a request from a list. In the own chat of somebody whose vote it waits for, its approval card is posted anew as the newest message: the
 * card of before is then out of date, since a vote counts on one card only (T-10). Everywhere else it is what `status` shows.
 */
export async function openRequest(options: FlowOptions, turn: Turn, typedId: string): Promise<Answer> {
  const id = parseRequestId(typedId);
  if (id === null) return notStored(options, turn, { type: 'unknownRequest', id: typedId });
  const found = await findVisible(options, turn, id);
  if (!found.ok) return orRefusal(options, turn, found);
  if (!isShownWhole(turn, found.value)) return orRefusal(options, turn, err({ type: 'shownElsewhere', id }));
  const { place, person, at } = turn;
  if (place.scope !== 'personal' || !waitsFor(found.value, turn)) return readerCard(turn, id);
  return {
    posts: [],
    write: async (tx) => {
      await postApprovalAnew(tx, { id, personId: person.id, conversationId: place.conversationId, at });
      return [];
    },
  };
}

import { type FileOffer, offerFact } from '../../../src/request/file-offer';
import { createFileSender } from '../../../src/teams/outbox/file-sender';
import { startFakeConnector } from '../../fakes/fake-connector';
import { SteppedClock } from '../../fakes/stepped-clock';
import { insert, requestId, sampleRequest, t0, useStores } from '../../store/sample';
import { recordingLog } from '../kit';

/** By today's rights the person may have the file. */
let mayStill = true;
afterEach(() => {
  mayStill = true;
});

const { openNew } = useStores();
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function open(cloud: 'trial' | 'public', size: number) {
  const store = await openNew();
  const connector = await startFakeConnector();
  stops.push(() => connector.stop());
  await insert(store, sampleRequest());
  const upload = connector.offerUpload('f.zip');
  const offer: FileOffer = {
    ...{ offerId: 'o', requestId: requestId('LR-7KQ2'), index: 0, sha256: 'a'.repeat(64), personId: 'p' },
    ...{ conversationId: 'c', expiresAt: t0, state: 'accepted', upload },
  };
  await store.transact(async (tx) => {
    await tx.saveFact(offerFact('o'), offer);
    await tx.addWork([
      { requestId: offer.requestId, work: { type: 'sendFile', offerId: 'o' }, orderingKey: null, dueAt: 0 },
    ]);
  });
  const archive = new Uint8Array(size).map((_, i) => i % 251);
  const log = recordingLog();
  const sender = createFileSender({
    mayStillHave: async () => mayStill,
    ...{ store, cloud, log, trial: false, clock: new SteppedClock() },
    random: (bytes) => new Uint8Array(bytes),
    readArchive: async () => archive,
  });
  return { store, connector, sender, archive, log };
}

test('nothing is sent to somebody who lost the right to it after they had agreed', async () => {
  const { store, connector, sender } = await open('trial', 10);
  mayStill = false;
  await sender.startDue();
  expect(connector.uploaded('f.zip')).toBeNull();
  expect(await store.fact(offerFact('o'))).toMatchObject({ state: 'failed', upload: null });
});

test('a place that is none of this cloud is not written to, though it is on disk', async () => {
  const { store, connector, sender, log } = await open('public', 10);
  await sender.startDue();
  expect(connector.calls).toEqual([]);
  expect(await store.fact(offerFact('o'))).toMatchObject({ state: 'failed', upload: null });
  expect(JSON.stringify(log.lines)).not.toContain('tempauth');
});

test('a large file goes in chunks, without our token, and arrives as it is', async () => {
  const { connector, sender, archive } = await open('trial', 10 * 1024 * 1024);
  await sender.startDue();
  expect(connector.uploaded('f.zip')?.isWhole).toBe(true);
  expect(connector.uploaded('f.zip')?.bytes.equals(archive)).toBe(true);
  expect(connector.calls.map(({ method, authorization }) => [method, authorization])).toEqual(
    Array.from({ length: 4 }, () => ['PUT', null]),
  );
});

test('there is nothing to do twice', async () => {
  const { sender } = await open('trial', 10);
  expect([await sender.startDue(), await sender.startDue()]).toEqual([1, 0]);
});

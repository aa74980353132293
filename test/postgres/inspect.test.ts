import { silentLog } from '../../src/lib/log';
import { inspectConversation, inspectStore } from '../../src/store/offline/inspect';
import { openStore } from '../../src/store/open';
import { createTestDatabase } from './test-store';

test('a database is looked at beside a running service, before its first start and when it is not there', async () => {
  const url = await createTestDatabase();
  expect(await inspectStore(url)).toMatchObject({ engine: 'postgres', path: null, exists: false, unknown: [] });
  const store = await openStore({ url, log: silentLog });
  try {
    const place = { conversationId: '19:x', tenantId: 't', scope: 'channel', reference: '{}', personId: null } as const;
    await store.transact((tx) => tx.savePlace(place));
    expect(await inspectStore(url)).toMatchObject({ exists: true, toTake: [], unknown: [], inUse: false });
    expect(await inspectConversation(url, '19:x')).toEqual(place);
    expect(await inspectConversation(url, '19:y')).toBeNull();
  } finally {
    await store.close();
  }
  const gone = new URL(url);
  gone.pathname = '/nowhere';
  await expect(inspectStore(gone.href)).rejects.toMatchObject({ code: 'store.unavailable' });
});

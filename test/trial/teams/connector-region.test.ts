import { createConnector } from '../../../trial/teams/connector';
import { createTeamsClient } from '../../../trial/teams/connector-people';

const ana = { id: '29:ana', aadObjectId: 'a1', name: 'Ana' };
const bot = { id: '28:bot', name: 'Live Response' };

test('after a move the old address answers 400 BadArgument to everything, and new activities state the new one', async () => {
  const connector = await createConnector().start();
  try {
    const { build } = createTeamsClient({ connector, endpoint: 'http://127.0.0.1', tenantId: 't1', bot });
    const before = connector.url;
    const send = async (url: string): Promise<readonly [number, unknown]> => {
      const answer = await fetch(`${url}/v3/conversations/a:a1/activities`, {
        method: 'POST',
        body: JSON.stringify({ type: 'message', text: 'hello' }),
      });
      const body = (await answer.json()) as { readonly error?: { readonly code: string } };
      return [answer.status, body.error?.code];
    };
    connector.moveRegion();
    const now = build.message(ana, { scope: 'personal' }, 'help').serviceUrl;
    expect(now).not.toBe(before);
    expect([await send(before), await send(now)]).toEqual([
      [400, 'BadArgument'],
      [201, undefined],
    ]);
    connector.moveRegion();
    expect(await send(now)).toEqual([400, 'BadArgument']);
    expect(connector.messages('a:a1')).toHaveLength(1);
  } finally {
    await connector.stop();
  }
});

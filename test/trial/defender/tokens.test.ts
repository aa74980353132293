import documented from '../../fixtures/defender/resp-token-doc.json';
import realClaims from '../../fixtures/defender/token-claims-real.json';
import { startTenant, stopTenants, type Tenant } from './tenant';

afterEach(stopTenants);

const scope = 'https://api.securitycenter.microsoft.com/.default';

function ask(
  { emulator, call }: Tenant,
  changes: Readonly<Record<string, string>> = {},
  path = `/${emulator.tenantId}/oauth2/v2.0/token`,
) {
  const fields = {
    grant_type: 'client_credentials',
    client_id: emulator.clientId,
    client_secret: emulator.clientSecret,
    scope,
    ...changes,
  };
  return call('POST', path, { body: new URLSearchParams(fields), authorization: null });
}

test('client credentials give a token that works for about an hour', async () => {
  const tenant = await startTenant();
  const { status, json } = await ask(tenant);
  expect(status).toBe(200);
  expect(Object.keys(json).sort()).toEqual(Object.keys(documented).sort());
  expect(json).toMatchObject({ token_type: 'Bearer', expires_in: 3_599, ext_expires_in: 0 });
  const authorization = `Bearer ${json.access_token}`;
  tenant.clock.advance(3_598_999);
  expect((await tenant.get('/api/libraryfiles', { authorization })).status).toBe(200);
  tenant.clock.advance(1);
  const expired = await tenant.get('/api/libraryfiles', { authorization });
  expect([expired.status, expired.json.error.code]).toEqual([401, 'Unauthorized']);
});

test('a token carries the roles of the moment it was issued', async () => {
  const tenant = await startTenant();
  const before = `Bearer ${(await ask(tenant)).json.access_token}`;
  tenant.emulator.removeRole('Library.Manage');
  const after = `Bearer ${(await ask(tenant)).json.access_token}`;
  expect((await tenant.get('/api/libraryfiles', { authorization: before })).status).toBe(200);
  expect((await tenant.get('/api/libraryfiles', { authorization: after })).status).toBe(403);
  const claims = JSON.parse(Buffer.from(after.split('.')[1] ?? '', 'base64url').toString());
  expect(claims.roles).toEqual(['Machine.LiveResponse', 'Machine.ReadWrite.All']);
  const known = ['iat', 'nbf', 'exp', 'app_displayname', 'appid', 'roles', 'tid', 'ver'];
  expect(Object.keys(realClaims)).toEqual(expect.arrayContaining(known));
  expect(Object.keys(claims)).toEqual(expect.arrayContaining(known));
});

test('v1 with a resource works too, and counts seconds in text', async () => {
  const tenant = await startTenant();
  const resource = 'https://api-eu.securitycenter.microsoft.com';
  const { json } = await ask(tenant, { resource }, `/${tenant.emulator.tenantId}/oauth2/token`);
  expect(json.expires_in).toBe('3599');
  expect((await tenant.get('/api/libraryfiles', { authorization: `Bearer ${json.access_token}` })).status).toBe(200);
});

test('another app has its own secret, roles, name and quota', async () => {
  const tenant = await startTenant({ limits: { readsPerMinute: 1 } });
  tenant.emulator.addApp({ clientId: 'soar', clientSecret: 's', name: 'SOAR', roles: ['Library.Manage'] });
  const { json } = await ask(tenant, { client_id: 'soar', client_secret: 's' });
  const authorization = `Bearer ${json.access_token}`;
  expect((await tenant.get('/api/libraryfiles')).status).toBe(200);
  expect((await tenant.get('/api/libraryfiles', { authorization })).status).toBe(200);
  expect((await tenant.get('/api/libraryfiles', { authorization })).status).toBe(429);
  expect((await tenant.get('/api/machineactions', { authorization })).status).toBe(403);
  expect(() => tenant.emulator.addRole('x', 'nobody')).toThrow('No app nobody');
});

test.each([
  ['a wrong secret', { client_secret: 'x' }, 401, 'invalid_client'],
  ['no secret', { client_secret: '' }, 401, 'invalid_client'],
  ['an unknown app', { client_id: 'x' }, 400, 'unauthorized_client'],
  ['no app', { client_id: '' }, 400, 'invalid_request'],
  ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ['no scope', { scope: '' }, 400, 'invalid_request'],
  [
    'a scope that is not /.default',
    { scope: 'https://api.securitycenter.microsoft.com/Machine.Read' },
    400,
    'invalid_scope',
  ],
  ['another resource', { scope: 'https://graph.microsoft.com/.default' }, 400, 'invalid_resource'],
])('a token request with %s is refused', async (_title, changes, status, error) => {
  const reply = await ask(await startTenant(), changes);
  expect([reply.status, reply.json.error]).toEqual([status, error]);
  expect(reply.json.error_description).toMatch(/^AADSTS\d+: /);
});

test('another tenant is refused', async () => {
  const tenant = await startTenant();
  expect((await ask(tenant, {}, '/other.example/oauth2/v2.0/token')).json.error).toBe('invalid_request');
});

test.each([null, 'Bearer', 'Bearer nonsense', 'Basic local', 'Bearer local extra'])(
  'the Authorization header [%s] is refused',
  async (authorization) => {
    const { emulator, get } = await startTenant();
    const { status, json, headers } = await get('/api/machineactions', { authorization });
    expect([status, json.error.code, headers.get('www-authenticate')]).toEqual([401, 'Unauthorized', 'Bearer']);
    expect(emulator.journal[0]?.authorization?.accepted ?? false).toBe(false);
  },
);

test('cancel is open to any permission for actions, and to no other', async () => {
  const { emulator, call } = await startTenant({ roles: ['Machine.ReadWrite.All'] });
  const cancel = () => call('POST', '/api/machineactions/00000000-0000-4000-8000-000000000000/cancel', { json: {} });
  expect((await cancel()).status).toBe(403);
  emulator.addRole('Machine.Scan');
  expect((await cancel()).status).toBe(404);
});

test('runliveresponse needs Machine.LiveResponse', async () => {
  const { run } = await startTenant({ roles: ['Machine.ReadWrite.All', 'Library.Manage'] });
  const { status, json } = await run('pc', []);
  expect([status, json.error.message]).toEqual([
    403,
    'The application does not have any of the required application permissions (Machine.LiveResponse) to access the resource.',
  ]);
});

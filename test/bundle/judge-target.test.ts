import { judgeRequest } from '../../src/bundle/judge-request';
import { canonicalText, type Manifest } from '../../src/bundle/manifest';
import type { RequestId } from '../../src/request/request';
import { base, bob, cleo, vote } from '../request/sample';

const id = `${base.id}.1` as RequestId;
const devices = [base.device, { ...base.device, machineId: 'another' }];
const batch = { ...base, state: 'batchRunning', votes: [vote(bob)], batch: { devices } };
const target = { ...base, id, state: 'queued', votes: [vote(bob)], target: { of: base.id, number: 1 } };

async function faultsOf(change: object): Promise<readonly unknown[]> {
  const asked = { ...target, ...change };
  const files: Readonly<Record<string, string>> = {
    'r1/request.json': canonicalText(batch),
    'r2/request.json': canonicalText(asked),
  };
  const named = { state: 'queued', ended: false, digest: asked.digest, firstEntry: 5, lastEntry: 5 };
  const manifest = {
    requests: [
      { id: base.id, folder: 'r1' },
      { id: asked.id, folder: 'r2' },
    ],
    parts: Object.keys(files).map((name) => ({ name })),
    leftOut: [],
  } as unknown as Manifest;
  const entry = { seq: 5, at: 0, requestId: asked.id, actor: 'bot', what: 'targetLetGo', detail: {} };
  return judgeRequest(
    { id: asked.id, folder: 'r2', ...named },
    { manifest, entries: [entry], read: async (name) => Buffer.from(files[name] ?? '') },
  );
}

test.each<[string, object, boolean]>([
  ['nothing else', {}, true],
  ['another digest', { digest: 'f'.repeat(64) }, false],
  ['other votes', { votes: [vote(cleo)] }, false],
  ['another number', { target: { of: base.id, number: 2 } }, false],
  ['another batch', { target: { of: 'LR-2222', number: 1 } }, false],
  ['another device', { device: { ...base.device, machineId: 'another' } }, false],
])('a target is the one of its batch: with %s', async (_what, change, isTrue) => {
  const faults = await faultsOf(change);
  if (isTrue) expect(faults).toEqual([]);
  else expect(faults).toContainEqual({ fault: 'batch' });
});

import { createForm } from '../chat/form';
import { createHelp } from '../chat/help';
import type { Runbook } from '../runbooks/runbook';
import { chooseDeviceCard } from '../thread/ask/choose-device-card';
import { formCard } from '../thread/ask/form-card';
import { preflightCard } from '../thread/ask/preflight-card';
import { previewCard } from '../thread/ask/preview-card';
import { understoodCard } from '../thread/ask/understood-card';
import { confirmBatchCard } from '../thread/batch/confirm-batch-card';
import { answerCard, denialCard, questionCard } from '../thread/cards/beside-cards';
import { boardCard } from '../thread/cards/board-card';
import { deviceCard, devicesCard } from '../thread/cards/device-card';
import { explainCard } from '../thread/cards/explain-card';
import { helpCard } from '../thread/cards/help-card';
import { libraryCard } from '../thread/cards/library-card';
import { requestCard } from '../thread/cards/request-card';
import { historyCard, mineCard, queueCard, statusListCard, waitingCard } from '../thread/cards/request-list-card';
import { runbookCard, runbookListCard } from '../thread/cards/runbook-cards';
import { welcomeCard } from '../thread/cards/welcome-card';
import { whoamiCard } from '../thread/cards/whoami-card';
import type { CardJson, Post } from '../thread/kit/post';
import { sentencePost } from '../thread/kit/sentence';
import type { RequestView } from '../thread/kit/view';
import { pausedPost } from '../thread/posts/pause-post';
import { resultPost } from '../thread/posts/result-post';
import { reviewsCard } from '../thread/posts/review-cards';
import { createSample } from './sample-request';

export const sampleBanner =
  'Sample, sent by npm run doctor: nobody asked for this, nothing runs, and nothing can be decided on it.';

const sampleBatch = { canaries: 1, order: [1, 2], stopAt: 1, goOn: false };

const sampleRunbook: Runbook = {
  name: 'sample-runbook',
  title: 'A sample runbook',
  purpose: '',
  os: 'any',
  parameters: [],
  commands: [{ type: 'RunScript', fileName: 'sample.ps1', pieces: [], line: 1 }],
  version: '000000000000',
};

/** One sample of each card that the bot sends, without a single button, and each saying first that it is one. */
export function createSamplePosts(now: number, trial: boolean): readonly Post[] {
  const { requests, device, library, requester, names, result, review } = createSample(now);
  const options = { now, trial, page: 1 };
  const queue = { position: 1, of: 1, expectedAt: now, waitsFor: 'slot' } as const;
  const views = requests.map(
    (request): RequestView => ({
      request,
      results: [],
      queue: request.state === 'queued' ? queue : null,
      now,
      names,
      pause: null,
      trial,
    }),
  );
  const [first] = views;
  const ended = views.find(({ request }) => request.state === 'succeeded');
  const draft = { device: device.name, commands: requests[0]?.commands ?? [], reason: requests[0]?.reason ?? '' };
  const devices = [device, { ...device, name: 'sample-device-2.example.com' }];
  const warned = preflightCard({ draft, device, findings: [] }, { trial });
  const posts: readonly Post[] = [
    ...views.map((view) => requestCard(view, { audience: 'thread', token: null })),
    ...(first === undefined ? [] : [requestCard(first, { audience: 'approver', token: 'sample' })]),
    ...(ended === undefined ? [] : [resultPost(ended, result)]),
    ...(first === undefined
      ? []
      : [
          confirmBatchCard(
            { draft, base: { ...first.request, batch: { ...sampleBatch, devices } }, leftOut: [] },
            { trial, now },
          ),
          denialCard(first, 'sample'),
          questionCard(first, 'sample'),
          answerCard(first, { number: 1, by: requester, text: 'A sample question', at: now, answer: null }),
        ]),
    formCard(createForm(device.name), [], { trial }),
    ...(first === undefined ? [] : [previewCard(first, { input: createForm(device.name) })]),
    understoodCard(draft, [], { trial }),
    chooseDeviceCard(draft, devices, options),
    deviceCard({ device, findings: [], open: views.slice(1, 2), ended: views.slice(4, 5) }, options),
    devicesCard(devices, { ...options, query: 'sample' }),
    libraryCard(library, { ...options, query: null }),
    boardCard(views.slice(0, 4), options),
    queueCard(views.slice(1, 3), options),
    statusListCard(views.slice(0, 1), options),
    mineCard(views.slice(0, 2), { ...options, everywhere: true, more: false }),
    historyCard(views.slice(4), { ...options, of: { type: 'everywhere' }, more: false }),
    waitingCard(views.slice(0, 1), { ...options, ownChat: true }),
    welcomeCard({ requesters: [], approvers: [], names }, { trial }),
    ...(warned === null ? [] : [warned]),
    reviewsCard([review], options),
    helpCard(createHelp(null), { trial }),
    runbookListCard(new Map([[sampleRunbook.name, sampleRunbook]]), { trial }),
    runbookCard(sampleRunbook, { trial }),
    whoamiCard({ person: requester, mayAsk: true, mayVote: false, policyVersion: '00000000' }, options),
    explainCard(['A sample line of the policy'], options),
    pausedPost({ by: requester, reason: 'A sample', at: now, onTheirWay: 0 }, { trial }),
    sentencePost('A sample sentence.', { trial }),
  ];
  return posts.map(asSample);
}

/** Marked, and with nothing on it that could be pressed: no action, no refresh by which a client would ask for one. */
function asSample({ text, card }: Post): Post {
  const summary = 'A sample, sent by npm run doctor';
  if (card === null) return { text: `${sampleBanner} ${text ?? ''}`.trim(), mention: null, card, summary };
  const { body, ...rest } = withoutActions(card) as CardJson & { readonly body?: readonly unknown[] };
  const banner = { type: 'TextBlock', text: sampleBanner, wrap: true, weight: 'Bolder', color: 'Attention' };
  return {
    text: text === null ? null : sampleBanner,
    mention: null,
    card: { ...rest, body: [banner, ...(body ?? [])] },
    summary,
  };
}

const pressable = ['actions', 'selectAction', 'inlineAction', 'refresh', 'authentication', 'isVisible'];

function withoutActions(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isActionSet(item)).map(withoutActions);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (pressable.includes(key) ? [] : [[key, withoutActions(inner)]])),
  );
}

const isActionSet = (item: unknown): boolean =>
  typeof item === 'object' && item !== null && 'type' in item && item.type === 'ActionSet';

import type { FileOffer, FileOfferRefusal, Upload } from '../../request/file-offer';
import type { CardOptions } from '../kit/page';
import type { Post } from '../kit/post';
import { trialBanner } from '../kit/trial';
import { formatDuration, formatSize } from '../kit/words';

/** What the zip is called: our own words, never the device's (T-34). */
export const zipNameOf = ({ requestId, index, bundle }: Pick<FileOffer, 'requestId' | 'index' | 'bundle'>): string =>
  bundle === undefined ? `${requestId}-command-${index + 1}.zip` : `${requestId}.evidence.zip`;

/** Teams' own question whether the bot may put a file into the person's OneDrive ("Send and receive files"). */
export function offerPost(offer: FileOffer, { size, now, trial }: CardOptions & { readonly size: number }): Post {
  const name = zipNameOf(offer);
  return {
    text: `${bannerOf(trial)}${offerText(offer)} The offer holds for ${formatDuration(offer.expiresAt - now)}.`,
    mention: null,
    card: null,
    file: {
      type: 'consent',
      name,
      description: `${offer.bundle === undefined ? 'Brought back by' : 'Evidence of'} ${offer.requestId}; may be malicious. ${formatSize(size)}`,
      size,
      offerId: offer.offerId,
    },
    summary: `${offer.requestId}: ${offer.bundle === undefined ? 'what it brought back' : 'its evidence'} is offered to you`,
  };
}

const offerText = ({ requestId, index, bundle }: FileOffer): string => {
  if (bundle === undefined)
    return `What command ${index + 1} of ${requestId} brought back, in a zip archive without a password so that nothing opens it by itself. It may be malicious: open it on a machine made for that.`;
  const results = bundle.withResults
    ? 'It holds everything, and files from the device may be malicious.'
    : 'It holds no results, since you may not read them: each is listed by its hash.';
  return `The evidence of ${requestId}, for somebody outside. ${results}`;
};

export const sentPost = (offer: FileOffer, upload: Upload, { trial }: { readonly trial: boolean }): Post => ({
  text: `${bannerOf(trial)}${offer.bundle === undefined ? `Here is what command ${offer.index + 1} of ${offer.requestId} brought back; it may be malicious.` : `Here is the evidence of ${offer.requestId}. Files from the device in it may be malicious.`}`,
  mention: null,
  card: null,
  file: {
    type: 'sent',
    name: upload.name,
    contentUrl: upload.contentUrl,
    uniqueId: upload.uniqueId,
    fileType: upload.fileType,
  },
  summary: `${offer.requestId}: ${offer.bundle === undefined ? 'what it brought back' : 'its evidence'} is in your OneDrive`,
});

/** Beside Teams' cards for files no other card may stand, so that the text says it (T-4). */
const bannerOf = (trial: boolean): string => (trial ? `${trialBanner} ` : '');

export const evidenceSentences = {
  offered: 'I offer it in your own chat with me. Agree there, and it is put into your OneDrive.',
  notEntitled:
    'Evidence goes to the person who asked, to the approvers of that request, and to owners of its rule. Nothing was sent. Ask one of them, or whoever runs this bot.',
  noFiles: (id: string) =>
    `Teams gives bots no files in this cloud, so nothing was sent. Whoever runs this bot can export it: npm run evidence -- export ${id} --to <folder>`,
  tooLarge: (id: string, most: string) =>
    `The evidence of ${id} is larger than ${most}, so it is not sent here. Whoever runs this bot can export it: npm run evidence -- export ${id} --to <folder>`,
  noKey:
    'The key that signs evidence cannot be read, so nothing was made. Tell whoever runs this bot: EVIDENCE_KEY_FILE.',
} as const;

export const fileSentences = {
  offered: 'I offer it in your own chat with me; agree there, and it is put into your OneDrive.',
  notEntitled:
    'Files from devices go to the person who asked for them and to the approvers of that request only. Nothing was sent. Ask one of them, or whoever runs this bot.',
  noFile:
    'There is nothing of that command that could be sent as a file, or it is no longer kept. Its result says what there is.',
  noChat:
    'I can send files only in your own chat, and you have none with me yet. Add Live Response for yourself, say help there, and press again.',
  declined:
    'You declined the file, so it was not sent. It stays in the evidence; press Send me the file on its result to be asked again.',
  badPlace: 'Teams named a place for the file that is not its own, so nothing was sent. Tell whoever runs this bot.',
  differs:
    'The file is no longer what was collected, or no longer kept, so it was not sent. Tell whoever runs this bot: the evidence must be looked at.',
  gaveUp:
    'OneDrive has not confirmed that it has the file, and I have stopped trying. Look there, or press Send me the file on its result to try again.',
} as const;

export function describeOfferRefusal({ type }: FileOfferRefusal): string {
  switch (type) {
    case 'unknownOffer':
      return 'This file was not offered to you here, so nothing was sent. Press Send me the file on its result.';
    case 'offerOver':
      return 'This offer has run out, so nothing was sent. Press Send me the file on its result to be asked again.';
    case 'offerDone':
      return 'You have answered this offer already. Press Send me the file on its result to be asked again.';
  }
}

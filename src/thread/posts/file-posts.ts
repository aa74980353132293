import type { FileOffer, FileOfferRefusal, Upload } from '../../request/file-offer';
import type { CardOptions } from '../kit/page';
import type { Post } from '../kit/post';
import { trialBanner } from '../kit/trial';
import { formatDuration, formatSize } from '../kit/words';

/** What the zip is called: our own words, never the device's (T-34). */
export const zipNameOf = ({ requestId, index }: Pick<FileOffer, 'requestId' | 'index'>): string =>
  `${requestId}-command-${index + 1}.zip`;

/** Teams' own question whether the bot may put a file into the person's OneDrive ("Send and receive files"). */
export function offerPost(offer: FileOffer, { size, now, trial }: CardOptions & { readonly size: number }): Post {
  const name = zipNameOf(offer);
  return {
    text: `${bannerOf(trial)}What command ${offer.index + 1} of ${offer.requestId} brought back, in a zip archive without a password so that nothing opens it by itself. It may be malicious: open it on a machine made for that. The offer holds for ${formatDuration(offer.expiresAt - now)}.`,
    mention: null,
    card: null,
    file: {
      type: 'consent',
      name,
      description: `Brought back by ${offer.requestId}; may be malicious. ${formatSize(size)}`,
      size,
      offerId: offer.offerId,
    },
    summary: `${offer.requestId}: what it brought back is offered to you`,
  };
}

export const sentPost = (offer: FileOffer, upload: Upload, { trial }: { readonly trial: boolean }): Post => ({
  text: `${bannerOf(trial)}Here is what command ${offer.index + 1} of ${offer.requestId} brought back; it may be malicious.`,
  mention: null,
  card: null,
  file: {
    type: 'sent',
    name: upload.name,
    contentUrl: upload.contentUrl,
    uniqueId: upload.uniqueId,
    fileType: upload.fileType,
  },
  summary: `${offer.requestId}: what it brought back is in your OneDrive`,
});

/** Beside Teams' cards for files no other card may stand, so that the text says it (T-4). */
const bannerOf = (trial: boolean): string => (trial ? `${trialBanner} ` : '');

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

import type { KeptFile, KeptResult } from '../../evidence/keep-result';
import { maxFileBytes } from '../../request/file-offer';

/**
 * What of a result can be sent to those it is for: a collected file, or what Defender served of a script that wrote more than is kept as text.
 * Null where there is nothing of it that the cards do not show, or it is too large to be sent.
 */
export function sendableOf(result: KeptResult): KeptFile | null {
  const file = result.file ?? wholeOutputOf(result);
  return file !== null && file.size <= maxFileBytes ? file : null;
}

/** All that a script wrote, as it came; null where the text is all of it, or nothing is kept. */
export function wholeOutputOf(result: KeptResult): KeptFile | null {
  const { command, rawSha256, rawSize, rawRelativePath } = result;
  if (command !== 'RunScript' || rawSha256 === null || rawSize === null || rawRelativePath === null) return null;
  const isShownWhole = !result.outputCut && !result.errorsCut && result.problem === null;
  // Our own name, never the device's (T-34).
  const name = 'script-result.json';
  return isShownWhole ? null : { sha256: rawSha256, size: rawSize, relativePath: rawRelativePath, name };
}

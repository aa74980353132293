import type { Finding } from '../ask/preflight';
import type { Device } from '../request';

/** What was named for a batch and is not in it; nothing is dropped without a word. Texts are as typed or as Defender gave them. */
export type LeftOut =
  | { readonly type: 'unknown'; readonly query: string }
  | { readonly type: 'ambiguous'; readonly query: string; readonly devices: readonly Device[] }
  | { readonly type: 'double'; readonly query: string; readonly device: Device }
  /** Live response cannot work on it, or what would run is not of its system. */
  | { readonly type: 'unfit'; readonly device: Device; readonly finding: Finding }
  | { readonly type: 'tier0'; readonly device: Device }
  | { readonly type: 'otherRule'; readonly device: Device; readonly rule: string; readonly approvals: number }
  /** `because`: the policy's own sentence. */
  | { readonly type: 'refused'; readonly device: Device; readonly because: string };

/** Why many devices cannot be asked for under one decision. */
export type BatchRefusal =
  | { readonly type: 'notAllowed'; readonly rule: string }
  | { readonly type: 'tooMany'; readonly count: number; readonly most: number; readonly rule: string }
  | { readonly type: 'nothingLeft'; readonly leftOut: readonly LeftOut[] }
  | { readonly type: 'batchOpen'; readonly ids: readonly string[]; readonly most: number }
  | { readonly type: 'stopAtRaised'; readonly asked: number; readonly stopAt: number }
  | { readonly type: 'stopAtNone' }
  | { readonly type: 'canaryLowered'; readonly asked: number; readonly canary: number }
  | { readonly type: 'canaryTooMany'; readonly asked: number; readonly size: number }
  | { readonly type: 'canaryNotThere'; readonly name: string }
  | { readonly type: 'tooSlow'; readonly count: number; readonly most: number; readonly withinMs: number };

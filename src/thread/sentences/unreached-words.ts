/** Why something did not reach a conversation: our code, and what Teams answered; `status` null when it did not answer. */
export interface Unreached {
  readonly code: string;
  readonly status?: number | null;
  readonly detail?: string | null;
}

/** What was seen, never what it may come from: one code of Teams has several causes, and an outage answers like a removal. */
export function seenWords({ code, status = null, detail = null }: Unreached): string {
  switch (code) {
    case 'teams.noPlace':
      return 'I know no conversation that leads there';
    case 'teams.bug':
      return 'something failed inside the bot';
    case 'teams.tooLarge':
      return status === null || detail === null ? 'it is larger than Teams takes' : answered(status, detail);
    default:
      return status === null ? `Teams gave no answer (${code})` : answered(status, detail);
  }
}

/** Teams' own codes are single words; anything else in their place is not repeated. */
const answered = (status: number, detail: string | null): string =>
  `Teams answered ${status}${detail !== null && /^[A-Za-z]{1,60}$/.test(detail) ? ` ${detail}` : ''}`;

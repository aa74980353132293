/** What a card may take of a person's attention at 358 pixels, what is folded left out (design.md §9). */
export interface Budget {
  readonly px: number;
  readonly lines: number;
  readonly words: number;
}

export const budgets: Readonly<Record<string, Budget>> = {
  approval: { px: 560, lines: 22, words: 90 },
  'approval-look-twice': { px: 600, lines: 24, words: 100 },
  running: { px: 620, lines: 24, words: 100 },
  end: { px: 430, lines: 17, words: 70 },
  greeting: { px: 300, lines: 14, words: 60 },
  'greeting-team': { px: 300, lines: 14, words: 60 },
};

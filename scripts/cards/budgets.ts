/** What a card may take of a person's attention at 358 pixels, what is folded left out (design.md §9). */
export interface Budget {
  readonly px: number;
  readonly lines: number;
  readonly words: number;
}

export const budgets: Readonly<Record<string, Budget>> = {
  approval: { px: 560, lines: 22, words: 90 },
  'approval-look-twice': { px: 600, lines: 24, words: 100 },
  running: { px: 640, lines: 25, words: 100 },
  end: { px: 430, lines: 17, words: 70 },
  board: { px: 470, lines: 18, words: 100 },
  // Still above the 300 px of design.md §9.
  greeting: { px: 360, lines: 15, words: 60 },
  'greeting-team': { px: 345, lines: 14, words: 60 },
};

/**
 * Which of `chars` are parts of a whole emoji of several characters, as keyboards send them: a heart with its variation selector, a family held
 * together by joiners. Only the sequences that Unicode recommends for interchange (UTS #51, RGI), so that nothing can be hidden in one.
 */
export function findEmoji(chars: readonly string[]): readonly boolean[] {
  const found = chars.map(() => false);
  const text = chars.join('');
  if (!joiners.test(text)) return found;
  const starts = new Map<number, number>();
  let at = 0;
  for (const [i, char] of chars.entries()) {
    starts.set(at, i);
    at += char.length;
  }
  for (const { 0: emoji, index } of text.matchAll(sequence)) {
    const first = starts.get(index) ?? 0;
    for (let i = first; i < first + [...emoji].length; i++) found[i] = true;
  }
  return found;
}

/** The characters of such an emoji that nobody can see where they stand alone; of a keycap, the mark as well. */
const joiners = /[\u200d\ufe0f\u{e007f}]/u;

/** The flag is younger than the language that the source is compiled to. */
const flags: string = 'gv';
const sequence = new RegExp('\\p{RGI_Emoji}', flags);

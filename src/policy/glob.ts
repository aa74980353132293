/** Whether the whole text is like the glob: `*` is any characters, `?` is one; everything else is itself. Never slower than glob × text. */
export function matchesGlob(glob: string, text: string): boolean {
  const [pattern, chars] = [[...glob], [...text]];
  let [p, c] = [0, 0];
  /** Where the last `*` stood, and the text that it covers so far ends. */
  let star: { readonly p: number; c: number } | null = null;
  while (c < chars.length) {
    if (pattern[p] === '*') {
      star = { p, c };
      p++;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === chars[c])) {
      p++;
      c++;
    } else if (star !== null) {
      star.c++;
      p = star.p + 1;
      c = star.c;
    } else return false;
  }
  return pattern.slice(p).every((rest) => rest === '*');
}

/** The known names that come nearest by shared pairs of characters: typos and missing extensions both keep most of them. */
export function nearestNames(typed: string, known: readonly string[], most = 3): readonly string[] {
  return known
    .map((name) => ({ name, likeness: likeness(typed.toLowerCase(), name.toLowerCase()) }))
    .filter(({ likeness: found }) => found >= 0.4)
    .sort((a, b) => b.likeness - a.likeness || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name);
}

/** Dice's coefficient over pairs of neighbours, from 0 to 1. */
function likeness(a: string, b: string): number {
  if (a === b) return 1;
  const left = pairsOf(a);
  const right = pairsOf(b);
  const shared = left.filter((pair) => {
    const at = right.indexOf(pair);
    if (at === -1) return false;
    right[at] = '';
    return true;
  }).length;
  const total = left.length + right.length;
  return total === 0 ? 0 : (2 * shared) / total;
}

const pairsOf = (text: string): string[] =>
  Array.from({ length: Math.max(0, text.length - 1) }, (_, i) => text.slice(i, i + 2));

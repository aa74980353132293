/** What happens when, in the order of instants, and of asking where they are equal: a binary heap, since there are millions. */
export interface Agenda {
  now: number;
  at(instant: number, happen: () => void): void;
  /** Runs what is due up to `until`; false when nothing was left before. */
  run(until: number): boolean;
}

interface Entry {
  readonly at: number;
  readonly seq: number;
  readonly happen: () => void;
}

export function createAgenda(start: number): Agenda {
  const heap: Entry[] = [];
  let seq = 0;
  const agenda: Agenda = {
    now: start,
    at(instant, happen) {
      heap.push({ at: Math.max(instant, agenda.now), seq: seq++, happen });
      rise(heap.length - 1);
    },
    run(until) {
      for (;;) {
        const first = heap[0];
        if (first === undefined) return false;
        if (first.at > until) {
          agenda.now = until;
          return true;
        }
        pop();
        agenda.now = first.at;
        first.happen();
      }
    },
  };
  return agenda;

  function before(a: number, b: number): boolean {
    const [x, y] = [heap[a] as Entry, heap[b] as Entry];
    return x.at < y.at || (x.at === y.at && x.seq < y.seq);
  }

  function swap(a: number, b: number): void {
    const kept = heap[a] as Entry;
    heap[a] = heap[b] as Entry;
    heap[b] = kept;
  }

  function rise(from: number): void {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!before(i, parent)) return;
      swap(i, parent);
      i = parent;
    }
  }

  function pop(): void {
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let i = 0; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      let least = i;
      if (left < heap.length && before(left, least)) least = left;
      if (right < heap.length && before(right, least)) least = right;
      if (least === i) return;
      swap(i, least);
      i = least;
    }
  }
}

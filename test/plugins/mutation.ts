/** Numbers from 0 to below `most`, the same for the same seed (mulberry32). */
export function numbers(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
}

/** The text with one to four changes: something taken out, a piece put in, something said twice, a byte replaced. */
export function mutated(text: string, pieces: readonly string[], next: (most: number) => number): string {
  let result = text;
  for (let times = 1 + next(4); times > 0; times -= 1) {
    const at = next(result.length + 1);
    const length = next(20);
    const kind = next(4);
    if (kind === 0) result = result.slice(0, at) + result.slice(at + length);
    else if (kind === 1) result = result.slice(0, at) + (pieces[next(pieces.length)] ?? '') + result.slice(at);
    else if (kind === 2) result = result.slice(0, at) + result.slice(at, at + length) + result.slice(at);
    else result = result.slice(0, at) + String.fromCharCode(next(256)) + result.slice(at + 1);
  }
  return result;
}

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `end` when the signal fires, unless it is forgotten before by what this returns. All of a run's requests share one listener: to add and
 * remove one for each costs as much as to write the request.
 */
export function atAbort(signal: AbortSignal, end: () => void): () => void {
  const ends = waiting.get(signal) ?? listenOnce(signal);
  ends.add(end);
  return () => ends.delete(end);
}

function listenOnce(signal: AbortSignal): Set<() => void> {
  const ends = new Set<() => void>();
  waiting.set(signal, ends);
  signal.addEventListener(
    'abort',
    () => {
      for (const end of ends) end();
    },
    { once: true },
  );
  return ends;
}

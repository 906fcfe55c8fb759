import { wait } from './transport.js';

/**
 * The one door to a CA for a whole run: when it says "later" to one request, all others wait as well, whichever certificate or
 * account they are for. Asking on would only lengthen the ban.
 */
export class Gate {
  private opens = 0;

  /** Closes it for this long (milliseconds); true when that is longer than it was closed already. */
  hold(ms: number): boolean {
    const until = performance.now() + ms;
    // Answers to requests that were in flight together say the same again.
    const longer = until > this.opens + 500;
    this.opens = Math.max(this.opens, until);
    return longer;
  }

  /** Resolves when it is open; rejects with Cancelled. */
  async pass(signal: AbortSignal): Promise<void> {
    for (let left = this.opens - performance.now(); left > 0; left = this.opens - performance.now()) await wait(left, signal);
  }
}

const gates = new WeakMap<AbortSignal, Map<string, Gate>>();

/** The gate of this run (its abort signal) for the host of this directory URL. */
export function gateFor(signal: AbortSignal, directoryUrl: string): Gate {
  const ours = gates.get(signal) ?? new Map<string, Gate>();
  gates.set(signal, ours);
  const host = URL.canParse(directoryUrl) ? new URL(directoryUrl).host : directoryUrl;
  const gate = ours.get(host) ?? new Gate();
  ours.set(host, gate);
  return gate;
}

/** Milliseconds without any answer after which waiting requests fetch nonces of their own. */
const STALL = 30;
/** Requests in flight at least when more than so many wait: while one is at the CA, the next is signed. */
const QUICK = 2;
const QUEUE = 8;

interface Waiter {
  resolve: (nonce: string) => void;
  reject: (error: unknown) => void;
}

/**
 * Anti-replay nonces (RFC 8555 section 6.5): each answer brings one, and the next request takes it.
 *
 * Nonces in circulation bound the requests in flight (`limit`). A second one is fetched when many requests wait, more of them
 * only when requests wait and no answer came for some milliseconds: on a quick connection one or two nonces serve all, on a slow
 * one the pool grows in one step.
 * Whoever takes a nonce must afterwards call `give` with the one that came back, or `lost`.
 */
export class NoncePool {
  private readonly free: string[] = [];
  private readonly waiting: Waiter[] = [];
  private taken = 0;
  private fetching = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly fetchNonce: () => Promise<string>,
    private readonly limit: number,
  ) {}

  /** A nonce to sign with. Rejects with the error of the fetch when none can be got. */
  take(): Promise<string> {
    const known = this.free.pop();
    if (known !== undefined) {
      this.taken += 1;
      return Promise.resolve(known);
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      if (this.taken + this.fetching === 0) this.fetchMore(1);
      else if (this.waiting.length > QUEUE && this.taken + this.fetching < QUICK) this.fetchMore(1);
      else this.watch();
    });
  }

  /** The answer brought this nonce. */
  give(nonce: string): void {
    this.taken = Math.max(0, this.taken - 1);
    this.hand(nonce);
    this.watch();
  }

  /** The nonce was used up and none came back. */
  lost(): void {
    this.taken = Math.max(0, this.taken - 1);
    if (this.waiting.length > 0 && this.taken + this.fetching === 0) this.fetchMore(1);
  }

  private hand(nonce: string): void {
    const next = this.waiting.shift();
    if (next) {
      this.taken += 1;
      next.resolve(nonce);
    } else if (this.free.length < this.limit) this.free.push(nonce);
  }

  /** (Re)starts the stall clock while somebody waits. */
  private watch(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waiting.length === 0) return;
    this.timer = setTimeout(() => this.fetchMore(Math.min(this.waiting.length - this.fetching, this.limit - this.taken - this.fetching)), STALL);
  }

  private fetchMore(count: number): void {
    for (let n = 0; n < count; n += 1) {
      this.fetching += 1;
      this.fetchNonce().then(
        (nonce) => {
          this.fetching -= 1;
          this.hand(nonce);
        },
        (error: unknown) => {
          this.fetching -= 1;
          this.waiting.shift()?.reject(error);
        },
      );
    }
  }
}

import { randomBytes } from 'node:crypto';

/**
 * Replay nonces (RFC 8555 section 6.5): each can be used once. At most `limit` are remembered; the oldest unused
 * ones fall out, which a client sees as badNonce.
 */
export class NoncePool {
  private readonly unused = new Set<string>();
  constructor(private readonly limit = 20_000) {}

  /** A new nonce, base64url of 16 random bytes. */
  issue(): string {
    const nonce = randomBytes(16).toString('base64url');
    this.unused.add(nonce);
    if (this.unused.size > this.limit) {
      const oldest = this.unused.values().next();
      if (!oldest.done) this.unused.delete(oldest.value);
    }
    return nonce;
  }

  /** True once for each nonce that was issued. */
  take(nonce: string): boolean {
    return this.unused.delete(nonce);
  }
}

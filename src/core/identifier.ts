/** A name or address that a certificate shall hold (RFC 8555 section 9.7.7, RFC 8738). */
export interface Identifier {
  type: 'dns' | 'ip';
  /** What the CA sees: ASCII, lower case, punycode; `*.` kept; addresses in canonical text form. */
  value: string;
  /** What the person typed, for screens: `münchen.example`. */
  shown: string;
}

/** Every challenge that is known here. */
export const CHALLENGE_TYPES = ['http-01', 'dns-01', 'tls-alpn-01', 'dns-account-01', 'dns-persist-01'] as const;

export type ChallengeType = (typeof CHALLENGE_TYPES)[number];

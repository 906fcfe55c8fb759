/** A private key in PEM form (RFC 7468), also one that is cut off. */
const KEY = /-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----[\s\S]*?(?:-----END \1PRIVATE KEY-----|$)/g;

/** The text with every private key in it left out, for whoever shows, prints or logs it. */
export function withoutPrivateKeys(text: string): string {
  return text.includes('PRIVATE KEY-----') ? text.replace(KEY, (_, kind: string) => `-----BEGIN ${kind}PRIVATE KEY-----\n(not shown)\n-----END ${kind}PRIVATE KEY-----`) : text;
}

import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { Refused } from '../core/errors.js';

/** What kind of key to make; `size` in bits, `curve` secp256r1, secp384r1 or secp521r1. */
export type KeyWish = { type: 'rsa'; size: number } | { type: 'ecdsa'; curve: string };

const generate = promisify(generateKeyPair);
const CURVES: Readonly<Record<string, string>> = { secp256r1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

/** A new private key as PKCS#8 PEM, made off the main thread. Throws Refused for another curve. */
export async function generatePrivateKey(wish: KeyWish): Promise<string> {
  const { privateKey } = wish.type === 'rsa' ? await generate('rsa', { modulusLength: wish.size, publicExponent: 0x10001 }) : await generate('ec', { namedCurve: curveNamed(wish.curve) });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function curveNamed(name: string): string {
  const curve = Object.hasOwn(CURVES, name) ? CURVES[name] : undefined;
  if (curve === undefined) throw new Refused(`Unsupported elliptic curve: ${name}`, { hint: `Choose one of ${Object.keys(CURVES).join(', ')} with --elliptic-curve.` });
  return curve;
}

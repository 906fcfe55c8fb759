import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Pems } from '../../src/store/journal.js';
import { keyDer, makeCertificate, nameDer, subjectAltName } from '../../src/sandbox/certificate-der.js';

const CA = 'Test CA';

/** A key, a certificate for it, and as its chain that of the CA which signed it. */
export function makePems(name: string): Pems {
  const [leaf, ca] = [keyPair(), keyPair()];
  const [cert, chain] = [certificate(name, leaf.publicKey, ca.privateKey), certificate(CA, ca.publicKey, ca.privateKey)];
  return { privkey: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert, chain, fullchain: cert + chain };
}

function keyPair(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

let serial = 1;

function certificate(name: string, publicKey: KeyObject, issuerKey: KeyObject): string {
  serial += 1;
  const der = makeCertificate(
    {
      serial: Buffer.from([0x01, serial >> 8, serial & 0xff]),
      issuer: nameDer(CA),
      subject: nameDer(name),
      notBefore: Date.now() - 60_000,
      notAfter: Date.now() + 90 * 86_400_000,
      spki: keyDer(publicKey),
      extensions: name === CA ? [] : [subjectAltName([{ type: 'dns', value: name }], false)],
    },
    issuerKey,
  );
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

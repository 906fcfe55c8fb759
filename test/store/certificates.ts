import { generateKeyPairSync } from 'node:crypto';
import type { Pems } from '../../src/store/journal.js';
import { makeCertificate, keyDer, nameDer, subjectAltName } from '../../src/sandbox/certificate-der.js';

/** A key, a certificate for it that it signed itself, and some other certificate as its chain. */
export function makePems(name: string): Pems {
  const [leaf, other] = [selfSigned(name), selfSigned('Test CA')];
  return { privkey: leaf.key, cert: leaf.cert, chain: other.cert, fullchain: leaf.cert + other.cert };
}

let serial = 1;

function selfSigned(name: string): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  serial += 1;
  const der = makeCertificate(
    {
      serial: Buffer.from([0x01, serial >> 8, serial & 0xff]),
      issuer: nameDer(name),
      subject: nameDer(name),
      notBefore: Date.now() - 60_000,
      notAfter: Date.now() + 90 * 86_400_000,
      spki: keyDer(publicKey),
      extensions: [subjectAltName([{ type: 'dns', value: name }], false)],
    },
    privateKey,
  );
  const body = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n` };
}

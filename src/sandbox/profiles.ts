/** What kind of certificate an order gets (draft-ietf-acme-profiles). */
export interface CertificateProfile {
  /** Sentence or URL shown in the directory. */
  description: string;
  validityHours: number;
  /** First DNS name also as common name (when it fits 64 characters). */
  commonName: boolean;
  /** clientAuth beside serverAuth. */
  clientAuth: boolean;
  /** Subject key identifier extension. */
  subjectKeyId: boolean;
}

/** The three profiles that Let's Encrypt offers, with its lifetimes. */
export const DEFAULT_PROFILES: Readonly<Record<string, CertificateProfile>> = {
  classic: { description: 'The usual certificate, 90 days', validityHours: 90 * 24, commonName: true, clientAuth: true, subjectKeyId: true },
  tlsserver: { description: 'For TLS servers only, 45 days', validityHours: 45 * 24, commonName: false, clientAuth: false, subjectKeyId: false },
  shortlived: { description: 'For TLS servers only, 160 hours', validityHours: 160, commonName: false, clientAuth: false, subjectKeyId: false },
};

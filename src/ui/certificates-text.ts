import type { CertificateReport, Event } from '../core/events.js';

const frame = '- '.repeat(40).trimEnd();

/** The list of `certificates` as certbot prints it (S50, C20), so that scripts that read it go on working. */
export function certificatesText(event: Extract<Event, { type: 'certificates' }>): string {
  const lines: string[] = [];
  if (event.certificates.length === 0 && event.broken.length === 0) lines.push('No certificates found.');
  if (event.certificates.length > 0) {
    lines.push(`Found the following ${event.filtered ? 'matching ' : ''}certs:`);
    for (const certificate of event.certificates) lines.push(...certificateLines(certificate, Date.parse(event.now)));
  }
  if (event.broken.length > 0) {
    lines.push('', 'The following renewal configurations were invalid:');
    for (const { path, reason } of event.broken) lines.push(`  ${path}`, `    ${reason}`);
  }
  return [frame, ...lines, frame].join('\n');
}

function certificateLines(certificate: CertificateReport, now: number): string[] {
  return [
    `  Certificate Name: ${certificate.name}`,
    `    Serial Number: ${certificate.serial}`,
    `    Key Type: ${certificate.keyType}`,
    // certbot 5.2 renamed the line and broke scripts; the old name stays as long as there are only domains.
    `    ${certificate.addresses ? 'Identifiers' : 'Domains'}: ${certificate.identifiers.join(' ')}`,
    `    Expiry Date: ${certificate.notAfter.replace('T', ' ').replace(/(?:\.\d+)?Z$/, '+00:00')} (${status(certificate, now)})`,
    `    Certificate Path: ${certificate.fullchain}`,
    `    Private Key Path: ${certificate.privkey}`,
  ];
}

function status({ problems, notAfter }: CertificateReport, now: number): string {
  if (problems.length > 0) return `INVALID: ${problems.join(', ')}`;
  const hours = Math.floor((Date.parse(notAfter) - now) / 3_600_000);
  const days = Math.floor(hours / 24);
  if (days === 1) return 'VALID: 1 day';
  return days < 1 ? `VALID: ${hours} hour(s)` : `VALID: ${days} days`;
}

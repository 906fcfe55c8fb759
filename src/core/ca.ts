/** Certificate authorities that people know by a name, by the host of their directory URL. */
const names: Readonly<Record<string, string>> = {
  'acme-v02.api.letsencrypt.org': "Let's Encrypt",
  'acme-staging-v02.api.letsencrypt.org': "Let's Encrypt (staging, for tests)",
  'acme.zerossl.com': 'ZeroSSL',
  'dv.acme-v02.api.pki.goog': 'Google Trust Services',
  'acme.ssl.com': 'SSL.com',
  'api.buypass.com': 'Buypass',
};

/** What to call the CA behind a directory URL on screens: a known name, else its host. */
export function caLabel(server: string): string {
  const host = URL.canParse(server) ? new URL(server).host : server;
  return names[host] ?? host;
}

/** Certbot's rule: a directory URL with `staging` in it gives certificates that nobody trusts. */
export function isTestCa(server: string): boolean {
  return server.includes('staging');
}

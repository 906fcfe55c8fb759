/** Text of `live/NAME/README` (F19); `prefix` is `[cert name]/` for the one in `live/` itself. */
export function readmeText(prefix: string): string {
  return `These files are the certificate in use and its private key:

\`${prefix}privkey.pem\`   the private key. Keep it secret.
\`${prefix}fullchain.pem\` the certificate and its chain, as most servers want it.
\`${prefix}chain.pem\`     the chain alone, for OCSP stapling in nginx 1.3.7 and newer.
\`${prefix}cert.pem\`      the certificate alone; few servers want it so.

WARNING: DO NOT MOVE OR RENAME THESE FILES.
They are links to the newest version below \`archive\`, and renewal needs to find
them here. Let your server read them at this place instead of copying them.
`;
}

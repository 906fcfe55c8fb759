/** A server by a path of its configuration, and how a person makes it read that again. */
export interface Server {
  name: string;
  reload: string;
}

const SERVERS: readonly (Server & { path: RegExp })[] = [
  { name: 'nginx', path: /\/nginx(?:\/|$)/, reload: 'nginx -t && nginx -s reload' },
  { name: 'Apache', path: /\/(?:apache2?|httpd)(?:\/|$)/, reload: 'apachectl configtest && apachectl graceful' },
  { name: 'HAProxy', path: /\/haproxy(?:\/|$)/, reload: 'systemctl reload haproxy' },
  { name: 'Postfix', path: /\/postfix(?:\/|$)/, reload: 'postfix reload' },
  { name: 'Dovecot', path: /\/dovecot(?:\/|$)/, reload: 'doveadm reload' },
  { name: 'Exim', path: /\/exim4?(?:\/|$)/, reload: 'systemctl reload exim4' },
];

/** The server whose configuration this path belongs to, by the folder's usual name; null when none is known. */
export function serverOf(path: string): Server | null {
  return SERVERS.find((server) => server.path.test(path)) ?? null;
}

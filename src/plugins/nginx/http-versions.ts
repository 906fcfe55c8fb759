import { atEnd, type EditList } from '../server-configuration/edits.js';
import { MARK } from './deploy.js';
import type { Enhanced } from './enhance.js';
import type { Server } from './servers.js';

/** What of HTTP this build of nginx can do. */
export interface HttpVersions {
  /** `directive` from 1.25.1 on, before that a word of `listen`; null = not at all. */
  http2: 'directive' | 'parameter' | null;
  http3: boolean;
}

/** What `nginx -V` says of it; `numbers` is the version. */
export function httpVersionsOf(output: string, [major = 0, minor = 0, patch = 0]: readonly number[]): HttpVersions {
  const from = (...[a, b, c]: [number, number, number]): boolean => major > a || (major === a && (minor > b || (minor === b && patch >= c)));
  return {
    http2: !output.includes('--with-http_v2_module') ? null : from(1, 25, 1) ? 'directive' : 'parameter',
    http3: output.includes('--with-http_v3_module') && from(1, 25, 0),
  };
}

/** HTTP/2 for a block that answers TLS. By the word of `listen` it holds for every block on the same address. */
export function addHttp2(server: Server, way: 'directive' | 'parameter', edits: EditList): Enhanced {
  const { file, block, listens, statements } = server;
  const secure = listens.flatMap(({ ssl, quic, at }) => (ssl && !quic && at !== null ? [at] : []));
  const said = statements.flatMap(({ node }) => (node.kind === 'directive' && node.name === 'http2' ? (node.args[0]?.text ?? '') : []))[0];
  if (said === 'on') return 'already';
  if (said !== undefined) return { conflict: `http2 is ${said}, not on` };
  const missing = secure.filter(({ node }) => !node.args.some(({ text }) => text === 'http2'));
  if (missing.length === 0) return 'already';
  if (way === 'directive') edits.add(file, atEnd(file, block, [`http2 on;${MARK}`]));
  else {
    for (const { node, file: own } of missing) {
      const end = node.args.at(-1)?.end ?? node.end - 1;
      edits.add(own, { from: end, to: end, text: ' http2' });
    }
  }
  return 'added';
}

/**
 * HTTP/3 for a block that answers TLS: the same addresses by QUIC, and a header that tells clients of them (RFC 9114 section 3.1.1). One
 * block of each address says `reuseport`, for without it a connection may come to another worker. `reused`: addresses where one does, which
 * grows.
 */
export function addHttp3(server: Server, reused: Set<string>, edits: EditList): Enhanced {
  const { file, block, listens, statements } = server;
  if (listens.some(({ quic }) => quic)) return 'already';
  const secure = listens.filter(({ ssl, address }) => ssl && !address.startsWith('unix:'));
  const lines = secure.map(({ address, port }) => {
    const at = address === '*' ? String(port) : `${address}:${port}`;
    const first = !reused.has(at);
    reused.add(at);
    return `listen ${at} quic${first ? ' reuseport' : ''};${MARK}`;
  });
  const told = statements.some(({ node }) => node.kind === 'directive' && node.name === 'add_header' && node.args[0]?.text.toLowerCase() === 'alt-svc');
  const port = secure[0]?.port;
  if (!told && port !== undefined) lines.push(`add_header Alt-Svc 'h3=":${port}"; ma=86400' always;${MARK}`);
  edits.add(file, atEnd(file, block, lines));
  return 'added';
}

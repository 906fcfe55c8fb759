import type { Authenticator, ChallengeContext, ChallengeTask } from '../contract.js';
import { openHttpServer, type ChallengeServer } from './http-server.js';
import { openTlsAlpnServer, type AlpnServer } from './tls-alpn-server.js';

/** One server for one certificate: the port is taken before anything is ordered, and given back at once afterwards. */
export function createStandalone(): Authenticator {
  let http: ChallengeServer | null = null;
  let alpn: AlpnServer | null = null;

  return {
    challengeTypes: (_identifier, wildcard) => (wildcard ? [] : ['http-01', 'tls-alpn-01']),
    async prepare(context) {
      if (prefersAlpn(context)) alpn = await openTlsAlpnServer(context);
      else http = await openHttpServer(context);
    },
    async present(tasks, context) {
      const files = tasks.filter(({ type }) => type === 'http-01');
      const handshakes = tasks.filter(({ type }) => type === 'tls-alpn-01');
      if (files.length > 0) {
        http ??= await openHttpServer(context);
        for (const task of files) http.serve(task);
      }
      if (handshakes.length > 0) {
        alpn ??= await openTlsAlpnServer(context);
        await Promise.all(handshakes.map((task: ChallengeTask) => alpn?.serve(task)));
      }
    },
    async cleanUp() {
      const open = [http, alpn];
      [http, alpn] = [null, null];
      await Promise.all(open.map((server) => server?.close()));
    },
  };
}

function prefersAlpn({ preferredChallenges }: ChallengeContext): boolean {
  return preferredChallenges[0] === 'tls-alpn-01';
}

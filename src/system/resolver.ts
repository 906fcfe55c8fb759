import { promises as dns } from 'node:dns';

/** Bounded DNS questions. Every function gives an empty list for "no such record" and throws for "no answer". */
export interface Lookup {
  txt(name: string): Promise<readonly string[]>;
  addresses(name: string): Promise<readonly string[]>;
  nameservers(name: string): Promise<readonly string[]>;
  alias(name: string): Promise<string | null>;
}

/** Milliseconds for one try, and how many tries. */
const TIMEOUT = 2000;
const TRIES = 2;

/** Asks these servers (`ADDRESS` or `ADDRESS:PORT`); none = those of the system. */
export function lookupAt(servers: readonly string[] = []): Lookup {
  const resolver = new dns.Resolver({ timeout: TIMEOUT, tries: TRIES });
  if (servers.length > 0) resolver.setServers(servers);
  return {
    txt: async (name) => (await none(resolver.resolveTxt(name))).map((parts) => parts.join('')),
    async addresses(name) {
      const [four, six] = await Promise.allSettled([none(resolver.resolve4(name)), none(resolver.resolve6(name))]);
      if (four.status === 'rejected' && six.status === 'rejected') throw four.reason;
      return [...(four.status === 'fulfilled' ? four.value : []), ...(six.status === 'fulfilled' ? six.value : [])];
    },
    nameservers: (name) => none(resolver.resolveNs(name)),
    alias: async (name) => (await none(resolver.resolveCname(name)))[0] ?? null,
  };
}

async function none<T>(question: Promise<T[]>): Promise<T[]> {
  try {
    return await question;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENODATA' || code === 'ENOTFOUND') return [];
    throw error;
  }
}

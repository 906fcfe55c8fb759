/** A place where HAProxy answers TLS, as far as its configuration says so. */
export interface Binding {
  /** In the file, from 1. */
  line: number;
  /** Files and folders of certificates. */
  certificates: readonly string[];
  addresses: readonly { host: string; port: number }[];
}

/** The lines `bind … ssl … crt PATH` (HAProxy's Configuration Manual, sections 4.2 and 5.1); what has variables in it is left out. */
export function tlsBindings(configuration: string): readonly Binding[] {
  return configuration.split('\n').flatMap((text, index): Binding[] => {
    const [first, where = '', ...words] = text.replace(/(^|\s)#.*/, '').trim().split(/\s+/);
    if (first !== 'bind' || !words.includes('ssl')) return [];
    const certificates = words.flatMap((word, at) => (word === 'crt' ? (words[at + 1] ?? []) : []));
    return [{ line: index + 1, certificates, addresses: where.split(',').flatMap(addressOf) }];
  });
}

function addressOf(where: string): { host: string; port: number }[] {
  const [, host = '', port = ''] = /^(?:ipv[46]@)?(.*):(\d+)$/.exec(where) ?? [];
  if (port === '' || /[$"@]/.test(host)) return [];
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return [{ host: bare === '' || bare === '*' || bare === '0.0.0.0' ? '127.0.0.1' : bare === '::' ? '::1' : bare, port: Number(port) }];
}

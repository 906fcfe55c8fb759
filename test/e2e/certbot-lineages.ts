import type { Pebble } from './pebble.js';

/** One lineage that certbot shall make: its name, further names, and what is said beside the CA and the account. */
export interface Wanted {
  name: string;
  names: readonly string[];
  flags: readonly string[];
  /** Names that a web server answers, with the folder of each. */
  web: Readonly<Record<string, string>>;
}

/** What people write into hooks: quotes of both kinds, commas, what begins a comment or ends a command, percent signs. */
const HOOKS: readonly string[] = [
  'true',
  'echo "one, two" # three',
  "test 'a' = 'a'; echo 100%",
  `echo "it's" 'a "day"', ok; true`,
  'date +%Y-%m-%d,%H:%M >/dev/null && true',
  'true "$RENEWED_LINEAGE" \\\\ [x] = y',
  'echo ünïcödé = "#"',
  'true ,',
];

const KEYS: readonly (readonly string[])[] = [
  [],
  ['--key-type', 'rsa'],
  ['--key-type', 'ecdsa', '--elliptic-curve', 'secp384r1'],
  ['--key-type', 'rsa', '--rsa-key-size', '3072'],
  ['--elliptic-curve', 'secp521r1'],
  ['--key-type', 'ecdsa', '--elliptic-curve', 'secp256r1'],
];

const OTHERS: readonly ((chain: string) => readonly string[])[] = [
  () => [],
  () => ['--reuse-key'],
  (chain) => ['--preferred-chain', chain],
  () => ['--allow-subset-of-names'],
  () => ['--no-autorenew'],
  () => ['--user-agent', 'of one certificate, only; "x" # y'],
  (chain) => ['--reuse-key', '--preferred-chain', chain, '--must-staple'],
];

/** `count` lineages in which every kind of proof, key, hook and other option occurs, in changing company. */
export function wantedLineages(count: number, { pebble, chain, web }: { pebble: Pebble; chain: string; web: (folder: string) => string }): readonly Wanted[] {
  const dns = (action: string, more: string) => `curl -sf -m 10 -d "{\\"host\\":\\"_acme-challenge.$CERTBOT_DOMAIN.\\"${more}}" ${pebble.challtestUrl}/${action}`;
  return Array.from({ length: count }, (_, index) => {
    const name = `line${index}.example.com`;
    const names = index % 4 === 3 ? [name] : [name, `www.${name}`, `m${index}.example.org`].slice(0, 1 + (index % 3));
    const hook = (offset: number) => HOOKS[(index + offset) % HOOKS.length] ?? '';
    const around = [[], ['--deploy-hook', hook(0)], ['--pre-hook', hook(1), '--post-hook', hook(2)], ['--deploy-hook', hook(3), '--pre-hook', hook(0), '--post-hook', hook(4)]][index % 4] ?? [];
    const more = [...(KEYS[index % KEYS.length] ?? []), ...(OTHERS[index % OTHERS.length]?.(chain) ?? []), ...around];
    switch (index % 5) {
      case 0:
        return { name, names, web: {}, flags: ['--standalone', '--http-01-port', String(pebble.httpPort), '--http-01-address', '127.0.0.1', ...more, '-d', names.join(',')] };
      case 1: {
        // Every name in a folder of its own.
        const folders = Object.fromEntries(names.map((one, at) => [one, web(at === 0 ? 'first' : `other, ${at}`)]));
        return { name, names, web: folders, flags: ['--webroot', ...Object.entries(folders).flatMap(([one, folder]) => ['-w', folder, '-d', one]), ...more] };
      }
      case 2: {
        const folder = web('one');
        return { name, names, web: Object.fromEntries(names.map((one) => [one, folder])), flags: ['-a', 'webroot', '--webroot-path', folder, '--preferred-challenges', 'http', ...more, '-d', names.join(',')] };
      }
      case 3:
        return {
          name,
          names: [...names, `*.${name}`],
          web: {},
          flags: ['--manual', '--preferred-challenges', 'dns', '--manual-auth-hook', dns('set-txt', ',\\"value\\":\\"$CERTBOT_VALIDATION\\"'), '--manual-cleanup-hook', `${dns('clear-txt', '')} # 'done', 100%`, ...more.filter((word) => word !== '--allow-subset-of-names'), '-d', name, '-d', `*.${name}`],
        };
      default:
        return { name, names, web: {}, flags: ['--standalone', '--preferred-challenges', 'http-01,dns', '--http-01-port', String(pebble.httpPort), '--http-01-address', '127.0.0.1', ...more, '--cert-name', name, '-d', names.join(',')] };
    }
  });
}

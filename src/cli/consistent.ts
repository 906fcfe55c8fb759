import { UsageError } from '../core/errors.js';
import { parseNameList } from '../core/names.js';
import type { OptionValues, Settings, Verb } from '../core/settings.js';
import type { PluginDescriptor } from '../plugins/contract.js';
import { missingPlugin, OTHER_PLUGINS } from './argv.js';
import { PRODUCTION, STAGING, userDirectories } from './defaults.js';

/** What must be known of a plugin to tell what was meant. */
type KnownPlugin = Pick<PluginDescriptor, 'name' | 'aliases' | 'authenticator' | 'installer'>;

/** Commands that use an authenticator or installer; the others do not care which one cli.ini names. */
const PLUGIN_VERBS: ReadonlySet<Verb> = new Set(['run', 'certonly', 'renew', 'reconfigure', 'install', 'enhance', 'rollback']);

/**
 * What follows from several options together, and what contradicts itself (certbot's rules and words). `known`: the plugins that are
 * here. Throws UsageError.
 */
export function consistent(settings: Settings, env: Readonly<Record<string, string | undefined>>, known: readonly KnownPlugin[]): Settings {
  const values: OptionValues = { ...settings.values };
  const sources = { ...settings.sources };
  dropFileNames(settings, values, sources);
  if (values.hsts && values.autoHsts) throw new UsageError('Parameters --hsts and --auto-hsts cannot be used simultaneously.');
  if (values.since !== undefined && sources['checkpoints'] !== undefined) throw new UsageError('--since and --checkpoints cannot be used simultaneously.');
  talking(settings.verb, values);
  if (values.userDirs) {
    for (const [option, path] of Object.entries(userDirectories(env))) if (sources[option] === undefined) Object.assign(values, { [option]: path });
  }
  if (values.mustStaple) values.staple = true;
  testServer(settings.verb, values, sources);
  requestFile(settings.verb, values, sources);
  nameChanges(settings.verb, values, sources);
  pairs(values, sources);
  if (values.allowSubsetOfNames && parseNameList(values.domains.join('\n')).identifiers.some(({ value }) => value.startsWith('*.'))) {
    throw new UsageError('Using --allow-subset-of-names with a wildcard domain is not supported.');
  }
  choosePlugins(settings.verb, values, sources, known);
  if (values.certname !== undefined && (values.certname === '' || /[/\u0000]|^\.\.?$/.test(values.certname))) {
    throw new UsageError(`argument --cert-name: ${JSON.stringify(values.certname)} cannot be a file name`);
  }
  return { ...settings, values, sources };
}

/** `domains` in cli.ini would make every renewal fail, so that `renew` does not see them (S154). */
function dropFileNames({ verb, sources: given }: Settings, values: OptionValues, sources: Record<string, unknown>): void {
  if (verb !== 'renew') return;
  for (const option of ['domains', 'ipAddresses'] as const) {
    if (given[option] !== 'file') continue;
    values[option] = [];
    delete sources[option];
  }
}

function talking(verb: Verb, values: OptionValues): void {
  if (verb === 'renew' && values.forceInteractive) throw new UsageError('--force-interactive cannot be used with renew');
  if (values.noninteractiveMode && values.forceInteractive) throw new UsageError('Flag for non-interactive mode and --force-interactive conflict');
  if (values.quiet && values.forceInteractive) throw new UsageError('--quiet and --force-interactive conflict');
  if (values.quiet || verb === 'renew') values.noninteractiveMode = true;
}

/** --staging and --dry-run: Let's Encrypt becomes its test server; --dry-run leaves any other CA as it is. */
function testServer(verb: Verb, values: OptionValues, sources: Record<string, Settings['sources'][string]>): void {
  if (values.staging && values.server !== STAGING && values.server !== PRODUCTION) throw new UsageError('--server value conflicts with --staging');
  if ((values.staging || values.dryRun) && values.server === PRODUCTION && !values.sandbox) values.server = STAGING;
  if (values.staging) sources['server'] = sources['staging'] ?? 'flag';
  if (!values.dryRun) return;
  if (verb !== 'certonly' && verb !== 'renew' && verb !== 'reconfigure') throw new UsageError(`--dry-run currently only works with the 'certonly' or 'renew' subcommands ('${verb}')`);
  values.breakMyCerts = true;
  values.tos = true;
  if (values.email === undefined) values.registerUnsafelyWithoutEmail = true;
}

function requestFile(verb: Verb, values: OptionValues, sources: Readonly<Record<string, unknown>>): void {
  if (values.csr === undefined) return;
  if (verb !== 'certonly') throw new UsageError('Currently, a CSR file may only be specified when obtaining a new or replacement via the certonly command. Please try the certonly command instead.');
  if (values.allowSubsetOfNames) throw new UsageError('--allow-subset-of-names cannot be used with --csr');
  if (sources['certname'] !== undefined) throw new UsageError('--cert-name cannot be used with --csr: no lineage is made for a request of your own.');
}

/** --add-domain and --remove-domain (U05): by how much the names of one certificate change, so no other word may say which names it has. */
function nameChanges(verb: Verb, values: OptionValues, sources: Record<string, Settings['sources'][string]>): void {
  const flag = values.addDomains.length > 0 ? '--add-domain' : values.removeDomains.length > 0 ? '--remove-domain' : null;
  if (flag === null) return;
  if (verb !== 'certonly' && verb !== 'run') throw new UsageError(`${flag} only works with the 'certonly' and 'run' subcommands ('${verb}')`);
  if (values.certname === undefined) throw new UsageError(`${flag} needs --cert-name: which certificate is to change?`, { hint: '`certwright certificates` lists their names.' });
  for (const option of ['domains', 'ipAddresses'] as const) {
    if (sources[option] === 'flag') throw new UsageError(`${flag} cannot be used with -d, which says all names of the certificate.`);
    // What cli.ini says for certificates in general is not meant for this one.
    values[option] = [];
    delete sources[option];
  }
  if (values.csr !== undefined || values.duplicate) throw new UsageError(`${flag} cannot be used with ${values.duplicate ? '--duplicate' : '--csr'}.`);
}

/** --dual (U23) says both key types, and needs a place for both. */
function pairs(values: OptionValues, sources: Record<string, unknown>): void {
  if (!values.dual) return;
  if (values.csr !== undefined) throw new UsageError('--dual cannot be used with --csr, which is for one key.');
  if (sources['keyType'] === 'flag' && values.keyType === 'rsa') throw new UsageError('--dual cannot be used with --key-type rsa: a pair has one key of each type.');
  if (sources['keyType'] === 'file') delete sources['keyType'];
}

function choosePlugins(verb: Verb, values: OptionValues, sources: Record<string, Settings['sources'][string]>, known: readonly KnownPlugin[]): void {
  const both = values.configurator;
  if (both !== undefined) {
    const other = [values.authenticator, values.installer].find((name) => name !== undefined && name !== both);
    if (other !== undefined) throw new UsageError(`Too many flags setting configurators/installers/authenticators: '${both}' and '${other}'`);
    Object.assign(values, { authenticator: both, installer: both });
    sources['authenticator'] = sources['installer'] = sources['configurator'] ?? 'flag';
  }
  for (const role of ['authenticator', 'installer'] as const) {
    const word = values[role];
    if (word !== undefined) values[role] = pluginMeant(word, role, known);
  }
  if (Object.keys(values.authenticatorMap).length > 0) values.authenticatorMap = Object.fromEntries(Object.entries(values.authenticatorMap).map(([name, word]) => [name, pluginMeant(word, 'authenticator', known)]));
  const missing = [values.authenticator, ...Object.values(values.authenticatorMap), values.installer].find((name) => name !== undefined && !known.some((plugin) => plugin.name === name) && missingPlugin(name) === name);
  if (missing !== undefined && PLUGIN_VERBS.has(verb)) throw new UsageError(`The ${missing} plugin is not built in yet.`, { hint: OTHER_PLUGINS });
}

/** The plugin that a word means in a role: by its name, the other words for it, or as certbot before 1.7 wanted it, `PACKAGE:NAME` (C40). */
function pluginMeant(word: string, role: 'authenticator' | 'installer', known: readonly KnownPlugin[]): string {
  const bare = word.replace(/^[\w-]+:/, '');
  if (known.some(({ name }) => name === bare)) return bare;
  return known.find((plugin) => plugin[role] && plugin.aliases?.includes(bare))?.name ?? word;
}

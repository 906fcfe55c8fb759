import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { StoreError } from '../core/errors.js';
import { ConfigSyntaxError } from '../system/config-syntax-error.js';
import { addSection, configText, configTree, parseConfig, removeSection, removeValue, setValue, type ConfigDocument, type ConfigSection, type ConfigValue } from '../system/configobj.js';
import { kinds, type Kind } from './paths.js';

/** What may be saved in [renewalparams]; booleans become True and False, nested tables `[[name]]` (F28, F29). */
export type RenewalValue = string | number | boolean | readonly string[] | Readonly<Record<string, string | readonly string[]>>;

export interface RenewalFile {
  path: string;
  version?: string;
  archiveDir?: string;
  /** The configured links in live/. */
  links: Readonly<Record<Kind, string>>;
  renewBeforeExpiry?: string;
  /** [renewalparams] as text, lists, and nested tables. */
  params: Readonly<Record<string, string | readonly string[] | Readonly<Record<string, ConfigValue>>>>;
  /** Local time without a zone, as certbot writes it (F30). */
  ariRetryAfter?: string;
  /** The byte after which it stands as certbot and we write it: that of the line end before its section. */
  ariNoteAt?: number;
  /** Name of the lineage with the same names and a key of the other type; ours, below [certwright]. */
  partner?: string;
  /** Names of the tables of ours, below [certwright], that are no parameters. */
  ownTables?: readonly string[];
}

/** The format that is written: every certbot from 2.0 on reads it without remark. */
const FORMAT = '2.0.0';
/** Our own section, and the parameters that stand in it; what else stands there (a partner, notes of renewals) is no parameter. */
const OWN = 'certwright';
const OWN_PARAMS: ReadonlySet<string> = new Set(['challenge_alias', 'dns_resolver', 'dns_propagation_timeout', 'main_authenticator']);
/** Tables there that are parameters: which name is proved by which authenticator beside the main one (U03), with what options, in which web folder. */
const OWN_TABLES: ReadonlySet<string> = new Set(['authenticators', 'authenticator_options', 'webroot_map']);
const ARI_NOTE = /\n\[acme_renewal_info\]\nari_retry_after = \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?=\n|$)/;
const HEADING = '# Options used in the renewal process';

/** Reads `renewal/NAME.conf`. Throws StoreError with the path, the line and the reason. */
export function readRenewalFile(path: string): RenewalFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new StoreError(`The renewal file ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return parseRenewalFile(text, path);
}

export function parseRenewalFile(text: string, path: string): RenewalFile {
  const tree = understood(path, () => configTree(parseConfig(text)));
  const value = (name: string): string | undefined => single(tree.values[name]);
  const links = Object.fromEntries(
    kinds.map((kind) => {
      const link = value(kind);
      if (link === undefined || !isAbsolute(link)) throw new StoreError(`renewal config file ${path} is missing a required file reference: ${kind}`);
      return [kind, link];
    }),
  ) as Record<Kind, string>;
  const section = tree.sections['renewalparams'];
  if (!section) throw new StoreError(`renewal config file ${path} has no [renewalparams] section`);
  const [version, archiveDir, renewBeforeExpiry] = [value('version'), value('archive_dir'), value('renew_before_expiry')];
  const ariRetryAfter = single(tree.sections['acme_renewal_info']?.values['ari_retry_after']);
  const ariNote = ariRetryAfter === undefined ? null : ARI_NOTE.exec(text);
  const own = tree.sections[OWN];
  const partner = single(own?.values['partner']);
  const ownTables = Object.keys(own?.sections ?? {}).filter((table) => !OWN_TABLES.has(table));
  return {
    path,
    links,
    params: { ...params(section), ...ownParams(own) },
    ...(version === undefined ? {} : { version }),
    ...(archiveDir === undefined ? {} : { archiveDir }),
    ...(renewBeforeExpiry === undefined ? {} : { renewBeforeExpiry }),
    ...(ariRetryAfter === undefined ? {} : { ariRetryAfter }),
    ...(ariNote ? { ariNoteAt: Buffer.byteLength(text.slice(0, ariNote.index)) } : {}),
    ...(partner === undefined ? {} : { partner }),
    ...(ownTables.length > 0 ? { ownTables } : {}),
  };
}

export interface NewRenewalFile {
  archiveDir: string;
  links: Readonly<Record<Kind, string>>;
  params: Readonly<Record<string, RenewalValue>>;
}

/** The text of a new renewal file. Throws StoreError when a value cannot be saved in this format. */
export function renewalText({ archiveDir, links, params: wanted }: NewRenewalFile): string {
  return understood('the new renewal file', () => {
    let document = parseConfig('# renew_before_expiry = 30 days\n');
    document = setValue(document, [], 'version', FORMAT);
    document = setValue(document, [], 'archive_dir', archiveDir);
    for (const kind of kinds) document = setValue(document, [], kind, links[kind]);
    document = addSection(document, ['renewalparams'], ['', HEADING]);
    return configText(withOwnParams(withParams(document, certbots(wanted)), wanted));
  });
}

/**
 * The same file with other parameters (F31): comments, order, unknown keys and sections outside of [renewalparams] stay;
 * inside, what is not in `params` goes. Nothing changes when it says the same already. Throws StoreError.
 */
export function editRenewalText(text: string, changes: { params?: Readonly<Record<string, RenewalValue>>; ariRetryAfter?: string }, path: string): string {
  return understood(path, () => {
    let document = parseConfig(text);
    if (changes.params) {
      if (!configTree(document).sections['renewalparams']) document = addSection(document, ['renewalparams'], ['', HEADING]);
      document = withOwnParams(withParams(document, certbots(changes.params)), changes.params);
    }
    if (changes.ariRetryAfter !== undefined) document = setValue(document, ['acme_renewal_info'], 'ari_retry_after', changes.ariRetryAfter);
    return configText(document);
  });
}

/** Values of ours among the parameters; certbot leaves sections that it does not know alone (F31), values it does not. */
function ownParams(section: ConfigSection | undefined): RenewalFile['params'] {
  const values = Object.entries(section?.values ?? {}).filter(([key]) => OWN_PARAMS.has(key));
  const tables = Object.entries(section?.sections ?? {}).filter(([key]) => OWN_TABLES.has(key)).map(([key, table]) => [key, table.values] as const);
  return Object.fromEntries([...values, ...tables].map(([key, value]) => [`${OWN}.${key}`, value]));
}

function withOwnParams(start: ConfigDocument, wanted: Readonly<Record<string, RenewalValue>>): ConfigDocument {
  let document = start;
  for (const [name, before] of Object.entries(ownParams(configTree(document).sections[OWN]))) {
    const [key, table] = [name.slice(OWN.length + 1), wanted[name]];
    if (!isTable(before)) document = name in wanted ? document : removeValue(document, [OWN], key);
    else if (!isTable(table)) document = removeSection(document, [OWN, key]);
    else for (const entry of Object.keys(before)) if (!(entry in table)) document = removeValue(document, [OWN, key], entry);
  }
  const own = Object.entries(wanted).filter(([name]) => name.startsWith(`${OWN}.`)).map(([name, value]) => [name.slice(OWN.length + 1), value] as const);
  for (const [key, value] of own) if (!isTable(value)) document = setValue(document, [OWN], key, saved(value));
  for (const [key, table] of own) {
    if (!isTable(table)) continue;
    document = addSection(document, [OWN, key]);
    for (const [entry, value] of Object.entries(table)) document = setValue(document, [OWN, key], entry, value);
  }
  const left = configTree(document).sections[OWN];
  return left && Object.keys(left.values).length + Object.keys(left.sections).length === 0 ? removeSection(document, [OWN]) : document;
}

/** Without what stands in our own section. */
function certbots(wanted: Readonly<Record<string, RenewalValue>>): Readonly<Record<string, RenewalValue>> {
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => !name.startsWith(`${OWN}.`)));
}

function withParams(start: ConfigDocument, wanted: Readonly<Record<string, RenewalValue>>): ConfigDocument {
  let document = start;
  const section = ['renewalparams'];
  const now = configTree(document).sections['renewalparams'];
  for (const key of Object.keys(now?.values ?? {})) if (!(key in wanted) || isTable(wanted[key])) document = removeValue(document, section, key);
  for (const [name, nested] of Object.entries(now?.sections ?? {})) {
    const table = wanted[name];
    if (!isTable(table)) document = removeSection(document, [...section, name]);
    else for (const key of Object.keys(nested.values)) if (!(key in table)) document = removeValue(document, [...section, name], key);
  }
  for (const [key, value] of Object.entries(wanted)) if (!isTable(value)) document = setValue(document, section, key, saved(value));
  for (const [name, table] of Object.entries(wanted)) {
    if (!isTable(table)) continue;
    document = addSection(document, [...section, name]);
    for (const [key, value] of Object.entries(table)) document = setValue(document, [...section, name], key, value);
  }
  return document;
}

function isTable(value: RenewalValue | undefined): value is Readonly<Record<string, ConfigValue>> {
  return typeof value === 'object' && !Array.isArray(value);
}

function saved(value: Exclude<RenewalValue, Readonly<Record<string, ConfigValue>>>): ConfigValue {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' ? String(value) : value;
}

function params(section: ConfigSection): RenewalFile['params'] {
  const all: Record<string, string | readonly string[] | Readonly<Record<string, string>>> = { ...section.values };
  for (const [name, nested] of Object.entries(section.sections)) {
    all[name] = Object.fromEntries(Object.entries(nested.values).map(([key, value]) => [key, typeof value === 'string' ? value : value.join(', ')]));
  }
  return all;
}

function single(value: ConfigValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Runs what reads or edits a renewal file; a mistake in it becomes a StoreError that names `path`, line and reason. */
export function understood<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigSyntaxError)) throw error;
    throw new StoreError(`renewal config file ${path} cannot be ${error.line > 0 ? `parsed: line ${error.line}: ` : 'written: '}${error.reason}`, { cause: error });
  }
}

import { join } from 'node:path';
import { isSet, type Settings } from '../settings.js';
import type { Answer } from './answers.js';
import type { Assignment } from './assign.js';
import type { Facts, PluginFact } from './facts.js';
import type { AnswerValue, Choice, Field, Question } from './question.js';

/** Stands for every DNS provider in the first list of authenticators; which one is asked next. */
export const DNS_BY_API = 'dns-api';

/** A credentials file that is to be made: by which plugin, from which values. */
export interface CredentialsWish {
  plugin: string;
  values: AnswerValue;
}

/** The plugins that would fit if a person gave their credentials. */
export function providersThatAsk({ plugins, fits }: Facts): readonly PluginFact[] {
  return plugins.filter(({ name, authenticator }) => authenticator && fits?.by[name]?.asks === true);
}

/** The one entry for all of them. */
export function dnsByApiChoice(facts: Facts, providers: readonly PluginFact[]): Choice {
  const known = providers.find(({ name }) => name === facts.dnsProvider);
  return {
    value: DNS_BY_API,
    label: 'A DNS record, by API',
    hint: known ? `your DNS looks like ${known.title}; renews by itself` : 'set and removed at your DNS provider; renews by itself',
    flag: `-a ${known?.name ?? 'dns-PROVIDER'}`,
  };
}

/** The same where nobody is asked for credentials. */
export function noDnsByApi({ sandbox }: Facts): Choice {
  return {
    value: DNS_BY_API,
    label: 'A DNS record, by API',
    flag: '-a dns-PROVIDER',
    disabled: sandbox ? 'the sandbox has a DNS of its own, where no provider sets records' : 'it needs --dns-PROVIDER-credentials FILE',
  };
}

export function dnsProviderQuestion(facts: Facts): Question {
  const known = facts.dnsProvider;
  const providers = providersThatAsk(facts).toSorted((a, b) => Number(b.name === known) - Number(a.name === known) || a.title.localeCompare(b.title));
  return {
    kind: 'choice',
    id: 'dns-provider',
    label: 'Provider',
    title: 'Who serves the DNS of these names?',
    term: 'DNS provider',
    why:
      'The record has to be set where the nameservers of your domain are, which need not be where it was bought. certwright sets it there by the ' +
      'provider\'s interface for programs, waits until all nameservers have it, and removes it again; it does the same at every renewal.',
    flags: providers.map(({ name }) => `--${name}`),
    missing: 'How would you like to authenticate with the ACME CA?',
    choices: providers.map(({ name, title, credentials }) => ({
      value: name,
      label: title,
      hint: `${name === known ? 'its nameservers serve the names; ' : ''}${wants(credentials?.fields ?? [])}`,
      flag: `--${name}`,
    })),
    recommended: providers[0]?.name ?? '',
    ...(providers.some(({ name }) => name === known) ? {} : { even: true }),
  };
}

function wants(fields: readonly Field[]): string {
  if (fields.length === 0) return 'takes the credentials that its own tools find on this machine';
  return `asks for: ${fields.filter(({ optional }) => optional !== true).map(({ label }) => label).join(', ')}`;
}

/** What the account at the provider is asked for; null when a file is given or nothing can be asked. */
export function credentialsQuestion(settings: Settings, { name, title, credentials }: PluginFact): Question | null {
  if (!credentials || credentials.fields.length === 0 || hasFile(settings, credentials.dest)) return null;
  return {
    kind: 'fields',
    id: 'credentials',
    about: name,
    label: 'Account',
    title: `How may certwright set records at ${title}?`,
    term: 'credentials',
    facts: [credentials.access],
    why:
      'These are tried at once, by asking for the zones of your names; nothing is changed there. They are kept in a file that only root can read, ' +
      'because every renewal needs them. Give them no more rights than it says: whoever has the file can do what they allow.',
    flags: [credentials.flag],
    missing: `Input the path to your ${title} credentials INI file`,
    fields: credentials.fields,
  };
}

export function assignDnsProvider(value: AnswerValue): Assignment {
  return { values: { authenticator: String(value) }, words: { authenticator: [`--${String(value)}`], configurator: [] } };
}

/** The file that holds them from now on; where exactly is known when they were tried. */
export function assignCredentials(value: AnswerValue, settings: Settings, facts: Facts): Assignment {
  const { authenticator = '' } = settings.values;
  const asked = facts.plugins.find(({ name }) => name === authenticator)?.credentials;
  if (!asked) return {};
  const path = facts.credentials?.answer === value ? facts.credentials.path : join(settings.values.configDir, `${authenticator}.ini`);
  return { plugin: { [asked.dest]: path }, words: { [asked.dest]: [asked.flag, path] } };
}

/** What has to be tried before the plan is made; null when nothing was given, or it was tried. */
export function untriedCredentials(settings: Settings, facts: Facts, answers: readonly Answer[]): CredentialsWish | null {
  const given = answers.find(({ id }) => id === 'credentials');
  const { authenticator } = settings.values;
  if (!given || authenticator === undefined || facts.credentials?.answer === given.value) return null;
  return { plugin: authenticator, values: given.value };
}

function hasFile(settings: Settings, dest: string): boolean {
  const path = settings.plugin[dest];
  return isSet(settings, dest) && typeof path === 'string' && path !== '';
}

import { Refused } from '../errors.js';
import { secretWords } from '../secret-words.js';
import type { Settings } from '../settings.js';
import type { Assignment } from './assign.js';
import type { Facts } from './facts.js';
import type { ObtainPlan } from './plan.js';
import type { AnswerValue, Question, QuestionId } from './question.js';

export type AccountChoice = { ask: Question } | { lookup: 'directory' } | { account: ObtainPlan['account'] };

/** Which account orders, or what a new one needs: e-mail (may be left out, C17), the CA's terms, an external binding. */
export function accountChoice(settings: Settings, facts: Facts, answered: ReadonlySet<QuestionId>): AccountChoice {
  const { account: wished, email, registerUnsafelyWithoutEmail, tos, eabKid, eabHmacKey, eabHmacAlg, server } = settings.values;
  const accounts = facts.accounts.filter((account) => account.server === server);
  if (wished !== undefined) {
    // The first digits are enough where they mean one account.
    const [known, second] = accounts.filter(({ id }) => id === wished || (wished.length >= 4 && id.startsWith(wished.toLowerCase())));
    if (known && second) throw new Refused(`Several accounts at ${server} begin with ${wished}: ${accounts.filter(({ id }) => id.startsWith(wished.toLowerCase())).map(({ id }) => id).join(', ')}`, { hint: 'Give more digits of --account.' });
    if (!known) throw new Refused(`Account at ${server} with id ${wished} does not exist`, { hint: 'Leave out --account, or see the accounts folder of the configuration directory.' });
    return { account: { kind: 'existing', id: known.id } };
  }
  const [first, ...others] = accounts;
  if (first && others.length === 0) return { account: { kind: 'existing', id: first.id } };
  if (first) return { ask: whichAccount(accounts) };

  if (email === undefined && !registerUnsafelyWithoutEmail && !answered.has('email')) return { ask: emailQuestion() };
  if (!tos) {
    if (!facts.directory) return { lookup: 'directory' };
    const { termsOfService } = facts.directory;
    if (termsOfService !== undefined) return { ask: termsQuestion(termsOfService, answered.has('terms')) };
  }
  if (facts.directory?.externalAccountRequired || eabKid !== undefined) {
    if (eabKid === undefined) return { ask: eabQuestion('eab-kid', 'Which key identifier did the certificate authority give you?', '--eab-kid') };
    if (eabHmacKey === undefined) return { ask: eabQuestion('eab-hmac-key', 'Which HMAC key belongs to it?', '--eab-hmac-key') };
  }
  return {
    account: {
      kind: 'new',
      ...(email === undefined ? {} : { email }),
      ...(eabKid !== undefined && eabHmacKey !== undefined ? { eab: { kid: eabKid, alg: eabHmacAlg } } : {}),
    },
  };
}

function whichAccount(accounts: Facts['accounts']): Question {
  return {
    kind: 'choice',
    id: 'account',
    label: 'Account',
    title: 'Which account should order the certificate?',
    why: 'Several accounts for this certificate authority are stored here. Limits and later revocation belong to the account that ordered.',
    flags: ['--account'],
    missing: 'Please choose an account',
    choices: accounts.map((account) => ({
      value: account.id,
      label: [account.host, account.created].filter(Boolean).join(', ') || account.id,
      hint: account.id,
      flag: `--account ${account.id}`,
    })),
    recommended: accounts[0]?.id ?? '',
    even: true,
  };
}

function emailQuestion(): Question {
  return {
    kind: 'text',
    id: 'email',
    label: 'E-mail',
    title: 'Which e-mail address should the certificate authority have? (Enter for none)',
    why: 'The certificate authority may write to it about problems with your certificates or changes of its terms. It is optional, and certwright sends it to nobody else.',
    flags: ['-m', '--email', '--register-unsafely-without-email'],
    unattended: '',
    initial: '',
    optional: true,
    check: 'email',
  };
}

function eabQuestion(id: 'eab-kid' | 'eab-hmac-key', title: string, flag: string): Question {
  return {
    kind: 'text',
    id,
    label: id === 'eab-kid' ? 'Binding' : 'Binding key',
    title,
    term: 'external account binding',
    why:
      'This certificate authority only accepts accounts that belong to one of its customers. Its customer pages show a key identifier and an HMAC key; ' +
      'both are used once, to bind the new account.',
    flags: [flag],
    missing: `The certificate authority only accepts accounts that are bound to a customer of its own: ${flag} is needed.`,
    initial: '',
    optional: false,
    check: 'nonempty',
    ...(id === 'eab-hmac-key' ? { secret: true } : {}),
  };
}

/** Throws Refused when it was asked and the answer was no. */
export function termsQuestion(url: string, refused: boolean): Extract<Question, { kind: 'choice' }> {
  if (refused) throw new Refused('The terms of the certificate authority were not agreed to; nothing was changed.', { hint: `They stand at ${url}.` });
  return {
    kind: 'choice',
    id: 'terms',
    label: 'Terms',
    title: 'Do you agree to the terms of the certificate authority?',
    facts: [url],
    why: 'A certificate authority only gives accounts to people who agree to its terms of service. You are asked once for each certificate authority.',
    flags: ['--agree-tos'],
    missing: `Please read the Terms of Service at ${url}. You must agree in order to register with the ACME server. Do you agree?`,
    choices: [
      { value: 'yes', label: 'I have read them and agree', flag: '--agree-tos' },
      { value: 'no', label: 'No', hint: 'nothing is changed' },
    ],
    recommended: 'yes',
  };
}

export function assignEmail(value: AnswerValue): Assignment {
  const email = String(value).trim();
  return email === ''
    ? { values: { registerUnsafelyWithoutEmail: true }, words: { registerUnsafelyWithoutEmail: ['--register-unsafely-without-email'] } }
    : { values: { email }, words: { email: ['--email', email] } };
}

export function assignTerms(value: AnswerValue): Assignment {
  return value === 'yes' ? { values: { tos: true }, words: { tos: ['--agree-tos'] } } : {};
}

export function assignEabKid(value: AnswerValue): Assignment {
  const kid = String(value).trim();
  return { values: { eabKid: kid }, words: { eabKid: ['--eab-kid', kid] } };
}

export function assignEabHmacKey(value: AnswerValue): Assignment {
  const key = String(value).trim();
  return { values: { eabHmacKey: key }, words: { eabHmacKey: secretWords('--eab-hmac-key', key) } };
}

export function assignAccount(value: AnswerValue): Assignment {
  return { values: { account: String(value) }, words: { account: ['--account', String(value)] } };
}


import { createPrivateKey } from 'node:crypto';
import type { AcmeClient } from '../../acme/client.js';
import { keyThumbprint } from '../../acme/key-authorization.js';
import { generatePrivateKey } from '../../crypto/keys.js';
import { readAccount, removeAccount } from '../../store/accounts.js';
import { ensureAccount } from '../account.js';
import { accountChoice } from '../decide/account-choice.js';
import type { Answer } from '../decide/answers.js';
import { withAnswers } from '../decide/decide.js';
import type { Facts } from '../decide/facts.js';
import { AcmeProblem, Refused } from '../errors.js';
import { gatherFacts } from '../facts.js';
import { back } from '../interaction.js';
import { changeAccountKey, settleKeyChanges } from '../key-change.js';
import type { Settings } from '../settings.js';
import { withDirectory } from '../directory-facts.js';
import type { World } from '../world.js';

/** `register`: a new account at the CA. Throws Refused when there is one already. */
export async function register(settings: Settings, world: World): Promise<void> {
  let facts = await gather(settings, world);
  if (facts.accounts.some(({ server }) => server === settings.values.server)) {
    throw new Refused('There is an existing account; registration of a duplicate account is not currently supported.', { hint: 'update_account changes it, unregister ends it.' });
  }
  const answers: Answer[] = [];
  for (;;) {
    const effective = withAnswers(settings, facts, answers);
    const choice = accountChoice(effective, facts, new Set(answers.map(({ id }) => id)));
    if ('ask' in choice) {
      const value = await world.interaction.ask(choice.ask, { canGoBack: answers.length > 0, trail: [] });
      if (value === back) answers.pop();
      else answers.push({ id: choice.ask.id, value });
    } else if ('lookup' in choice) facts = await withDirectory(facts, effective, world);
    else {
      await ensureAccount(
        choice.account,
        effective,
        {
          dirs: world.dirs,
          connect: (key, url) => world.connect(effective, key, url),
          makeKey: () => generatePrivateKey({ type: 'rsa', size: effective.values.rsaKeySize }),
          host: world.host,
          now: new Date(world.clock.now()),
          sandbox: world.sandbox !== null,
          env: world.env,
          signal: world.signal,
        },
        (event) => world.interaction.report(event),
      );
      return;
    }
  }
}

/**
 * `update_account`: other addresses, none with --register-unsafely-without-email (C16), or another key with --new-key. A person
 * sees what the CA has now before it is replaced.
 */
export async function updateAccount(settings: Settings, world: World): Promise<void> {
  const { email, registerUnsafelyWithoutEmail, newKey } = settings.values;
  if (email === undefined && !registerUnsafelyWithoutEmail && !newKey) {
    throw new Refused('--email, --register-unsafely-without-email or --new-key is needed to say what shall change.');
  }
  const account = await ownAccount(settings, world);
  if (email !== undefined || registerUnsafelyWithoutEmail) await changeContacts(account.client, email ?? '', world);
  if (newKey) await changeAccountKey(account, settings, world);
}

/** `email`: addresses with commas between; empty = none. */
async function changeContacts(client: AcmeClient, email: string, world: World): Promise<void> {
  const wanted = email.split(',').map((address) => address.trim()).filter((address) => address !== '').map((address) => `mailto:${address}`);
  const { contact } = await client.account();
  const text = (contacts: readonly string[]): string => contacts.map((each) => each.replace(/^mailto:/, '')).join(', ') || 'none';
  if (contact.length > 0 && text(contact) !== text(wanted)) {
    const sure = await world.interaction.ask(
      {
        kind: 'choice',
        id: 'confirm',
        label: 'E-mail',
        title: 'Replace the addresses that the certificate authority has?',
        facts: [`now:  ${text(contact)}`, `then: ${text(wanted)}`],
        why: 'The certificate authority keeps one list of addresses for an account; the new list takes the place of the old one.',
        flags: ['-n'],
        unattended: 'yes',
        choices: [{ value: 'yes', label: 'Replace them' }, { value: 'no', label: 'Keep them', hint: 'nothing is changed' }],
        recommended: 'yes',
      },
      { canGoBack: false, trail: [] },
    );
    if (sure !== 'yes') return say(world, 'The addresses were not changed.');
  }
  await client.updateAccount({ contact: wanted });
  return say(world, wanted.length === 0 ? 'Any contact information associated with this account has been removed.' : `Your e-mail address was updated to ${email}.`);
}

/** `unregister`: deactivates the account at the CA and removes it here (F46). Asked first; -n means yes, as in certbot. */
export async function unregister(settings: Settings, world: World): Promise<void> {
  const { client, id } = await ownAccount(settings, world);
  const sure = await world.interaction.ask(
    {
      kind: 'choice',
      id: 'confirm',
      label: 'Account',
      title: 'Are you sure you would like to irrevocably deactivate your account?',
      facts: [`${settings.values.server}, account ${id}`],
      why: 'A deactivated account cannot order or revoke any more, and cannot be brought back. Certificates that it ordered stay valid.',
      flags: ['-n'],
      unattended: 'yes',
      consent: true,
      choices: [{ value: 'yes', label: 'Deactivate it' }, { value: 'no', label: 'Keep it', hint: 'nothing is changed' }],
      recommended: 'no',
    },
    { canGoBack: false, trail: [] },
  );
  if (sure !== 'yes') return say(world, 'Deactivation aborted.');
  await client.deactivateAccount();
  removeAccount(world.dirs, settings.values.server, id);
  return say(world, 'Account deactivated.');
}

/** `show_account`: what the CA knows of the account (C03). */
export async function showAccount(settings: Settings, world: World): Promise<void> {
  const { client, privateKeyPem } = await ownAccount(settings, world);
  const { uri, contact } = await client.account();
  const addresses = contact.map((address) => address.replace(/^mailto:/, ''));
  say(
    world,
    [
      `Account details for server ${settings.values.server}:`,
      `  Account URL: ${uri}`,
      `  Account Thumbprint: ${keyThumbprint(createPrivateKey(privateKeyPem))}`,
      `  Email contact${addresses.length > 1 ? 's' : ''}: ${addresses.length > 0 ? addresses.join(', ') : 'none'}`,
    ].join('\n'),
  );
}

async function gather(settings: Settings, world: World): Promise<Facts> {
  return gatherFacts(settings, { dirs: world.dirs, plugins: world.plugins, now: world.clock.now(), sandbox: world.sandbox !== null });
}

/** The account that is meant, asked for when there are several (F45). Throws Refused when there is none. */
async function ownAccount(settings: Settings, world: World) {
  await settleKeyChanges(settings, world);
  const facts = await gather(settings, world);
  const first = facts.accounts.find(({ server }) => server === settings.values.server);
  if (!first) throw new Refused(`Could not find an existing account for server ${settings.values.server}.`, { hint: 'Give the --server it belongs to; `certwright register` makes one.' });
  let effective = settings;
  const choice = accountChoice(settings, facts, new Set());
  if ('ask' in choice) {
    const value = await world.interaction.ask(choice.ask, { canGoBack: false, trail: [] });
    effective = withAnswers(settings, facts, [{ id: 'account', value: String(value) }]);
  }
  const chosen = accountChoice(effective, facts, new Set());
  const wanted = 'account' in chosen && chosen.account.kind === 'existing' ? chosen.account.id : first.id;
  const { id, uri, privateKeyPem } = readAccount(world.dirs, settings.values.server, wanted);
  const client = await world.connect(settings, privateKeyPem, uri);
  try {
    await client.account();
  } catch (error) {
    if (error instanceof AcmeProblem && world.sandbox) await client.newAccount({ contact: [], termsOfServiceAgreed: true });
    else throw error;
  }
  return { id, uri, client, privateKeyPem };
}

function say({ interaction }: World, text: string): void {
  interaction.report({ type: 'result', text });
}

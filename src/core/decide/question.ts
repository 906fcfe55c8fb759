/** Every question that can come up while a certificate is obtained. */
export type QuestionId =
  | 'task'
  | 'names'
  | 'names-change' // of a certificate that is there
  | 'authenticator'
  | 'authenticator-plain' // of the names without *
  | 'authenticator-wildcards' // of those with it
  | 'dns-provider' // who serves the zones
  | 'credentials' // of an account there
  | 'challenge'
  | 'webroots'
  | 'email'
  | 'terms'
  | 'account'
  | 'same-names' // keep or renew
  | 'superset' // expand, separate
  | 'other-names' // new set under the same --cert-name
  | 'key-type'
  | 'eab-kid'
  | 'eab-hmac-key'
  | 'debug-challenges' // while a plan is carried out
  | 'certificate' // which one, for the commands on one
  | 'certificates' // which ones
  | 'checkpoint' // which change of server configuration to undo
  | 'edited' // a file that was changed since
  | 'server' // of several on this machine
  | 'places' // of a server's configuration
  | 'installed' // keep it so, or undo it
  | 'serve-too' // the names that come to a certificate that a server serves
  | 'redirect-too' // where some present names are sent to https and some are not
  | 'redirect' // although names of the same block would be lost
  | 'schedule' // who renews, certbot or we
  | 'export-format'
  | 'export-path'
  | 'export-keep'
  | 'export-password'
  | 'export-password-again'
  | 'partner' // delete, revoke: the other half of a pair too
  | 'confirm';

interface Common {
  id: QuestionId;
  /** The question in the user's words, ends with a question mark. */
  title: string;
  /** The field's own term, shown dim beside it: 'authenticator'. */
  term?: string;
  /** Facts shown between the title and the answers, one line each. */
  facts?: readonly string[];
  /** Why it is asked (`?`), a few sentences. */
  why: string;
  /** The flags that answer it, for -n's error. */
  flags: readonly string[];
  /** What is taken when nobody can be asked; absent = MissingFlag. */
  unattended?: AnswerValue;
  /** `unattended` only counts when somebody said -n: a missing terminal is no consent (U16). */
  consent?: boolean;
  /** certbot's own words for MissingFlag, where users know them. */
  missing?: string;
  /** What exactly it is about, when the same question can come about different things: an answer about another one does not stand in the field. */
  about?: string;
  /** Short label for the trail: 'Names', 'Proof'. */
  label: string;
}

export interface Choice {
  value: string;
  label: string;
  /** How it fits here, one line. */
  hint?: string;
  /** The flag that says the same. */
  flag?: string;
  /** Why it cannot be chosen now; absent = it can. */
  disabled?: string;
}

/** One of several texts that are asked for together; the answer has them by `key`. */
export interface Field {
  key: string;
  label: string;
  secret: boolean;
  optional?: boolean;
  initial?: string;
}

export type Question =
  | (Common & { kind: 'choice'; choices: readonly Choice[]; recommended: string; /** None is better than another: `recommended` is only where the cursor stands. */ even?: boolean })
  | (Common & { kind: 'checklist'; choices: readonly Choice[]; initial: readonly string[]; /** Fewest that must be ticked. */ least: number })
  | (Common & { kind: 'names'; suggestions: readonly { name: string; note: string }[]; initial: readonly string[]; /** Names of the certificate that changes: additions and removals are shown against them. */ present?: readonly string[] })
  | (Common & { kind: 'text'; initial: string; optional: boolean; check: 'email' | 'nonempty'; secret?: boolean })
  | (Common & { kind: 'fields'; fields: readonly Field[] })
  | (Common & { kind: 'folders'; names: readonly string[]; initial: Readonly<Record<string, string>> });

export type AnswerValue = string | readonly string[] | Readonly<Record<string, string>>;

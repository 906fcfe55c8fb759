import type { Answer } from './decide/answers.js';
import type { InstallPlan, Plan } from './decide/plan.js';
import type { Question } from './decide/question.js';
import type { CertwrightError } from './errors.js';
import type { Event } from './events.js';
import type { ChallengeTask } from '../plugins/contract.js';

export const back = Symbol('back');

/** What a person can do at the review screen; `rehearse` only with an order, `quit` only with an InstallPlan. */
export type ReviewChoice = 'do' | 'rehearse' | 'quit' | typeof back;

/** What a person can do after trouble. `retry` orders again only for what is not proved yet (U11). */
export type RecoveryChoice = 'retry' | 'without-failed' | 'change' | 'quit';

/** Live state of a challenge that a person places by hand. */
export interface Sighting {
  /** Nameserver (dns) or address of the name (http) that was asked. */
  at: string;
  state: 'seen' | 'not-yet' | 'wrong' | 'unreachable';
  /** What was found instead, control characters stripped. */
  found?: string;
}

/** Everything a person needs to place answers by hand, all at once. */
export interface Instructions {
  tasks: readonly ChallengeTask[];
  /** Zone that a record belongs to, by record name, when it could be found out. */
  zones: Readonly<Record<string, string>>;
  /** Asks the outside once more; index of the task → what each server says. Never throws. */
  look(): Promise<Readonly<Record<number, readonly Sighting[]>>>;
  /** How long the same values stay good at the CA. */
  expires?: Date;
}

/** Facts for the frame around every screen. */
export interface Surroundings {
  sandbox: boolean;
  /** 'Let's Encrypt', 'sandbox CA', or the host of the server. */
  ca: string;
}

/**
 * The one thing core knows about a person. Implemented by the wizard, by plain lines, by flags only (-n) and by JSON.
 * `ask`, `review`, `recover` and `instruct` throw Cancelled on Ctrl-C.
 */
export interface Interaction {
  /** `initial` is what was answered before Back. Flags-only: the unattended answer, or MissingFlag. */
  ask(question: Question, at: { canGoBack: boolean; initial?: Answer['value']; trail: readonly Answered[] }): Promise<Answer['value'] | typeof back>;
  /**
   * Shows the plan and the command that would have asked nothing. Only called when something was asked, and for `install`, `enhance`
   * (both of which plain lines leave unasked, as certbot does) and `uninstall`.
   */
  review(plan: Plan | InstallPlan, at: { canGoBack: boolean; command: readonly string[]; trail: readonly Answered[] }): Promise<ReviewChoice>;
  /** `choices` holds only what makes sense here; unattended: 'quit'. */
  recover(error: CertwrightError, choices: readonly RecoveryChoice[], at: { safe: string }): Promise<RecoveryChoice>;
  instruct(instructions: Instructions): Promise<void>;
  report(event: Event): void;
  /** Restores the terminal. Idempotent. */
  close(): Promise<void>;
}

/** A question and its answer, for the trail on top of the screen. */
export interface Answered {
  question: Question;
  value: Answer['value'];
  /** One line: `Names   example.com, www.example.com`. */
  label: string;
  text: string;
}

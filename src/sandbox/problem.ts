/** Namespace of the error types of RFC 8555 section 6.7. */
const ACME_ERROR = 'urn:ietf:params:acme:error:';

/** Error types that the sandbox can answer: RFC 8555 6.7, RFC 9773 section 7.4 and the profiles draft. */
export type ProblemKind =
  | 'accountDoesNotExist'
  | 'alreadyReplaced'
  | 'alreadyRevoked'
  | 'badCSR'
  | 'badNonce'
  | 'badPublicKey'
  | 'badRevocationReason'
  | 'badSignatureAlgorithm'
  | 'caa'
  | 'compound'
  | 'connection'
  | 'dns'
  | 'externalAccountRequired'
  | 'incorrectResponse'
  | 'invalidContact'
  | 'invalidProfile'
  | 'malformed'
  | 'orderNotReady'
  | 'rateLimited'
  | 'rejectedIdentifier'
  | 'serverInternal'
  | 'tls'
  | 'unauthorized'
  | 'unsupportedContact'
  | 'unsupportedIdentifier'
  | 'userActionRequired';

export interface Identifier {
  type: 'dns' | 'ip';
  value: string;
}

/** A problem document as it travels (RFC 7807, RFC 8555 section 6.7). */
export interface ProblemBody {
  type: string;
  detail: string;
  status: number;
  identifier?: Identifier;
  subproblems?: ProblemBody[];
  /** Only with badSignatureAlgorithm: what would have been accepted. */
  algorithms?: readonly string[];
  instance?: string;
}

const STATUS: Partial<Record<ProblemKind, number>> = {
  alreadyReplaced: 409,
  caa: 403,
  externalAccountRequired: 403,
  incorrectResponse: 403,
  orderNotReady: 403,
  rateLimited: 429,
  serverInternal: 500,
  unauthorized: 403,
  userActionRequired: 403,
};

interface Extra {
  status?: number;
  identifier?: Identifier;
  subproblems?: ProblemBody[];
  algorithms?: readonly string[];
  instance?: string;
  headers?: Record<string, string>;
}

/** A refusal that is told to the client as a problem document. `headers` go with the answer, not into the document. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly headers: Record<string, string>;
  constructor(
    readonly kind: ProblemKind,
    readonly detail: string,
    private readonly extra: Extra = {},
  ) {
    super(`${kind}: ${detail}`);
    this.status = extra.status ?? STATUS[kind] ?? 400;
    this.headers = extra.headers ?? {};
  }

  /** The document itself. With `identifier` when it is to stand as a subproblem or in a challenge. */
  body(identifier?: Identifier): ProblemBody {
    const { subproblems, algorithms, instance } = this.extra;
    const about = identifier ?? this.extra.identifier;
    return {
      type: ACME_ERROR + this.kind,
      detail: this.detail,
      status: this.status,
      ...(about === undefined ? {} : { identifier: about }),
      ...(subproblems === undefined ? {} : { subproblems }),
      ...(algorithms === undefined ? {} : { algorithms }),
      ...(instance === undefined ? {} : { instance }),
    };
  }
}

/** Several refusals, one a name, as one problem with subproblems (RFC 8555 section 6.7.1). One alone stays as it is. */
export function joinProblems(problems: readonly { identifier: Identifier; problem: Problem }[], what: string): Problem {
  const first = problems[0];
  if (first === undefined) throw new Error('no problem to join');
  if (problems.length === 1) return new Problem(first.problem.kind, `${what}: ${first.problem.detail}`, { status: first.problem.status, subproblems: [first.problem.body(first.identifier)] });
  const kinds = new Set(problems.map((each) => each.problem.kind));
  const kind = kinds.size === 1 ? first.problem.kind : 'compound';
  return new Problem(kind, `${what}: ${first.problem.detail} (and ${problems.length - 1} more; the subproblems name each)`, {
    status: first.problem.status,
    subproblems: problems.map((each) => each.problem.body(each.identifier)),
  });
}

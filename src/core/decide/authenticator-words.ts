/** Authenticators that have a flag of their own, as with certbot. */
const OWN_FLAG = /^(?:standalone|webroot|manual|nginx|apache|dns-.+)$/;

/** The words of a command line that choose an authenticator. */
export function authenticatorWords(name: string): readonly string[] {
  return OWN_FLAG.test(name) ? [`--${name}`] : ['-a', name];
}

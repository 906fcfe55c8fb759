/** Put in place by the build. */
declare const CERTWRIGHT_VERSION: string;

import type { ReleasedFile } from './released-file.js';

/** The group ffdhe2048 of RFC 7919 appendix A.1, for TLS clients without elliptic curves. */
export const dhParameters: ReleasedFile = {
  name: 'ssl-dhparams.pem',
  digestName: '.updated-ssl-dhparams-pem-digest.txt',
  text: `-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
`,
  released: ['9ba6429597aeed2d8617a7705b56e96d044f64b07971659382e426675105654b'],
};

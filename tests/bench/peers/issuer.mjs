// SPDX-License-Identifier: Apache-2.0
// An authorization server as far as the benchmark needs one: a key made for this run, its metadata, tokens that live an hour.
// usage: node issuer.mjs RESOURCE COUNT FILE      writes COUNT tokens to FILE, a line each, and prints its address on standard output
import { createServer } from 'node:http';
import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = { ...publicKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig', alg: 'ES256' };
const text = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

const http = createServer((request, response) => {
  const issuer = `http://127.0.0.1:${http.address().port}`;
  const pages = {
    '/.well-known/oauth-authorization-server': { issuer, jwks_uri: `${issuer}/keys` },
    '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys` },
    '/keys': { keys: [key] },
  };
  const page = pages[request.url];
  response.writeHead(page ? 200 : 404, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(page ?? {}));
});
http.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${http.address().port}`;
  const now = Math.floor(Date.now() / 1000);
  const [resource, count, file] = process.argv.slice(2);
  const header = text({ alg: 'ES256', typ: 'at+jwt', kid: key.kid });
  const token = (number) => {
    const claims = { iss: issuer, aud: resource, sub: 'bench', jti: `${number}`, iat: now, nbf: now - 5, exp: now + 3600, scope: 'echo' };
    const head = `${header}.${text(claims)}`;
    return `${head}.${sign('sha256', Buffer.from(head), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  writeFileSync(file, Array.from({ length: Number(count) }, (_, number) => `${token(number)}\n`).join(''), { mode: 0o600 });
  console.log(issuer);
});

// SPDX-License-Identifier: Apache-2.0
// A real authorization server (oidc-provider) in front of ours: it issues, we accept what is meant for us and refuse the
// rest, also while its keys are rotated under load.
// usage: node oidc_provider.mjs -- COMMAND...   (a server that takes --issuer and --resource, with http_probe's tools)
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import * as jose from 'jose';
import Provider from 'oidc-provider';
import { Checks, parse_arguments } from '../lib/check.mjs';
import { http_endpoint } from '../lib/endpoint.mjs';

const RESOURCE = 'https://tools.example/mcp';
const ALGORITHMS = ['ES256', 'RS256', 'EdDSA'];

console.warn = console.info = () => {};  // what oidc-provider thinks of a store in memory

// ---- the authorization server: one address, whose provider is replaced whole when its keys change

let signs_with = 'ES256';
let provider;
const front = createServer((request, response) => provider.callback()(request, response));
front.listen(0, '127.0.0.1');
await once(front, 'listening');
const issuer = `http://127.0.0.1:${front.address().port}`;

let generation = 0;
async function new_keys() {
  generation += 1;
  return Promise.all(ALGORITHMS.map(async (alg) => {
    const { privateKey } = await jose.generateKeyPair(alg, { extractable: true });
    return { ...(await jose.exportJWK(privateKey)), alg, use: 'sig', kid: `${alg}-${generation}` };
  }));
}

function serve(keys) {
  provider = new Provider(issuer, {
    jwks: { keys },
    clients: [{
      client_id: 'mina', client_secret: 'secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
      token_endpoint_auth_method: 'client_secret_post',
    }],
    enabledJWA: { idTokenSigningAlgValues: ALGORITHMS, dPoPSigningAlgValues: ['ES256', 'EdDSA'] },
    scopes: ['demands'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'demands', audience: resource, accessTokenTTL: 600,
          accessTokenFormat: resource.endsWith('/opaque') ? 'opaque' : 'jwt', jwt: { sign: { alg: signs_with } },
        }),
      },
    },
  });
}

async function token({ resource = RESOURCE, scope, proof } = {}) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'mina', client_secret: 'secret', resource });
  if (scope) body.set('scope', scope);
  const answer = await fetch(`${issuer}/token`, { method: 'POST', body, headers: proof ? { DPoP: proof } : {} });
  const said = await answer.json();
  assert.ok(answer.ok, JSON.stringify(said));
  return said.access_token;
}

// ---- our server

const { command, args } = parse_arguments(process.argv.slice(2));
let keys = await new_keys();
serve(keys);
const endpoint = await http_endpoint({ over: 'http' }, command, [...args, '--issuer', issuer, '--resource', RESOURCE]);

let last_id = 0;
async function post(headers, method = 'tools/call', params = { name: 'whoami', arguments: {} }, url = endpoint.url) {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'oidc_provider.mjs', version: '1' },
  };
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', 'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': method, ...(params.name ? { 'Mcp-Name': params.name } : {}), ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: ++last_id, method, params: { ...params, _meta } }),
  });
  return { status: answer.status, challenge: answer.headers.get('WWW-Authenticate') ?? '', body: await answer.json() };
}
const bearer = (of) => ({ Authorization: `Bearer ${of}` });
const call = (of, name) => post(bearer(of), 'tools/call', { name, arguments: {} });
const said = (answer) => answer.body.result?.content?.[0]?.text;

const checks = new Checks('oidc-provider');
const check = checks.check.bind(checks);

await check('without a token: 401, and where the metadata is', async () => {
  const answer = await post({});
  assert.equal(answer.status, 401);
  assert.match(answer.challenge, /^Bearer resource_metadata="https:\/\/tools\.example\/\.well-known\/oauth-protected-resource\/mcp"/);
  assert.doesNotMatch(answer.challenge, /error=/);
});

await check('the metadata names the authorization server, at both paths', async () => {
  for (const path of ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp']) {
    const answer = await fetch(new URL(path, endpoint.url));
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('Content-Type'), /^application\/json/);
    const metadata = await answer.json();
    assert.equal(metadata.resource, RESOURCE);
    assert.deepEqual(metadata.authorization_servers, [issuer]);
  }
});

for (const alg of ALGORITHMS) {
  await check(`a token signed by ${alg} names its principal`, async () => {
    signs_with = alg;
    const made = await token();
    assert.equal(jose.decodeProtectedHeader(made).alg, alg);
    assert.equal(jose.decodeProtectedHeader(made).typ, 'at+jwt');
    const answer = await call(made, 'whoami');
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.equal(said(answer), 'mina');
  });
}
signs_with = 'ES256';

await check('a handler sees the principal and never the token', async () => {
  const made = await token({ scope: 'demands' });
  const answer = await call(made, 'seen');
  assert.deepEqual(JSON.parse(said(answer)).scopes, ['demands']);
  assert.ok(!JSON.stringify(answer.body).includes(made.split('.')[2]));
});

await check('what is not for us is refused', async () => {
  const good = await token();
  const [header, payload] = good.split('.');
  const bad = {
    'for another resource': await token({ resource: 'https://other.example/mcp' }),
    'for a path below': await token({ resource: `${RESOURCE}/x` }),
    opaque: await token({ resource: 'https://other.example/opaque' }),
    'changed payload': [header, jose.base64url.encode(JSON.stringify({ ...jose.decodeJwt(good), sub: 'root' })), good.split('.')[2]].join('.'),
    'not signed': `${jose.base64url.encode('{"alg":"none"}')}.${payload}.`,
    "another issuer's": await new jose.SignJWT(jose.decodeJwt(good)).setProtectedHeader(jose.decodeProtectedHeader(good))
      .sign((await jose.generateKeyPair('ES256')).privateKey),
  };
  for (const [name, one] of Object.entries(bad)) {
    const answer = await call(one, 'whoami');
    assert.equal(answer.status, 401, name);
    assert.match(answer.challenge, /error="invalid_token"/, name);
  }
  const in_query = new URL(endpoint.url);
  in_query.searchParams.set('access_token', good);
  assert.equal((await post({}, 'tools/call', { name: 'whoami', arguments: {} }, in_query)).status, 400);
});

await check('a tool that demands a scope: refused with what it takes, then allowed', async () => {
  const answer = await call(await token(), 'demanding');
  assert.equal(answer.status, 403);
  assert.match(answer.challenge, /error="insufficient_scope"/);
  assert.match(answer.challenge, /scope="demands"/);
  const more = await token({ scope: 'demands' });
  assert.equal(said(await call(more, 'demanding')), 'done');
});

await check('a hidden tool is there for those who have its scope', async () => {
  const names = async (of) => (await post(bearer(of), 'tools/list', {})).body.result;
  const [without, with_it] = [await names(await token()), await names(await token({ scope: 'demands' }))];
  assert.ok(!without.tools.some((tool) => tool.name === 'hidden'));
  assert.ok(with_it.tools.some((tool) => tool.name === 'hidden'));
  assert.equal(with_it.cacheScope, 'private');
  assert.equal((await call(await token(), 'hidden')).body.error.code, -32602);
});

await check('a token bound by DPoP is taken with its proof, each proof once', async () => {
  const { privateKey, publicKey } = await jose.generateKeyPair('ES256');
  const jwk = await jose.exportJWK(publicKey);
  const prove = (htu, of) => new jose.SignJWT({
    htm: 'POST', htu, jti: crypto.randomUUID(),
    ...(of ? { ath: createHash('sha256').update(of).digest('base64url') } : {}),
  }).setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk }).setIssuedAt().sign(privateKey);
  const bound = await token({ proof: await prove(`${issuer}/token`) });
  assert.ok(jose.decodeJwt(bound).cnf.jkt);
  const proof = await prove(RESOURCE, bound);
  const answer = await post({ Authorization: `DPoP ${bound}`, DPoP: proof });
  assert.equal(said(answer), 'mina', JSON.stringify(answer));
  assert.equal((await post({ Authorization: `DPoP ${bound}`, DPoP: proof })).status, 401);
  assert.equal((await call(bound, 'whoami')).status, 401);
  assert.equal((await post({ Authorization: `DPoP ${bound}` })).status, 401);
  const elsewhere = await prove('https://other.example/mcp', bound);
  assert.match((await post({ Authorization: `DPoP ${bound}`, DPoP: elsewhere })).challenge, /error="invalid_dpop_proof"/);
});

await check('keys are rotated while requests run: none of them is refused', async () => {
  let current = await token();
  const first = current;
  let running = true;
  let served = 0;
  const refused = [];
  const worker = async () => {
    while (running) {
      const answer = await call(current, 'whoami');
      if (answer.status === 200 && said(answer) === 'mina') served += 1;
      else refused.push(answer.status);
    }
  };
  const workers = Array.from({ length: 16 }, worker);
  for (let turn = 0; turn < 2; ++turn) {
    await sleep(300);
    const old = keys;
    keys = await new_keys();
    serve([...keys, ...old]);  // the new ones sign, the old ones are still good
    const before = served;
    current = await token();
    assert.equal(jose.decodeProtectedHeader(current).kid, `ES256-${generation}`);
    while (served < before + 200 && refused.length === 0) await sleep(20);
  }
  assert.equal((await call(first, 'whoami')).status, 401);  // seen with the fetch of the second turn: the first keys are gone
  serve(keys);
  const second = current;
  endpoint.process.kill('SIGHUP');  // makes the server look again
  await sleep(500);
  running = false;
  await Promise.all(workers);
  assert.deepEqual(refused, []);
  assert.ok(served > 400);
  assert.equal(said(await call(second, 'whoami')), 'mina');
  console.log(`rotated under load: ${served} requests served, none refused`);
});

await check('an authorization server that is gone: keys that are known stay, also over SIGHUP; who has another is asked to come again', async () => {
  const known = await token();
  const unknown = await token();
  assert.equal(said(await call(known, 'whoami')), 'mina');
  const more = await token();
  front.closeAllConnections();
  await new Promise((resolve) => front.close(resolve));
  assert.equal(said(await call(known, 'whoami')), 'mina');
  assert.equal(said(await call(unknown, 'whoami')), 'mina');  // its key is known
  endpoint.process.kill('SIGHUP');
  await sleep(300);
  assert.equal(said(await call(more, 'whoami')), 'mina');  // what cannot be fetched leaves the old in place
  const [header, ...rest] = more.split('.');
  const other = { ...JSON.parse(Buffer.from(header, 'base64url')), kid: 'another' };
  const strange = [Buffer.from(JSON.stringify(other)).toString('base64url'), ...rest].join('.');
  assert.equal((await call(strange, 'whoami')).status, 503);
});

endpoint.process.kill('SIGTERM');
checks.finish();

// SPDX-License-Identifier: Apache-2.0
// Runs the official conformance suite's server scenarios of one revision against a server, over HTTP or, behind bridge.mjs, over stdio.
// usage: node run.mjs --revision 2026-07-28|2025-11-25 --over http|stdio -- COMMAND...
// Over HTTP the server is started with `--http 127.0.0.1:0` and says on standard error where it listens.
// Every scenario that the suite has for the revision must pass, those that it reports without scoring too, except:
//   not_on_stdio.txt        what tests HTTP itself (over stdio it would test the bridge)
//   expected_failures.txt   what no server can pass
//   kOtherExtensions        extensions that this server does not have
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const cut = process.argv.indexOf('--');
const option = (name) => process.argv[process.argv.indexOf(name) + 1];
const revision = option('--revision');
const over_http = option('--over') === 'http';
const command = process.argv.slice(cut + 1);
const suite = join(here, '../interop/node_modules/@modelcontextprotocol/conformance/dist/index.js');
const kOtherExtensions = /^sep-2640-/;
const kLimit = 240_000;  // ms for the whole suite

/** `REVISION SCENARIO reason` a line, for this revision: scenario -> reason. */
function listed(file) {
  const lines = readFileSync(join(here, file), 'utf8').split('\n').filter((line) => line && !line.startsWith('#'));
  return new Map(lines.map((line) => line.match(/^(\S+)\s+(\S+)\s+(.*)$/)).filter((found) => found[1] === revision).map((found) => [found[2], found[3]]));
}

/** The scenarios for servers that the suite has for the revision, scored or not. */
function scenarios() {
  const list = spawnSync(process.execPath, [suite, 'list', '--requirements', revision], { encoding: 'utf8' }).stdout;
  const required = list.split('Client scenarios')[0].split('\n').map((line) => line.match(/^\s+- (\S+)/)?.[1]).filter(Boolean);
  if (required.length === 0) throw new Error(`the suite requires nothing for ${revision}: ${list}`);
  const unscored = [...list.split('never scored')[1].matchAll(/^\s+- (\S+) \[server\]/gm)].map((found) => found[1]);
  return [...required, ...unscored.filter((scenario) => !kOtherExtensions.test(scenario))];
}

/** Starts the server, or the bridge in front of it: {child, url}. */
async function start() {
  const child = over_http
    ? spawn(command[0], [...command.slice(1), '--http', '127.0.0.1:0'], { stdio: ['ignore', 'inherit', 'pipe'] })
    : spawn(process.execPath, [join(here, 'bridge.mjs'), '0', '--', ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: over_http ? child.stderr : child.stdout }).on('line', (line) => {
      const found = line.match(/https?:\/\/\S+/);
      if (found) resolve(found[0]);
      else console.log(line);
    });
    child.once('exit', (code) => reject(new Error(`the server has ended (${code})`)));
  });
  return { child, url };
}

const results = mkdtempSync(join(tmpdir(), 'sumun-conformance-'));
const { child, url } = await start();
let ended = false;
child.once('exit', () => { ended = true; });
const code = await new Promise((resolve) => {
  const run = spawn(process.execPath, [suite, 'server', '--url', url, '--requirements', revision, '-o', results],
    { stdio: ['ignore', 'ignore', 'inherit'], timeout: kLimit });
  run.once('exit', resolve);
});
const outlived = !ended;
child.kill('SIGTERM');

const outcome = new Map();  // scenario -> its checks
for (const folder of readdirSync(results, { recursive: true }).filter((path) => path.endsWith('checks.json'))) {
  const scenario = dirname(folder).split('/').at(-1).replace(/^server-/, '').replace(/-\d{4}-\d{2}-\d{2}T.*$/, '');
  const checks = JSON.parse(readFileSync(join(results, folder), 'utf8'));
  outcome.set(scenario, checks);
}
rmSync(results, { recursive: true, force: true });

const excused = over_http ? new Map() : listed('not_on_stdio.txt');
const hopeless = listed('expected_failures.txt');
let passed = 0, failed = 0;
const fail = (words) => { failed += 1; console.log(`FAILED ${words}`); };
for (const scenario of scenarios()) {
  if (excused.has(scenario)) continue;
  const checks = outcome.get(scenario) ?? [];
  const problems = checks.filter((check) => check.status === 'FAILURE');
  const good = problems.length === 0 && checks.some((check) => check.status === 'SUCCESS');
  if (hopeless.has(scenario)) {
    if (good) fail(`${scenario}: passes, and is in expected_failures.txt`);
  } else if (good) {
    passed += 1;
  } else {
    fail(`${scenario}${checks.length ? '' : ': did not run'}`);
    for (const check of problems.length ? problems : checks) console.log(`  ${check.id}: ${check.errorMessage ?? check.description}`);
  }
}
if (!outlived) fail('the server ended before the suite did');
for (const [scenario, checks] of outcome)
  for (const check of checks.filter((one) => one.status === 'WARNING')) console.log(`warning ${scenario}: ${check.id}: ${check.errorMessage}`);
for (const [scenario, reason] of hopeless) console.log(`expected failure ${scenario}: ${reason}`);
console.log(`conformance ${revision} over ${over_http ? 'HTTP' : 'stdio'}: ${passed} passed, ${failed} failed (the suite's exit code: ${code})`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

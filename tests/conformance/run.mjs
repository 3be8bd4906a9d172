// SPDX-License-Identifier: Apache-2.0
// Runs the official conformance suite's server scenarios of one revision against a stdio server behind bridge.mjs.
// usage: node run.mjs --revision 2026-07-28|2025-11-25 -- COMMAND...
// Every scenario that the revision requires must pass, except those in not_on_stdio.txt, which test HTTP itself. Scenarios
// that the suite does not score (extensions, pending) are reported and do not count.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const cut = process.argv.indexOf('--');
const revision = process.argv[process.argv.indexOf('--revision') + 1];
const command = process.argv.slice(cut + 1);
const suite = join(here, '../interop/node_modules/@modelcontextprotocol/conformance/dist/index.js');

/** `REVISION SCENARIO reason` a line, for this revision: scenario -> reason. */
function not_on_stdio() {
  const lines = readFileSync(join(here, 'not_on_stdio.txt'), 'utf8').split('\n').filter((line) => line && !line.startsWith('#'));
  return new Map(lines.map((line) => line.match(/^(\S+)\s+(\S+)\s+(.*)$/)).filter((found) => found[1] === revision).map((found) => [found[2], found[3]]));
}

/** The scenarios that the revision requires of a server, and those that the suite runs without scoring them. */
function requirements() {
  const list = spawnSync(process.execPath, [suite, 'list', '--requirements', revision], { encoding: 'utf8' }).stdout;
  const required = list.split('Client scenarios')[0].split('\n').map((line) => line.match(/^\s+- (\S+)/)?.[1]).filter(Boolean);
  if (required.length === 0) throw new Error(`the suite requires nothing for ${revision}: ${list}`);
  return required;
}

const results = mkdtempSync(join(tmpdir(), 'sumun-conformance-'));
const bridge = spawn(process.execPath, [join(here, 'bridge.mjs'), '0', '--', ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
const url = await new Promise((resolve, reject) => {
  createInterface({ input: bridge.stdout }).once('line', resolve);
  bridge.once('exit', () => reject(new Error('the bridge has ended')));
});
const code = await new Promise((resolve) => {
  spawn(process.execPath, [suite, 'server', '--url', url, '--requirements', revision, '-o', results], { stdio: ['ignore', 'ignore', 'inherit'] })
    .once('exit', resolve);
});
bridge.kill('SIGTERM');

const outcome = new Map();  // scenario -> failures
for (const folder of readdirSync(results, { recursive: true }).filter((path) => path.endsWith('checks.json'))) {
  const scenario = dirname(folder).split('/').at(-1).replace(/^server-/, '').replace(/-\d{4}-\d{2}-\d{2}T.*$/, '');
  const checks = JSON.parse(readFileSync(join(results, folder), 'utf8'));
  outcome.set(scenario, checks.filter((check) => check.status === 'FAILURE' || check.status === 'WARNING'));
}
rmSync(results, { recursive: true, force: true });

const excused = not_on_stdio();
const required = requirements();
let passed = 0, failed = 0;
for (const scenario of required) {
  if (excused.has(scenario)) continue;
  const problems = outcome.get(scenario)?.filter((check) => check.status === 'FAILURE');
  if (problems?.length === 0) {
    passed += 1;
    continue;
  }
  failed += 1;
  console.log(`FAILED ${scenario}${problems ? '' : ': did not run'}`);
  for (const check of problems ?? []) console.log(`  ${check.id}: ${check.errorMessage ?? check.description}`);
}
for (const [scenario, problems] of outcome)
  for (const check of problems.filter((one) => one.status === 'WARNING')) console.log(`warning ${scenario}: ${check.id}: ${check.errorMessage}`);
const say = (scenario) => `${scenario} (${outcome.get(scenario)?.some((check) => check.status === 'FAILURE') ? 'fails' : 'passes'})`;
const unscored = [...outcome.keys()].filter((scenario) => !required.includes(scenario));
if (unscored.length) console.log(`not scored: ${unscored.map(say).join(', ')}`);
if (excused.size) console.log(`not on stdio: ${[...excused.keys()].filter((scenario) => outcome.has(scenario)).map(say).join(', ')}`);
console.log(`conformance ${revision}: ${passed} passed, ${failed} failed (the suite's exit code: ${code})`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

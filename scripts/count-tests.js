// `node count-tests.js REPORT EXIT_CODE`: prints "passed failed skipped" of a report of Vitest's json reporter, and on
// standard error what failed and what was skipped. It runs on the Node that the machine came with.
import { readFileSync } from 'node:fs';
import process from 'node:process';

const [file = '', exitCode = '0'] = process.argv.slice(2);

/**
 * @typedef {object} Report
 * @property {readonly { readonly name: string, readonly status: string, readonly message: string,
 *   readonly assertionResults: readonly { readonly status: string, readonly fullName: string,
 *     readonly failureMessages?: readonly string[] }[] }[]} testResults
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests skipped
 * @property {number} numTodoTests
 */

/** @returns {Report} */
function read() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (thrown) {
    process.stderr.write(`The tests left no report: ${thrown}\n`);
    return { testResults: [], numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  }
}

const report = read();
/** @param {string} what @param {string} name */
const tell = (what, name) => process.stderr.write(`${what}: ${name}\n`);

let failed = report.numFailedTests;
for (const { name, status, message, assertionResults } of report.testResults) {
  for (const test of assertionResults) {
    if (test.status === 'failed') {
      tell('failed', `${name}: ${test.fullName}\n${(test.failureMessages ?? []).join('\n').slice(0, 2000)}`);
    }
    // A test that is skipped says why in its name: the report has no other place for it.
    else if (test.status !== 'passed') tell('skipped', test.fullName);
  }
  // A file that could not be loaded has no tests to count.
  if (status === 'failed' && assertionResults.every((test) => test.status !== 'failed')) {
    tell('failed', `${name}: ${message}`);
    failed++;
  }
}
if (failed === 0 && exitCode !== '0') {
  tell('failed', `the test run itself, with exit code ${exitCode}`);
  failed++;
}
process.stdout.write(`${report.numPassedTests} ${failed} ${report.numPendingTests + report.numTodoTests}\n`);

// `npm run errors` writes docs/errors.md from the code; `--check` says what is not in it, and which code is gone without a word.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { collectErrors } from './errors/collect-errors.js';
import { RETIRED } from './errors/retired.js';
import { root } from './root.js';

const FILE = join(root, 'docs', 'errors.md');
const errors = collectErrors(root);
const given = new Set(errors.map(({ code }) => code));

if (process.argv.includes('--check')) {
  const text = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const listed = new Set([...text.matchAll(/^\| `(TRS_[A-Z0-9_]+)` \|/gm)].map(([, code = '']) => code));
  const faults = [
    ...[...listed]
      .filter((code) => !given.has(code) && !(code in RETIRED))
      .map(
        (code) =>
          `${code} is gone: give it again, or say in scripts/errors/retired.js what stands in its place`,
      ),
    ...[...given]
      .filter((code) => !listed.has(code))
      .map((code) => `${code} is not listed: run "npm run errors"`),
    ...Object.keys(RETIRED)
      .filter((code) => given.has(code))
      .map((code) => `${code} is given, and scripts/errors/retired.js says that it is not`),
  ];
  for (const fault of faults) process.stdout.write(`docs/errors.md: ${fault}.\n`);
  process.stdout.write(
    `errors: ${faults.length === 0 ? `${given.size} codes, all listed` : `${faults.length} offences`}\n`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
} else {
  writeFileSync(FILE, page());
  process.stdout.write(`docs/errors.md: ${given.size} codes\n`);
}

function page() {
  /** @param {ReadonlySet<string>} texts */
  const cell = (texts) =>
    [...texts]
      .map((text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replace(/\s+/g, ' '))
      .join('<br>');
  const rows = errors.map(
    ({ code, meanings, hints, packages }) =>
      `| \`${code}\` | ${cell(meanings) || '–'} | ${cell(hints) || '–'} | ${[...packages].join(', ')} |`,
  );
  const retired = Object.entries(RETIRED).map(([code, instead]) => `| \`${code}\` | ${instead} |`);
  return `# Errors

Every error has a code that stays, what happened, and what to do next. The command line's exit code and the status over HTTP say its kind. This page is written from the code
by \`npm run errors\`; a value that a message names stands here as …, and what is said from case to case as –. Codes of the system (\`TRS_SYSTEM_ENOSPC\`, …) are those of the operating
system, and jobs end with \`TRS_KERNEL_JOB_…\`.

| code | what happened | what to do | where |
| --- | --- | --- | --- |
${rows.join('\n')}
${retired.length === 0 ? '' : `\n## No longer given\n\n| code | instead |\n| --- | --- |\n${retired.join('\n')}\n`}`;
}

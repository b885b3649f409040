const { existsSync } = require('node:fs');
const { join } = require('node:path');

const folder = join(__dirname, '../../shared/conformance');

/** Jest does not show what a suite prints that is skipped as a whole. */
module.exports = () => {
  if (existsSync(folder)) return;
  process.stderr.write(
    `${folder} does not exist: comparisons with recorded traces, CRDs, templates and CloudStack answers are skipped.\n`,
  );
};

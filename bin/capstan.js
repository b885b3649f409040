#!/usr/bin/env node
'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');

// In a checkout the sources are here too, and what they say counts.
const build = join(__dirname, '../scripts/build.js');
if (existsSync(build) && existsSync(join(__dirname, '../cli/main.ts'))) {
  const { isStale, buildJavaScript } = require(build);
  if (isStale()) buildJavaScript();
}
require('../dist/cli/main.js');

// Whoever hands on the bundle hands on copies of other packages: their licences ask to come along.
'use strict';

const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;
const LICENCE = /^(licen[cs]e|copying|notice)/i;

/**
 * The licence texts of the packages that are in an output, by name.
 * @param output - what esbuild's metafile says of it, with paths relative to `root`
 */
function thirdPartyLicences(output, root) {
  const folders = Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) =>
    bytesInOutput > 0 ? (PACKAGE.exec(path)?.[1] ?? []) : [],
  );
  return [...new Set(folders)].sort().map((folder) => licenceOf(join(root, folder)));
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => LICENCE.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}

module.exports = { thirdPartyLicences };

// The software bill of materials of what runs in production, as CycloneDX JSON: npm run --silent sbom > sbom.json
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const flags = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--omit', 'dev', '--package-lock-only'];
const bom = JSON.parse(execFileSync('npm', ['sbom', ...flags], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }));
// npm calls the product after the folder that it lies in.
bom.metadata.component.name = JSON.parse(readFileSync('package.json', 'utf8')).name;
console.log(JSON.stringify(bom, null, 2));

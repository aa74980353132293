import { sep } from 'node:path';

/**
 * Loaded before the service (`node -r`): asked for its modules, it tells which files of packages the service's own modules have required. These
 * are read from what was really loaded, so that the bare process loads neither more nor less.
 */
const packages = `${sep}node_modules${sep}`;
const isPackage = (file: string): boolean => file.includes(packages);

function listEntries(): readonly string[] {
  const own = Object.values(require.cache).filter((module) => module !== undefined && !isPackage(module.filename));
  const entries = own.flatMap((module) => module?.children.map((child) => child.filename).filter(isPackage) ?? []);
  // A package that one of the others has loaded first is no child of ours, and is loaded all the same.
  return [...new Set(entries)];
}

process.on('message', (word) => {
  if (word === 'modules') process.send?.(listEntries());
});
process.channel?.unref();

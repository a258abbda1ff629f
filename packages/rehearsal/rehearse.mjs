import { join } from 'node:path';

// Plain JavaScript, so that an older Node can say what is missing instead of stumbling over TypeScript.
const [major = 0] = process.versions.node.split('.').map(Number);

if (major < 24) {
  process.stderr.write(
    `rehearse: this is Node ${process.versions.node}, and the suite runs on Node 24.\n` +
      'Why: Node 24 comes with the dependencies, and they are not installed here, or the command was not started by npm.\n' +
      'Next: npm ci && npm run rehearse\n',
  );
  process.exitCode = 1;
} else {
  // Compiling costs half a second of a processor at every start, and as much in the parts that are processes of their own.
  const { enableCompileCache } = await import('node:module');
  process.env.NODE_COMPILE_CACHE ??= join(
    import.meta.dirname,
    '../../node_modules/.cache/hospital-ops-rehearsal/compiled',
  );
  enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import('./src/command/main.ts');
}

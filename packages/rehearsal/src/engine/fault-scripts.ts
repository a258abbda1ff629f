/** What a container runs instead of its own program. The image must have Node. */
export const containerScripts = {
  'crash-loop': `
    console.log('starting');
    setTimeout(() => {
      console.error('Error: DB_URL is not set');
      console.error('    at loadConfiguration (configuration.js:12:11)');
      process.exit(1);
    }, 200);`,
  unhealthy: `
    const answer = (request, response) => response.writeHead(503).end('the database does not answer');
    require('node:http').createServer(answer).listen(process.env.PORT, process.env.HOST, () => {
      console.log('listening');
      console.error('Error: connect ECONNREFUSED 10.0.3.12:5432');
    });
    process.on('SIGTERM', () => process.exit(0));`,
  oom: `
    console.log('starting');
    setTimeout(() => {
      process.kill(process.pid, 'SIGKILL');
      // The first process of a container is out of reach of its own signals.
      process.exit(137);
    }, 400);`,
  'migration-fails': `
    console.log('applying 0003_ward_floor.sql');
    console.error('Error: migration 0003_ward_floor.sql failed and was rolled back: column "floor" of relation "wards" already exists');
    process.exit(1);`,
  'migration-hangs': `
    console.log('applying 0003_ward_floor.sql');
    setInterval(() => {}, 60_000);`,
} as const;

export type ScriptFault = keyof typeof containerScripts;

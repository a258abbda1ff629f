import { once } from 'node:events';
import { connect } from 'node:net';
import { startDaemon } from './daemon.ts';
import type { ServiceTools } from './service-engine.ts';

const ping = async (port: number): Promise<void> => {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    if (!answer.toString().startsWith('+PONG')) throw new Error(`Redis answered ${answer.toString().trim()}`);
  } finally {
    socket.destroy();
  }
};

/** Starts a Redis of this machine that keeps nothing on disk, as the image does by default but for snapshots. */
export const startRedis = async (program: string, port: number, tools: ServiceTools): Promise<() => Promise<void>> => {
  const daemon = await startDaemon({
    what: 'Redis',
    file: program,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tools.temp],
    cwd: tools.temp,
    signal: tools.signal,
    probe: () => ping(port),
  });
  return () => daemon.stop();
};

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Nothing of it reaches for the network: pages are handed over as text. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
];

/** Milliseconds for the browser to start. */
const START_MS = 30_000;

type Message = { id?: number; sessionId?: string; result?: Record<string, unknown>; error?: { message: string } };

export interface Browser {
  /** Returns a PNG of the element `#shot` of a page that is `width` CSS pixels wide. */
  screenshot(html: string, width: number): Promise<Buffer>;
  close(): Promise<void>;
}

const connect = async (address: string) => {
  const socket = new WebSocket(address);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener('error', () => reject(new Error('the browser cannot be spoken to')), { once: true });
  });
  const waiting = new Map<number, (message: Message) => void>();
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id !== undefined) waiting.get(message.id)?.(message);
  });
  let last = 0;
  /** A call of the DevTools protocol (chromedevtools.github.io/devtools-protocol). */
  const call = async (method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> => {
    last += 1;
    const id = last;
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params, sessionId }));
    const { result = {}, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  return { call, close: () => socket.close() };
};

const BOX = `(() => { const { x, y, width, height } = document.querySelector('#shot').getBoundingClientRect();
  return document.fonts.ready.then(() => JSON.stringify({ x, y, width, height })); })()`;

/** Starts a headless Chromium; throws when there is none under `binary`. */
export const startBrowser = async (binary: string): Promise<Browser> => {
  const profile = await mkdtemp(join(tmpdir(), 'previews-'));
  const child = spawn(binary, [...FLAGS, `--user-data-dir=${profile}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  // However this process ends, the browser ends with it.
  process.once('exit', () => child.kill());
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${binary} did not start in time`)), START_MS);
    child.once('error', reject);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const [, found] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
  const { call, close } = await connect(address);
  return {
    screenshot: async (html, width) => {
      const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = (await call('Target.attachToTarget', { targetId, flatten: true })) as { sessionId: string };
      const size = { width, height: 800, deviceScaleFactor: 2, mobile: false };
      await call('Emulation.setDeviceMetricsOverride', size, sessionId);
      const { frameTree } = (await call('Page.getFrameTree', {}, sessionId)) as {
        frameTree: { frame: { id: string } };
      };
      await call('Page.setDocumentContent', { frameId: frameTree.frame.id, html }, sessionId);
      const { result } = await call('Runtime.evaluate', { expression: BOX, awaitPromise: true }, sessionId);
      const box = JSON.parse((result as { value: string }).value) as object;
      const clip = { ...box, scale: 1 };
      const { data } = await call('Page.captureScreenshot', { clip, captureBeyondViewport: true }, sessionId);
      await call('Target.closeTarget', { targetId });
      return Buffer.from(data as string, 'base64');
    },
    close: async () => {
      close();
      child.kill();
      await exited;
      await rm(profile, { recursive: true, force: true });
    },
  };
};

import type { Command } from './commands.ts';
import { COMMANDS, parseCommand } from './commands.ts';
import type { Masker } from './masker.ts';
import type { Annotation, LogKind, LogLine } from './run-events.ts';

/** The runner's limits: annotations per level and step, and characters per message (ExecutionContext.cs). */
const MAX_ANNOTATIONS = 10;
const MAX_MESSAGE = 4_096;

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes are control characters
const TERMINAL_ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

export interface StepLogPort {
  readonly masker: Masker;
  now(): number;
  line(line: LogLine): void;
  annotation(annotation: Annotation): void;
}

/** What one step printed, with the commands in it carried out. Commands and their state last for the step alone. */
export class StepLog {
  readonly annotations: Annotation[] = [];
  readonly lines: LogLine[] = [];
  readonly outputs = new Map<string, string>();
  readonly state = new Map<string, string>();
  /** Summaries of the steps of a composite action. */
  readonly summaries: string[] = [];
  /** True once a command could not be carried out: the step has failed then, whatever its exit code. */
  commandFailed = false;
  readonly #port: StepLogPort;
  #stopToken: string | undefined;
  #echo = false;

  constructor(port: StepLogPort) {
    this.#port = port;
  }

  /** Returns the log of a step of this composite step: its lines and annotations show here, its outputs are its own. */
  nested(): StepLog {
    return new StepLog({
      masker: this.#port.masker,
      now: () => this.#port.now(),
      line: (line) => this.#addLine(line),
      annotation: (annotation) => this.#addAnnotation(annotation),
    });
  }

  /** Takes one line of the step's stdout or stderr. */
  take(line: string): void {
    const command = parseCommand(line, this.#stopToken);
    if (command === undefined) {
      this.write(line);
      return;
    }
    const name = command.name.toLowerCase();
    if (this.#stopToken !== undefined) {
      const resumes = name === this.#stopToken.toLowerCase();
      if (resumes) this.#stopToken = undefined;
      this.write(line, resumes ? 'command' : 'text');
      return;
    }
    try {
      this.#carryOut(name, command, line);
    } catch (error) {
      this.annotate('error', `Unable to process command '${name === 'add-mask' ? name : line}' successfully.`);
      this.annotate('error', error instanceof Error ? error.message : String(error));
      this.commandFailed = true;
    }
  }

  write(text: string, kind: LogKind = 'text'): void {
    for (const part of text.split(/\r\n|\r|\n/)) {
      const line = {
        time: this.#port.now(),
        text: this.#port.masker.mask(part).replace(TERMINAL_ESCAPES, ''),
        kind,
      };
      this.#addLine(line);
    }
  }

  #addLine(line: LogLine): void {
    this.lines.push(line);
    this.#port.line(line);
  }

  #addAnnotation(annotation: Annotation): void {
    if (this.annotations.filter(({ level }) => level === annotation.level).length >= MAX_ANNOTATIONS) return;
    this.annotations.push(annotation);
    this.#port.annotation(annotation);
  }

  /** Writes an annotation to the log; the first ten of each level are also kept as annotations. */
  annotate(level: Annotation['level'], message: string, properties: Readonly<Record<string, string>> = {}): void {
    this.write(message, level);
    const { title, file, line } = properties;
    const annotation: Annotation = {
      level,
      message: this.#port.masker.mask(message).slice(0, MAX_MESSAGE),
      ...(title ? { title: this.#port.masker.mask(title) } : {}),
      ...(file ? { file } : {}),
      ...(line && /^\d+$/.test(line) ? { line: Number(line) } : {}),
    };
    this.#addAnnotation(annotation);
  }

  #carryOut(name: string, { data, properties }: Command, line: string): void {
    if (this.#echo && !['add-mask', 'debug', 'warning', 'error', 'notice'].includes(name)) this.write(line, 'command');
    switch (name) {
      case 'stop-commands':
        this.#stop(data, line);
        break;
      case 'add-mask':
        if (!this.#port.masker.add(data)) {
          this.annotate('warning', "Can't add secret mask for empty string in ##[add-mask] command.");
        }
        break;
      case 'set-output':
      case 'save-state':
        this.#setDeprecated(name, properties.name, data);
        break;
      case 'notice':
      case 'warning':
      case 'error':
        this.annotate(name, data, properties);
        break;
      case 'group':
        this.write(data, 'group');
        break;
      case 'endgroup':
        this.write('', 'endgroup');
        break;
      case 'echo':
        this.#setEcho(data);
        break;
      case 'set-env':
      case 'add-path':
        throw new Error(
          `The \`${name}\` command is disabled. Please upgrade to using Environment Files (GITHUB_${name === 'set-env' ? 'ENV' : 'PATH'}).`,
        );
      default:
        // `debug` shows only in runs with debug logging; problem matchers would only add annotations.
        break;
    }
  }

  #stop(token: string, line: string): void {
    if (token === '' || token === 'pause-logging' || COMMANDS.includes(token.toLowerCase())) {
      throw new Error(`Invoked ::stop-commands:: with the token [${token}], which is no random one.`);
    }
    this.#stopToken = token;
    if (token.length > 6) this.#port.masker.add(token);
    this.write(line, 'command');
  }

  #setEcho(data: string): void {
    const value = data.trim().toLowerCase();
    if (value !== 'on' && value !== 'off') {
      throw new Error(`Invalid echo command value. Possible values can be: 'on', 'off'. Current value is: '${data}'.`);
    }
    this.#echo = value === 'on';
  }

  #setDeprecated(command: 'set-output' | 'save-state', name: string | undefined, data: string): void {
    if (!name) throw new Error(`Required field 'name' is missing in ##[${command}] command.`);
    const file = command === 'set-output' ? 'GITHUB_OUTPUT' : 'GITHUB_STATE';
    this.annotate(
      'warning',
      `The \`${command}\` command is deprecated. Please upgrade to using Environment Files (${file}).`,
    );
    (command === 'set-output' ? this.outputs : this.state).set(name, data);
  }
}

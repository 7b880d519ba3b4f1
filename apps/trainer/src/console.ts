/** @file Where the command talks: results to stdout, everything else to stderr. */
import { SingleBar } from 'cli-progress';

/** What a command may do beside its work. */
export interface Console {
  /** Whether `--json` was asked for: then stdout gets one object and nothing else. */
  readonly json: boolean;
  /** A line of the result, for people; nothing with `--json`. */
  print(line: string): void;
  /** The result, with `--json`; nothing without. */
  printJson(value: unknown): void;
  /** A line beside the result, on stderr. */
  note(line: string): void;
  /** Progress on stderr: a bar in a terminal, else a line every few seconds. */
  progress(what: string): Progress;
}

/** One running piece of work. */
export interface Progress {
  /** @param detail short text behind the numbers, such as `loss 0.123` */
  update(done: number, total: number, detail?: string): void;
  /** Ends it; a line of text may replace the bar. */
  stop(): void;
}

/** Seconds between two lines where stderr is no terminal. */
const LINE_EVERY_SECONDS = 5;

/** A console on the process's own streams. */
export function openConsole(options: { json?: boolean; quiet?: boolean }): Console {
  const { json = false, quiet = false } = options;
  let bar: Progress | undefined;
  const note = (line: string): void => {
    bar?.stop();
    process.stderr.write(`${line}\n`);
  };
  return {
    json,
    note,
    print(line) {
      if (!json) process.stdout.write(`${line}\n`);
    },
    printJson(value) {
      if (json) process.stdout.write(`${JSON.stringify(value)}\n`);
    },
    progress(what) {
      bar?.stop();
      if (quiet) return { update: () => {}, stop: () => {} };
      bar = process.stderr.isTTY ? terminalBar(what) : lines(what);
      return bar;
    },
  };
}

function terminalBar(what: string): Progress {
  const bar = new SingleBar({
    stream: process.stderr,
    format: `${what} {bar} {value}/{total} {detail} {left}`,
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    fps: 8,
    linewrap: null,
    gracefulExit: false,
    formatValue: (value, _options, type) => (type === 'value' || type === 'total' ? count(value) : String(value)),
  });
  const started = performance.now();
  let running = false;
  let from = 0;
  return {
    update(done, total, detail = '') {
      if (!running) {
        from = done;
        bar.start(total, done, { detail, left: '' });
        running = true;
      }
      const seconds = (performance.now() - started) / 1000;
      const left = done > from && total > done ? `${duration((seconds * (total - done)) / (done - from))} left` : '';
      bar.setTotal(total);
      bar.update(done, { detail, left: detail.includes(' left') ? '' : left });
    },
    stop() {
      if (running) bar.stop();
      running = false;
    },
  };
}

function lines(what: string): Progress {
  let last = performance.now();
  return {
    update(done, total, detail = '') {
      const now = performance.now();
      if (now - last < LINE_EVERY_SECONDS * 1000 && done !== total) return;
      if (done === total && now - last < 1000) return;
      last = now;
      process.stderr.write(
        `${what} ${count(done)}${total > 0 ? `/${count(total)}` : ''} ${detail}`.trimEnd().concat('\n'),
      );
    },
    stop() {},
  };
}

/** A whole number with thousands separated: `54,000`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** A number of things: `1 class`, `54,000 classes`. */
export function countOf(value: number, one: string, several: string): string {
  return `${count(value)} ${value === 1 ? one : several}`;
}

/** Seconds for people: `42 s`, `3 min 20 s`, `1 h 05 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** Bytes for people: `812 B`, `3.4 MB`. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let size = value;
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

/** How long a code is, `16 bits, stored in 4 bytes`: galleries keep a byte a subspace, whatever K is. */
export function codeLength({ M, K }: { readonly M: number; readonly K: number }): string {
  return `${M * Math.log2(K)} bits, stored in ${M} ${M === 1 ? 'byte' : 'bytes'}`;
}

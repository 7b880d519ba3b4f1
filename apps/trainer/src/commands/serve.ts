/** @file `dqn serve`: the HTTP service and the page. */
import { stat } from 'node:fs/promises';
import { checkWritable } from '@dqn/format/node';
import {
  type Config,
  createLog,
  createMetrics,
  createRetriever,
  createTracing,
  describeChoice,
  flagOf,
  isStoreUrl,
  readConfig,
  retrieverOptions,
  SETTINGS,
  ServerError,
  type Setting,
  type Settings,
  serveOptions,
  startServer,
  variableOf,
} from '@dqn/server';
import { Command, Option } from 'commander';
import { type CommonOptions, perform, withCommonOptions } from '../action.ts';
import { bytes, type Console, count } from '../console.ts';
import { TrainerError } from '../errors.ts';
import { modelOf } from '../model-folder.ts';

interface ServeFlags extends CommonOptions, Record<string, unknown> {
  config?: string;
  check?: boolean;
}

const MORE = `
Each setting can stand in a JSON file (--config) under its name in camel case, and in the environment:
--max-body is maxBody there, and ${variableOf('maxBody')} here. A flag wins over the environment, that over the file.

Searches from a shell, an item, the service's own pages:
  curl -F image=@photo.jpg "http://127.0.0.1:7007/v1/search?k=5"
  curl -X PUT -H "content-type: image/jpeg" --data-binary @photo.jpg http://127.0.0.1:7007/v1/items/photo
  http://127.0.0.1:7007/docs  /metrics  /readyz`;

/** `dqn serve`. */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('Answer searches over HTTP while the gallery changes, and show the page that searches, too.')
    .argument('[G.gallery]', 'gallery file')
    .option('--config <FILE>', `JSON file of settings (${variableOf('config')})`)
    .option(
      '--check',
      'look at the settings, and open the files that they name as a start does but only to read them; then end',
    );
  for (const [name, setting] of Object.entries(SETTINGS)) {
    if (name !== 'gallery') command.addOption(optionOf(name, setting));
  }
  command.addHelpText('after', MORE);
  return withCommonOptions(command).action((gallery: string | undefined, flags: ServeFlags) =>
    perform(flags, 'Stopping the service …', async (console, signal) => {
      const config = await configOf(gallery, flags);
      if (flags.check) await check(config, console);
      else await serve(config, console, signal);
    }),
  );
}

async function serve({ settings, options }: Wanted, console: Console, signal: AbortSignal): Promise<void> {
  // Starting can't be stopped halfway: what was begun is ended, and closed again.
  const gallery = galleryOf(settings);
  const model = await modelOf(gallery, settings.model);
  signal.throwIfAborted();
  const log = createLog(settings.logLevel);
  const metrics = createMetrics();
  await using tracing = settings.traces === undefined ? undefined : createTracing(settings.traces);
  await using retriever = await createRetriever({
    ...retrieverOptions(settings),
    model,
    gallery,
    observe: metrics.observe,
    onStoreEvent: (event) => log.warn({ event }, event.message),
  });
  signal.throwIfAborted();
  const file = isStoreUrl(gallery) ? undefined : gallery;
  await using server = await startServer({ ...options, retriever, model, gallery: file, metrics, log, tracing });
  signal.throwIfAborted();
  const { gallery: served } = retriever.info();
  const items = served?.count ?? 0;
  console.note(`network: ${describeChoice(retriever.choice)}`);
  if (served) console.note(file ? `index: ${bytes(served.bytes.index)} in memory` : 'index: in the database');
  if (served?.trouble) console.note(`no writes: ${served.trouble.message}`);
  console.print(`${count(items)} pictures at ${server.url} (Ctrl-C stops)`);
  if (!file) console.note(`the page that searches needs a gallery file; the interface is at ${server.url}docs`);
  console.printJson({ url: server.url, port: server.port, count: items, provider: retriever.choice.provider });
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** What would keep a start from serving. The gallery is only read: the service may be running. */
async function check({ settings, sources, options }: Wanted, console: Console): Promise<void> {
  const { keys = [] } = options;
  const gallery = galleryOf(settings);
  const model = await modelOf(gallery, settings.model);
  const isFile = !isStoreUrl(gallery);
  const isThere = !isFile || (await stat(gallery).catch(() => undefined)) !== undefined;
  if (!settings.create && !isThere) {
    throw new TrainerError(
      'WRONG_USAGE',
      `there is no gallery ${gallery}: make one by npx dqn index, or begin one by --create`,
    );
  }
  await using retriever = await createRetriever({
    ...retrieverOptions(settings),
    model,
    gallery: isThere ? gallery : undefined,
    readOnly: true,
    onStoreEvent: ({ message }) => console.note(message),
  });
  if (isFile && !settings.readOnly) await checkWritable(gallery);
  for (const [name, source] of Object.entries(sources)) {
    console.print(`${name} = ${JSON.stringify(settings[name as keyof Settings])} (${source})`);
  }
  console.print(`network: ${describeChoice(retriever.choice)}`);
  console.print(`model: ${model}; ${count(retriever.count)} pictures; ${count(keys.length)} keys; everything is right`);
  console.printJson({
    settings: { ...settings, model },
    sources,
    keys: keys.map(({ name, role }) => ({ name, role })),
  });
}

/** The settings, and what they mean for the service. */
interface Wanted extends Config {
  readonly options: Awaited<ReturnType<typeof serveOptions>>;
}

async function configOf(gallery: string | undefined, flags: ServeFlags): Promise<Wanted> {
  try {
    const config = await readConfig({ flags: { ...flags, gallery }, env: process.env, file: flags.config });
    galleryOf(config.settings);
    return { ...config, options: await serveOptions(config.settings) };
  } catch (error) {
    if (!(error instanceof ServerError) || error.code !== 'BAD_CONFIG') throw error;
    throw new TrainerError('WRONG_USAGE', error.message, { cause: error });
  }
}

/** The gallery file, or the address of the store that keeps it. */
function galleryOf({ gallery, store }: Settings): string {
  if (gallery !== undefined && store !== undefined) {
    throw new TrainerError('WRONG_USAGE', 'a gallery file and --store contradict each other: give one of them');
  }
  const one = gallery ?? store;
  if (one !== undefined) return one;
  throw new TrainerError(
    'WRONG_USAGE',
    `missing the gallery: name its file as the argument or by ${variableOf('gallery')}, or a database by --store`,
  );
}

/** Without commander's own default, so that the environment and the file can be told from it. */
function optionOf(name: string, setting: Setting): Option {
  const { value, description, default: byDefault, enum: names } = setting;
  const lists = names ? ` (${names.join(', ')})` : '';
  const hasDefault =
    byDefault !== undefined && value !== undefined && !(Array.isArray(byDefault) && byDefault.length === 0);
  const shown = hasDefault ? ` (default: ${byDefault})` : '';
  return new Option(
    value === undefined ? flagOf(name) : `${flagOf(name)} <${value}>`,
    `${description}${lists}${shown}`,
  );
}

/**
 * @file Writes the API reference from the docstrings: docs/api.md whole, and the list in README.md between its marks.
 *
 *     node scripts/api.mjs            writes them
 *     node scripts/api.mjs --check    exits 1 if what is committed isn't what would be written
 *
 * It reads the declarations that the compiler emits, so that types are as a user sees them.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const SECTIONS = [
  ['Search', /^(live|search|kernels)\//],
  ['Learn and encode', /^(codebook|learn|encode|in-threads)\.ts$/],
  ['The reference that defines the answers', /^(scan|table|tables)\.ts$/],
  ['Files of Faiss and NumPy', /^interchange\//],
  ['Errors and chance', /^(errors|random)\.ts$/],
];
const BEGIN = '<!-- The list below is made by scripts/api.mjs. -->';
const END = '<!-- Up to here. -->';

/** What index.ts exports: [{ name, file }]. */
function exported(index) {
  return [...index.matchAll(/export (?:type )?\{([^}]*)\} from '\.\/([^']+)'/g)].flatMap(([, names, from]) =>
    names
      .split(',')
      .map((name) => name.replace(/\btype\b/, '').trim())
      .filter(Boolean)
      .map((name) => ({ name, file: from.replace(/\.js$/, '.ts') })),
  );
}

/** The end of a statement that begins at `from`: behind its `;`, or behind the `}` that closes it. */
function statementEnd(text, from) {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const rest = text.slice(i, i + 2);
    if (rest === '/*') i = text.indexOf('*/', i) + 1;
    else if (rest === '//') i = text.indexOf('\n', i);
    else if (`'"\``.includes(text[i])) i = text.indexOf(text[i], i + 1);
    else if ('{(['.includes(text[i])) depth++;
    else if ('})]'.includes(text[i])) {
      depth--;
      if (depth === 0 && text[i] === '}' && /^\s*(\n|$)/.test(text.slice(i + 1))) return i + 1;
    } else if (text[i] === ';' && depth === 0) return i + 1;
  }
  return text.length;
}

/** The docstring and the declarations (a function's overloads) of a name in a file of declarations. */
function declaration(text, name, file) {
  const heads = new RegExp(
    `(/\\*\\*(?:(?!\\*/)[^])*\\*/\\s*)?^export (?:declare )?(?:abstract )?(?:function|class|const|interface|type) ${name}\\b`,
    'gm',
  );
  const found = [...text.matchAll(heads)].map((match) => {
    const from = match.index + (match[1]?.length ?? 0);
    return { doc: match[1] ?? '', code: text.slice(from, statementEnd(text, from)) };
  });
  if (found.length === 0) throw new Error(`src/${file} declares no ${name}, which index.ts exports.`);
  if (!found[0].doc) throw new Error(`${name} in src/${file} has no docstring.`);
  return {
    doc: found[0].doc,
    code: found.map(({ code }) => clean(code)).join('\n'),
    kind: /^export (?:declare )?(?:abstract )?(\w+)/.exec(found[0].code)[1],
  };
}

/** Without what isn't a user's business, two spaces an indent. */
function clean(code) {
  return code
    .replace(/^export (declare )?/, '')
    .replace(/^ *(?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*)?(?:#private|private [^\n]*);\n/gm, '')
    .replace(/ {4}/g, '  ');
}

/** A docstring as Markdown: its text, then parameters, result and errors as a list. */
function markdown(doc) {
  const lines = doc
    .replace(/^\/\*\*|\*\/\s*$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').replace(/\{@link (\w+)\}/g, '`$1`'));
  const blocks = [{ tag: '', lines: [] }];
  let fenced = false;
  for (const line of lines) {
    const tag = fenced ? undefined : /^@(\w+)\s*(.*)$/.exec(line);
    if (line.trim().startsWith('```')) fenced = !fenced;
    if (tag) blocks.push({ tag: tag[1], lines: [tag[2]] });
    else blocks.at(-1).lines.push(line);
  }
  const text = blocks[0].lines.join('\n').trim();
  const items = [];
  const examples = [];
  for (const { tag, lines } of blocks.slice(1)) {
    const body = lines.join('\n').trim();
    const flat = body.replace(/\s*\n\s*/g, ' ');
    if (tag === 'param') items.push(`- ${flat.replace(/^(\S+)\s*/, '`$1` ')}`);
    else if (tag === 'returns') items.push(`- gives ${flat}`);
    else if (tag === 'throws') items.push(`- throws ${flat}`);
    else if (tag === 'example') examples.push(body);
    else throw new Error(`@${tag} isn't known here.`);
  }
  return [text, items.join('\n'), ...examples].filter(Boolean).join('\n\n');
}

/** The first sentence, on one line. */
function summary(doc) {
  const text = markdown(doc).split('\n\n')[0].replace(/\n/g, ' ');
  return /^.*?[.:](?=\s|$)/.exec(text)?.[0].replace(/:$/, '.') ?? text;
}

const folder = mkdtempSync(join(tmpdir(), 'dqn-pq-api-'));
try {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'lib/tsc.js');
  const build = ['-p', join(root, 'tsconfig.build.json'), '--emitDeclarationOnly', '--outDir', folder];
  execFileSync(process.execPath, [tsc, ...build], { stdio: ['ignore', 'inherit', 'inherit'] });
  const read = (file) => readFileSync(join(folder, file.replace(/\.ts$/, '.d.ts')), 'utf8');
  const names = exported(read('index.ts')).map(({ name, file }) => ({
    name,
    ...declaration(read(file), name, file),
    section: SECTIONS.findIndex(([, files]) => files.test(file)),
    file,
  }));
  const lost = names.find(({ section }) => section < 0);
  if (lost) throw new Error(`src/${lost.file} belongs to no section of scripts/api.mjs.`);
  const list = [];
  const pages = [];
  for (const [i, [title]] of SECTIONS.entries()) {
    const members = names.filter(({ section }) => section === i);
    // What can be called first, then the types that it speaks of.
    const callable = ({ kind }) => kind === 'function' || kind === 'class' || kind === 'const';
    const ordered = [...members.filter(callable), ...members.filter((each) => !callable(each))];
    if (ordered.length === 0) continue;
    list.push(`**${title}**`, '');
    for (const { name, doc } of ordered.filter(callable)) {
      list.push(`- [\`${name}\`](docs/api.md#${name.toLowerCase()}): ${summary(doc)}`);
    }
    const types = ordered.filter((each) => !callable(each));
    if (types.length > 0) {
      const links = types.map(({ name }) => `[\`${name}\`](docs/api.md#${name.toLowerCase()})`);
      list.push(`- types ${links.join(', ')}`);
    }
    list.push('');
    pages.push(`## ${title}`, '');
    for (const { name, doc, code } of ordered) {
      pages.push(`### ${name}`, '', '```ts', code, '```', '', markdown(doc), '');
    }
  }
  const api = `# API of @dqn/pq\n\nMade from the docstrings by scripts/api.mjs. How the structures work: [how-it-works.md](how-it-works.md).\n\n${pages.join('\n').trim()}\n`;
  const readmePath = join(root, 'README.md');
  const readme = readFileSync(readmePath, 'utf8');
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md lacks its marks ${BEGIN} and ${END}.`);
  const written = new Map([
    [join(root, 'docs/api.md'), api],
    [readmePath, `${readme.slice(0, from + BEGIN.length)}\n\n${list.join('\n')}\n${readme.slice(to)}`],
  ]);
  for (const [path, text] of written) {
    if (!process.argv.includes('--check')) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) {
      console.error(`${path} is not what the docstrings say. Run: npm run api -w @dqn/pq`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

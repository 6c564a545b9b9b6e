import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = new URL('../page/', import.meta.url);

/** The page as one HTML text. Its policy allows its own script and style by their hashes and nothing else. */
export async function buildPage(): Promise<string> {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('main.ts', folder))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    minify: true,
    charset: 'ascii',
    legalComments: 'none',
  });
  const script = bundle.outputFiles[0]!.text.replaceAll('</script', '<\\/script');
  const style = await readFile(new URL('page.css', folder), 'utf8');
  const parts: { [name: string]: string } = {
    '/*SCRIPT*/': script,
    '/*STYLE*/': style,
    SCRIPT_HASH: `sha256-${hash('sha256', script, 'base64')}`,
    STYLE_HASH: `sha256-${hash('sha256', style, 'base64')}`,
  };
  const template = await readFile(new URL('page.html', folder), 'utf8');
  return template.replaceAll(/\/\*(?:STYLE|SCRIPT)\*\/|(?:STYLE|SCRIPT)_HASH/g, (name) => parts[name]!);
}

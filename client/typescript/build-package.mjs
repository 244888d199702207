// Generates the stubs from the protos of this repository and compiles the package. npm runs this before it links, packs
// or installs the folder. A link from a project elsewhere comes without the tools, so they are installed here first.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const protos = join(here, '../../proto/src/main/proto');

const run = (command, ...args) => execFileSync(command, args, { cwd: here, stdio: 'inherit' });

/** The script of an installed package, in this folder or in one that it is in, as Node finds packages. */
function script(packageName, command) {
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'node_modules', packageName, 'package.json');
    if (existsSync(manifest)) {
      return join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin[command]);
    }
  }
  return undefined;
}

if (!existsSync(protos)) {
  throw new Error(`no protos at ${protos}: build the package in a clone of the repository`);
}
if (!script('ts-proto', 'protoc-gen-ts_proto') || !script('typescript', 'tsc')) {
  run('npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund');
}

const template = {
  version: 'v2',
  plugins: [
    {
      local: [process.execPath, script('ts-proto', 'protoc-gen-ts_proto')],
      out: 'src/generated',
      opt: [
        'env=node',
        'outputServices=grpc-js',
        'outputIndex=true',
        'importSuffix=.js',
        'forceLong=number',
        'stringEnums=true',
        'outputJsonMethods=false',
      ],
    },
  ],
};
for (const folder of ['src/generated', 'dist', 'build']) {
  rmSync(join(here, folder), { recursive: true, force: true });
}
run(process.execPath, script('@bufbuild/buf', 'buf'), 'generate', protos, '--template', JSON.stringify(template));
run(process.execPath, script('typescript', 'tsc'));
copyFileSync(join(here, '../service-config.json'), join(here, 'dist/service-config.json'));
copyFileSync(join(here, '../../LICENSE'), join(here, 'dist/LICENSE'));

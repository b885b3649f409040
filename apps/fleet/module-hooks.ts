interface CompilingModule extends NodeModule {
  _compile(code: string, file: string): void;
}

function compiles(module: NodeModule): module is CompilingModule {
  return typeof Reflect.get(module, '_compile') === 'function';
}

/** Registers `compile` for `.ts` files with the CommonJS loader of this process. */
export function registerHooks(compile: (file: string) => string): void {
  require.extensions['.ts'] = (module, file) => {
    if (!compiles(module)) throw new Error(`cannot load ${file}: this Node has no CommonJS compiler hook`);
    module._compile(compile(file), file);
  };
}

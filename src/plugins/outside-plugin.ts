import { pathToFileURL } from 'node:url';
import { Cancelled, CertwrightError, PluginError } from '../core/errors.js';
import { CHALLENGE_TYPES, type ChallengeType } from '../core/identifier.js';
import { printable, printableLine } from '../system/printable.js';
import type { Authenticator, Deployment, Installer, OutsideInstaller, PluginDescriptor, PluginOption, ServerChange } from './contract.js';
import type { PluginPackage } from './packages.js';

const KINDS: readonly PluginOption['kind'][] = ['string', 'path', 'int', 'bool', 'list', 'map'];

/** What loading a package gave. */
export interface LoadedPackage {
  plugins: readonly PluginDescriptor[];
  /** What is not used and why, a sentence each. */
  passedOver: readonly string[];
}

/**
 * Runs a package and takes its plugins (`export const plugins = […]`). What it says is checked, and stripped of what a terminal would obey;
 * what it throws later is an error of that plugin. `taken`: names of plugins and flags that are there already. Never throws.
 */
export async function loadPackage({ name, folder, entry }: PluginPackage, taken: { plugins: ReadonlySet<string>; flags: ReadonlySet<string> }): Promise<LoadedPackage> {
  const not = (why: string): string => `The plugin package ${printableLine(name)} is not used: ${printableLine(why, 400)}.`;
  let said: unknown;
  try {
    const module: unknown = await import(pathToFileURL(entry).href);
    said = typeof module === 'object' && module !== null && 'plugins' in module ? module.plugins : undefined;
  } catch (error) {
    return { plugins: [], passedOver: [not(`it cannot be loaded (${error instanceof Error ? error.message : String(error)})`)] };
  }
  if (!Array.isArray(said)) return { plugins: [], passedOver: [not('it exports no list `plugins`')] };
  const plugins: PluginDescriptor[] = [];
  const passedOver: string[] = [];
  for (const each of said as unknown[]) {
    try {
      const plugin: PluginDescriptor = { ...checked(each), origin: { package: printableLine(name), folder: printableLine(folder) } };
      if (taken.plugins.has(plugin.name) || plugins.some((other) => other.name === plugin.name)) throw new Error(`there is a plugin ${plugin.name} already`);
      // The key of a renewal file is a flag of ours as well: `key_type`.
      const flag = plugin.options.flatMap(({ flags, dest }) => [...flags, `--${dest.replaceAll('_', '-')}`]).find((word) => taken.flags.has(word));
      if (flag !== undefined) throw new Error(`there is an option ${flag} already`);
      plugins.push(plugin);
    } catch (error) {
      passedOver.push(not(error instanceof Error ? error.message : String(error)));
    }
  }
  return { plugins, passedOver };
}

function checked(value: unknown): PluginDescriptor {
  if (typeof value !== 'object' || value === null) throw new Error('one of its plugins is no object');
  const it = value as Partial<Record<keyof PluginDescriptor, unknown>>;
  const { name } = it;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]*$/.test(name)) throw new Error('one of its plugins has no name of small letters, digits and dashes');
  const text = (key: 'title' | 'description'): string => {
    const said = it[key];
    if (typeof said !== 'string' || said.trim() === '') throw new Error(`its plugin ${name} has no ${key}`);
    return printableLine(said, 300);
  };
  const { fit, load, loadInstaller } = it;
  const [authenticator, installer] = [it.authenticator === true, it.installer === true];
  if (!authenticator && !installer) throw new Error(`its plugin ${name} is neither an authenticator nor an installer`);
  if (typeof fit !== 'function') throw new Error(`its plugin ${name} has no function fit`);
  if (authenticator && typeof load !== 'function') throw new Error(`its plugin ${name} has no function load`);
  if (installer && typeof loadInstaller !== 'function') throw new Error(`its plugin ${name} has no function loadInstaller`);
  // In its own order: the first is the one that it would rather use.
  const types = Array.isArray(it.challengeTypes) ? [...new Set(it.challengeTypes as unknown[])].filter((type): type is ChallengeType => (CHALLENGE_TYPES as readonly unknown[]).includes(type)) : [];
  if (authenticator && types.length === 0) throw new Error(`its plugin ${name} names no type of challenge that is known here`);
  const call = <Result>(work: () => Result): Result => own(name, work);
  return {
    name,
    title: text('title'),
    description: text('description'),
    authenticator,
    installer,
    options: Array.isArray(it.options) ? (it.options as unknown[]).map((option) => checkedOption(name, option)) : [],
    challengeTypes: types,
    overlaps: it.overlaps === true,
    ipAddresses: it.ipAddresses === true,
    async fit(question) {
      try {
        const found = await (fit as PluginDescriptor['fit']).call(value, question);
        return { fits: found.fits === true, reason: printableLine(String(found.reason), 200) };
      } catch (error) {
        return { fits: false, reason: printableLine(`it failed: ${error instanceof Error ? error.message : String(error)}`, 200) };
      }
    },
    ...(authenticator ? { load: async () => guarded<Authenticator>(name, await call(() => (load as () => Promise<Authenticator>).call(value))) } : {}),
    ...(installer ? { loadInstaller: async () => wholeInstaller(guarded<OutsideInstaller>(name, await call(() => (loadInstaller as () => Promise<OutsideInstaller>).call(value)))) } : {}),
  };
}

/** An option whose words and destination begin with the plugin's name: that is how they are found in renewal files (certbot's rule). */
function checkedOption(plugin: string, value: unknown): PluginOption {
  const { flags, dest, kind, metavar, help, default: usual } = value as Partial<PluginOption>;
  const prefix = `${plugin.replaceAll('-', '_')}_`;
  if (typeof dest !== 'string' || !dest.startsWith(prefix) || !/^\w+$/.test(dest)) throw new Error(`an option of its plugin ${plugin} has no destination that begins with ${prefix}`);
  if (!Array.isArray(flags) || flags.length === 0 || flags.some((flag) => typeof flag !== 'string' || !flag.startsWith(`--${plugin}-`))) throw new Error(`the option ${dest} of its plugin ${plugin} has other flags than --${plugin}-…`);
  if (kind === undefined || !KINDS.includes(kind)) throw new Error(`the option ${dest} of its plugin ${plugin} has no kind that is known here`);
  return {
    flags,
    dest,
    kind,
    help: printableLine(String(help ?? ''), 500),
    ...(metavar === undefined ? {} : { metavar: printableLine(metavar, 40) }),
    ...(usual === undefined ? {} : { default: usual }),
  };
}

/** Every method with its errors named after the plugin. */
function guarded<Part extends object>(plugin: string, part: Part): Part {
  return new Proxy(part, {
    get(target, key): unknown {
      const member: unknown = Reflect.get(target, key);
      return typeof member === 'function' ? (...args: unknown[]): unknown => own(plugin, () => Reflect.apply(member, target, args) as unknown) : member;
    },
  });
}

/** Runs it; what is thrown, now or later, is the plugin's error. */
function own<Result>(plugin: string, work: () => Result): Result {
  const named = (error: unknown): never => {
    if (error instanceof CertwrightError) throw error;
    if (error instanceof Error && error.name === 'AbortError') throw new Cancelled();
    throw new PluginError(plugin, `The plugin ${plugin} failed: ${printable(error instanceof Error ? error.message : String(error))}`, { cause: error });
  };
  try {
    const result = work();
    return result instanceof Promise ? (result.catch(named) as Result) : result;
  } catch (error) {
    return named(error);
  }
}

/** Only `deploy` is needed; what a plugin leaves out does nothing. */
function wholeInstaller(part: OutsideInstaller): Installer {
  const change = (given: Partial<ServerChange>): ServerChange => ({ files: given.files ?? [], links: given.links ?? [], commands: given.commands ?? [], notes: given.notes ?? [], warnings: (given.warnings ?? []).map((warning) => printableLine(warning, 400)) });
  return {
    prepare: async (context) => part.prepare?.(context),
    read: async (instead) => part.read?.(instead),
    names: () => part.names?.() ?? [],
    tlsHosts: () => part.tlsHosts?.() ?? [],
    questions: (deployment) => part.questions?.(deployment) ?? [],
    deploy: (deployment, chosen) => change(part.deploy?.(deployment, chosen) ?? {}),
    enhance(kind, deployment) {
      const wanted = part.enhance?.(kind, deployment) ?? null;
      return wanted && change(wanted);
    },
    detach(folders) {
      const wanted = part.detach?.(folders) ?? null;
      return wanted && change(wanted);
    },
    moved(folders) {
      const wanted = part.moved?.(folders) ?? null;
      return wanted && change(wanted);
    },
    ...(typeof part.renewed === 'function' ? { renewed: (deployment: Deployment) => change(part.renewed?.(deployment) ?? {}) } : {}),
    ready: () => part.ready?.(),
    ...(part.publish ? { publish: async (deployments: readonly Deployment[]) => ((await part.publish?.(deployments)) ?? []).map((done) => printableLine(done, 400)) } : {}),
    test: async () => (await part.test?.()) ?? null,
    reload: async () => part.reload?.(),
  };
}

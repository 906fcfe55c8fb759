import { UsageError } from '../core/errors.js';
import type { PluginDescriptor, PluginOption } from '../plugins/contract.js';
import { takesValue } from './argv.js';
import type { CliOption } from './option.js';
import { verbs } from './verbs.js';

/** What a shell needs to know of one option. */
interface Completed {
  flags: readonly string[];
  help: string;
  value: 'none' | 'word' | 'file' | 'folder' | 'lineage' | readonly string[];
}

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/**
 * The completion script of a shell (U32), made from the option and command tables: commands, options, the values of those that have
 * few, files, and the names of certificates as they stand in the renewal folder. Throws UsageError for another shell.
 */
export function completionScript(shell: string | undefined, program: string, options: readonly CliOption[], plugins: readonly PluginDescriptor[]): string {
  const all = completed(options, plugins);
  switch (shell) {
    case 'bash':
      return bash(program, all);
    case 'zsh':
      return zsh(program, all);
    case 'fish':
      return fish(program, all);
    default:
      throw new UsageError(shell === undefined ? `argument completion: name a shell (${SHELLS.join(', ')})` : `argument completion: invalid choice: '${shell}' (choose from ${SHELLS.join(', ')})`);
  }
}

function completed(options: readonly CliOption[], plugins: readonly PluginDescriptor[]): readonly Completed[] {
  const names = (kind: 'authenticator' | 'installer'): readonly string[] => plugins.filter((plugin) => plugin[kind]).map(({ name }) => name);
  const value = (option: CliOption | PluginOption): Completed['value'] => {
    if (!takesValue(option)) return 'none';
    if (option.kind === 'config-file') return 'file';
    if (option.kind === 'challenges') return ['http', 'dns', 'tls-alpn-01', 'dns-account-01', 'dns-persist-01'];
    if (!('topic' in option)) return /FILE|PATH|DIR|ROOT/.test(option.metavar ?? '') || option.dest === 'webroot_path' ? 'file' : 'word';
    if (option.kind !== 'text') return 'word';
    if (option.choices) return option.choices;
    if (option.dest === 'certname') return 'lineage';
    if (option.dest === 'authenticator' || option.dest === 'configurator') return names('authenticator');
    if (option.dest === 'installer') return names('installer');
    if (option.path) return option.flags.some((flag) => flag.endsWith('-dir')) ? 'folder' : 'file';
    return 'word';
  };
  return [...options, ...plugins.flatMap((plugin) => plugin.options)]
    .filter(({ help }) => help !== '')
    .map((option) => ({ flags: option.flags, help: option.help, value: value(option) }));
}

const shownVerbs = Object.entries(verbs).filter(([, { help, done }]) => help !== '' && done);

/** `bash-name` → a name that a shell function may have. */
function functionName(program: string): string {
  return `_${program.replace(/\W/g, '_')}`;
}

/** Shell code (bash, zsh) that prints the names of the certificates; $1 = configuration directory. */
const LINEAGES = `for file in "$1"/renewal/*.conf; do [ -e "$file" ] && { file=\${file##*/}; printf '%s\\n' "\${file%.conf}"; }; done`;

function caseLines(all: readonly Completed[], lines: (option: Completed) => string | null): string {
  return all
    .flatMap((option) => {
      const action = lines(option);
      return action === null ? [] : [`    ${option.flags.join('|')}) ${action} ;;`];
    })
    .join('\n');
}

function bash(program: string, all: readonly Completed[]): string {
  const name = functionName(program);
  const words = shownVerbs.map(([verb]) => verb).join(' ');
  const action = ({ value }: Completed): string | null => {
    if (value === 'none') return null;
    if (value === 'file') return 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return';
    if (value === 'folder') return 'compopt -o filenames; COMPREPLY=($(compgen -d -- "$current")); return';
    if (value === 'lineage') return `COMPREPLY=($(compgen -W "$(${name}_lineages "$config")" -- "$current")); return`;
    if (value === 'word') return 'return';
    return `COMPREPLY=($(compgen -W '${value.join(' ')}' -- "$current")); return`;
  };
  return `# bash completion for ${program}: source it, or put it into /usr/share/bash-completion/completions/${program}
${name}_lineages() {
  local file
  ${LINEAGES}
}
${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} verb= config=/etc/letsencrypt word at
  COMPREPLY=()
  # --option=value comes as three words.
  if [ "$current" = = ]; then current=; elif [ "$previous" = = ]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    case " ${words} " in *" $word "*) [ -z "$verb" ] && verb=$word ;; esac
    if [ "$word" = --config-dir ]; then config=\${COMP_WORDS[at+1]}; [ "$config" = = ] && config=\${COMP_WORDS[at+2]}; fi
  done
  case $previous in
${caseLines(all, action)}
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W '${all.flatMap(({ flags }) => flags).join(' ')}' -- "$current")); return ;;
  esac
  case $verb in
    '') COMPREPLY=($(compgen -W '${words}' -- "$current")) ;;
${operandCases((choices) => `COMPREPLY=($(compgen -W '${choices}' -- "$current"))`, `COMPREPLY=($(compgen -W "$(${name}_lineages "$config")" -- "$current"))`)}
  esac
}
complete -F ${name} ${program}
`;
}

/** Cases for the words that a command takes: fixed ones, or the name of a certificate. */
function operandCases(choose: (choices: string) => string, lineages: string): string {
  return shownVerbs
    .flatMap(([verb, { operands }]) => {
      if (!operands) return [];
      if (operands.shown.includes('NAME')) return [`    ${verb}) ${lineages} ;;`];
      return [`    ${verb}) ${choose(operands.shown.replace(/[[\]]/g, '').split('|').join(' '))} ;;`];
    })
    .join('\n');
}

function zsh(program: string, all: readonly Completed[]): string {
  const name = functionName(program);
  const described = (entries: readonly (readonly [string, string])[]): string => entries.map(([word, help]) => `    ${singleQuoted(`${word.replaceAll(':', '\\:')}:${help}`)}`).join('\n');
  const action = ({ value }: Completed): string | null => {
    if (value === 'none') return null;
    if (value === 'file') return '_files; return';
    if (value === 'folder') return '_files -/; return';
    if (value === 'lineage') return `compadd -- \${(f)"$(${name}_lineages "$config")"}; return`;
    if (value === 'word') return '_message value; return';
    return `compadd -- ${value.join(' ')}; return`;
  };
  return `#compdef ${program}
# zsh completion for ${program}: put it into a folder of $fpath as _${program}
${name}_lineages() {
  setopt localoptions nullglob
  local file
  ${LINEAGES}
}
${name}() {
  local verb= config=/etc/letsencrypt word
  local -i at
  local -a commands options
  commands=(
${described(shownVerbs.map(([verb, { help }]) => [verb, help] as const))}
  )
  options=(
${described(all.flatMap(({ flags, help }) => flags.map((flag) => [flag, help] as const)))}
  )
  for ((at = 2; at < CURRENT; at++)); do
    word=$words[at]
    [[ -z $verb && -n \${commands[(r)$word:*]} ]] && verb=$word
    [[ $word == --config-dir ]] && config=$words[at+1]
    [[ $word == --config-dir=* ]] && config=\${word#*=}
  done
  case $words[CURRENT-1] in
${caseLines(all, action)}
  esac
  if [[ $PREFIX == -* ]]; then
    _describe option options
    return
  fi
  case $verb in
    '') _describe command commands ;;
${operandCases((choices) => `compadd -- ${choices}`, `compadd -- \${(f)"$(${name}_lineages "$config")"}`)}
  esac
}
# Loaded through $fpath this file is the function's body; sourced it only defines and registers it.
if [ "$funcstack[1]" = _${program} ]; then ${name} "$@"; else compdef ${name} ${program}; fi
`;
}

function fish(program: string, all: readonly Completed[]): string {
  const name = `_${functionName(program)}`;
  const words = shownVerbs.map(([verb]) => verb).join(' ');
  const lines = shownVerbs.map(([verb, { help }]) => `complete -c ${program} -n "not __fish_seen_subcommand_from ${words}" -f -a ${verb} -d ${singleQuoted(help)}`);
  for (const [verb, { operands }] of shownVerbs) {
    if (!operands) continue;
    const choices = operands.shown.includes('NAME') ? `(${name}_lineages)` : operands.shown.replace(/[[\]]/g, '').split('|').join(' ');
    lines.push(`complete -c ${program} -n "__fish_seen_subcommand_from ${verb}" -f -a ${singleQuoted(choices)}`);
  }
  for (const { flags, help, value } of all) {
    const spelled = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ');
    const wants = value === 'none' ? '-f' : value === 'file' ? '-r -F' : value === 'folder' ? "-r -f -a '(__fish_complete_directories)'" : value === 'lineage' ? `-r -f -a '(${name}_lineages)'` : value === 'word' ? '-r -f' : `-r -f -a ${singleQuoted(value.join(' '))}`;
    lines.push(`complete -c ${program} ${spelled} ${wants} -d ${singleQuoted(help)}`);
  }
  return `# fish completion for ${program}: put it into ~/.config/fish/completions/${program}.fish
function ${name}_lineages
    set -l config /etc/letsencrypt
    set -l words (commandline -opc)
    for at in (seq (count $words))
        if test $words[$at] = --config-dir; and test $at -lt (count $words)
            set config $words[(math $at + 1)]
        end
    end
    for file in $config/renewal/*.conf
        basename $file .conf
    end
end
${lines.join('\n')}
`;
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const e=require("./words-COEa_E4i.cjs");async function t(t,o){let s=n(e.n(()=>{}),``);return o[0]===`zsh`?process.stdout.write(i(s)):o[0]===`fish`?process.stdout.write(a(s)):process.stdout.write(r(s)),0}function n(e,t){let r=e.commands.filter(e=>e.name()!==`help`),i=e.options.map(e=>e.long).filter(e=>e!=null),a=e.registeredArguments.flatMap(e=>/^[\w, ]+ (or|and) \w+$/.test(e.description)?e.description.split(/, | or /):[]);return[{path:t,words:[...r.map(e=>e.name()),...a,...i,`--help`],description:e.description()},...r.flatMap(e=>n(e,t===``?e.name():`${t} ${e.name()}`))]}function r(e){return`# branchline completion for bash: source <(branchline completion bash)
_branchline() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) break ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${e.map(({path:e,words:t})=>`    "${e}") words="${t.join(` `)}" ;;`).join(`
`)}
    *) words="--help" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _branchline branchline
`}function i(e){return`# branchline completion for zsh: source <(branchline completion zsh)
autoload -U +X bashcompinit && bashcompinit
${r(e).split(`
`).slice(1).join(`
`)}`}function a(e){return`# branchline completion for fish: branchline completion fish | source\n${e.flatMap(({path:e,words:t})=>{let n=e===``?`__fish_use_subcommand`:`__fish_seen_subcommand_from ${e.split(` `).at(-1)}`;return t.map(e=>e.startsWith(`--`)?`complete -c branchline -n '${n}' -l ${e.slice(2)}`:`complete -c branchline -f -n '${n}' -a ${e}`)}).join(`
`)}\n`}exports.run=t;
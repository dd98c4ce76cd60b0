const e=require("./first-d0Ga8DRa.cjs"),t=require("./quiet-plan-Kjd4GTBU.cjs"),n=require("./wake-DpDRLZi2.cjs"),r=require("./load-project-CivjxLIT.cjs"),i=require("./wake-plan-BeLHfY9U.cjs"),a=require("./plan-DeNkLR40.cjs"),o=require("./writing-BBTO9vQr.cjs"),s=require("./schema-EtcbwWh4.cjs");function c(e){let{checkout:t,action:r}=e;return`${l(e)}jobs:
  run:
    if: ${f(e)}
    runs-on: ubuntu-latest
    timeout-minutes: 350 # at least 20 more than time-budget, so that the end is recorded
    # Settings > Environments > production: its secrets; deployment branches: ${e.branches.join(`, `)}; no required
    # reviewers, or every tick waits for a person.
    environment: { name: production, deployment: false }
    permissions:
      contents: write # pushes branchline/state
      actions: read # sees whether the job behind a silent run still lives
${e.usesOidc?"      id-token: write # steps with `oidc: true` sign in with it\n":``}    steps:
      - uses: ${n.M(t)}
        with:
          persist-credentials: false # your steps find no token in .git
      # Your tools go here: actions/setup-python, pip install -r requirements.txt, \u2026
      - uses: ${n.M(r)}
        with:
${p(e)}${m(e)}`}function l(e){return`# Written by \`branchline init\` ${e.version}, checked by \`branchline doctor\`. It is yours: change what you like.
name: branchline
on:
  schedule:
${d(e)}
${e.crons.map(e=>`    - cron: ${n.N(e)}\n`).join(``)}  push:
    branches: [${e.branches.map(n.N).join(`, `)}]
  workflow_dispatch: # the button on the Actions page, and the heartbeat from outside (docs/github.md)
    inputs:
      command: { type: choice, options: [tick, run, backfill, retry, cancel, plan, check], default: tick, description: "tick runs what is due" }
      select: { type: string, description: "for run, backfill, plan and cancel: a selection such as group:marts; nothing = what is stale" }
      partitions: { type: string, description: "keys, ranges 2026-01-01...2026-01-31, all; for backfill also missing, failed" }
      run-id: { type: string, description: "for retry and cancel: a run such as 20261122-ptq7w2l5kx3mfa6e; for cancel also a backfill" }
      reason: { type: string, description: "why, for the record" }
      dry-run: { type: boolean, default: false, description: "say what would be done, and do nothing" }
permissions: {} # nothing by default; the job below says what it needs
# No \`concurrency\` on purpose: claims on the state branch keep work from running twice, and a group would make the
# nightly run wait behind a long one.
`}function u(e,n){let r=`${t.St(e)} billed minute${e===1?``:`s`} a month`;return n===void 0?`${r} at least`:`${r} at least ($${(e*n).toFixed(2)} on a private repository, free on a public one)`}function d({ringsAMonth:e,usdPerMinute:t,isScheduled:n}){return[...n?[`A doorbell, in UTC, derived from the schedules and automation of the project: the manifests say what is due.`]:["Nothing is scheduled yet. One ring a day takes in what was cut off; `branchline init --print` derives the",`rules anew once there are schedules.`],`Each ring is billed a minute: ${u(e,t)}.`].map(e=>`    # ${e}`).join(`
`)}function f({repository:e,branches:t}){let n=t.map(e=>`github.ref == ${h(`refs/heads/${e}`)}`),r=n.length===1?n[0]:`(${n.join(` || `)})`,i=e===void 0?``:`github.repository == ${h(e)} && `,a=e===void 0?``:`; copies and forks stay quiet`;return`${g(`${i}${r}`)} # production is written from here only${a}`}function p({project:e,secrets:t}){return[...e===void 0?[]:[`project: ${n.N(e)}`],"select: ${{ inputs.select }}","reason: ${{ inputs.reason }}","dry-run: ${{ inputs.dry-run || false }}",`time-budget: 5h # what does not fit is started by the next ring`,...t.length===0?[]:[`secret-env: ${t.join(` `)} # masked in the log and redacted in all that is committed`]].map(e=>`          ${e}\n`).join(``)}function m({secrets:e,variables:t,isCached:n}){let r=[...n?["BRANCHLINE_STORAGE_KEY: ${{ secrets.BRANCHLINE_STORAGE_KEY }} # optional: encrypts what is kept in the cache"]:[],...e.map(e=>`${e}: \${{ secrets.${e} }}`),...t.map(e=>`${e}: \${{ vars.${e} }}`)];return r.length===0?``:`        env: # on this step, never on the job: no other action sees them\n${r.map(e=>`          ${e}\n`).join(``)}`}function h(e){return`'${e.replaceAll(`'`,`''`)}'`}function g(e){return/: | #/.test(e)?JSON.stringify(e):e}function _(e){let{checkout:t,action:r,usesOidc:i,branches:a}=e,o=e=>n.M({...r,name:`${r.name.replace(/\/$/,``)}/${e}`}),s=`      - uses: ${n.M(t)}
        with:
          persist-credentials: false # your steps find no token in .git
`;return`${l(e)}jobs:
  plan: # claims what is due and shares it out; runs nothing of the project
    if: ${f(e)}
    runs-on: ubuntu-latest
    timeout-minutes: 15
    permissions:
      contents: write # pushes the claims to branchline/state
      actions: read # sees whether the workflow run behind a silent run still lives
    outputs:
      has-work: \${{ steps.plan.outputs.has-work }}
      matrix: \${{ steps.plan.outputs.matrix }}
      plan-digest: \${{ steps.plan.outputs.plan-digest }}
    steps:
${s}      - id: plan
        uses: ${o(`plan`)}
        with:
${v([...y(e),"select: ${{ inputs.select }}","reason: ${{ inputs.reason }}","dry-run: ${{ inputs.dry-run || false }}",`max-parallel: 20 # jobs at most; no more than your account has runners at once`])}  execute: # carries out its part and uploads what came of it; may not push
    needs: plan
    if: needs.plan.outputs.has-work == 'true' # a matrix without jobs is an error on GitHub
    strategy:
      fail-fast: false # what others do goes on
      max-parallel: 20
      matrix: \${{ fromJSON(needs.plan.outputs.matrix) }}
    runs-on: \${{ matrix.runs-on }}
    container: \${{ matrix.container }}
    timeout-minutes: 350 # at least 20 more than time-budget, so that the end is uploaded
    # Settings > Environments > production: its secrets; deployment branches: ${a.join(`, `)}; no required
    # reviewers, or every wave waits for a person.
    environment: { name: "\${{ matrix.environment || 'production' }}", deployment: false }
    permissions:
      contents: read # the code and the state
${i?"      id-token: write # steps with `oidc: true` sign in with it\n":``}    steps:
${s}      # Your tools go here: actions/setup-python, pip install -r requirements.txt, \u2026
      - uses: ${o(`execute`)}
        with:
${v([...y(e),"shard: ${{ matrix.shard }}","plan-digest: ${{ needs.plan.outputs.plan-digest }}",`time-budget: 5h # what does not fit is of the next wave`,...b(e)])}${m(e)}  canceled: # only after *Cancel workflow*: tells finalize; GitHub says it in the condition of a job and nowhere else
    needs: [plan, execute]
    if: cancelled() && needs.plan.outputs.has-work == 'true'
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions: {}
    steps:
      - run: "true"
  finalize: # takes in what arrived, gives back what was lost, starts the next wave
    needs: [plan, execute, canceled]
    if: always() && needs.plan.outputs.has-work == 'true'
    runs-on: ubuntu-latest
    timeout-minutes: 15
    permissions:
      contents: write # pushes branchline/state
      actions: write # starts the next wave at once; with "read" the next ring does
    steps:
${s}      - uses: ${o(`finalize`)}
        with:
${v([...y(e),"plan-digest: ${{ needs.plan.outputs.plan-digest }}","canceled: ${{ needs.canceled.result == 'success' }}"])}`}function v(e){return e.map(e=>`          ${e}\n`).join(``)}function y({project:e}){return e===void 0?[]:[`project: ${n.N(e)}`]}function b({secrets:e}){return e.length===0?[]:[`secret-env: ${e.join(` `)} # masked in the log and redacted in all that is uploaded`]}const x=`branchline-pr`;function S(e){return new Map([[`.github/workflows/branchline-pr.yml`,C(e)],[`.github/workflows/branchline-comment.yml`,w(e)]])}function C(e){let{action:t,checkout:r,project:i,workflow:a=x}=e;return`# Written by \`branchline init\` ${t.version.replace(/^v/,``)}, checked by \`branchline doctor\`. What it does: docs/pull-requests.md of Branchline.
name: ${a}
on:
  pull_request: { types: [opened, synchronize, reopened, edited] } # no \`paths:\`: a required check that never starts blocks the merge
  merge_group: # without it a merge queue waits for ever
permissions: {}
jobs:
  plan: # make THIS job the required check; it executes nothing of the pull request and has no secrets
    runs-on: ubuntu-latest
    timeout-minutes: 10
    concurrency: { group: "branchline-plan-\${{ github.event.pull_request.number || github.sha }}", cancel-in-progress: true }
    permissions:
      contents: read # the merge base and the recorded state
      pull-requests: write # the comment; GitHub lowers this to read for forks and Dependabot, and the second workflow comments
    steps:
      - uses: ${n.M(r)}
        with: { ref: "\${{ github.event.pull_request.head.sha || github.sha }}", persist-credentials: false } # depth 1 is enough: the merge base comes from the API
      - uses: ${n.M(t)}
        with: { command: changes, ${i===void 0?``:`project: ${n.N(i)}, `}fail-on: error } # error | warning | never: which findings fail this job
`}function w(e){let{action:t,workflow:r=x}=e;return`# Written by \`branchline init\` ${t.version.replace(/^v/,``)}, checked by \`branchline doctor\`. Comments for forks and Dependabot, whose own workflow may not write.
name: branchline-comment # works once it is on the default branch
on: { workflow_run: { workflows: [${r}], types: [completed] } }
permissions: {}
jobs:
  comment:
    if: github.event.workflow_run.event == 'pull_request' && (github.event.workflow_run.head_repository.full_name != github.repository || github.event.workflow_run.actor.login == 'dependabot[bot]')
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions:
      actions: read # what the first workflow uploaded: data, never trusted
      pull-requests: write # the comment
    steps: # no checkout, no cache, no secrets
      - uses: ${n.M({...t,name:T(t.name,`comment`)})}
        with: { run-id: "\${{ github.event.workflow_run.id }}" }
`}function T(e,t){return`${e.replace(/\/$/,``)}/${t}`}const E=[`.branchline/`,`data/`];function D(e,t){let n=[A(`pipelines/first.yaml`,N),A(`pipelines/long_words.sql`,P)],r=[A(`branchline.yaml`,M(e)),...t(`branchline.yaml`)===void 0?n:[],A(`.vscode/settings.json`,F())].map(e=>t(e.path)===void 0?e:{...e,action:`keep`}),i=t(`.gitignore`),a=E.filter(e=>!(i??``).split(/\r?\n/).some(t=>t.trim()===e));if(a.length>0){let e=`# Branchline: working files and private state\n${a.join(`
`)}\n`,t=i===void 0||i===``||i.endsWith(`
`)?``:`
`;r.push({path:`.gitignore`,action:i===void 0?`create`:`append`,text:t+e})}else r.push({path:`.gitignore`,action:`keep`,text:``});return r}function O(e,t,n){let{action:r,checkout:i,project:a}=e,o=new Map([[`.github/workflows/branchline.yml`,n.fanOut?_(e):c(e)]]);if(n.pullRequests){let e=S({action:r,checkout:i,...a===void 0?{}:{project:a}});for(let[t,n]of e)o.set(t,n)}return[...o].map(([e,n])=>({path:e,text:n,action:t(e)===void 0?`create`:`keep`}))}function k(e,n){let r=new Map(n.filter(({action:e})=>e===`create`).map(({path:e,text:t})=>[e,t]));return{files:()=>[...new Set([...e.files(),...r.keys()])].sort(t.sn),kind:t=>r.has(t)?`file`:e.kind(t),text:t=>r.get(t)??e.text(t),digest:n=>r.has(n)?t.fn(r.get(n)):e.digest(n)}}function A(e,t){return{path:e,action:`create`,text:t}}function j(e){let t=e.toLowerCase().replace(/[^a-z0-9_-]+/g,`-`).replace(/^-+|-+$/g,``);return t===``?`project`:t}function M(e){return`# yaml-language-server: $schema=.branchline/schemas/project.schema.json
name: ${e}
timezone: UTC
connections:
  warehouse: { type: duckdb, path: data/warehouse.duckdb }
defaults:
  connection: warehouse
  checks: { blocking: true }   # a failed check keeps bad data from being published
`}const N=`# yaml-language-server: $schema=../.branchline/schemas/manifest.schema.json
assets:
  raw/words:
    group: ingest
    description: Replace this by your own source; any command will do.
    run: |
      mkdir -p data
      printf 'word,length\\nbranch,6\\nline,4\\nasset,5\\n' > data/words.csv
    connection: null             # this step does not touch the database
    outputs: [data/words.csv]
    checks:
      has_rows: { row_count: {}, error_if: "< 1" }
  marts/long_words:
    group: marts
    sql: ./long_words.sql
    checks:
      words: { not_null: [word] }
      once: { unique: [word] }

schedules:
  nightly: { cron: "23 2 * * *", selection: "*" }
`,P=`select word, length
from \${{ ref('raw/words') }}
where length >= 5
order by word
`;function F(){return`${JSON.stringify({"yaml.schemas":{"./.branchline/schemas/project.schema.json":[`branchline.yaml`],"./.branchline/schemas/manifest.schema.json":[`pipelines/**/*.yaml`,`pipelines/**/*.yml`]}},null,2)}\n`}async function I(n,c){let l=e.et(n.project??`.`),u=c[0]??j(e.X(l));if(!/^[a-z0-9_-]+$/.test(u)){let t=e.r(`bad-name`,`\`${u}\` cannot be a project's name.`,`Use lower-case letters, digits, - and _: \`${j(u)}\`.`);return a.l(i.o().host,t,n.json)}let d=D(u,R(l)),f=n.print?void 0:o.t(l,()=>e.N(l,{recursive:!0}));if(f!==void 0)return a.l(i.o().host,f,n.json);let p=k(t.p(e.D(l)?l:`.`),d),{project:m}=r.t(p),h=await a.i(e.D(l)?l:`.`,m?.state.remote??`origin`,process.env),g=await L(h,m,n);if(n.print)return B(g,n);let _=o.t(l,()=>{z(l,d),g.kind===`known`&&z(h.top,g.files),s.writeSchemas(e.Q(l,`.branchline`,`schemas`))});return _===void 0?(V({name:u,root:l,place:h},d,g,n),g.kind===`unknown`&&n.action!==void 0?2:0):a.l(i.o().host,_,n.json)}async function L(e,r,i){if(!i.workflows)return{kind:`unwanted`};if(!r)return{kind:`unknown`,problem:{message:`The workflow is derived from the manifests, and they have mistakes.`,help:"`branchline check` shows them; then `branchline init` again."}};let o=await a.r(i.action,e.top,process.env);if(!o.ok)return{kind:`unknown`,problem:o.error};let s=n.A(r,{...e,action:o.value},t.f.now());return{kind:`known`,files:O(s,R(e.top),i),notes:[...e.repository===void 0?[`This repository has no remote on GitHub yet, so the workflow does not name it: forks would run it as well.`]:[],...s.tooOften.length>0?[`GitHub rings every 5 minutes at most, and ${s.tooOften.join(`, `)} is due more often.`]:[]],price:u(s.ringsAMonth,s.usdPerMinute)}}function R(t){return n=>e.D(e.Q(t,n))?e.I(e.Q(t,n),`utf8`):void 0}function z(t,n){for(let r of n){let n=e.Q(t,r.path);r.action!==`keep`&&(e.N(e.Z(n),{recursive:!0}),r.action===`create`?e.q(n,r.text,{flag:`wx`}):e.w(n,r.text))}}function B(e,t){if(e.kind!==`known`){let n=e.kind===`unknown`?e.problem:{message:"`--print` shows workflows.",help:"Leave out `--no-workflows`."};return t.json?a.u({version:1,error:{code:`no-workflow`,message:n.message,help:n.help}}):process.stderr.write(`${n.message}\n${n.help}\n`),2}if(t.json)a.u({version:1,workflows:e.files.map(({path:e,action:t,text:n})=>({path:e,action:t,text:n}))});else for(let{path:t,action:n,text:r}of e.files)process.stdout.write(`# ${t}${n===`keep`?` (there is one: it would be kept)`:``}\n${r}\n`);return 0}function V(t,n,r,i){let{name:o,root:s,place:c}=t,l=r.kind===`known`?r.files:[],u=e.$(s,c.top),d=[...n,...l.map(t=>({...t,path:e.Q(u,t.path).replaceAll(`\\`,`/`)}))];if(i.json){let e=r.kind===`unknown`?{workflows:r.problem}:{};a.u({version:1,name:o,files:d.map(({path:e,action:t})=>({path:e,action:t})),...e});return}let f={create:`new`,append:`added to`,keep:`kept`},p=d.map(e=>`${f[e.action].padEnd(9)} ${e.path}`);if(r.kind===`known`){let e=l[0]?.action===`create`;p.push(``,...e?[`What the workflow costs by ringing for the schedules: ${r.price}.`]:[]),p.push(...r.notes)}else r.kind===`unknown`&&p.push(``,`No workflow was written. ${r.problem.message}`,r.problem.help);let m=c.isRepository?``:" (in a git repository: `git init` first)";p.push(``,`Next${m}: \`branchline check\`, then \`branchline run\`. On GitHub: docs/github.md.`),process.stdout.write(`${p.join(`
`).replace(/\n{3,}/g,`

`)}\n`)}exports.run=I;
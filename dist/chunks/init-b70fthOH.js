import"./rolldown-runtime-Bqa9N8x3.js";import{A as e,F as t,I as n,L as r,P as i,R as a,c as o,d as s,g as c,r as l,y as u}from"./first-xAZS3cD-.js";import{_t as d,an as f,en as p,g as m,h}from"./quiet-plan-CniWs8EW.js";import{D as g,E as _,T as v}from"./wake-BV8Fzcb0.js";import{t as y}from"./load-project-CVRgdVnb.js";import{o as b}from"./wake-plan-KQBuk7Ka.js";import{i as x,l as S,r as C,u as w}from"./plan-B7EfqUBu.js";import{t as T}from"./writing-CYDYFQTj.js";import{r as E}from"./schema-B0ENlELF.js";function ee(e){let{checkout:t,action:n}=e;return`${D(e)}jobs:
  run:
    if: ${k(e)}
    runs-on: ubuntu-latest
    timeout-minutes: 350 # at least 20 more than time-budget, so that the end is recorded
    # Settings > Environments > production: its secrets; deployment branches: ${e.branches.join(`, `)}; no required
    # reviewers, or every tick waits for a person.
    environment: { name: production, deployment: false }
    permissions:
      contents: write # pushes branchline/state
      actions: read # sees whether the job behind a silent run still lives
${e.usesOidc?"      id-token: write # steps with `oidc: true` sign in with it\n":``}    steps:
      - uses: ${_(t)}
        with:
          persist-credentials: false # your steps find no token in .git
      # Your tools go here: actions/setup-python, pip install -r requirements.txt, \u2026
      - uses: ${_(n)}
        with:
${A(e)}${j(e)}`}function D(e){return`# Written by \`branchline init\` ${e.version}, checked by \`branchline doctor\`. It is yours: change what you like.
name: branchline
on:
  schedule:
${te(e)}
${e.crons.map(e=>`    - cron: ${g(e)}\n`).join(``)}  push:
    branches: [${e.branches.map(g).join(`, `)}]
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
`}function O(e,t){let n=`${d(e)} billed minute${e===1?``:`s`} a month`;return t===void 0?`${n} at least`:`${n} at least ($${(e*t).toFixed(2)} on a private repository, free on a public one)`}function te({ringsAMonth:e,usdPerMinute:t,isScheduled:n}){return[...n?[`A doorbell, in UTC, derived from the schedules and automation of the project: the manifests say what is due.`]:["Nothing is scheduled yet. One ring a day takes in what was cut off; `branchline init --print` derives the",`rules anew once there are schedules.`],`Each ring is billed a minute: ${O(e,t)}.`].map(e=>`    # ${e}`).join(`
`)}function k({repository:e,branches:t}){let n=t.map(e=>`github.ref == ${M(`refs/heads/${e}`)}`),r=n.length===1?n[0]:`(${n.join(` || `)})`,i=e===void 0?``:`github.repository == ${M(e)} && `,a=e===void 0?``:`; copies and forks stay quiet`;return`${N(`${i}${r}`)} # production is written from here only${a}`}function A({project:e,secrets:t}){return[...e===void 0?[]:[`project: ${g(e)}`],"select: ${{ inputs.select }}","reason: ${{ inputs.reason }}","dry-run: ${{ inputs.dry-run || false }}",`time-budget: 5h # what does not fit is started by the next ring`,...t.length===0?[]:[`secret-env: ${t.join(` `)} # masked in the log and redacted in all that is committed`]].map(e=>`          ${e}\n`).join(``)}function j({secrets:e,variables:t,isCached:n}){let r=[...n?["BRANCHLINE_STORAGE_KEY: ${{ secrets.BRANCHLINE_STORAGE_KEY }} # optional: encrypts what is kept in the cache"]:[],...e.map(e=>`${e}: \${{ secrets.${e} }}`),...t.map(e=>`${e}: \${{ vars.${e} }}`)];return r.length===0?``:`        env: # on this step, never on the job: no other action sees them\n${r.map(e=>`          ${e}\n`).join(``)}`}function M(e){return`'${e.replaceAll(`'`,`''`)}'`}function N(e){return/: | #/.test(e)?JSON.stringify(e):e}function P(e){let{checkout:t,action:n,usesOidc:r,branches:i}=e,a=e=>_({...n,name:`${n.name.replace(/\/$/,``)}/${e}`}),o=`      - uses: ${_(t)}
        with:
          persist-credentials: false # your steps find no token in .git
`;return`${D(e)}jobs:
  plan: # claims what is due and shares it out; runs nothing of the project
    if: ${k(e)}
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
${o}      - id: plan
        uses: ${a(`plan`)}
        with:
${F([...I(e),"select: ${{ inputs.select }}","reason: ${{ inputs.reason }}","dry-run: ${{ inputs.dry-run || false }}",`max-parallel: 20 # jobs at most; no more than your account has runners at once`])}  execute: # carries out its part and uploads what came of it; may not push
    needs: plan
    if: needs.plan.outputs.has-work == 'true' # a matrix without jobs is an error on GitHub
    strategy:
      fail-fast: false # what others do goes on
      max-parallel: 20
      matrix: \${{ fromJSON(needs.plan.outputs.matrix) }}
    runs-on: \${{ matrix.runs-on }}
    container: \${{ matrix.container }}
    timeout-minutes: 350 # at least 20 more than time-budget, so that the end is uploaded
    # Settings > Environments > production: its secrets; deployment branches: ${i.join(`, `)}; no required
    # reviewers, or every wave waits for a person.
    environment: { name: "\${{ matrix.environment || 'production' }}", deployment: false }
    permissions:
      contents: read # the code and the state
${r?"      id-token: write # steps with `oidc: true` sign in with it\n":``}    steps:
${o}      # Your tools go here: actions/setup-python, pip install -r requirements.txt, \u2026
      - uses: ${a(`execute`)}
        with:
${F([...I(e),"shard: ${{ matrix.shard }}","plan-digest: ${{ needs.plan.outputs.plan-digest }}",`time-budget: 5h # what does not fit is of the next wave`,...L(e)])}${j(e)}  canceled: # only after *Cancel workflow*: tells finalize; GitHub says it in the condition of a job and nowhere else
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
${o}      - uses: ${a(`finalize`)}
        with:
${F([...I(e),"plan-digest: ${{ needs.plan.outputs.plan-digest }}","canceled: ${{ needs.canceled.result == 'success' }}"])}`}function F(e){return e.map(e=>`          ${e}\n`).join(``)}function I({project:e}){return e===void 0?[]:[`project: ${g(e)}`]}function L({secrets:e}){return e.length===0?[]:[`secret-env: ${e.join(` `)} # masked in the log and redacted in all that is uploaded`]}const R=`branchline-pr`;function z(e){return new Map([[`.github/workflows/branchline-pr.yml`,B(e)],[`.github/workflows/branchline-comment.yml`,V(e)]])}function B(e){let{action:t,checkout:n,project:r,workflow:i=R}=e;return`# Written by \`branchline init\` ${t.version.replace(/^v/,``)}, checked by \`branchline doctor\`. What it does: docs/pull-requests.md of Branchline.
name: ${i}
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
      - uses: ${_(n)}
        with: { ref: "\${{ github.event.pull_request.head.sha || github.sha }}", persist-credentials: false } # depth 1 is enough: the merge base comes from the API
      - uses: ${_(t)}
        with: { command: changes, ${r===void 0?``:`project: ${g(r)}, `}fail-on: error } # error | warning | never: which findings fail this job
`}function V(e){let{action:t,workflow:n=R}=e;return`# Written by \`branchline init\` ${t.version.replace(/^v/,``)}, checked by \`branchline doctor\`. Comments for forks and Dependabot, whose own workflow may not write.
name: branchline-comment # works once it is on the default branch
on: { workflow_run: { workflows: [${n}], types: [completed] } }
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
      - uses: ${_({...t,name:H(t.name,`comment`)})}
        with: { run-id: "\${{ github.event.workflow_run.id }}" }
`}function H(e,t){return`${e.replace(/\/$/,``)}/${t}`}const U=[`.branchline/`,`data/`];function W(e,t){let n=[q(`pipelines/first.yaml`,X),q(`pipelines/long_words.sql`,Z)],r=[q(`branchline.yaml`,Y(e)),...t(`branchline.yaml`)===void 0?n:[],q(`.vscode/settings.json`,ne())].map(e=>t(e.path)===void 0?e:{...e,action:`keep`}),i=t(`.gitignore`),a=U.filter(e=>!(i??``).split(/\r?\n/).some(t=>t.trim()===e));if(a.length>0){let e=`# Branchline: working files and private state\n${a.join(`
`)}\n`,t=i===void 0||i===``||i.endsWith(`
`)?``:`
`;r.push({path:`.gitignore`,action:i===void 0?`create`:`append`,text:t+e})}else r.push({path:`.gitignore`,action:`keep`,text:``});return r}function G(e,t,n){let{action:r,checkout:i,project:a}=e,o=new Map([[`.github/workflows/branchline.yml`,n.fanOut?P(e):ee(e)]]);if(n.pullRequests){let e=z({action:r,checkout:i,...a===void 0?{}:{project:a}});for(let[t,n]of e)o.set(t,n)}return[...o].map(([e,n])=>({path:e,text:n,action:t(e)===void 0?`create`:`keep`}))}function K(e,t){let n=new Map(t.filter(({action:e})=>e===`create`).map(({path:e,text:t})=>[e,t]));return{files:()=>[...new Set([...e.files(),...n.keys()])].sort(p),kind:t=>n.has(t)?`file`:e.kind(t),text:t=>n.get(t)??e.text(t),digest:t=>n.has(t)?f(n.get(t)):e.digest(t)}}function q(e,t){return{path:e,action:`create`,text:t}}function J(e){let t=e.toLowerCase().replace(/[^a-z0-9_-]+/g,`-`).replace(/^-+|-+$/g,``);return t===``?`project`:t}function Y(e){return`# yaml-language-server: $schema=.branchline/schemas/project.schema.json
name: ${e}
timezone: UTC
connections:
  warehouse: { type: duckdb, path: data/warehouse.duckdb }
defaults:
  connection: warehouse
  checks: { blocking: true }   # a failed check keeps bad data from being published
`}const X=`# yaml-language-server: $schema=../.branchline/schemas/manifest.schema.json
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
`,Z=`select word, length
from \${{ ref('raw/words') }}
where length >= 5
order by word
`;function ne(){return`${JSON.stringify({"yaml.schemas":{"./.branchline/schemas/project.schema.json":[`branchline.yaml`],"./.branchline/schemas/manifest.schema.json":[`pipelines/**/*.yaml`,`pipelines/**/*.yml`]}},null,2)}\n`}async function re(e,t){let r=a(e.project??`.`),o=t[0]??J(i(r));if(!/^[a-z0-9_-]+$/.test(o)){let t=l(`bad-name`,`\`${o}\` cannot be a project's name.`,`Use lower-case letters, digits, - and _: \`${J(o)}\`.`);return S(b().host,t,e.json)}let u=W(o,Q(r)),d=e.print?void 0:T(r,()=>c(r,{recursive:!0}));if(d!==void 0)return S(b().host,d,e.json);let f=K(m(s(r)?r:`.`),u),{project:p}=y(f),h=await x(s(r)?r:`.`,p?.state.remote??`origin`,process.env),g=await ie(h,p,e);if(e.print)return ae(g,e);let _=T(r,()=>{$(r,u),g.kind===`known`&&$(h.top,g.files),E(n(r,`.branchline`,`schemas`))});return _===void 0?(oe({name:o,root:r,place:h},u,g,e),g.kind===`unknown`&&e.action!==void 0?2:0):S(b().host,_,e.json)}async function ie(e,t,n){if(!n.workflows)return{kind:`unwanted`};if(!t)return{kind:`unknown`,problem:{message:`The workflow is derived from the manifests, and they have mistakes.`,help:"`branchline check` shows them; then `branchline init` again."}};let r=await C(n.action,e.top,process.env);if(!r.ok)return{kind:`unknown`,problem:r.error};let i=v(t,{...e,action:r.value},h.now());return{kind:`known`,files:G(i,Q(e.top),n),notes:[...e.repository===void 0?[`This repository has no remote on GitHub yet, so the workflow does not name it: forks would run it as well.`]:[],...i.tooOften.length>0?[`GitHub rings every 5 minutes at most, and ${i.tooOften.join(`, `)} is due more often.`]:[]],price:O(i.ringsAMonth,i.usdPerMinute)}}function Q(e){return t=>s(n(e,t))?u(n(e,t),`utf8`):void 0}function $(r,i){for(let a of i){let i=n(r,a.path);a.action!==`keep`&&(c(t(i),{recursive:!0}),a.action===`create`?e(i,a.text,{flag:`wx`}):o(i,a.text))}}function ae(e,t){if(e.kind!==`known`){let n=e.kind===`unknown`?e.problem:{message:"`--print` shows workflows.",help:"Leave out `--no-workflows`."};return t.json?w({version:1,error:{code:`no-workflow`,message:n.message,help:n.help}}):process.stderr.write(`${n.message}\n${n.help}\n`),2}if(t.json)w({version:1,workflows:e.files.map(({path:e,action:t,text:n})=>({path:e,action:t,text:n}))});else for(let{path:t,action:n,text:r}of e.files)process.stdout.write(`# ${t}${n===`keep`?` (there is one: it would be kept)`:``}\n${r}\n`);return 0}function oe(e,t,i,a){let{name:o,root:s,place:c}=e,l=i.kind===`known`?i.files:[],u=r(s,c.top),d=[...t,...l.map(e=>({...e,path:n(u,e.path).replaceAll(`\\`,`/`)}))];if(a.json){let e=i.kind===`unknown`?{workflows:i.problem}:{};w({version:1,name:o,files:d.map(({path:e,action:t})=>({path:e,action:t})),...e});return}let f={create:`new`,append:`added to`,keep:`kept`},p=d.map(e=>`${f[e.action].padEnd(9)} ${e.path}`);if(i.kind===`known`){let e=l[0]?.action===`create`;p.push(``,...e?[`What the workflow costs by ringing for the schedules: ${i.price}.`]:[]),p.push(...i.notes)}else i.kind===`unknown`&&p.push(``,`No workflow was written. ${i.problem.message}`,i.problem.help);let m=c.isRepository?``:" (in a git repository: `git init` first)";p.push(``,`Next${m}: \`branchline check\`, then \`branchline run\`. On GitHub: docs/github.md.`),process.stdout.write(`${p.join(`
`).replace(/\n{3,}/g,`

`)}\n`)}export{re as run};
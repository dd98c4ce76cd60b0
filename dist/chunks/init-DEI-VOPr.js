import{n as e}from"./schema-DAo4-Ewp.js";import{appendFileSync as t,existsSync as n,mkdirSync as r,readFileSync as i,writeFileSync as a}from"node:fs";import{basename as o,dirname as s,join as c,resolve as l}from"node:path";const u=[`.branchline/`,`data/`];function d(e,t){let n=[f(`branchline.yaml`,m(e)),f(`pipelines/first.yaml`,h),f(`pipelines/long_words.sql`,g),f(`.vscode/settings.json`,_())].map(e=>t(e.path)===void 0?e:{...e,action:`keep`}),r=t(`.gitignore`),i=u.filter(e=>!(r??``).split(/\r?\n/).some(t=>t.trim()===e));if(i.length>0){let e=`# Branchline: working files and private state\n${i.join(`
`)}\n`,t=r===void 0||r===``||r.endsWith(`
`)?``:`
`;n.push({path:`.gitignore`,action:r===void 0?`create`:`append`,text:t+e})}else n.push({path:`.gitignore`,action:`keep`,text:``});return n}function f(e,t){return{path:e,action:`create`,text:t}}function p(e){let t=e.toLowerCase().replace(/[^a-z0-9_-]+/g,`-`).replace(/^-+|-+$/g,``);return t===``?`project`:t}function m(e){return`# yaml-language-server: $schema=.branchline/schemas/project.schema.json
name: ${e}
timezone: UTC
connections:
  warehouse: { type: duckdb, path: data/warehouse.duckdb }
defaults:
  connection: warehouse
  checks: { blocking: true }   # a failed check keeps bad data from being published
`}const h=`# yaml-language-server: $schema=../.branchline/schemas/manifest.schema.json
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
`,g=`select word, length
from \${{ ref('raw/words') }}
where length >= 5
order by word
`;function _(){return`${JSON.stringify({"yaml.schemas":{"./.branchline/schemas/project.schema.json":[`branchline.yaml`],"./.branchline/schemas/manifest.schema.json":[`pipelines/**/*.yaml`,`pipelines/**/*.yml`]}},null,2)}\n`}async function v(u,f){let m=l(u.project??`.`),h=f[0]??p(o(m));if(!/^[a-z0-9_-]+$/.test(h))return process.stderr.write(`\`${h}\` cannot be a project's name: use lower-case letters, digits, - and _ (\`${p(h)}\`).\n`),2;let g=d(h,e=>n(c(m,e))?i(c(m,e),`utf8`):void 0);for(let e of g){let n=c(m,e.path);e.action!==`keep`&&(r(s(n),{recursive:!0}),e.action===`create`?a(n,e.text,{flag:`wx`}):t(n,e.text))}let _=c(m,`.branchline`,`schemas`);r(_,{recursive:!0});for(let[t,n]of e())a(c(_,t),n);if(u.json)process.stdout.write(`${JSON.stringify({version:1,name:h,files:g.map(({path:e,action:t})=>({path:e,action:t}))})}\n`);else{let e={create:`new`,append:`added to`,keep:`kept`};for(let t of g)process.stdout.write(`${e[t.action].padEnd(9)} ${t.path}\n`);let t=n(c(m,`.git`))?``:" (in a git repository: `git init` first)";process.stdout.write(`\nNext${t}: \`branchline check\`, then \`branchline run\`.\n`)}return 0}export{v as run};
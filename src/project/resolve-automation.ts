import { byText } from '../base/order.ts';
import type { Asset, AssetKey, AutomationRule, Project } from '../model/project.ts';
import { automationRings } from './automation-rings.ts';
import { below, keyOf } from './findings.ts';
import { type Layer, lookup } from './layers.ts';
import type { AssetDraft } from './resolve-assets.ts';
import { checkCron, checkZone } from './resolve-jobs.ts';
import type { Resolving } from './resolving.ts';

/** When an asset is made by itself. Reports crons and zones that are none. An inherited rule is not for what others make. */
export function resolveAutomation(
  layers: readonly Layer[],
  { external }: Pick<Asset, 'external'>,
  resolving: Resolving,
): AutomationRule | undefined {
  const found = lookup(layers, 'automation');
  if (found === undefined || external) return undefined;
  if (typeof found.value === 'string') return { kind: found.value };
  const { cron, timezone } = found.value.on_cron;
  const at = below(found.place, 'on_cron');
  checkCron(cron, below(at, 'cron'), resolving);
  if (timezone !== undefined) checkZone(timezone, below(at, 'timezone'), resolving);
  return { kind: 'on_cron', cron, timezone: timezone ?? resolving.definitions.project?.value.timezone ?? 'UTC' };
}

/** Warns of conditions that wait for nothing: written on an asset itself, they mean something else than they do. */
export function verifyAutomation(drafts: ReadonlyMap<AssetKey, AssetDraft>, { findings, broken }: Resolving): void {
  for (const { asset, layers } of drafts.values()) {
    const found = lookup(layers, 'automation');
    // One that came along from `defaults` or a group is meant for those that read something.
    if (found === undefined || found.layer !== layers[0] || asset.automation === undefined) continue;
    if (asset.deps.length > 0 || broken.at(found.layer.place)) continue;
    switch (asset.automation.kind) {
      case 'eager':
        findings.warning(
          'automation-without-deps',
          keyOf(found.place),
          `\`${asset.key}\` reads nothing that could be updated: \`eager\` makes ${asset.partitions ? 'each of its partitions' : 'it'} once`,
          {
            help: 'name what it reads by `deps`; to make what is not there write `on_missing`, to make it again and again a schedule',
          },
        );
        break;
      case 'on_cron':
        findings.warning(
          'automation-without-deps',
          keyOf(found.place),
          `\`${asset.key}\` reads nothing that \`on_cron\` could wait for: it is made at each tick, as a schedule would`,
          {
            help: `\`schedules: { …: { cron: "${asset.automation.cron}", selection: 'key:"${asset.key}"' } }\` says the same, and makes up for missed ticks; or name what it reads by \`deps\``,
          },
        );
        break;
      case 'on_missing':
    }
  }
}

/**
 * Warns of a project in which nothing says when somebody has to look at the conditions: no schedule, no tick, no window, and
 * no source to look for.
 */
export function verifyRings(project: Project, drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): void {
  const { findings, broken } = resolving;
  if (!broken.isNothing || Object.keys(project.schedules).length > 0) return;
  const automated = [...drafts.values()].filter(({ asset }) => asset.automation !== undefined);
  if (automated.length === 0 || automationRings(project).length > 0) return;
  const [first] = automated.sort((a, b) => byText(a.asset.key, b.asset.key));
  const { asset, layers } = first!;
  findings.warning(
    'automation-without-ring',
    keyOf(lookup(layers, 'automation')!.place),
    `nothing says when \`${asset.key}\`${automated.length > 1 ? ` and ${automated.length - 1} more` : ''} would be looked at: the project has no schedule, and what is made by itself reads nothing of it and has no time of its own`,
    {
      help: `on GitHub a push or a click starts it, elsewhere \`branchline tick\`; to have it looked at by the clock write a schedule, \`schedules: { daily: { cron: "@daily", selection: 'key:"${asset.key}"' } }\`, or \`automation: { on_cron: { cron: "@daily" } }\``,
    },
  );
}

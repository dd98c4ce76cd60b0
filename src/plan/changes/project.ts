import { byText, sortedUnique } from '../../base/order.ts';
import type { ValueChange } from '../../model/changes.ts';
import type { Operations } from '../../model/operations.ts';
import type { Project } from '../../model/project.ts';
import { mapChanges, valueChange } from './values.ts';

const SECTIONS: Readonly<Record<keyof Operations, string>> = {
  queue: 'run_queue',
  pools: 'pools',
  retries: 'run_retries',
  monitoring: 'run_monitoring',
};

/** What changed in a project that is no asset's own, by name. */
export function projectChanges(base: Project, head: Project): readonly ValueChange[] {
  const named = <T extends { readonly definedAt?: unknown }>(
    of: (project: Project) => Readonly<Record<string, T>>,
    label: string,
  ): readonly ValueChange[] => definitionChanges(label, withoutPlaces(of(base)), withoutPlaces(of(head)));
  return [
    ...valueChange('name', base.name, head.name),
    ...valueChange('timezone', base.timezone, head.timezone),
    ...valueChange('state', base.state, head.state),
    ...valueChange('storage', base.storage, head.storage),
    ...valueChange('max_parallel', base.maxParallel, head.maxParallel),
    ...mapChanges({ ...base.operations }, { ...head.operations }, (section) => SECTIONS[section as keyof Operations]),
    ...mapChanges(base.runners, head.runners, (name) => `runner ${name}`),
    ...valueChange('secrets', sortedUnique(base.secrets), sortedUnique(head.secrets)),
    ...mapChanges(base.prices, head.prices, (runner) => `price of ${runner}`),
    ...mapChanges(base.env, head.env, (name) => `env.${name}`),
    ...named(({ connections }) => connections, 'connection'),
    ...definitionChanges('environment', withoutPlaces(base.environments), withoutPlaces(head.environments)),
    ...named(({ jobs }) => jobs, 'job'),
    ...named(({ schedules }) => schedules, 'schedule'),
    ...named(({ selections }) => selections, 'selection'),
    ...named(({ exposures }) => exposures, 'exposure'),
  ].sort((a, b) => byText(a.what, b.what));
}

/** Where a thing is written is no part of it, nor is what only describes it. */
function withoutPlaces<T extends object>(
  named: Readonly<Record<string, T>>,
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  return Object.fromEntries(
    Object.entries(named).map(([name, value]) => {
      const { definedAt: _place, name: _name, description: _text, ...rest } = value as Record<string, unknown>;
      return [name, rest];
    }),
  );
}

/** A definition that is on both sides is compared key by key. */
function definitionChanges(
  label: string,
  before: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  after: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): readonly ValueChange[] {
  return sortedUnique([...Object.keys(before), ...Object.keys(after)]).flatMap((name) => {
    const was = Object.hasOwn(before, name) ? before[name] : undefined;
    const is = Object.hasOwn(after, name) ? after[name] : undefined;
    const what = `${label} ${name}`;
    return was === undefined || is === undefined
      ? valueChange(what, was, is)
      : mapChanges(was, is, (key) => `${what}: ${key}`);
  });
}

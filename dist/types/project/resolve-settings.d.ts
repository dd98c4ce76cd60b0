import type { Connection, Project } from '../model/project.js';
import type { Definitions } from './definitions.js';
import { type Resolving } from './resolving.js';
/** What `branchline.yaml` says of the project as a whole. */
export type Settings = Pick<Project, 'name' | 'description' | 'timezone' | 'manifests' | 'state' | 'storage' | 'maxParallel' | 'prices' | 'secrets' | 'env' | 'environments' | 'groups' | 'operations' | 'runners' | 'partitions'>;
/** The project's own keys, with their defaults. */
export declare function resolveSettings(resolving: Resolving): Settings;
/** Connections by name, with their expressions and paths checked. */
export declare function resolveConnections(definitions: Definitions, resolving: Omit<Resolving, 'connections'>): Readonly<Record<string, Connection>>;

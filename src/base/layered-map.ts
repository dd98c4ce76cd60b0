/** Below so many entries a copy is cheaper. */
const COPIED_MAX = 1_000;
/** A layer of so many changes becomes a map of its own. */
const LAYER_MAX = 500;

/** A map of its own with the entries of another, which must not change any more: for many entries, only a layer over them. */
export function copyOfMap<K, V>(map: ReadonlyMap<K, V>): Map<K, V> {
  // First: how many entries a layer has, what is below it may not know without a look.
  if (map instanceof LayeredMap) return map.copy();
  return map.size < COPIED_MAX ? new Map(map.entries()) : new LayeredMap(map);
}

/** A map with the entries of another, which must not change any more, and which is asked for what is looked at alone. */
export function layerOver<K, V>(map: ReadonlyMap<K, V>): Map<K, V> {
  return new LayeredMap(map);
}

/**
 * A map over another one: it costs what was changed, not what there is. What was there before comes first when it is
 * walked through, as in any map.
 */
class LayeredMap<K, V> extends Map<K, V> {
  readonly #base: ReadonlyMap<K, V>;
  readonly #own = new Map<K, V>();
  readonly #gone = new Set<K>();
  #added = 0;

  constructor(base: ReadonlyMap<K, V>) {
    super();
    this.#base = base;
  }

  /** The same again, of its own. */
  copy(): Map<K, V> {
    if (this.#own.size + this.#gone.size > LAYER_MAX) return new LayeredMap(new Map(this.entries()));
    const copy = new LayeredMap(this.#base);
    for (const [key, value] of this.#own) copy.set(key, value);
    for (const key of this.#gone) copy.delete(key);
    return copy;
  }

  override get size(): number {
    return this.#base.size - this.#gone.size + this.#added;
  }

  override has(key: K): boolean {
    return this.#own.has(key) || (!this.#gone.has(key) && this.#base.has(key));
  }

  override get(key: K): V | undefined {
    if (this.#own.has(key)) return this.#own.get(key);
    return this.#gone.has(key) ? undefined : this.#base.get(key);
  }

  override set(key: K, value: V): this {
    if (this.#gone.delete(key)) this.#own.set(key, value);
    else {
      if (!this.#own.has(key) && !this.#base.has(key)) this.#added++;
      this.#own.set(key, value);
    }
    return this;
  }

  override delete(key: K): boolean {
    const isOwn = this.#own.delete(key);
    if (!this.#base.has(key)) {
      if (isOwn) this.#added--;
      return isOwn;
    }
    if (this.#gone.has(key)) return false;
    this.#gone.add(key);
    return true;
  }

  override clear(): void {
    const all = Array.from(this.keys());
    for (const key of all) this.delete(key);
  }

  override *entries(): MapIterator<[K, V]> {
    for (const [key, value] of this.#base)
      if (!this.#gone.has(key)) yield [key, this.#own.has(key) ? (this.#own.get(key) as V) : value];
    for (const [key, value] of this.#own) if (!this.#base.has(key)) yield [key, value];
  }

  override *keys(): MapIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  override *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  override [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  override forEach(each: (value: V, key: K, map: Map<K, V>) => void, self?: unknown): void {
    for (const [key, value] of this.entries()) each.call(self, value, key, this);
  }
}

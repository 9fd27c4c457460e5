/**
 * Keeps the latest entries of a map, at most an eighth more than `most`. The oldest go many at a time: taking them out one by one would walk
 * over the places of all that went before.
 */
export function keepBounded<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most + most / 8) return;
  let tooMany = map.size - most;
  for (const oldest of map.keys()) {
    if (tooMany <= 0) return;
    map.delete(oldest);
    tooMany -= 1;
  }
}

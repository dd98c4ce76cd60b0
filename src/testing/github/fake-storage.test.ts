import { artifactsContract } from '../contracts/artifacts.ts';
import { cacheContract } from '../contracts/cache.ts';
import { fakeArtifacts, fakeCache } from './fake-storage.ts';

cacheContract('fake', async () => {
  const cache = fakeCache();
  return {
    cache,
    reset() {
      for (const all of [cache.entries, cache.reserved, cache.damaged]) all.clear();
      cache.state = 'works';
    },
    cause(fault, key = '') {
      if (fault === 'evict') cache.entries.delete(key);
      else if (fault === 'reserve') cache.reserved.add(key);
      else if (fault === 'read-only') cache.state = 'read-only';
      else if (fault === 'outage') cache.state = 'unavailable';
      else if (fault === 'break-upload') cache.refusesNext = true;
      else cache.damaged.add(key);
    },
    stop: () => {},
  };
});

artifactsContract('fake', async () => {
  let artifacts = fakeArtifacts();
  return {
    get artifacts() {
      return artifacts;
    },
    plant: (name, archive) => void artifacts.archives.set(name, archive),
    uploaded: async (name) => artifacts.uploads.get(name),
    disconnect() {
      artifacts.state = 'unavailable';
    },
    reset() {
      artifacts = fakeArtifacts();
    },
    stop: () => {},
  };
});

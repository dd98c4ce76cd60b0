import { gitStateStoreContract } from '../testing/contracts/git-state-store.ts';
import { stateStoreContract } from '../testing/contracts/state-store.ts';
import { createFakeStateServer } from '../testing/fake-store.ts';

stateStoreContract('fake', ['lose-reply', 'refuse', 'delete-ref', 'disconnect'], async () => {
  const server = createFakeStateServer();
  return {
    open: async () => server.open(),
    cause(fault) {
      if (fault === 'lose-reply') server.faults.push('lose-reply');
      if (fault === 'refuse') server.isRefusing = true;
      if (fault === 'delete-ref') server.deleteRef();
      if (fault === 'disconnect') server.isConnected = false;
    },
    stop: () => {},
  };
});

gitStateStoreContract('system');
